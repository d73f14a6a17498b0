/* aggregate: add up the shares of the records whose proofs hold. */
#include <inttypes.h>
#include <stdlib.h>

#include "base/error.h"
#include "prio/commands.h"
#include "prio/input.h"
#include "prio/output.h"
#include "prio/own_server.h"
#include "prio/packets.h"
#include "prio/rows.h"
#include "prio/tally.h"
#include "prio/total.h"
#include "stage/result.h"

struct aggregate {
	struct server server;
	struct inputs inputs;
	struct inputs internal_inputs;
	struct inputs external_inputs;
	struct output output;
	struct join *internal;
	struct join *external;
	struct reader *reader;
	struct prio_tentative *sum;
	struct tally tally;
	/* How the proofs fared, for a word on why they failed. */
	uint64_t n_judged;
	uint64_t n_accepted;
	bool first_accepted;
};

/* Is this row's share to be added? If so, it is in *sealed. */
static enum prio_status judge(struct aggregate *run, const struct row *row, struct join_hash *hash, struct prio_mut *sealed,
			      int *reason, struct prio_error *error)
{
	const void *internal;
	const void *external;
	enum join_state internal_state;
	enum join_state external_state;
	uint32_t n_copies;

	*reason = (int)row->verdict;
	if (*reason == PRIO_OK)
		*reason = (int)server_unwrap(sealed, row->record.payload);
	if (*reason != PRIO_OK)
		return PRIO_OK;
	enum prio_status status = fingerprint_id(run->server.fingerprint, hash, row->record.id);
	if (status != PRIO_OK)
		return error_set(error, status, "%s", prio_status_sentence(status));

	if (!join_find(run->internal, hash, &internal, &internal_state, &n_copies))
		*reason = TALLY_NO_OWN_PACKET;
	else if (internal_state == JOIN_MATCHED)
		*reason = PRIO_REFUSED_DUPLICATE;
	else if (packets_judge(internal_state) != PRIO_OK)
		*reason = TALLY_OTHER_RUN;
	else if (!join_take(run->external, hash, &external, &external_state, &n_copies))
		*reason = PRIO_REFUSED_UNMATCHED;
	else
		*reason = (int)packets_judge(external_state);
	if (*reason != PRIO_OK)
		return PRIO_OK;
	*reason = (int)prio_accept(internal, external);
	if (run->n_judged++ == 0)
		run->first_accepted = *reason == PRIO_OK;
	return PRIO_OK;
}

static enum prio_status add_row(struct aggregate *run, const struct row *row, int *reason, struct prio_error *error)
{
	struct join_hash hash;
	struct prio_mut sealed;
	const void *packet;
	enum join_state state;
	enum prio_status verdict;
	uint32_t n_copies;
	enum prio_status status = judge(run, row, &hash, &sealed, reason, error);

	if (status != PRIO_OK || *reason != PRIO_OK)
		return status;
	status = server_sum(&run->server, sealed, &verdict, run->sum, error);
	if (status != PRIO_OK)
		return status;
	*reason = (int)verdict;
	if (verdict == PRIO_OK) {
		/* Taken only now: of copies under one id the first that opens is the record. */
		join_take(run->internal, &hash, &packet, &state, &n_copies);
		run->n_accepted++;
	}
	return PRIO_OK;
}

static enum prio_status add_all(struct aggregate *run, struct prio_error *error)
{
	enum prio_status status = PRIO_OK;

	for (size_t i = 0; i < run->inputs.n_files && status == PRIO_OK; i++) {
		status = reader_open(run->reader, &run->inputs.files[i], error);
		while (status == PRIO_OK) {
			struct row row;
			int reason;

			status = reader_next_record(run->reader, &row, error);
			if (status != PRIO_OK || row.at_end)
				break;
			status = add_row(run, &row, &reason, error);
			if (status == PRIO_OK)
				tally_add(&run->tally, &run->inputs.files[i], &row, reason);
		}
	}
	return status;
}

/* Proofs of honest clients fail together when the two servers do not check at the same point. */
static void explain_failures(const struct aggregate *run, struct log *log)
{
	const char *other = run->server.is_order_of_file ? "batch" : "file";

	if (run->n_judged < 2)
		return;
	if (run->n_accepted == 1 && run->first_accepted)
		log_warn(log,
			 "of %" PRIu64 " proofs the first holds and all others fail: the other server may use another query order; "
			 "agree with it on one, and let both run verify1 again (here: --query-order %s)",
			 run->n_judged, other);
	else if (run->n_accepted == 0)
		log_warn(log,
			 "none of %" PRIu64 " proofs holds: do both servers have the same shared secret, n-data and batch id, and the "
			 "prg (batch or legacy) of their clients?",
			 run->n_judged);
}

