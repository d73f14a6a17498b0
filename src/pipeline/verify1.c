#include "pipeline/verify1.h"

#include <inttypes.h>

#include "base/error.h"
#include "pipeline/exec.h"
#include "pipeline/inbox.h"
#include "pipeline/output.h"
#include "pipeline/query.h"
#include "pipeline/refused.h"
#include "stage/dedup.h"

struct second_pass {
	struct run *run;
	struct batch_run *batch;
	struct dedup *dedup;
	struct partition partition; /* whose ids are looked at */
	struct partition epks;      /* whose ephemeral keys are looked at, for copied shares */
	struct join *partner;       /* beside an original: what it sent */
	uint64_t n_in_common;
	struct output output;
	struct refused refused;
	size_t task;
};

static enum prio_status visit_all(struct second_pass *pass, entry_visit *visit, struct prio_error *error)
{
	enum prio_status status = PRIO_OK;

	for (size_t task = 0; task < pass->batch->plan.n_tasks && status == PRIO_OK; task++) {
		status = exec_check_stop(error);
		if (status == PRIO_OK)
			status = batch_visit_task(pass->run, pass->batch, task, visit, pass, NULL, error);
	}
	return status;
}

static enum prio_status dedup_error(enum prio_status status, struct prio_error *error)
{
	return status == PRIO_OK ? PRIO_OK
				 : error_set(error, status, "looking for repeated ids: %s", prio_status_sentence(status));
}

static enum prio_status enter(void *context, const struct checkpoint_entry *entry, uint64_t record, struct prio_error *error)
{
	struct second_pass *pass = context;
	struct join_hash hash;
	enum prio_status status;

	if (record == UINT64_MAX || pass->batch->records[record].verdict != PRIO_OK)
		return PRIO_OK;
	if (pass->epks.n > 1) {
		/* Under our key, so that nobody can aim ephemeral keys at one part. */
		status = run_hash_id(pass->run, &hash, (struct prio_bytes){entry->epk_hash, sizeof entry->epk_hash}, error);
		if (status != PRIO_OK || !partition_has(pass->epks, hash.bytes))
			return status;
	}
	status = run_hash_id(pass->run, &hash, entry->id, error);
	if (status != PRIO_OK || !partition_has(pass->partition, hash.bytes))
		return status;
	return dedup_error(dedup_add(pass->dedup, &hash, entry->epk_hash, entry->share_digest, record), error);
}

static enum prio_status name(void *context, const struct checkpoint_entry *entry, uint64_t record, struct prio_error *error)
{
	struct second_pass *pass = context;

	if (record == UINT64_MAX || !dedup_needs_id(pass->dedup, record))
		return PRIO_OK;
	return dedup_error(dedup_set_id(pass->dedup, record, entry->id), error);
}

/* One table over the records of pass->partition and pass->epks. */
static enum prio_status find_repeated_among(struct second_pass *pass, const struct dedup_rules *rules, struct prio_error *error)
{
	enum prio_status status = dedup_error(dedup_new(&pass->dedup, rules), error);

	if (status == PRIO_OK)
		status = visit_all(pass, enter, error);
	if (status == PRIO_OK)
		status = dedup_error(dedup_resolve(pass->dedup), error);
	if (status == PRIO_OK && dedup_n_needed(pass->dedup) > 0)
		status = visit_all(pass, name, error);
	if (status == PRIO_OK)
		status = dedup_error(dedup_finish(pass->dedup), error);
	for (uint64_t i = 0; i < pass->batch->n_opened && status == PRIO_OK; i++)
		if (pass->batch->records[i].verdict == PRIO_OK)
			pass->batch->records[i].verdict = (uint8_t)dedup_verdict(pass->dedup, i);
	dedup_free(pass->dedup);
	pass->dedup = NULL;
	return status;
}

/* Give every opened record its verdict. Repeated ids share a part of the id hashes, copied shares a part of the key hashes: where
 * one table would be too large, the two rules are applied one after the other, in parts. */
static enum prio_status find_repeated(struct second_pass *pass, struct prio_error *error)
{
	uint32_t n = run_partitions(pass->run, pass->batch->n_opened);
	bool allow_copied = pass->run->settings->allow_copied_shares;
	const struct dedup_rules both = {.withhold_repeated = pass->run->partner_is_41, .allow_copied_shares = allow_copied};
	const struct dedup_rules ids_only = {.withhold_repeated = pass->run->partner_is_41, .allow_copied_shares = true};
	const struct dedup_rules copies_only = {.allow_copied_shares = allow_copied};
	enum prio_status status = PRIO_OK;

	pass->epks = pass->partition = (struct partition){0, 1};
	if (n == 1)
		return find_repeated_among(pass, &both, error);
	for (uint32_t i = 0; i < n && status == PRIO_OK; i++) {
		pass->partition = (struct partition){i, n};
		status = find_repeated_among(pass, &ids_only, error);
	}
	pass->partition = (struct partition){0, 1};
	for (uint32_t i = 0; i < n && status == PRIO_OK; i++) {
		pass->epks = (struct partition){i, n};
		status = find_repeated_among(pass, &copies_only, error);
	}
	return status;
}

