/* encode-shares: a client's work, for tests and trials: vectors to two files of sealed shares.
 *
 * The input is read twice. The first time only looks for lines that cannot be encoded, so that a bad one leaves nothing
 * behind; the second encodes. */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <sys/stat.h>

#include "base/error.h"
#include "base/wipe.h"
#include "cli/rows.h"
#include "prio/client.h"
#include "prio/commands.h"
#include "prio/input.h"
#include "prio/output.h"
#include "prio/vector_line.h"
#include "stage/result.h"

enum { LINE_ROOM_BYTES = 65536, VALUE_BYTES_MAX = 32 };

struct encode {
	struct prio_params params;
	struct prio_client *client;
	struct inputs inputs;
	struct reader *reader;
	struct record_scratch *scratch;
	struct vector_line line;
	struct prio_sealed_pair sealed;
	size_t room_a;
	size_t room_b;
	struct output output_a;
	struct output output_b;
	struct line_buffer buffer;
	uint64_t n_lines;
	uint64_t n_no_bits;
	uint64_t n_longer;
};

static enum prio_status prepare(struct encode *run, const struct invocation *call, struct prio_error *error)
{
	struct prio_public_key key_a;
	struct prio_public_key key_b;
	enum prio_status status = cli_params(call, &run->params, error);

	if (status == PRIO_OK)
		status = cli_public_key(call, "public-key-hex-internal", &key_a, error);
	if (status == PRIO_OK)
		status = cli_public_key(call, "public-key-hex-external", &key_b, error);
	if (status == PRIO_OK)
		status = prio_client_new(&run->client, &run->params, &key_a, &key_b, error);
	if (status == PRIO_OK)
		status = inputs_find(&run->inputs, call, "input", error);
	if (status != PRIO_OK)
		return status;

	run->line.params = &run->params;
	run->line.fields = calloc(run->params.n_data, sizeof *run->line.fields);
	run->line.values = calloc(run->params.n_data, sizeof *run->line.values);
	run->room_a = prio_sealed_bytes_max(&run->params, PRIO_SERVER_A);
	run->room_b = prio_sealed_bytes_max(&run->params, PRIO_SERVER_B);
	run->sealed.a.p = malloc(run->room_a);
	run->sealed.b.p = malloc(run->room_b);
	if (run->line.fields == NULL || run->line.values == NULL || run->sealed.a.p == NULL || run->sealed.b.p == NULL)
		return error_set(error, PRIO_ERR_MEMORY, "out of memory");
	status = reader_new(&run->reader, LINE_ROOM_BYTES + (size_t)run->params.n_data * VALUE_BYTES_MAX);
	if (status == PRIO_OK)
		status = record_scratch_new(&run->scratch);
	if (status != PRIO_OK)
		error_set(error, status, "%s", prio_status_sentence(status));
	return status;
}

/* The next line of the open file, read; errors name file and line. */
static enum prio_status next_vector(struct encode *run, const struct input_file *file, struct row *row,
				    struct prio_error *error)
{
	char path[ESCAPED_PATH_BYTES];
	enum prio_status status = reader_next(run->reader, row, error);

	if (status != PRIO_OK || row->at_end)
		return status;
	if (row->is_too_long)
		status = error_set(error, PRIO_ERR_FORMAT, "the line is longer than a vector of this batch can be");
	else
		status = vector_line_read(&run->line, prio_bytes_of(row->text), error);
	if (status != PRIO_OK)
		error_prefix(error, "%s:%" PRIu64, escape_path(path, file->path), row->number);
	return status;
}

static enum prio_status look_for_bad_lines(struct encode *run, struct log *log, struct prio_error *error)
{
	enum prio_status status = PRIO_OK;

	for (size_t i = 0; i < run->inputs.n_files && status == PRIO_OK; i++) {
		struct row row = {0};

		status = reader_open(run->reader, &run->inputs.files[i], error);
		while (status == PRIO_OK) {
			status = next_vector(run, &run->inputs.files[i], &row, error);
			if (status != PRIO_OK || row.at_end)
				break;
			run->n_lines++;
			run->n_no_bits += run->line.is_no_bits;
			run->n_longer += run->line.is_longer;
		}
	}
	if (status != PRIO_OK)
		return status;
	if (run->n_no_bits > 0)
		log_warn(log, "%" PRIu64 " vectors hold values other than 0 and 1; the servers will refuse them", run->n_no_bits);
	if (run->n_longer > 0)
		log_warn(log, "%" PRIu64 " vectors are longer than n-data; what is too much of them is left out", run->n_longer);
	return PRIO_OK;
}

