/* verify1: open every raw share and write what the other server needs to check its proof.
 *
 * Three passes over the input at most. The first opens shares and remembers little of each; between the passes it is known
 * which ids and shares are repeated; the last writes, so that nothing has left for a record that is refused. The one in
 * between is only made if shares were copied, whose ids then decide (stage/dedup.h). */
#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "prio/commands.h"
#include "prio/input.h"
#include "prio/output.h"
#include "prio/own_server.h"
#include "prio/rows.h"
#include "prio/tally.h"
#include "stage/dedup.h"

/* What the first pass remembers of a line. */
struct remembered {
	struct prio_verify1_packet packet; /* if it opened */
	uint8_t verdict;
};
_Static_assert(PRIO_STATUS_COUNT_ < 256, "a verdict fits a byte");

struct verify1 {
	struct server server;
	struct inputs inputs;
	struct output output;
	struct reader *reader;
	struct dedup *dedup;
	struct remembered *lines; /* of all files, one after another */
	size_t n_lines;
	size_t room;
	struct tally tally;
	struct line_buffer buffer;
};

static enum prio_status remember(struct verify1 *run, enum prio_status verdict, const struct prio_verify1_packet *packet,
				 struct prio_error *error)
{
	if (run->n_lines == run->room) {
		size_t room = run->room < 1024 ? 1024 : run->room + run->room / 4;
		struct remembered *lines = realloc(run->lines, room * sizeof *lines);

		if (lines == NULL)
			return error_set(error, PRIO_ERR_MEMORY, "out of memory");
		run->lines = lines;
		run->room = room;
	}
	run->lines[run->n_lines++] = (struct remembered){.packet = *packet, .verdict = (uint8_t)verdict};
	return PRIO_OK;
}

static enum prio_status open_row(struct verify1 *run, const struct row *row, struct prio_error *error)
{
	struct prio_verify1_packet packet = {.n_bytes = 0};
	struct prio_state state;
	struct join_hash id;
	uint8_t epk[FINGERPRINT_BYTES];
	uint8_t share[FINGERPRINT_BYTES];
	struct prio_mut sealed;
	enum prio_status verdict = row->verdict;

	if (verdict == PRIO_OK)
		verdict = server_unwrap(&sealed, row->record.payload);
	if (verdict != PRIO_OK)
		return remember(run, verdict, &packet, error);

	/* Before opening, which overwrites the share. */
	enum prio_status status = fingerprint_id(run->server.fingerprint, &id, row->record.id);
	if (status == PRIO_OK)
		status = fingerprint_share(run->server.fingerprint, epk, share, prio_bytes_of(sealed));
	if (status != PRIO_OK)
		return error_set(error, status, "%s", prio_status_sentence(status));
	status = server_check(&run->server, sealed, &verdict, &packet, &state, error);
	prio_wipe(&state, sizeof state);
	if (status == PRIO_OK && verdict == PRIO_OK) {
		server_draw(&run->server);
		status = dedup_add(run->dedup, 0, &id, epk, share, run->n_lines);
		if (status != PRIO_OK)
			error_set(error, status, "%s", prio_status_sentence(status));
	}
	return status == PRIO_OK ? remember(run, verdict, &packet, error) : status;
}

static enum prio_status open_all(struct verify1 *run, struct prio_error *error)
{
	enum prio_status status = PRIO_OK;

	for (size_t i = 0; i < run->inputs.n_files && status == PRIO_OK; i++) {
		struct row row = {0};

		status = reader_open(run->reader, &run->inputs.files[i], error);
		while (status == PRIO_OK) {
			status = reader_next_record(run->reader, &row, error);
			if (status != PRIO_OK || row.at_end)
				break;
			status = open_row(run, &row, error);
		}
	}
	return status;
}

/* The ids that decide between copies of a share. */
static enum prio_status set_ids(struct verify1 *run, struct prio_error *error)
{
	enum prio_status status = PRIO_OK;
	size_t n = 0;

	for (size_t i = 0; i < run->inputs.n_files && status == PRIO_OK; i++) {
		struct row row = {0};

		status = reader_open(run->reader, &run->inputs.files[i], error);
		while (status == PRIO_OK) {
			status = reader_next_record(run->reader, &row, error);
			if (status != PRIO_OK || row.at_end)
				break;
			if (dedup_needs_id(run->dedup, n))
				status = dedup_set_id(run->dedup, n, row.record.id);
			n++;
		}
	}
	return status;
}

static enum prio_status resolve(struct verify1 *run, struct prio_error *error)
{
	enum prio_status status = dedup_resolve(run->dedup);

