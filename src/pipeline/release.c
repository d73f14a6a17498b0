#include "pipeline/release.h"

#include <inttypes.h>
#include <string.h>

#include <jansson.h>

#include "base/error.h"
#include "crypt/sha256.h"
#include "pipeline/journal.h"
#include "pipeline/manifest.h"
#include "pipeline/signed_json.h"

enum { SMALL_BATCH = 100 };

/* A partner that answers every record but a few with garbage would be sent the sum of those few. */
static bool is_above_floor(struct run *run, struct batch_run *batch)
{
	const struct process_settings *settings = run->settings;
	uint64_t min_batch = batch->config->min_batch > 0 ? batch->config->min_batch : settings->min_batch;
	uint64_t n_refused = batch->n_sent - batch->n_accepted;
	double fraction = batch->n_sent > 0 ? (double)n_refused / (double)batch->n_sent : 0;

	if (batch->n_accepted < min_batch) {
		batch_run_end(run, batch,
			      "%" PRIu64 " records were accepted, fewer than the %" PRIu64 " that MIN_BATCH or its min_batch asks for; its "
			      "aggregate is not sent",
			      batch->n_accepted, min_batch);
		return false;
	}
	if (fraction > settings->max_refused_fraction) {
		batch_run_end(run, batch,
			      "%" PRIu64 " of the %" PRIu64 " records that we sent were refused, more than MAX_REFUSED_FRACTION (%g) "
			      "allows; its aggregate is not sent",
			      n_refused, batch->n_sent, settings->max_refused_fraction);
		return false;
	}
	if (min_batch == 0 && batch->n_accepted < SMALL_BATCH)
		log_warn(run->log,
			 "batch %s: only %" PRIu64 " records were accepted, and no MIN_BATCH is set: a sum over few people says much "
			 "about each. Set MIN_BATCH or the batch's min_batch",
			 batch->shown, batch->n_accepted);
	return true;
}

/* Which of the opened records are accepted, one byte each. The digest that the servers compare is a sum under a key that the partner
 * has too: somebody who knows the key can look for two sets with one sum. */
struct set {
	struct sha256 *sha;
	size_t n;
	uint8_t block[4096];
};

static enum prio_status hash_block(struct set *set, struct prio_error *error)
{
	enum prio_status status = sha256_add(set->sha, (struct prio_bytes){set->block, set->n});

	set->n = 0;
	return status == PRIO_OK ? PRIO_OK : error_set(error, status, "hashing: %s", prio_status_sentence(status));
}

static enum prio_status add_to_set(void *context, uint64_t record, struct kept_record *kept, struct prio_error *error)
{
	struct set *set = context;

	(void)record;
	set->block[set->n++] = kept->verdict == PRIO_OK;
	return set->n < sizeof set->block ? PRIO_OK : hash_block(set, error);
}

static enum prio_status set_of(const struct run *run, const struct batch_run *batch, char hex[2 * SHA256_BYTES + 1],
			       struct prio_error *error)
{
	struct set set = {.n = 0};
	uint8_t digest[SHA256_BYTES];
	enum prio_status status = sha256_new(&set.sha);

	if (status == PRIO_OK)
		status = sha256_begin(set.sha);
	if (status != PRIO_OK)
		error_set(error, status, "hashing: %s", prio_status_sentence(status));
	if (status == PRIO_OK)
		status = kept_visit_all(run, batch, KEPT_READ, add_to_set, &set, error);
	if (status == PRIO_OK)
		status = hash_block(&set, error);
	if (status == PRIO_OK && sha256_end(set.sha, digest) != PRIO_OK)
		status = error_set(error, PRIO_ERR_CRYPTO, "hashing failed");
	sha256_free(set.sha);
	if (status != PRIO_OK)
		return status;
	hex_encode(hex, digest, sizeof digest);
	return PRIO_OK;
}

enum prio_status release_check(struct run *run, struct batch_run *batch, const struct accepted *accepted,
			       struct prio_error *error)
{
	char set[2 * SHA256_BYTES + 1];
	json_t *before = NULL;
	json_t *entry = NULL;
	enum prio_status status = journal_read(run, batch->directory.text, "release", &before, error);
	bool is_first = before == NULL;

	json_decref(before);
	if (status != PRIO_OK || !is_above_floor(run, batch))
		return status;
	/* The partner's aggregate may be there before ours leaves: then a disagreement costs nothing yet. */
	if (is_first)
		status = accepted_compare(run, batch, manifest_batch(run, STAGE_AGGREGATE, batch), accepted->digest,
					  "Nothing of ours is released yet: find what was lost on the way, restore it, and start both "
					  "servers again",
					  error);
	if (status != PRIO_OK || !batch_is_in(batch))
		return status;
	status = set_of(run, batch, set, error);
	if (status != PRIO_OK)
		return status;
	entry = json_pack("{s:I,s:I,s:I,s:s}", "accepted", (json_int_t)batch->n_accepted, "total", (json_int_t)batch->n_total, "error",
			  (json_int_t)batch->n_error, "set", set);
	if (entry == NULL)
		return error_set(error, PRIO_ERR_MEMORY, "out of memory");
	status = journal_write(run, batch->directory.text, "release", entry, error);
	json_decref(entry);
	if (status == PRIO_ERR_EXISTS) {
		batch_run_end(run, batch,
			      "its aggregate was released before over other records than the ones accepted now. Two totals would give "
			      "away their difference, so this date is over for the batch; late data go under another date");
		return PRIO_OK;
	}
	return status;
}
