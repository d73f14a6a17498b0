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
	struct judge *judges; /* one a worker */
};

/* What one worker finds. */
struct judge {
	struct accepting *accepting;
	struct accepted accepted;
	uint64_t n_total;
	uint64_t n_error;
};

static enum prio_status judge_entry(void *context, const struct checkpoint_entry *entry, uint64_t record,
				    struct kept_record *kept, struct prio_error *error)
{
	struct judge *judge = context;
	struct accepting *accepting = judge->accepting;
	const void *packet = NULL;
	enum prio_status status;

	if (record == UINT64_MAX || kept->verdict != PRIO_OK)
		return PRIO_OK;
	status = inbox_take(accepting->run, accepting->join, accepting->partition, entry->id, &packet, error);
	if (status == PRIO_ERR_NOT_FOUND)
		return PRIO_OK;
	if (status == PRIO_OK) {
		judge->n_total++;
		status = prio_accept(&kept->answer, packet);
		judge->n_error += status != PRIO_OK;
	}
	if (status == PRIO_OK)
		return accepted_add(&judge->accepted, entry->id, error);
	if (!prio_status_is_refusal(status))
		return status;
	kept->verdict = (uint8_t)status;
	kept->refused_at = STAGE_AGGREGATE;
	return PRIO_OK;
}

/* The ids of one part of all hashes. */
static enum prio_status judge_partition(struct accepting *accepting, struct prio_error *error)
{
	struct run *run = accepting->run;
	struct batch_run *batch = accepting->batch;
	enum prio_status status = inbox_load(run, batch, STAGE_VERIFY2, accepting->partition, &accepting->join, error);

	if (status == PRIO_OK && accepting->join == NULL)
		batch_run_end(run, batch, "the partner sent no verify2 messages for it");
	if (status == PRIO_OK && batch_is_in(batch))
		status = batch_visit_all(run, batch, KEPT_CHANGE, judge_entry, accepting->judges, sizeof *accepting->judges, error);
	join_free(accepting->join);
	accepting->join = NULL;
	return status;
}

static enum prio_status judge_all(struct accepting *accepting, struct accepted *accepted, struct prio_error *error)
{
	struct partition *partition = &accepting->partition;
	struct batch_run *batch = accepting->batch;
	struct run *run = accepting->run;
	enum prio_status status = inbox_partitions(run, batch, STAGE_VERIFY2, &partition->n, error);

	accepting->judges = calloc(run->n_workers, sizeof *accepting->judges);
	if (status == PRIO_OK && accepting->judges == NULL)
		status = error_set(error, PRIO_ERR_MEMORY, "out of memory");
	for (unsigned i = 0; i < run->n_workers && status == PRIO_OK; i++) {
		accepting->judges[i] = (struct judge){.accepting = accepting};
		status = accepted_init(&accepting->judges[i].accepted, run, batch, error);
	}
	for (partition->index = 0; partition->index < partition->n && status == PRIO_OK && batch_is_in(batch); partition->index++)
		status = judge_partition(accepting, error);
	for (unsigned i = 0; i < run->n_workers && accepting->judges != NULL; i++) {
		struct judge *one = &accepting->judges[i];

		accepted_merge(accepted, &one->accepted);
		batch->n_total += one->n_total;
		batch->n_error += one->n_error;
		accepted_clear(&one->accepted);
	}
	free(accepting->judges);
	batch->n_accepted = accepted->n;
	return status == PRIO_OK ? refused_list(run, batch, STAGE_AGGREGATE, error) : status;
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
	struct line_buffer line = {0};
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
		status = aggregate_record_write(&line, RECORD_COMPACT, &record);
	if (status == PRIO_OK)
		status = line_append(&line, "\n", 1);
	if (status != PRIO_OK) {
		error_set(error, status, "writing the aggregate record: %s", prio_status_sentence(status));
		goto out;
	}
	status = output_write(&output, (struct prio_bytes){line.p, line.n}, error);
	if (status == PRIO_OK)
		status = output_end(&output, error);
	if (status != PRIO_OK)
		goto out;
	note_accepted(batch, accepted);
	status = journal_write(run, batch->directory.text, "sent", batch->sent[STAGE_AGGREGATE], error);
out:
	aggregate_record_clear(&record);
	line_buffer_clear(&line);
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
	struct accepted accepted = {0};
	enum prio_status status = judge_all(&accepting, &accepted, error);

	*total = NULL;
	if (status == PRIO_OK && batch_is_in(batch) && batch->n_total == 0)
		batch_run_end(run, batch, "none of its records was answered by both servers");
	else if (status == PRIO_OK && batch_is_in(batch))
		status = release_check(run, batch, &accepted, error);
	if (status == PRIO_OK && batch_is_in(batch))
		status = settle_and_send(run, batch, &accepted, total, error);
	return status;
}
