#include "pipeline/partner.h"

#include <stdlib.h>

#include <jansson.h>

#include "base/error.h"
#include "pipeline/signed_json.h"
#include "pipeline/wait.h"

enum { ANNOUNCEMENT_BYTES_MAX = 4096 };

static struct signer signer_of(const struct run *run)
{
	return (struct signer){{run->settings->secret.bytes, sizeof run->settings->secret.bytes}, "prio-processor partner"};
}

static enum prio_status announce(struct run *run, struct prio_error *error)
{
	const struct signer signer = signer_of(run);
	json_t *content = json_pack("{s:s,s:s}", "software", "prio-processor " PRIO_VERSION, "server",
				    run->settings->server == PRIO_SERVER_A ? "A" : "B");
	struct prio_mut text = {NULL, 0};
	struct path key;
	enum prio_status status =
		path_make(&key, error, "%s/intermediate/external/verify1/_partner.json", run->prefixes.external.text);

	if (status == PRIO_OK)
		status = signed_json_make(&text, content, &signer, key.text, error);
	if (status == PRIO_OK)
		status = store_put(run->outbox, key.text, prio_bytes_of(text), STORE_ALWAYS, error);
	free(text.p);
	json_decref(content);
	return status;
}

static enum prio_status check_announcement(struct run *run, const char *key, struct prio_error *error)
{
	const struct signer signer = signer_of(run);
	struct prio_mut text = {NULL, 0};
	json_t *content = NULL;
	enum prio_status status = store_get(run->inbox, key, ANNOUNCEMENT_BYTES_MAX, &text, error);

	if (status == PRIO_OK)
		status = signed_json_read(&content, prio_bytes_of(text), &signer, key, error);
	if (status == PRIO_ERR_MISMATCH)
		error_set(error, status, "the partner's %s was not signed with our shared secret: the servers have different "
					 "SHARED_SECRET, or it was altered",
			  key);
	json_decref(content);
	free(text.p);
	return status;
}

enum prio_status partner_meet(struct run *run, struct prio_error *error)
{
	struct path marker;
	struct path announcement;
	const char *keys[2] = {announcement.text, marker.text};
	struct store_object object;
	size_t found = 0;
	enum prio_status status = PRIO_OK;

	/* Once the partner has our verify1 it has this too, and may have cleared both. */
	if (!run->stages[STAGE_VERIFY1].is_done)
		status = announce(run, error);
	if (status == PRIO_OK)
		status = path_make(&marker, error, "%s/intermediate/external/verify1/_SUCCESS", run->prefixes.internal.text);
	if (status == PRIO_OK)
		status = path_make(&announcement, error, "%s/intermediate/external/verify1/_partner.json",
				   run->prefixes.internal.text);
	if (status == PRIO_OK)
		status = wait_for_any(run->inbox, keys, 2, &run->settings->retry,
				      "the partner's verify1 (PARTNER=4.1: it comes before ours)", &found, run->log, error);
	if (status != PRIO_OK)
		return status;
	/* One of ours announces itself before it sends: both may have come between the look for the one and the look for the other. */
	if (found == 1)
		status = store_stat(run->inbox, announcement.text, &object, error);
	run->partner_is_41 = status == PRIO_ERR_NOT_FOUND;
	if (run->partner_is_41)
		return PRIO_OK;
	if (status == PRIO_OK)
		status = check_announcement(run, announcement.text, error);
	if (status == PRIO_OK)
		log_info(run->log, "PARTNER=4.1 is set, but the partner runs this program too: going on as with one of ours");
	return status;
}
