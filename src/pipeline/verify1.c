#include "pipeline/verify1.h"

#include <inttypes.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "pipeline/exec.h"
#include "pipeline/inbox.h"
#include "pipeline/output.h"
#include "pipeline/query.h"
#include "pipeline/refused.h"
#include "record/ndjson.h"
#include "stage/dedup.h"

/* Looking for repeated ids and copied shares. */
struct search {
	struct run *run;
	struct batch_run *batch;
	struct dedup *dedup;
	struct partition ids;  /* whose ids are looked at */
	struct partition epks; /* whose ephemeral keys are looked at, for copied shares */
	struct searcher *searchers; /* one a worker */
	pthread_mutex_t lock; /* guards dedup while ids are named */
};

struct searcher {
	struct search *search;
	unsigned worker;
};

static enum prio_status dedup_error(enum prio_status status, struct prio_error *error)
{
	return status == PRIO_OK ? PRIO_OK
				 : error_set(error, status, "looking for repeated ids: %s", prio_status_sentence(status));
}

static enum prio_status enter(void *context, const struct checkpoint_entry *entry, uint64_t record, struct kept_record *kept,
			      struct prio_error *error)
{
	const struct searcher *searcher = context;
	struct search *search = searcher->search;
	struct join_hash hash;

	if (record == UINT64_MAX || kept->verdict != PRIO_OK)
		return PRIO_OK;
	if (search->epks.n > 1) {
		/* Under our key, so that nobody can aim ephemeral keys at one part. */
		hash = run_hash_id(search->run, (struct prio_bytes){entry->epk_hash, sizeof entry->epk_hash});
		if (!partition_has(search->epks, hash.bytes))
			return PRIO_OK;
	}
	hash = run_hash_id(search->run, entry->id);
	if (!partition_has(search->ids, hash.bytes))
		return PRIO_OK;
	return dedup_error(dedup_add(search->dedup, searcher->worker, &hash, entry->epk_hash, entry->share_digest, record), error);
}

static enum prio_status name(void *context, const struct checkpoint_entry *entry, uint64_t record, struct kept_record *kept,
			     struct prio_error *error)
{
	struct search *search = ((struct searcher *)context)->search;
	enum prio_status status = PRIO_OK;

	(void)kept;
	if (record == UINT64_MAX)
		return PRIO_OK;
	pthread_mutex_lock(&search->lock);
	if (dedup_needs_id(search->dedup, record))
		status = dedup_set_id(search->dedup, record, entry->id);
	pthread_mutex_unlock(&search->lock);
	return dedup_error(status, error);
}

static enum prio_status visit_all(struct search *search, enum kept_use use, entry_visit *visit, struct prio_error *error)
{
	return batch_visit_all(search->run, search->batch, use, visit, search->searchers, sizeof *search->searchers, error);
}

static enum prio_status resolve_ids(void *context, unsigned worker, size_t shard, struct prio_error *error)
{
	struct search *search = context;

	return dedup_error(dedup_resolve_ids(search->dedup, worker, shard), error);
}

static enum prio_status resolve_copies(void *context, unsigned worker, size_t shard, struct prio_error *error)
{
	struct search *search = context;

	(void)worker;
	return dedup_error(dedup_resolve_copies(search->dedup, shard), error);
}

static enum prio_status resolve(struct search *search, struct prio_error *error)
{
	unsigned n_workers = search->run->n_workers;
	enum prio_status status = exec_run(n_workers, DEDUP_SHARDS, resolve_ids, search, error);

	if (status == PRIO_OK)
		status = exec_run(n_workers, DEDUP_SHARDS, resolve_copies, search, error);
	return status == PRIO_OK ? dedup_error(dedup_resolve_end(search->dedup), error) : status;
}

static enum prio_status keep_verdict(void *context, uint64_t record, struct kept_record *kept, struct prio_error *error)
{
	const struct search *search = context;
	enum prio_status verdict = dedup_verdict(search->dedup, record);

