#include "pipeline/aggregate.h"

#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "pipeline/accepted.h"
#include "pipeline/exec.h"
#include "pipeline/inbox.h"
#include "pipeline/journal.h"
#include "pipeline/output.h"
#include "pipeline/refused.h"
#include "pipeline/release.h"
#include "pipeline/settle.h"
#include "pipeline/signed_json.h"
#include "stage/result.h"

struct accepting {
	struct run *run;
	struct batch_run *batch;
	struct join *join;
	struct partition partition;
	struct refused refused;
	struct accepted accepted;
};

static enum prio_status judge(void *context, const struct checkpoint_entry *entry, uint64_t record, struct prio_error *error)
{
	struct accepting *accepting = context;
	struct batch_run *batch = accepting->batch;
	struct kept_record *kept;
	struct prio_verify2_packet own = {.n_bytes = 0};
	const void *packet = NULL;
	enum prio_status status;

	if (record == UINT64_MAX || batch->records[record].verdict != PRIO_OK)
		return PRIO_OK;
	kept = &batch->records[record];
	status = inbox_take(accepting->run, accepting->join, accepting->partition, entry->id, &packet, error);
	if (status == PRIO_ERR_NOT_FOUND)
		return PRIO_OK;
	if (status == PRIO_OK) {
		batch->n_total++;
		memcpy(own.bytes, kept->answer, kept->answer_bytes);
		own.n_bytes = kept->answer_bytes;
		status = prio_accept(&own, packet);
		batch->n_error += status != PRIO_OK;
	}
	if (status == PRIO_OK)
		return accepted_add(&accepting->accepted, entry->id, error);
	if (!prio_status_is_refusal(status))
		return status;
	kept->verdict = (uint8_t)status;
	return refused_add(&accepting->refused, entry, status, error);
}

/* The ids of one part of all hashes. */
static enum prio_status judge_partition(struct accepting *accepting, struct prio_error *error)
{
	struct run *run = accepting->run;
	struct batch_run *batch = accepting->batch;
	enum prio_status status = inbox_load(run, batch, STAGE_VERIFY2, accepting->partition, &accepting->join, error);

	if (status == PRIO_OK && accepting->join == NULL)
		batch_run_end(run, batch, "the partner sent no verify2 messages for it");
	for (size_t task = 0; task < batch->plan.n_tasks && status == PRIO_OK && batch_is_in(batch); task++) {
		status = exec_check_stop(error);
		if (status == PRIO_OK)
			status = batch_visit_task(run, batch, task, judge, accepting, NULL, error);
	}
	join_free(accepting->join);
	accepting->join = NULL;
	return status;
}

static enum prio_status judge_all(struct accepting *accepting, struct prio_error *error)
{
	struct partition *partition = &accepting->partition;
	struct batch_run *batch = accepting->batch;
	enum prio_status status = refused_begin(&accepting->refused, accepting->run, batch, "aggregate", error);

	if (status == PRIO_OK)
		status = inbox_partitions(accepting->run, batch, STAGE_VERIFY2, &partition->n, error);
	for (partition->index = 0; partition->index < partition->n && status == PRIO_OK && batch_is_in(batch); partition->index++)
		status = judge_partition(accepting, error);
	if (status == PRIO_OK)
		status = refused_end(&accepting->refused, error);
	refused_clear(&accepting->refused);
	batch->n_accepted = accepting->accepted.n;
	return status;
}

/* What the manifest says of the accepted set. */
static void note_accepted(struct batch_run *batch, const struct accepted *accepted)
{
	char digest[2 * ACCEPTED_DIGEST_BYTES + 1];
	json_t *entry = batch->sent[STAGE_AGGREGATE];

	hex_encode(digest, accepted->digest, sizeof accepted->digest);
	json_object_set_new(entry, "accepted", json_integer((json_int_t)accepted->n));
	json_object_set_new(entry, "digest", json_string(digest));
}

static enum prio_status write_total(struct run *run, struct batch_run *batch, const struct prio_total *total,
				    const struct accepted *accepted, struct prio_error *error)
{
	struct aggregate_record record = {.error = batch->n_error, .total = batch->n_total};
	struct output output;
	enum prio_status status = output_begin(&output, run, batch, STAGE_AGGREGATE, 1, error);

	record.payload.n = prio_total_bytes_max(total);
	record.payload.p = malloc(record.payload.n);
	if (status == PRIO_OK && record.payload.p == NULL)
		status = error_set(error, PRIO_ERR_MEMORY, "out of memory");
	if (status != PRIO_OK)
		goto out;
	status = prio_total_write(total, &record.payload);
	if (status == PRIO_OK)
		status = aggregate_record_write(&output.rows, RECORD_COMPACT, &record);
	if (status == PRIO_OK)
		status = line_append(&output.rows, "\n", 1);
	if (status != PRIO_OK) {
		error_set(error, status, "writing the aggregate record: %s", prio_status_sentence(status));
		goto out;
	}
	status = output_end_part(&output, 0, error);
	if (status == PRIO_OK)
		status = output_end(&output, error);
	if (status != PRIO_OK)
		goto out;
	note_accepted(batch, accepted);
	status = journal_write(run, batch->directory.text, "sent", batch->sent[STAGE_AGGREGATE], error);
out:
	aggregate_record_clear(&record);
	output_clear(&output);
	return status;
}

static enum prio_status settle_and_send(struct run *run, struct batch_run *batch, const struct accepted *accepted,
					struct prio_total **total, struct prio_error *error)
{
	enum prio_status status = settle_batch(run, batch, total, error);

	/* What an earlier run sent is not written again: the partner may have taken and cleared it since. */
	if (status == PRIO_OK)
		status = journal_read(run, batch->directory.text, "sent", &batch->sent[STAGE_AGGREGATE], error);
	if (status == PRIO_OK && batch->sent[STAGE_AGGREGATE] == NULL)
		status = write_total(run, batch, *total, accepted, error);
	if (status != PRIO_OK) {
		prio_total_free(*total);
		*total = NULL;
	}
	return status;
}

enum prio_status aggregate_batch(struct run *run, struct batch_run *batch, struct prio_total **total, struct prio_error *error)
{
	struct accepting accepting = {.run = run, .batch = batch};
	enum prio_status status = accepted_init(&accepting.accepted, run, batch, error);

	*total = NULL;
	if (status == PRIO_OK)
		status = judge_all(&accepting, error);
	if (status == PRIO_OK && batch_is_in(batch) && batch->n_total == 0)
		batch_run_end(run, batch, "none of its records was answered by both servers");
	else if (status == PRIO_OK && batch_is_in(batch))
		status = release_check(run, batch, &accepting.accepted, error);
	if (status == PRIO_OK && batch_is_in(batch))
		status = settle_and_send(run, batch, &accepting.accepted, total, error);
	accepted_clear(&accepting.accepted);
	return status;
}
