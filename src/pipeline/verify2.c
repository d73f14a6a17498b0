#include "pipeline/verify2.h"

#include <string.h>

#include "base/error.h"
#include "pipeline/answers.h"
#include "pipeline/inbox.h"
#include "pipeline/manifest.h"
#include "pipeline/output.h"
#include "pipeline/refused.h"

struct answering {
	struct run *run;
	struct batch_run *batch;
	bool was_stored;   /* by an earlier run: nothing is answered anew */
	bool partner_sent; /* the partner has messages of this batch in our inbox */
	struct partition partition;
	struct join *join;
	struct answers_reader *reader;
	struct answer stored; /* the one that reader is at */
	struct answers_writer *writer;
};

static enum prio_status recall(void *context, uint64_t record, struct kept_record *kept, struct prio_error *error)
{
	struct answering *answering = context;

	if (answering->stored.record != record)
		return PRIO_OK;
	kept->partner = answering->stored.partner;
	kept->answer = answering->stored.own;
	return answers_next(answering->reader, &answering->stored, error);
}

/* First step: what an earlier run answered, in order of the records. */
static enum prio_status recall_answers(struct answering *answering, struct prio_error *error)
{
	enum prio_status status = answers_open(&answering->reader, answering->run, answering->batch, error);

	answering->was_stored = answering->reader != NULL;
	if (status != PRIO_OK || !answering->was_stored)
		return status;
	status = answers_next(answering->reader, &answering->stored, error);
	if (status == PRIO_OK)
		status = kept_visit_all(answering->run, answering->batch, KEPT_CHANGE, recall, answering, error);
	if (status == PRIO_OK && answering->stored.record != UINT64_MAX)
		status = error_set(error, PRIO_ERR_CHANGED, "batch %s: an answer is stored for a record that is not there any more",
				   answering->batch->shown);
	answers_close(answering->reader);
	return status;
}

static enum prio_status answer_record(const struct checkpoint_entry *entry, struct kept_record *kept,
				      const struct prio_verify1_packet *packet, struct prio_error *error)
{
	enum prio_status status = prio_verify2_many(&entry->state, packet, 1, &kept->answer);

	if (status != PRIO_OK)
		return error_set(error, status, "a checkpoint holds a state that is none");
	kept->partner = *packet;
	return PRIO_OK;
}

/* Second step, over the ids of one part of all hashes: answer what the partner sent, or compare it with what was answered. */
static enum prio_status match_entry(void *context, const struct checkpoint_entry *entry, uint64_t record,
				    struct kept_record *kept, struct prio_error *error)
{
	struct answering *answering = context;
	const void *packet = NULL;
	enum prio_status status;

	if (record == UINT64_MAX || kept->verdict != PRIO_OK)
		return PRIO_OK;
	bool is_answered = kept->partner.n_bytes > 0;
	status = inbox_take(answering->run, answering->join, answering->partition, entry->id, &packet, error);
	if (status == PRIO_ERR_NOT_FOUND)
		return PRIO_OK;
	if (status == PRIO_OK && !answering->was_stored)
		return answer_record(entry, kept, packet, error);
	/* A packet that is gone since it was answered changes nothing; one that came after the answers were fixed is too late. */
	if (status == PRIO_REFUSED_UNMATCHED && is_answered)
		return PRIO_OK;
	if (status == PRIO_OK && is_answered)
		status = memcmp(packet, &kept->partner, sizeof kept->partner) == 0 ? PRIO_OK : PRIO_REFUSED_PARTNER_CHANGED;
	else if (status == PRIO_OK)
		status = PRIO_REFUSED_UNMATCHED;
	else if (prio_status_is_refusal(status) && is_answered)
		status = PRIO_REFUSED_PARTNER_CHANGED;
	if (status != PRIO_OK && !prio_status_is_refusal(status))
		return status;
	kept->verdict = (uint8_t)status;
	kept->refused_at = STAGE_VERIFY2;
	return PRIO_OK;
}

static enum prio_status match_all(struct answering *answering, struct prio_error *error)
{
	struct partition *partition = &answering->partition;
	struct batch_run *batch = answering->batch;
	enum prio_status status = inbox_partitions(answering->run, batch, STAGE_VERIFY1, &partition->n, error);