	(void)error;
	if (kept->verdict != PRIO_OK || verdict == PRIO_OK)
		return PRIO_OK;
	kept->verdict = (uint8_t)verdict;
	kept->refused_at = STAGE_VERIFY1;
	return PRIO_OK;
}

/* The ids of copied shares, which may be long, are asked for in as many rounds as the memory budget wants: half of what is left of it,
 * for the table's rows are there too. */
static enum prio_status name_copies(struct search *search, struct prio_error *error)
{
	uint64_t n_fit = run_n_fit(search->run, (uint64_t)2 * RECORD_ID_BYTES_MAX);
	enum prio_status status = PRIO_OK;

	while (status == PRIO_OK && dedup_ask(search->dedup, n_fit < SIZE_MAX ? (size_t)n_fit : SIZE_MAX))
		status = visit_all(search, KEPT_NONE, name, error);
	return status;
}

/* One table over the records of search->ids and search->epks. */
static enum prio_status find_repeated_among(struct search *search, const struct dedup_rules *rules, struct prio_error *error)
{
	enum prio_status status = dedup_error(dedup_new(&search->dedup, rules, search->run->n_workers), error);

	if (status == PRIO_OK)
		status = visit_all(search, KEPT_READ, enter, error);
	if (status == PRIO_OK)
		status = resolve(search, error);
	if (status == PRIO_OK && dedup_n_needed(search->dedup) > 0)
		status = name_copies(search, error);
	if (status == PRIO_OK)
		status = dedup_error(dedup_finish(search->dedup), error);
	if (status == PRIO_OK && dedup_any_refused(search->dedup))
		status = kept_visit_on_workers(search->run, search->batch, KEPT_CHANGE, keep_verdict, search, error);
	dedup_free(search->dedup);
	search->dedup = NULL;
	return status;
}

/* Give every opened record its verdict. Repeated ids share a part of the id hashes, copied shares a part of the key hashes: where
 * one table would be too large, the two rules are applied one after the other, in parts. */
static enum prio_status find_in_parts(struct search *search, struct prio_error *error)
{
	uint32_t n = run_partitions(search->run, search->batch->n_opened);
	bool allow_copied = search->run->settings->allow_copied_shares;
	const struct dedup_rules both = {.withhold_repeated = search->run->partner_is_41, .allow_copied_shares = allow_copied};
	const struct dedup_rules ids_only = {.withhold_repeated = search->run->partner_is_41, .allow_copied_shares = true};
	const struct dedup_rules copies_only = {.allow_copied_shares = allow_copied};
	enum prio_status status = PRIO_OK;

	search->epks = search->ids = (struct partition){0, 1};
	if (n == 1)
		return find_repeated_among(search, &both, error);
	for (uint32_t i = 0; i < n && status == PRIO_OK; i++) {
		search->ids = (struct partition){i, n};
		status = find_repeated_among(search, &ids_only, error);
	}
	search->ids = (struct partition){0, 1};
	for (uint32_t i = 0; i < n && status == PRIO_OK; i++) {
		search->epks = (struct partition){i, n};
		status = find_repeated_among(search, &copies_only, error);
	}
	return status;
}

static enum prio_status find_repeated(struct run *run, struct batch_run *batch, struct prio_error *error)
{
	struct search search = {.run = run, .batch = batch};
	enum prio_status status;

	search.searchers = calloc(run->n_workers, sizeof *search.searchers);
	if (search.searchers == NULL)
		return error_set(error, PRIO_ERR_MEMORY, "out of memory");
	for (unsigned i = 0; i < run->n_workers; i++)
		search.searchers[i] = (struct searcher){&search, i};
	pthread_mutex_init(&search.lock, NULL);
	status = find_in_parts(&search, error);
	pthread_mutex_destroy(&search.lock);
	free(search.searchers);
	return status;
}

/* What an original partner sent, and how much of it we have too. */
struct meeting {
	struct run *run;
	struct partition partition;
	struct join *partner;
	uint64_t n_in_common;
};

static enum prio_status count_common(void *context, const struct checkpoint_entry *entry, uint64_t record,
				     struct kept_record *kept, struct prio_error *error)
{
	struct meeting *meeting = context;
	const void *packet;
	enum prio_status status;