/* A record as it came with the share as its payload; one without an id gets new_id, as its first member. */
static enum prio_status write_record(struct encode *run, const struct record *record, const char *new_id,
				     struct prio_bytes share, struct sink *sink, struct prio_error *error)
{
	char head[UUID_CHARS + 16];
	size_t cut = 0;

	run->buffer.n = 0;
	enum prio_status status = record_write_like(&run->buffer, record, run->scratch, share);
	if (status != PRIO_OK)
		return error_set(error, status, "%s", prio_status_sentence(status));
	if (!run->line.has_id) {
		int n = snprintf(head, sizeof head, "{\"id\": \"%s\", ", new_id);

		status = sink_append(sink, (struct prio_bytes){(const uint8_t *)head, (size_t)n}, error);
		cut = 1; /* its own brace */
	}
	return status == PRIO_OK ? sink_append(sink, (struct prio_bytes){run->buffer.p + cut, run->buffer.n - cut}, error)
				 : status;
}

static enum prio_status encode_row(struct encode *run, const struct row *row, struct sink *sink_a, struct sink *sink_b,
				   struct prio_error *error)
{
	uint8_t random[16];
	char new_id[UUID_CHARS + 1];
	struct record record;
	enum prio_status status;

	/* Parsed once more, by the one who can write it back: it says that an array is no payload, which is fine here. */
	status = record_parse(&record, row->text, false, run->scratch);
	if (status != PRIO_OK && status != PRIO_REFUSED_NO_PAYLOAD)
		return error_set(error, PRIO_ERR_FORMAT, "%s", prio_status_sentence(status));
	if (getrandom(random, sizeof random, 0) != (ssize_t)sizeof random)
		return error_set(error, PRIO_ERR_RANDOM, "%s", prio_status_sentence(PRIO_ERR_RANDOM));
	uuid_format(new_id, random, 4);

	run->sealed.a.n = run->room_a;
	run->sealed.b.n = run->room_b;
	if (run->params.precision == 0)
		status = prio_encode_many(run->client, run->line.fields, 1, &run->sealed, error);
	else
		status = prio_encode_uint_many(run->client, run->line.values, 1, &run->sealed, error);
	if (status == PRIO_OK)
		status = write_record(run, &record, new_id, prio_bytes_of(run->sealed.a), sink_a, error);
	if (status == PRIO_OK)
		status = write_record(run, &record, new_id, prio_bytes_of(run->sealed.b), sink_b, error);
	return status;
}

static enum prio_status encode_file(struct encode *run, const struct input_file *file, struct prio_error *error)
{
	struct sink *sink_a = NULL;
	struct sink *sink_b = NULL;
	struct row row = {0};
	char path[ESCAPED_PATH_BYTES];
	enum prio_status status = output_create(&run->output_a, file->name, &sink_a, error);

	if (status == PRIO_OK)
		status = output_create(&run->output_b, file->name, &sink_b, error);
	if (status == PRIO_OK)
		status = reader_open(run->reader, file, error);
	while (status == PRIO_OK) {
		status = next_vector(run, file, &row, error);
		if (status != PRIO_OK || row.at_end)
			break;
		status = encode_row(run, &row, sink_a, sink_b, error);
		if (status == PRIO_ERR_FORMAT)
			error_prefix(error, "%s:%" PRIu64, escape_path(path, file->path), row.number);
	}
	if (status != PRIO_OK) {
		sink_abort(sink_a);
		sink_abort(sink_b);
		return status;
	}
	status = sink_commit(sink_a, error);
	if (status == PRIO_OK)
		return sink_commit(sink_b, error);
	sink_abort(sink_b);
	return status;
}

/* Under whatever two names: server A's shares would be overwritten by B's. */
static bool are_one_directory(const char *one, const char *other)
{
	struct stat a;
	struct stat b;

	return stat(one, &a) == 0 && stat(other, &b) == 0 && a.st_dev == b.st_dev && a.st_ino == b.st_ino;
}

static enum prio_status open_outputs(struct encode *run, const struct invocation *call, struct prio_error *error)
{
	char where[CLI_WHERE_BYTES];
	enum prio_status status = output_open(&run->output_a, call, "output-A", error);

