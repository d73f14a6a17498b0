/* verify2: answer the other server's verify1 packets. The shares are opened again, since this is another process. */
#include <string.h>

#include "base/error.h"
#include "prio/commands.h"
#include "prio/input.h"
#include "prio/output.h"
#include "prio/own_server.h"
#include "prio/packets.h"
#include "prio/rows.h"
#include "prio/tally.h"

enum { ELEMENT_BYTES = 11, STATE_D = 4 * ELEMENT_BYTES };

struct verify2 {
	struct server server;
	struct inputs inputs;
	struct inputs internal_inputs;
	struct inputs external_inputs;
	struct output output;
	struct join *internal;
	struct join *external;
	struct reader *reader;
	struct tally tally;
	struct line_buffer buffer;
};

/* Under --query-order file the share is checked here at another draw than in verify1 if the partner lacks a record before it.
 * The original goes on with the d and e that it sent, and so does this: they take the place of those in the state
 * (prio/server.h: a, b, c, h, d, e). The proof then fails, on both servers alike. */
static void put_packet(struct prio_state *state, const struct prio_verify1_packet *packet)
{
	const uint8_t *p = packet->bytes;

	for (size_t i = 0; i < 2; i++) {
		size_t n = (size_t)(*p & 0x1f); /* a short str: its header, then the value without leading zeros */
		uint8_t *element = state->bytes + STATE_D + i * ELEMENT_BYTES;

		memset(element, 0, ELEMENT_BYTES);
		memcpy(element + ELEMENT_BYTES - n, p + 1, n);
		p += 1 + n;
	}
}

static bool same_packet(const struct prio_verify1_packet *a, const struct prio_verify1_packet *b)
{
	return a->n_bytes == b->n_bytes && memcmp(a->bytes, b->bytes, a->n_bytes) == 0;
}

/* The answer to one row, or in *reason why there is none. */
static enum prio_status answer(struct verify2 *run, const struct row *row, int *reason, struct prio_verify2_packet *packet,
			       struct prio_error *error)
{
	struct prio_verify1_packet own;
	struct prio_state state = {{0}};
	struct join_hash hash;
	struct prio_mut sealed;
	const void *internal;
	const void *external;
	enum join_state internal_state;
	enum join_state external_state;
	enum prio_status verdict;
	uint32_t n_copies;

	*reason = (int)row->verdict;
	if (*reason == PRIO_OK)
		*reason = (int)server_unwrap(&sealed, row->record.payload);
	if (*reason != PRIO_OK)
		return PRIO_OK;
	enum prio_status status = fingerprint_id(run->server.fingerprint, &hash, row->record.id);
	if (status != PRIO_OK)
		return error_set(error, status, "%s", prio_status_sentence(status));

	/* A record that is not in both files is not opened and draws no query point. */
	if (!join_find(run->internal, &hash, &internal, &internal_state, &n_copies))
		*reason = TALLY_NO_OWN_PACKET;
	else if (!join_take(run->external, &hash, &external, &external_state, &n_copies))
		*reason = PRIO_REFUSED_UNMATCHED;
	if (*reason != PRIO_OK)
		return PRIO_OK;
	status = server_check(&run->server, sealed, &verdict, &own, &state, error);
	if (status != PRIO_OK)
		goto out;
	*reason = (int)verdict;
	if (verdict != PRIO_OK)
		goto out;
	server_draw(&run->server);

	/* Taken only now: of copies under one id the first that opens is the record. */
	join_take(run->internal, &hash, &internal, &internal_state, &n_copies);
	if (internal_state == JOIN_MATCHED)
		*reason = PRIO_REFUSED_DUPLICATE;
	else if (packets_judge(internal_state) != PRIO_OK)
		*reason = TALLY_OTHER_RUN;
	else if (!run->server.is_order_of_file && !same_packet(internal, &own))
		*reason = TALLY_OTHER_RUN;
	else
		*reason = (int)packets_judge(external_state);
	if (*reason != PRIO_OK)
		goto out;
	put_packet(&state, internal);
	status = prio_verify2_many(&state, external, 1, packet);
	if (status != PRIO_OK)
		error_set(error, status, "answering: %s", prio_status_sentence(status));
out:
	prio_wipe(&state, sizeof state);
	return status;
}

