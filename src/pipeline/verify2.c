#include "pipeline/verify2.h"

#include <string.h>

#include "base/error.h"
#include "pipeline/exec.h"
#include "pipeline/inbox.h"
#include "pipeline/output.h"
#include "pipeline/refused.h"

struct answering {
	struct run *run;
	struct batch_run *batch;
	struct join *join;
	struct output output;
	struct refused refused;
	size_t task;
};

static enum prio_status answer(void *context, const struct checkpoint_entry *entry, uint64_t record, struct prio_error *error)
{
	struct answering *answering = context;
	struct batch_run *batch = answering->batch;
	struct kept_record *kept;
	struct prio_verify2_packet own;
	const void *packet = NULL;
	enum prio_status status;

	if (record == UINT64_MAX || batch->records[record].verdict != PRIO_OK)
		return PRIO_OK;
	kept = &batch->records[record];
	status = inbox_take(answering->run, answering->join, entry->id, &packet, error);
	if (prio_status_is_refusal(status)) {
		kept->verdict = (uint8_t)status;
		return refused_add(&answering->refused, entry, status, error);
	}
	if (status != PRIO_OK)
		return status;
	status = prio_verify2_many(&entry->state, packet, 1, &own);
	if (status != PRIO_OK)
		return error_set(error, status, "a checkpoint holds a state that is none");
	memcpy(kept->answer, own.bytes, own.n_bytes);
	kept->answer_bytes = own.n_bytes;
	batch->n_answered++;
	status = record_write(&answering->output.rows, RECORD_COMPACT, entry->id, batch->ids_are_numbers,
			      (struct prio_bytes){own.bytes, own.n_bytes});
	if (status != PRIO_OK)
		return error_set(error, status, "writing a record: %s", prio_status_sentence(status));
	return output_flush_rows(&answering->output, answering->task, error);
}

enum prio_status verify2_batch(struct run *run, struct batch_run *batch, struct prio_error *error)
{
	struct answering answering = {.run = run, .batch = batch};
	enum prio_status status = inbox_load(run, batch, "verify1", MESSAGE_VERIFY1, &answering.join, error);

	if (status != PRIO_OK)
		return status;
	if (answering.join == NULL) {
		batch_run_end(run, batch, "the partner sent no verify1 messages for it; does its DATA_CONFIG name this batch, and "
					  "did its shares arrive?");
		return PRIO_OK;
	}
	status = output_begin(&answering.output, run, batch, "verify2", batch->plan.n_tasks, error);
	if (status == PRIO_OK)
		status = refused_begin(&answering.refused, run, batch, "verify2", error);
	for (answering.task = 0; answering.task < batch->plan.n_tasks && status == PRIO_OK; answering.task++) {
		status = exec_check_stop(error);
		if (status == PRIO_OK)
			status = batch_visit_task(run, batch, answering.task, answer, &answering, NULL, error);
		if (status == PRIO_OK)
			status = output_end_part(&answering.output, answering.task, error);
	}
	batch->n_partner_only = join_unmatched(answering.join);
	if (status == PRIO_OK)
		status = refused_end(&answering.refused, error);
	if (status == PRIO_OK)
		status = output_end(&answering.output, error);
	if (status == PRIO_OK && batch->n_answered == 0)
		batch_run_end(run, batch, "none of its records was sent by both servers");
	refused_clear(&answering.refused);
	output_clear(&answering.output);
	join_free(answering.join);
	return status;
}
