/* encode-shares: a client's work, for tests and trials: vectors to two files of sealed shares.
 *
 * The input is read twice. The first time only looks for lines that cannot be encoded, so that a bad one leaves nothing
 * behind; the second encodes. */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/error.h"
#include "cli/rows.h"
#include "pipeline/exec.h"
#include "prio/commands.h"
#include "prio/encode_part.h"
#include "prio/input.h"
#include "prio/output.h"

/* Beyond what the values of a line take. */
enum { LINE_ROOM_BYTES = 65536, VALUE_BYTES_MAX = 32, PARTS_A_WORKER = 4 };

struct encode {
	struct prio_params params;
	struct inputs inputs;
	struct reader *reader;
	struct output outputs[2]; /* by server */
	struct part_worker *workers;
	unsigned n_workers;
	struct encode_part *parts; /* read one after another, worked on all at once, written one after another */
	size_t n_parts;
	size_t n_parts_max;
	bool is_encoding; /* or checking */
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
		status = prio_params_check(&run->params, error);
	if (status == PRIO_OK)
		status = inputs_find(&run->inputs, call, "input", error);
	if (status != PRIO_OK)
		return status;

	run->n_workers = exec_workers();
	run->n_parts_max = (size_t)run->n_workers * PARTS_A_WORKER;
	run->workers = calloc(run->n_workers, sizeof *run->workers);
	run->parts = calloc(run->n_parts_max, sizeof *run->parts);
	if (run->workers == NULL || run->parts == NULL)
		return error_set(error, PRIO_ERR_MEMORY, "out of memory");
	for (unsigned i = 0; i < run->n_workers && status == PRIO_OK; i++)
		status = part_worker_init(&run->workers[i], &run->params, &key_a, &key_b, error);
	if (status != PRIO_OK)
		return status;
	status = reader_new(&run->reader, LINE_ROOM_BYTES + (size_t)run->params.n_data * VALUE_BYTES_MAX);
	if (status != PRIO_OK)
		error_set(error, status, "%s", prio_status_sentence(status));
	return status;
}

static enum prio_status work_on_part(void *context, unsigned worker, size_t task, struct prio_error *error)
{
	struct encode *run = context;

	(void)error; /* it is the part's, so that the first part that has one can be told from others */
	if (run->is_encoding)
		part_encode(&run->parts[task], &run->workers[worker]);
	else
		part_check(&run->parts[task], &run->workers[worker]);
	return PRIO_OK;
}

/* The open file's next lines, as many as there is room for in all parts. */
static enum prio_status read_parts(struct encode *run, bool *at_end, struct prio_error *error)
{
	size_t n_vectors = part_vectors_at_a_time(&run->params);
	enum prio_status status = PRIO_OK;

	run->n_parts = 0;
	while (!*at_end && run->n_parts < run->n_parts_max) {
		struct encode_part *part = &run->parts[run->n_parts++];

		part_reset(part);
		while (!*at_end && !part_is_full(part, n_vectors)) {
			struct row row = {0};

			status = reader_next(run->reader, &row, error);
			if (status != PRIO_OK)
				return status;
			*at_end = row.at_end;
			if (!row.at_end && part_add(part, &row) != PRIO_OK)
				return error_set(error, PRIO_ERR_MEMORY, "out of memory");
		}
	}
	return status;
}

/* What the workers made of the parts, in the order of lines. sinks: NULL, or where records go. */
static enum prio_status use_parts(struct encode *run, const struct input_file *file, struct sink *const *sinks,
				  struct prio_error *error)
{
	char path[ESCAPED_PATH_BYTES];
	enum prio_status status = PRIO_OK;