static enum prio_status write_answer(struct verify2 *run, const struct row *row, const struct prio_verify2_packet *packet,
				     struct sink *sink, struct prio_error *error)
{
	run->buffer.n = 0;
	enum prio_status status = record_write_like(&run->buffer, &row->record, reader_scratch(run->reader),
						    (struct prio_bytes){packet->bytes, packet->n_bytes});
	if (status != PRIO_OK)
		return error_set(error, status, "%s", prio_status_sentence(status));
	return sink_append(sink, (struct prio_bytes){run->buffer.p, run->buffer.n}, error);
}

static enum prio_status answer_file(struct verify2 *run, const struct input_file *file, const char *name,
				    struct prio_error *error)
{
	struct sink *sink = NULL;
	enum prio_status status = output_create(&run->output, name, &sink, error);

	if (status != PRIO_OK)
		return status;
	status = reader_open(run->reader, file, error);
	while (status == PRIO_OK) {
		struct prio_verify2_packet packet;
		struct row row;
		int reason;

		status = reader_next_record(run->reader, &row, error);
		if (status != PRIO_OK || row.at_end)
			break;
		status = answer(run, &row, &reason, &packet, error);
		if (status != PRIO_OK)
			break;
		tally_add(&run->tally, file, &row, reason);
		if (reason == PRIO_OK)
			status = write_answer(run, &row, &packet, sink, error);
	}
	if (status == PRIO_OK)
		return sink_commit(sink, error);
	sink_abort(sink);
	return status;
}

/* One file in, one file out, named as --input-internal is; of a directory, files named as those of --input are. */
static const char *output_name(const struct verify2 *run, size_t i)
{
	bool are_files = !run->inputs.is_directory && !run->internal_inputs.is_directory;

	return are_files ? run->internal_inputs.files[0].name : run->inputs.files[i].name;
}

static enum prio_status prepare(struct verify2 *run, const struct invocation *call, struct prio_error *error)
{
	enum prio_status status = server_init(&run->server, call, true, error);

	if (status == PRIO_OK)
		status = inputs_find(&run->inputs, call, "input", error);
	if (status == PRIO_OK)
		status = inputs_find(&run->internal_inputs, call, "input-internal", error);
	if (status == PRIO_OK)
		status = inputs_find(&run->external_inputs, call, "input-external", error);
	if (status == PRIO_OK)
		status = output_open(&run->output, call, "output", error);
	for (size_t i = 0; i < run->inputs.n_files && status == PRIO_OK; i++) {
		status = output_check(&run->output, output_name(run, i), &run->inputs, error);
		if (status == PRIO_OK)
			status = output_check(&run->output, output_name(run, i), &run->internal_inputs, error);
		if (status == PRIO_OK)
			status = output_check(&run->output, output_name(run, i), &run->external_inputs, error);
	}
	if (status == PRIO_OK)
		status = packets_read(&run->internal, &run->internal_inputs, MESSAGE_VERIFY1, run->server.fingerprint,
				      cli_log(call), error);
	if (status == PRIO_OK)
		status = packets_read(&run->external, &run->external_inputs, MESSAGE_VERIFY1, run->server.fingerprint,
				      cli_log(call), error);
	if (status != PRIO_OK)
		return status;
	status = reader_new(&run->reader, server_max_line_bytes(&run->server));
	if (status != PRIO_OK)
		error_set(error, status, "%s", prio_status_sentence(status));
	return status;
}

static int run_verify2(struct invocation *call)
{
	struct verify2 run = {.internal = NULL};
	struct prio_error error = {0};

	tally_begin(&run.tally, cli_log(call), "verify2");
	enum prio_status status = prepare(&run, call, &error);
	for (size_t i = 0; i < run.inputs.n_files && status == PRIO_OK; i++)
		status = answer_file(&run, &run.inputs.files[i], output_name(&run, i), &error);
	if (status == PRIO_OK) {
		packets_report(run.external, cli_log(call));
		tally_end(&run.tally);
	}

	line_buffer_clear(&run.buffer);
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
	ROWS_SERVER, ROW_QUERY_ORDER, ROW_INPUT, ROW_INPUT_INTERNAL("verify1"), ROW_INPUT_EXTERNAL("verify1"), ROW_OUTPUT,
};

const struct command command_verify2 = {
	.name = "verify2",
	.summary = "Second step: answer the other server's verify1 packets",
	.details = "Writes one file, named as --input-internal; if --input is a directory, one for each of its part files, of the "
		   "same name. Give the result to the other server, whose aggregate reads it as --input-external, and keep it for "
		   "aggregate here.\n"
		   "The same raw shares, secret, n-data, prg and query order as in verify1 have to be given.",
	.options = options,
	.n_options = sizeof options / sizeof *options,
	.run = run_verify2,
};