	if (record == UINT64_MAX || kept->verdict != PRIO_OK)
		return PRIO_OK;
	status = inbox_take(meeting->run, meeting->partner, meeting->partition, entry->id, &packet, error);
	if (status == PRIO_ERR_NOT_FOUND)
		return PRIO_OK;
	meeting->n_in_common += status == PRIO_OK;
	return prio_status_is_refusal(status) ? PRIO_OK : status;
}

/* Is there anything that an original partner could join with? */
static enum prio_status check_common(struct run *run, struct batch_run *batch, struct prio_error *error)
{
	struct meeting meeting = {.run = run};
	struct partition *partition = &meeting.partition;
	enum prio_status status = inbox_partitions(run, batch, STAGE_VERIFY1, &partition->n, error);

	for (; partition->index < partition->n && status == PRIO_OK && meeting.n_in_common == 0; partition->index++) {
		status = inbox_load(run, batch, STAGE_VERIFY1, *partition, &meeting.partner, error);
		/* Until the first one: that is enough. */
		for (size_t task = 0; meeting.partner != NULL && task < batch->plan.n_tasks && status == PRIO_OK &&
				      meeting.n_in_common == 0;
		     task++) {
			status = exec_check_stop(error);
			if (status == PRIO_OK)
				status = batch_visit_task(run, batch, task, KEPT_READ, count_common, &meeting, NULL, error);
		}
		join_free(meeting.partner);
		meeting.partner = NULL;
	}
	if (status == PRIO_OK && meeting.n_in_common == 0)
		batch_run_end(run, batch,
			      "it has no id in common with what the partner sent, so nothing of it is sent either (an original "
			      "partner would stop with an error)");
	return status;
}

static enum prio_status message_of(const struct checkpoint_entry *entry, const struct kept_record *kept,
				   struct output_packet *packet, struct prio_error *error)
{
	struct prio_verify1_packet message;
	enum prio_status status;

	if (kept->verdict != PRIO_OK)
		return PRIO_OK;
	status = prio_state_packet(&message, &entry->state);
	if (status != PRIO_OK)
		return error_set(error, status, "a checkpoint holds a state that is none");
	packet->n_bytes = message.n_bytes;
	memcpy(packet->bytes, message.bytes, message.n_bytes);
	return PRIO_OK;
}

static enum prio_status send_all(struct run *run, struct batch_run *batch, struct prio_error *error)
{
	struct output output;
	enum prio_status status = output_begin(&output, run, batch, STAGE_VERIFY1, plan_n_bundles(&batch->plan), error);

	/* A batch that ended before it was sent: its refused records are listed all the same. */
	if (status == PRIO_OK && batch_is_in(batch))
		status = output_write_records(&output, message_of, &batch->n_sent, error);
	if (status == PRIO_OK)
		status = refused_list(run, batch, STAGE_VERIFY1, error);
	if (status == PRIO_OK)
		status = output_end(&output, error);
	output_clear(&output);
	return status;
}

enum prio_status verify1_batch(struct run *run, struct batch_run *batch, struct prio_error *error)
{
	bool was_sent = run->stages[STAGE_VERIFY1].is_done;
	enum prio_status status;

	if (was_sent && !batch->is_fixed) {
		batch_run_end(run, batch, "its raw shares came after our verify1 was sent; put them under another date");
		return PRIO_OK;
	}
	status = query_fix(run, batch, error);
	if (status == PRIO_OK)
		status = find_repeated(run, batch, error);
	if (status == PRIO_OK && run->partner_is_41 && !was_sent)
		status = check_common(run, batch, error);
	if (status == PRIO_OK)
		status = send_all(run, batch, error);
	if (status != PRIO_OK)
		return status;
	if (batch_is_in(batch) && batch->n_sent == 0)
		batch_run_end(run, batch, "all of its %" PRIu64 " lines were refused; reasons are listed under processed/refused",
			      batch->n_lines);
	return PRIO_OK;
}
