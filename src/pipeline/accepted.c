#include "pipeline/accepted.h"

#include <inttypes.h>
#include <string.h>

#include "base/error.h"
#include "base/wipe.h"
#include "crypt/hkdf.h"
#include "pipeline/signed_json.h"

enum prio_status accepted_init(struct accepted *accepted, const struct run *run, const struct batch_run *batch,
			       struct prio_error *error)
{
	static const char label[] = "prio-processor accepted";
	struct prio_bytes secret = {run->settings->secret.bytes, sizeof run->settings->secret.bytes};
	struct prio_bytes info = {(const uint8_t *)label, sizeof label - 1};
	uint8_t key[32];
	enum prio_status status = hkdf_sha256((struct prio_mut){key, sizeof key}, secret, (struct prio_bytes){NULL, 0}, info);

	*accepted = (struct accepted){.batch_id = batch->config->params.batch_id};
	if (status == PRIO_OK)
		status = hmac_new(&accepted->hmac, (struct prio_bytes){key, sizeof key});
	wipe(key, sizeof key);
	return status == PRIO_OK ? PRIO_OK : error_set(error, status, "hashing ids: %s", prio_status_sentence(status));
}

void accepted_clear(struct accepted *accepted)
{
	hmac_free(accepted->hmac);
	*accepted = (struct accepted){0};
}

enum prio_status accepted_term(struct accepted *accepted, uint8_t term[ACCEPTED_DIGEST_BYTES], struct prio_bytes id,
			       struct prio_error *error)
{
	uint8_t length[8];
	const struct prio_bytes parts[3] = {{length, sizeof length}, accepted->batch_id, id};

	for (int i = 0; i < 8; i++)
		length[i] = (uint8_t)((uint64_t)accepted->batch_id.n >> (56 - 8 * i));
	enum prio_status status = hmac_of(accepted->hmac, term, parts, 3);
	return status == PRIO_OK ? PRIO_OK : error_set(error, status, "hashing an id: %s", prio_status_sentence(status));
}

/* digest += term modulo 2^256. */
static void add(uint8_t digest[ACCEPTED_DIGEST_BYTES], const uint8_t term[ACCEPTED_DIGEST_BYTES])
{
	unsigned carry = 0;

	for (int i = ACCEPTED_DIGEST_BYTES - 1; i >= 0; i--) {
		carry += (unsigned)digest[i] + term[i];
		digest[i] = (uint8_t)carry;
		carry >>= 8;
	}
}

enum prio_status accepted_add(struct accepted *accepted, struct prio_bytes id, struct prio_error *error)
{
	uint8_t term[ACCEPTED_DIGEST_BYTES];
	enum prio_status status = accepted_term(accepted, term, id, error);

	if (status != PRIO_OK)
		return status;
	add(accepted->digest, term);
	accepted->n++;
	return PRIO_OK;
}

void accepted_merge(struct accepted *accepted, const struct accepted *more)
{
	add(accepted->digest, more->digest);
	accepted->n += more->n;
}

/* out = a - b modulo 2^256. */
static void subtract(uint8_t out[ACCEPTED_DIGEST_BYTES], const uint8_t a[ACCEPTED_DIGEST_BYTES],
		     const uint8_t b[ACCEPTED_DIGEST_BYTES])
{
	int borrow = 0;

	for (int i = ACCEPTED_DIGEST_BYTES - 1; i >= 0; i--) {
		int difference = (int)a[i] - (int)b[i] - borrow;

		borrow = difference < 0;
		out[i] = (uint8_t)(difference + 256 * borrow);
	}
}

struct finding {
	struct accepted accepted;
	const uint8_t *ours_minus_theirs;
	uint8_t theirs_minus_ours[ACCEPTED_DIGEST_BYTES];
	char *shown;
	size_t shown_bytes;
};

/* One id more on our side, or one that we refused and the partner accepted. */
static enum prio_status try_entry(void *context, const struct checkpoint_entry *entry, uint64_t record,
				  struct kept_record *kept, struct prio_error *error)
{
	struct finding *finding = context;
	uint8_t term[ACCEPTED_DIGEST_BYTES];
	enum prio_status status;

	if (record == UINT64_MAX)
		return PRIO_OK;
	bool is_ours = kept->verdict == PRIO_OK;
	status = accepted_term(&finding->accepted, term, entry->id, error);
	if (status == PRIO_OK &&
	    memcmp(term, is_ours ? finding->ours_minus_theirs : finding->theirs_minus_ours, sizeof term) == 0)
		escape_text(finding->shown, finding->shown_bytes, entry->id);
	return status;
}

/* Which single id explains the difference, if one does? */
static enum prio_status find(struct run *run, struct batch_run *batch, const uint8_t ours_minus_theirs[ACCEPTED_DIGEST_BYTES],
			     char *shown, size_t shown_bytes, struct prio_error *error)
{
	static const uint8_t zero[ACCEPTED_DIGEST_BYTES];
	struct finding finding = {.ours_minus_theirs = ours_minus_theirs, .shown = shown, .shown_bytes = shown_bytes};
	enum prio_status status = accepted_init(&finding.accepted, run, batch, error);

	subtract(finding.theirs_minus_ours, zero, ours_minus_theirs);
	for (size_t task = 0; task < batch->plan.n_tasks && status == PRIO_OK; task++)
		status = batch_visit_task(run, batch, task, KEPT_READ, try_entry, &finding, NULL, error);
	accepted_clear(&finding.accepted);
	return status;
}

enum prio_status accepted_compare(struct run *run, struct batch_run *batch, const json_t *theirs,
				  const uint8_t ours[ACCEPTED_DIGEST_BYTES], const char *follows, struct prio_error *error)
{
	uint8_t digest[ACCEPTED_DIGEST_BYTES];
	char shown[128] = "";
	enum prio_status status = PRIO_OK;

	if (theirs == NULL)
		return PRIO_OK;
	if (hex_decode(digest, sizeof digest, json_string_value(json_object_get(theirs, "digest")))) {
		if (memcmp(digest, ours, sizeof digest) == 0)
			return PRIO_OK;
		subtract(digest, ours, digest);
		status = find(run, batch, digest, shown, sizeof shown, error);
	}
	if (status == PRIO_OK)
		batch_run_end(run, batch,
			      "the servers accepted different records: %" PRIu64 " here, %" JSON_INTEGER_FORMAT " at the partner; %s%s. %s",
			      batch->n_accepted, json_integer_value(json_object_get(theirs, "accepted")),
			      shown[0] != '\0' ? "the one that differs is id " : "more than one differs", shown, follows);
	return status;
}