	if (status == PRIO_OK)
		status = output_open(&run->output_b, call, "output-B", error);
	if (status == PRIO_OK && are_one_directory(run->output_a.directory, run->output_b.directory))
		status = error_set(error, PRIO_ERR_CONFIG, "%s is the directory of --output-B, too; give two",
				   cli_where(call, "output-A", where));
	for (size_t i = 0; i < run->inputs.n_files && status == PRIO_OK; i++) {
		status = output_check(&run->output_a, run->inputs.files[i].name, &run->inputs, error);
		if (status == PRIO_OK)
			status = output_check(&run->output_b, run->inputs.files[i].name, &run->inputs, error);
	}
	return status;
}

static int run_encode_shares(struct invocation *call)
{
	struct encode run = {.n_lines = 0};
	struct prio_error error = {0};
	char where[CLI_WHERE_BYTES];

	if (strcmp(cli_string(call, "output-A"), cli_string(call, "output-B")) == 0)
		return cli_usage_error(call, "%s is the directory of --output-B, too; give two", cli_where(call, "output-A", where));
	fprintf(stderr, "Running encode-shares\n");
	enum prio_status status = prepare(&run, call, &error);
	if (status == PRIO_OK)
		status = look_for_bad_lines(&run, cli_log(call), &error);
	if (status == PRIO_OK)
		status = open_outputs(&run, call, &error);
	for (size_t i = 0; i < run.inputs.n_files && status == PRIO_OK; i++)
		status = encode_file(&run, &run.inputs.files[i], &error);
	if (status == PRIO_OK)
		log_info(cli_log(call), "%" PRIu64 " vectors encoded", run.n_lines);

	line_buffer_clear(&run.buffer);
	output_close(&run.output_b);
	output_close(&run.output_a);
	free(run.sealed.b.p);
	free(run.sealed.a.p);
	if (run.line.fields != NULL)
		wipe(run.line.fields, run.params.n_data * sizeof *run.line.fields);
	if (run.line.values != NULL)
		wipe(run.line.values, run.params.n_data * sizeof *run.line.values);
	free(run.line.values);
	free(run.line.fields);
	record_scratch_free(run.scratch);
	reader_free(run.reader);
	inputs_clear(&run.inputs);
	prio_client_free(run.client);
	return status == PRIO_OK ? EXIT_DONE : cli_fail(call, status, &error);
}

static const struct option_row options[] = {
	ROW_BATCH_ID,
	ROW_N_DATA,
	{.name = "public-key-hex-internal", .variable = "PUBLIC_KEY_HEX_INTERNAL", .kind = OPTION_STRING, .required = true,
	 .help = "server A's public key, 64 hexadecimal digits"},
	{.name = "public-key-hex-external", .variable = "PUBLIC_KEY_HEX_EXTERNAL", .kind = OPTION_STRING, .required = true,
	 .help = "server B's public key, 64 hexadecimal digits"},
	ROW_PRECISION,
	ROW_PRG,
	ROW_ALLOW_FORGEABLE_SIZE,
	{.name = "input", .variable = "INPUT", .kind = OPTION_PATH, .required = true,
	 .help = "vectors, a file of JSON lines {\"payload\": [0, 1, ...]} or a directory of such part files"},
	{.name = "output-A", .variable = "OUTPUT_A", .kind = OPTION_PATH, .required = true,
	 .help = "directory for server A's shares, made if it is missing"},
	{.name = "output-B", .variable = "OUTPUT_B", .kind = OPTION_PATH, .required = true,
	 .help = "directory for server B's shares, made if it is missing"},
};

const struct command command_encode_shares = {
	.name = "encode-shares",
	.summary = "Encode vectors into sealed shares for both servers, as a client does",
	.details = "Reads lines {\"payload\": [0, 1, ...]} of n-data values, or with --precision of integers. Writes two files for "
		   "each input file, of the same name, with a line {\"id\", \"payload\"} for each vector. A record without an id "
		   "gets a random one; other members of a record go to both servers as they are, in the clear.\n"
		   "Values are not checked to be 0 or 1, so that tests can make what servers refuse. A line that cannot be encoded "
		   "stops the command before anything is written.",
	.options = options,
	.n_options = sizeof options / sizeof *options,
	.run = run_encode_shares,
};