	for (size_t i = 0; i < run->n_parts && status == PRIO_OK; i++) {
		const struct encode_part *part = &run->parts[i];

		status = part->status;
		if (status != PRIO_OK) {
			*error = part->error;
			if (status == PRIO_ERR_FORMAT)
				error_prefix(error, "%s:%" PRIu64, escape_path(path, file->path), part->bad_line);
			break;
		}
		if (sinks == NULL) {
			run->n_lines += part->n_lines;
			run->n_no_bits += part->n_no_bits;
			run->n_longer += part->n_longer;
			continue;
		}
		for (size_t s = 0; s < 2 && status == PRIO_OK; s++)
			status = sink_append(sinks[s], (struct prio_bytes){part->out[s].p, part->out[s].n}, error);
	}
	return status;
}

/* All lines of a file: read, worked on by all threads, used. */
static enum prio_status go_through(struct encode *run, const struct input_file *file, struct sink *const *sinks,
				   struct prio_error *error)
{
	bool at_end = false;
	enum prio_status status = reader_open(run->reader, file, error);

	run->is_encoding = sinks != NULL;
	while (status == PRIO_OK && !at_end) {
		status = read_parts(run, &at_end, error);
		if (status == PRIO_OK)
			status = exec_run(run->n_workers, run->n_parts, work_on_part, run, error);
		if (status == PRIO_OK)
			status = use_parts(run, file, sinks, error);
	}
	return status;
}

static enum prio_status look_for_bad_lines(struct encode *run, struct log *log, struct prio_error *error)
{
	enum prio_status status = PRIO_OK;

	for (size_t i = 0; i < run->inputs.n_files && status == PRIO_OK; i++)
		status = go_through(run, &run->inputs.files[i], NULL, error);
	if (status != PRIO_OK)
		return status;
	if (run->n_no_bits > 0)
		log_warn(log, "%" PRIu64 " vectors hold values other than 0 and 1; the servers will refuse them", run->n_no_bits);
	if (run->n_longer > 0)
		log_warn(log, "%" PRIu64 " vectors are longer than n-data; what is too much of them is left out", run->n_longer);
	return PRIO_OK;
}

static enum prio_status encode_file(struct encode *run, const struct input_file *file, struct prio_error *error)
{
	struct sink *sinks[2] = {NULL, NULL};
	enum prio_status status = output_create(&run->outputs[0], file->name, &sinks[0], error);

	if (status == PRIO_OK)
		status = output_create(&run->outputs[1], file->name, &sinks[1], error);
	if (status == PRIO_OK)
		status = go_through(run, file, sinks, error);
	if (status != PRIO_OK) {
		sink_abort(sinks[0]);
		sink_abort(sinks[1]);
		return status;
	}
	status = sink_commit(sinks[0], error);
	if (status == PRIO_OK)
		return sink_commit(sinks[1], error);
	sink_abort(sinks[1]);
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
	enum prio_status status = output_open(&run->outputs[0], call, "output-A", error);

	if (status == PRIO_OK)
		status = output_open(&run->outputs[1], call, "output-B", error);
	if (status == PRIO_OK && are_one_directory(run->outputs[0].directory, run->outputs[1].directory))
		status = error_set(error, PRIO_ERR_CONFIG, "%s is the directory of --output-B, too; give two",
				   cli_where(call, "output-A", where));
	for (size_t i = 0; i < run->inputs.n_files && status == PRIO_OK; i++) {
		status = output_check(&run->outputs[0], run->inputs.files[i].name, &run->inputs, error);
		if (status == PRIO_OK)
			status = output_check(&run->outputs[1], run->inputs.files[i].name, &run->inputs, error);
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

	output_close(&run.outputs[1]);
	output_close(&run.outputs[0]);
	for (size_t i = 0; i < run.n_parts_max && run.parts != NULL; i++)
		part_clear(&run.parts[i]);
	for (unsigned i = 0; i < run.n_workers && run.workers != NULL; i++)
		part_worker_clear(&run.workers[i]);
	free(run.parts);
	free(run.workers);
	reader_free(run.reader);
	inputs_clear(&run.inputs);
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