	if (status == PRIO_OK && dedup_n_needed(run->dedup) > 0)
		status = set_ids(run, error);
	if (status == PRIO_OK)
		status = dedup_finish(run->dedup);
	if (status != PRIO_OK && (error->status != status || error->text[0] == '\0'))
		error_set(error, status, "finding repeated records: %s", prio_status_sentence(status));
	return status;
}

/* Write one file's packets; *first: the number of its first line among all, moved on. */
static enum prio_status write_file(struct verify1 *run, const struct input_file *file, size_t *n, struct prio_error *error)
{
	struct sink *sink = NULL;
	struct row row = {0};
	enum prio_status status = output_create(&run->output, file->name, &sink, error);

	if (status != PRIO_OK)
		return status;
	status = reader_open(run->reader, file, error);
	while (status == PRIO_OK) {
		status = reader_next_record(run->reader, &row, error);
		if (status != PRIO_OK || row.at_end)
			break;
		if (*n == run->n_lines) {
			status = error_set(error, PRIO_ERR_CHANGED, "%s has more lines than before", file->name);
			break;
		}
		const struct remembered *line = &run->lines[*n];
		enum prio_status verdict = (enum prio_status)line->verdict;
		if (verdict == PRIO_OK)
			verdict = dedup_verdict(run->dedup, *n);
		++*n;
		tally_add(&run->tally, file, &row, (int)verdict);
		if (verdict != PRIO_OK)
			continue;
		run->buffer.n = 0;
		status = record_write_like(&run->buffer, &row.record, reader_scratch(run->reader),
					   (struct prio_bytes){line->packet.bytes, line->packet.n_bytes});
		if (status != PRIO_OK)
			error_set(error, status, "%s", prio_status_sentence(status));
		else
			status = sink_append(sink, (struct prio_bytes){run->buffer.p, run->buffer.n}, error);
	}
	if (status == PRIO_OK)
		return sink_commit(sink, error);
	sink_abort(sink);
	return status;
}

static enum prio_status prepare(struct verify1 *run, const struct invocation *call, struct prio_error *error)
{
	struct dedup_rules rules = {.allow_copied_shares = cli_flag(call, "allow-copied-shares")};
	enum prio_status status = server_init(&run->server, call, true, error);

	if (status == PRIO_OK)
		status = inputs_find(&run->inputs, call, "input", error);
	if (status == PRIO_OK)
		status = output_open(&run->output, call, "output", error);
	for (size_t i = 0; i < run->inputs.n_files && status == PRIO_OK; i++)
		status = output_check(&run->output, run->inputs.files[i].name, &run->inputs, error);
	if (status != PRIO_OK)
		return status;
	status = dedup_new(&run->dedup, &rules, 1);
	if (status == PRIO_OK)
		status = reader_new(&run->reader, server_max_line_bytes(&run->server));
	if (status != PRIO_OK)
		error_set(error, status, "%s", prio_status_sentence(status));
	return status;
}

static int run_verify1(struct invocation *call)
{
	struct verify1 run = {.n_lines = 0};
	struct prio_error error = {0};
	size_t n = 0;

	tally_begin(&run.tally, cli_log(call), "verify1");
	enum prio_status status = prepare(&run, call, &error);
	if (status == PRIO_OK)
		status = open_all(&run, &error);
	if (status == PRIO_OK)
		status = resolve(&run, &error);
	for (size_t i = 0; i < run.inputs.n_files && status == PRIO_OK; i++)
		status = write_file(&run, &run.inputs.files[i], &n, &error);
	if (status == PRIO_OK)
		tally_end(&run.tally);

	line_buffer_clear(&run.buffer);
	free(run.lines);
	dedup_free(run.dedup);
	reader_free(run.reader);
	output_close(&run.output);
	inputs_clear(&run.inputs);
	server_clear(&run.server);
	return status == PRIO_OK ? EXIT_DONE : cli_fail(call, status, &error);
}

static const struct option_row options[] = {
	ROWS_SERVER,
	ROW_QUERY_ORDER,
	{.name = "allow-copied-shares", .variable = "ALLOW_COPIED_SHARES", .kind = OPTION_FLAG,
	 .help = "count a share that comes under several ids once for each: for test data made by repetition only"},
	ROW_INPUT,
	ROW_OUTPUT,
};

const struct command command_verify1 = {
	.name = "verify1",
	.summary = "First step: open the raw shares, and write packets for the other server",
	.details = "Writes one file for each input file, of the same name: the records as they came, with the packet as payload. "
		   "Give it to the other server, whose verify2 reads it as --input-external, and keep it for verify2 here.\n"
		   "Repeated records count once, different shares under one id not at all, and a share that was copied under "
		   "other ids counts under the smallest. Refused records are named and counted by reason on standard error; the "
		   "exit code is 0 all the same.",
	.options = options,
	.n_options = sizeof options / sizeof *options,
	.run = run_verify1,
};