static const char *output_name(const struct aggregate *run)
{
	return run->internal_inputs.n_files == 1 ? run->internal_inputs.files[0].name : "aggregate.ndjson";
}

static enum prio_status write_total(struct aggregate *run, struct prio_error *error)
{
	struct prio_total *total = NULL;
	struct line_buffer buffer = {0};
	struct aggregate_record record = {.error = run->tally.n_refused, .total = run->tally.n_rows};
	enum prio_status status = prio_settle(&total, run->sum, run->n_accepted);

	if (status == PRIO_OK) {
		record.payload.n = prio_total_bytes_max(total);
		record.payload.p = malloc(record.payload.n);
		status = record.payload.p != NULL ? prio_total_write(total, &record.payload) : PRIO_ERR_MEMORY;
	}
	if (status == PRIO_OK)
		status = aggregate_record_write(&buffer, RECORD_SPACED, &record);
	if (status != PRIO_OK)
		error_set(error, status, "the total: %s", prio_status_sentence(status));
	else
		status = output_put(&run->output, output_name(run), (struct prio_bytes){buffer.p, buffer.n}, error);

	line_buffer_clear(&buffer);
	free(record.payload.p);
	prio_total_free(total);
	return status;
}

static enum prio_status prepare(struct aggregate *run, const struct invocation *call, struct prio_error *error)
{
	enum prio_status status = server_init(&run->server, call, false, error);

	if (status == PRIO_OK)
		status = inputs_find(&run->inputs, call, "input", error);
	if (status == PRIO_OK)
		status = inputs_find(&run->internal_inputs, call, "input-internal", error);
	if (status == PRIO_OK)
		status = inputs_find(&run->external_inputs, call, "input-external", error);
	if (status == PRIO_OK)
		status = output_open(&run->output, call, "output", error);
	if (status == PRIO_OK)
		status = output_check(&run->output, output_name(run), &run->inputs, error);
	if (status == PRIO_OK)
		status = output_check(&run->output, output_name(run), &run->internal_inputs, error);
	if (status == PRIO_OK)
		status = output_check(&run->output, output_name(run), &run->external_inputs, error);
	if (status == PRIO_OK)
		status = packets_read(&run->internal, &run->internal_inputs, MESSAGE_VERIFY2, run->server.fingerprint,
				      cli_log(call), error);
	if (status == PRIO_OK)
		status = packets_read(&run->external, &run->external_inputs, MESSAGE_VERIFY2, run->server.fingerprint,
				      cli_log(call), error);
	if (status != PRIO_OK)
		return status;
	status = reader_new(&run->reader, server_max_line_bytes(&run->server));
	if (status == PRIO_OK)
		status = prio_tentative_new(&run->sum, run->server.batch);
	if (status != PRIO_OK)
		error_set(error, status, "%s", prio_status_sentence(status));
	return status;
}

static int run_aggregate(struct invocation *call)
{
	struct aggregate run = {.internal = NULL};
	struct prio_error error = {0};

	tally_begin(&run.tally, cli_log(call), "aggregate");
	enum prio_status status = prepare(&run, call, &error);
	if (status == PRIO_OK)
		status = add_all(&run, &error);
	if (status == PRIO_OK)
		status = write_total(&run, &error);
	if (status == PRIO_OK) {
		packets_report(run.external, cli_log(call));
		tally_end(&run.tally);
		explain_failures(&run, cli_log(call));
	}

	prio_tentative_free(run.sum);
	reader_free(run.reader);
	join_free(run.external);
	join_free(run.internal);
	output_close(&run.output);
	inputs_clear(&run.external_inputs);
	inputs_clear(&run.internal_inputs);
	inputs_clear(&run.inputs);
	server_clear(&run.server);
	return status == PRIO_OK ? EXIT_DONE : cli_fail(call, status, &error);
}

static const struct option_row options[] = {
	ROWS_SERVER, ROW_QUERY_ORDER, ROW_INPUT, ROW_INPUT_INTERNAL("verify2"), ROW_INPUT_EXTERNAL("verify2"), ROW_OUTPUT,
};

const struct command command_aggregate = {
	.name = "aggregate",
	.summary = "Third step: add up the shares of the records whose proofs hold",
	.details = "Writes one file with one record, {\"payload\", \"error\", \"total\"}, named as --input-internal; if that is a "
		   "directory of several part files, aggregate.ndjson. total counts the lines of --input, error those that are "
		   "not in the sum. Give it to the other server, and keep it for publish here.\n"
		   "By itself the sum says nothing; with the other server's it is the result. Do not aggregate the same records "
		   "twice with some of them left out: the difference is what they held.",
	.options = options,
	.n_options = sizeof options / sizeof *options,
	.run = run_aggregate,
};