static enum prio_status count_common(void *context, const struct checkpoint_entry *entry, uint64_t record,
				     struct prio_error *error)
{
	struct second_pass *pass = context;
	const void *packet;
	enum prio_status status;

	if (record == UINT64_MAX || pass->batch->records[record].verdict != PRIO_OK)
		return PRIO_OK;
	status = inbox_take(pass->run, pass->partner, pass->partition, entry->id, &packet, error);
	if (status == PRIO_ERR_NOT_FOUND)
		return PRIO_OK;
	pass->n_in_common += status == PRIO_OK;
	return prio_status_is_refusal(status) ? PRIO_OK : status;
}

/* Is there anything that an original partner could join with? */
static enum prio_status check_common(struct second_pass *pass, struct prio_error *error)
{
	struct partition *partition = &pass->partition;
	enum prio_status status = inbox_partitions(pass->run, pass->batch, STAGE_VERIFY1, &partition->n, error);

	for (partition->index = 0; partition->index < partition->n && status == PRIO_OK && pass->n_in_common == 0;
	     partition->index++) {
		status = inbox_load(pass->run, pass->batch, STAGE_VERIFY1, *partition, &pass->partner, error);
		if (status == PRIO_OK && pass->partner != NULL)
			status = visit_all(pass, count_common, error);
		join_free(pass->partner);
		pass->partner = NULL;
	}
	if (status == PRIO_OK && pass->n_in_common == 0)
		batch_run_end(pass->run, pass->batch,
			      "it has no id in common with what the partner sent, so nothing of it is sent either (an original "
			      "partner would stop with an error)");
	return status;
}

static enum prio_status write_entry(void *context, const struct checkpoint_entry *entry, uint64_t record,
				    struct prio_error *error)
{
	struct second_pass *pass = context;
	struct batch_run *batch = pass->batch;
	enum prio_status verdict =
		record == UINT64_MAX ? entry->verdict : (enum prio_status)batch->records[record].verdict;
	struct prio_verify1_packet packet;
	enum prio_status status;

	if (verdict != PRIO_OK)
		return refused_add(&pass->refused, entry, verdict, error);
	/* A batch that ended before it was sent: its refused records are listed all the same. */
	if (!batch_is_in(batch))
		return PRIO_OK;
	status = prio_state_packet(&packet, &entry->state);
	if (status != PRIO_OK)
		return error_set(error, status, "a checkpoint holds a state that is none");
	batch->n_sent++;
	status = record_write(&pass->output.rows, RECORD_COMPACT, entry->id, batch->ids_are_numbers,
			      (struct prio_bytes){packet.bytes, packet.n_bytes});
	if (status != PRIO_OK)
		return error_set(error, status, "writing a record: %s", prio_status_sentence(status));
	return output_flush_rows(&pass->output, pass->task, error);
}

static enum prio_status write_all(struct second_pass *pass, struct prio_error *error)
{
	struct batch_run *batch = pass->batch;
	enum prio_status status = output_begin(&pass->output, pass->run, batch, STAGE_VERIFY1, batch->plan.n_tasks, error);

	if (status == PRIO_OK)
		status = refused_begin(&pass->refused, pass->run, batch, "verify1", error);
	for (pass->task = 0; pass->task < batch->plan.n_tasks && status == PRIO_OK; pass->task++) {
		status = exec_check_stop(error);
		if (status == PRIO_OK)
			status = batch_visit_task(pass->run, batch, pass->task, write_entry, pass, NULL, error);
		if (status == PRIO_OK)
			status = output_end_part(&pass->output, pass->task, error);
	}
	if (status == PRIO_OK)
		status = refused_end(&pass->refused, error);
	if (status == PRIO_OK)
		status = output_end(&pass->output, error);
	refused_clear(&pass->refused);
	output_clear(&pass->output);
	return status;
}

enum prio_status verify1_batch(struct run *run, struct batch_run *batch, struct prio_error *error)
{
	struct second_pass pass = {.run = run, .batch = batch};
	bool was_sent = run->stages[STAGE_VERIFY1].is_done;
	enum prio_status status;

	if (was_sent && !batch->is_fixed) {
		batch_run_end(run, batch, "its raw shares came after our verify1 was sent; put them under another date");
		return PRIO_OK;
	}
	status = query_fix(run, batch, error);
	if (status == PRIO_OK)
		status = find_repeated(&pass, error);
	if (status == PRIO_OK && run->partner_is_41 && !was_sent)
		status = check_common(&pass, error);
	if (status == PRIO_OK)
		status = write_all(&pass, error);
	if (status != PRIO_OK)
		return status;
	if (batch_is_in(batch) && batch->n_sent == 0)
		batch_run_end(run, batch, "all of its %" PRIu64 " lines were refused; reasons are listed under processed/refused",
			      batch->n_lines);
	return PRIO_OK;
}