	for (partition->index = 0; partition->index < partition->n && status == PRIO_OK; partition->index++) {
		status = inbox_load(answering->run, batch, STAGE_VERIFY1, *partition, &answering->join, error);
		if (status != PRIO_OK || answering->join == NULL)
			break;
		answering->partner_sent = true;
		status = batch_visit_all(answering->run, batch, KEPT_CHANGE, match_entry, answering, 0, error);
		batch->n_partner_only += join_unmatched(answering->join);
		join_free(answering->join);
		answering->join = NULL;
	}
	return status;
}

static enum prio_status store_answer(void *context, uint64_t record, struct kept_record *kept, struct prio_error *error)
{
	const struct answering *answering = context;
	const struct answer answer = {.record = record, .partner = kept->partner, .own = kept->answer};

	return answer.partner.n_bytes > 0 ? answers_add(answering->writer, &answer, error) : PRIO_OK;
}

/* Third step: what is answered is durable before anything of it is sent. */
static enum prio_status store_answers(struct answering *answering, struct prio_error *error)
{
	struct batch_run *batch = answering->batch;
	enum prio_status status = answers_create(&answering->writer, answering->run, batch, error);

	if (status == PRIO_OK)
		status = kept_visit_all(answering->run, batch, KEPT_READ, store_answer, answering, error);
	if (status == PRIO_OK)
		return answers_commit(answering->writer, error);
	answers_abort(answering->writer);
	return status;
}

/* Every answer that is stored is sent, also one to a packet that the partner has changed since. */
static enum prio_status answer_of(const struct checkpoint_entry *entry, const struct kept_record *kept,
				  struct output_packet *packet, struct prio_error *error)
{
	(void)entry;
	(void)error;
	if (kept->verdict != PRIO_OK && kept->refused_at == STAGE_VERIFY1)
		return PRIO_OK;
	packet->n_bytes = kept->answer.n_bytes;
	memcpy(packet->bytes, kept->answer.bytes, kept->answer.n_bytes);
	return PRIO_OK;
}

/* Fourth step: what is still in was answered, or is refused here. */
static enum prio_status refuse_unanswered(void *context, uint64_t record, struct kept_record *kept, struct prio_error *error)
{
	(void)context;
	(void)record;
	(void)error;
	if (kept->verdict != PRIO_OK || kept->answer.n_bytes > 0)
		return PRIO_OK;
	kept->verdict = PRIO_REFUSED_UNMATCHED;
	kept->refused_at = STAGE_VERIFY2;
	return PRIO_OK;
}

static enum prio_status send_all(struct run *run, struct batch_run *batch, struct prio_error *error)
{
	struct output output;
	enum prio_status status = output_begin(&output, run, batch, STAGE_VERIFY2, plan_n_bundles(&batch->plan), error);

	if (status == PRIO_OK)
		status = kept_visit_on_workers(run, batch, KEPT_CHANGE, refuse_unanswered, NULL, error);
	if (status == PRIO_OK)
		status = output_write_records(&output, answer_of, &batch->n_answered, error);
	if (status == PRIO_OK)
		status = refused_list(run, batch, STAGE_VERIFY2, error);
	if (status == PRIO_OK)
		status = output_end(&output, error);
	output_clear(&output);
	return status;
}

/* What stands in the way of answering anew, in words; NULL if nothing does. */
static const char *why_not(const struct answering *answering)
{
	if (answering->was_stored)
		return NULL;
	if (!answering->partner_sent)
		return "the partner sent no verify1 messages for it; does its DATA_CONFIG name this batch, and did its shares arrive?";
	if (answering->run->stages[STAGE_VERIFY2].is_done)
		return "its verify1 messages came after our verify2 was sent; this date is over for it";
	return NULL;
}

enum prio_status verify2_batch(struct run *run, struct batch_run *batch, struct prio_error *error)
{
	const json_t *entry = manifest_batch(run, STAGE_VERIFY1, batch);
	struct answering answering = {.run = run, .batch = batch};
	enum prio_status status;

	if (entry != NULL)
		manifest_check_batch(run, batch, entry);
	if (!batch_is_in(batch))
		return PRIO_OK;
	status = recall_answers(&answering, error);
	if (status == PRIO_OK)
		status = match_all(&answering, error);
	const char *why = why_not(&answering);
	if (status == PRIO_OK && why != NULL) {
		batch_run_end(run, batch, "%s", why);
		goto out;
	}
	if (status == PRIO_OK && !answering.was_stored)
		status = store_answers(&answering, error);
	if (status == PRIO_OK)
		status = send_all(run, batch, error);
	if (status == PRIO_OK && batch->n_answered == 0)
		batch_run_end(run, batch, "none of its records was sent by both servers");
out:
	join_free(answering.join);
	return status;
}
