#include "pipeline/partner.h"

#include <stdlib.h>
#include <string.h>

#include <jansson.h>

#include "base/ct.h"
#include "base/error.h"
#include "base/wipe.h"
#include "crypt/hkdf.h"
#include "pipeline/wait.h"

enum { ANNOUNCEMENT_BYTES_MAX = 4096, MAC_HEX_DIGITS = 2 * HMAC_BYTES };

/* HMAC over the announcing server's letter and the prefix that it is put under: not to be reflected, nor moved to another date. */
static enum prio_status mac_hex(char hex[MAC_HEX_DIGITS + 1], const struct run *run, enum prio_server_id server,
				const struct path *prefix, struct prio_error *error)
{
	static const char label[] = "prio-processor partner";
	struct prio_bytes secret = {run->settings->secret.bytes, sizeof run->settings->secret.bytes};
	struct prio_bytes info = {(const uint8_t *)label, sizeof label - 1};
	char text[STORE_KEY_BYTES_MAX + 8];
	uint8_t key[32];
	uint8_t mac[HMAC_BYTES];
	int n = snprintf(text, sizeof text, "%c %s", server == PRIO_SERVER_A ? 'A' : 'B', prefix->text);
	enum prio_status status = hkdf_sha256((struct prio_mut){key, sizeof key}, secret, (struct prio_bytes){NULL, 0}, info);

	if (status == PRIO_OK)
		status = hmac_sha256(mac, (struct prio_bytes){key, sizeof key},
				     (struct prio_bytes){(const uint8_t *)text, (size_t)n});
	wipe(key, sizeof key);
	if (status != PRIO_OK)
		return error_set(error, status, "authenticating: %s", prio_status_sentence(status));
	for (size_t i = 0; i < sizeof mac; i++)
		snprintf(hex + 2 * i, 3, "%02x", mac[i]);
	return PRIO_OK;
}

static enum prio_status announce(struct run *run, struct prio_error *error)
{
	enum prio_server_id server = run->settings->server;
	char hex[MAC_HEX_DIGITS + 1];
	char text[256];
	struct path key;
	enum prio_status status = mac_hex(hex, run, server, &run->prefixes.external, error);

	if (status == PRIO_OK)
		status = path_make(&key, error, "%s/intermediate/external/verify1/_partner.json", run->prefixes.external.text);
	if (status != PRIO_OK)
		return status;
	int n = snprintf(text, sizeof text, "{\"software\":\"prio-processor %s\",\"format\":1,\"server\":\"%c\",\"mac\":\"%s\"}\n",
			 PRIO_VERSION, server == PRIO_SERVER_A ? 'A' : 'B', hex);
	return store_put(run->outbox, key.text, (struct prio_bytes){(const uint8_t *)text, (size_t)n}, STORE_ALWAYS, error);
}

static enum prio_status check_announcement(struct run *run, const char *key, struct prio_error *error)
{
	enum prio_server_id other = run->settings->server == PRIO_SERVER_A ? PRIO_SERVER_B : PRIO_SERVER_A;
	char expected[MAC_HEX_DIGITS + 1];
	struct prio_mut text = {NULL, 0};
	json_t *root = NULL;
	enum prio_status status = store_get(run->inbox, key, ANNOUNCEMENT_BYTES_MAX, &text, error);

	if (status == PRIO_OK)
		status = mac_hex(expected, run, other, &run->prefixes.internal, error);
	if (status != PRIO_OK)
		goto out;
	root = json_loadb((const char *)text.p, text.n, 0, NULL);
	const char *mac = json_string_value(json_object_get(root, "mac"));
	if (mac == NULL || strlen(mac) != MAC_HEX_DIGITS || !ct_equal(mac, expected, MAC_HEX_DIGITS))
		status = error_set(error, PRIO_ERR_MISMATCH,
				   "the partner's %s is not authentic: the two servers have different shared secrets, or the same "
				   "server id",
				   key);
out:
	json_decref(root);
	free(text.p);
	return status;
}

enum prio_status partner_meet(struct run *run, struct prio_error *error)
{
	struct path marker;
	struct path announcement;
	const char *keys[2] = {announcement.text, marker.text};
	size_t found = 0;
	enum prio_status status = announce(run, error);

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
	run->partner_is_41 = found == 1;
	if (run->partner_is_41)
		return PRIO_OK;
	status = check_announcement(run, announcement.text, error);
	if (status == PRIO_OK)
		log_info(run->log, "PARTNER=4.1 is set, but the partner runs this program too: going on as with one of ours");
	return status;
}
