#include "pipeline/verify2.h"

#include <string.h>

#include "base/error.h"
#include "pipeline/answers.h"
#include "pipeline/exec.h"
#include "pipeline/inbox.h"
#include "pipeline/manifest.h"
#include "pipeline/output.h"
#include "pipeline/refused.h"

/* First step: answer. */
struct answering {
	struct run *run;
	struct batch_run *batch;
	struct join *join;
	struct answers_writer *writer;
};

static enum prio_status answer_entry(void *context, const struct checkpoint_entry *entry, uint64_t record,
				     struct prio_error *error)
{
	struct answering *answering = context;
	struct answer answer = {.record = record};
	const void *packet = NULL;
	enum prio_status status;

	if (record == UINT64_MAX || answering->batch->records[record].verdict != PRIO_OK)
		return PRIO_OK;
	status = inbox_take(answering->run, answering->join, entry->id, &packet, error);
	if (prio_status_is_refusal(status)) {
		answering->batch->records[record].verdict = (uint8_t)status;
		return PRIO_OK;
	}
	if (status != PRIO_OK)
		return status;
	memcpy(&answer.partner, packet, sizeof answer.partner);
	status = prio_verify2_many(&entry->state, &answer.partner, 1, &answer.own);
	if (status != PRIO_OK)
		return error_set(error, status, "a checkpoint holds a state that is none");
	return answers_add(answering->writer, &answer, error);
}

static enum prio_status answer_all(struct answering *answering, struct prio_error *error)
{
	enum prio_status status = answers_create(&answering->writer, answering->run, answering->batch, error);

	for (size_t task = 0; task < answering->batch->plan.n_tasks && status == PRIO_OK; task++) {
		status = exec_check_stop(error);
		if (status == PRIO_OK)
			status = batch_visit_task(answering->run, answering->batch, task, answer_entry, answering, NULL, error);
	}
	if (status == PRIO_OK)
		return answers_commit(answering->writer, error);
	answers_abort(answering->writer);
	return status;
}

/* Second step: send what is stored. */
struct sending {
	struct run *run;
	struct batch_run *batch;
	struct join *join; /* to compare with answers of an earlier run; NULL: they were made just now */
	struct answers_reader *reader;
	struct answer next;
	struct output output;
	struct refused refused;
	size_t task;
};

/* Is the partner's packet still the one that was answered? One that is gone changes nothing. */
static enum prio_status compare(struct sending *sending, struct prio_bytes id, struct prio_error *error)
{
	const void *packet = NULL;
	enum prio_status status;

	if (sending->join == NULL)
		return PRIO_OK;
	status = inbox_take(sending->run, sending->join, id, &packet, error);
	if (status == PRIO_REFUSED_UNMATCHED)
		return PRIO_OK;
	if (prio_status_is_refusal(status))
		return PRIO_REFUSED_PARTNER_CHANGED;
	if (status == PRIO_OK && memcmp(packet, &sending->next.partner, sizeof sending->next.partner) != 0)
		return PRIO_REFUSED_PARTNER_CHANGED;
	return status;
}

static enum prio_status send_entry(void *context, const struct checkpoint_entry *entry, uint64_t record,
				   struct prio_error *error)
{
	struct sending *sending = context;
	struct batch_run *batch = sending->batch;
	struct kept_record *kept = record == UINT64_MAX ? NULL : &batch->records[record];
	enum prio_status status;

	if (kept == NULL || kept->verdict == PRIO_REFUSED_DUPLICATE || kept->verdict == PRIO_REFUSED_CONFLICTING_ID ||
	    kept->verdict == PRIO_REFUSED_COPIED_SHARE || kept->verdict == PRIO_REFUSED_WITHHELD)
		return PRIO_OK; /* verify1 listed it */
	if (sending->next.record != record) {
		if (kept->verdict == PRIO_OK)
			kept->verdict = PRIO_REFUSED_UNMATCHED;
		return refused_add(&sending->refused, entry, (enum prio_status)kept->verdict, error);
	}
	memcpy(kept->answer, sending->next.own.bytes, sending->next.own.n_bytes);
	kept->answer_bytes = sending->next.own.n_bytes;
	batch->n_answered++;
	status = record_write(&sending->output.rows, RECORD_COMPACT, entry->id, batch->ids_are_numbers,
			      (struct prio_bytes){kept->answer, kept->answer_bytes});
	if (status != PRIO_OK)
		return error_set(error, status, "writing a record: %s", prio_status_sentence(status));
	status = compare(sending, entry->id, error);
	if (status == PRIO_REFUSED_PARTNER_CHANGED) {
		kept->verdict = (uint8_t)status;
		status = refused_add(&sending->refused, entry, status, error);
	}
	if (status == PRIO_OK)
		status = answers_next(sending->reader, &sending->next, error);
	return status == PRIO_OK ? output_flush_rows(&sending->output, sending->task, error) : status;
}

static enum prio_status send_all(struct sending *sending, struct prio_error *error)
{
	struct batch_run *batch = sending->batch;
	enum prio_status status =
		output_begin(&sending->output, sending->run, batch, STAGE_VERIFY2, batch->plan.n_tasks, error);

	if (status == PRIO_OK)
		status = refused_begin(&sending->refused, sending->run, batch, "verify2", error);
	if (status == PRIO_OK)
		status = answers_next(sending->reader, &sending->next, error);
	for (sending->task = 0; sending->task < batch->plan.n_tasks && status == PRIO_OK; sending->task++) {
		status = exec_check_stop(error);
		if (status == PRIO_OK)
			status = batch_visit_task(sending->run, batch, sending->task, send_entry, sending, NULL, error);
		if (status == PRIO_OK)
			status = output_end_part(&sending->output, sending->task, error);
	}
	if (status == PRIO_OK && sending->next.record != UINT64_MAX)
		status = error_set(error, PRIO_ERR_CHANGED, "batch %s: answers are stored for records that are not there any more",
				   batch->shown);
	if (status == PRIO_OK)
		status = refused_end(&sending->refused, error);
	if (status == PRIO_OK)
		status = output_end(&sending->output, error);
	refused_clear(&sending->refused);
	output_clear(&sending->output);
	return status;
}

enum prio_status verify2_batch(struct run *run, struct batch_run *batch, struct prio_error *error)
{
	const json_t *entry = manifest_batch(run, STAGE_VERIFY1, batch);
	struct answering answering = {.run = run, .batch = batch};
	struct sending sending = {.run = run, .batch = batch};
	struct join *join = NULL;
	enum prio_status status;

	if (entry != NULL)
		manifest_check_batch(run, batch, entry);
	if (!batch_is_in(batch))
		return PRIO_OK;
	status = inbox_load(run, batch, STAGE_VERIFY1, &join, error);
	if (status == PRIO_OK)
		status = answers_open(&sending.reader, run, batch, error);
	if (status != PRIO_OK)
		goto out;
	if (sending.reader != NULL) {
		sending.join = join;
	} else if (join == NULL) {
		batch_run_end(run, batch, "the partner sent no verify1 messages for it; does its DATA_CONFIG name this batch, and "
					  "did its shares arrive?");
		goto out;
	} else if (run->stages[STAGE_VERIFY2].is_done) {
		batch_run_end(run, batch, "its verify1 messages came after our verify2 was sent; this date is over for it");
		goto out;
	} else {
		answering.join = join;
		status = answer_all(&answering, error);
		batch->n_partner_only = join_unmatched(join);
		if (status == PRIO_OK)
			status = answers_open(&sending.reader, run, batch, error);
	}
	if (status == PRIO_OK)
		status = send_all(&sending, error);
	if (status == PRIO_OK && batch->n_answered == 0)
		batch_run_end(run, batch, "none of its records was sent by both servers");
out:
	answers_close(sending.reader);
	join_free(join);
	return status;
}
