/* publish: add both servers' sums. */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>

#include "base/clock.h"
#include "base/error.h"
#include "prio/commands.h"
#include "prio/input.h"
#include "prio/output.h"
#include "prio/rows.h"
#include "prio/total.h"
#include "record/base64.h"
#include "stage/result.h"

enum { SLACK_BYTES = 65536, ELEMENT_WIRE_BYTES_MAX = 16 };

/* One server's side. */
struct side {
	struct inputs inputs;
	struct aggregate_record record;
	struct prio_total *total;
};

static void side_clear(struct side *side)
{
	prio_total_free(side->total);
	aggregate_record_clear(&side->record);
	inputs_clear(&side->inputs);
}

static enum prio_status side_read(struct side *side, const struct invocation *call, const char *option,
				  const struct prio_params *params, struct prio_error *error)
{
	/* Twice what a total can take, for those who write it with longer headers. */
	size_t max_bytes = SLACK_BYTES + 2 * base64_encoded_bytes((size_t)params->n_data * ELEMENT_WIRE_BYTES_MAX);
	struct prio_mut text = {NULL, 0};
	char path[ESCAPED_PATH_BYTES];
	enum prio_status status = inputs_find(&side->inputs, call, option, error);

	if (status == PRIO_OK)
		status = inputs_read_all(&side->inputs, max_bytes, &text, error);
	if (status != PRIO_OK)
		return status;
	status = aggregate_record_read(&side->record, prio_bytes_of(text), error);
	if (status == PRIO_OK)
		status = prio_total_read(&side->total, params, prio_bytes_of(side->record.payload), error);
	if (status == PRIO_OK && params->precision != 0) {
		status = prio_total_recombine(side->total);
		if (status != PRIO_OK)
			error_set(error, status, "%s", prio_status_sentence(status));
	}
	free(text.p);
	if (status != PRIO_OK)
		error_prefix(error, "%s", escape_path(path, cli_string(call, option)));
	return status;
}

/* Two servers that summed different records publish noise. What can be seen of that is seen here. */
static enum prio_status check_counts(const struct side *own, const struct side *other, struct prio_error *error)
{
	const struct aggregate_record *a = &own->record;
	const struct aggregate_record *b = &other->record;

	if (a->error > a->total || b->error > b->total)
		return error_set(error, PRIO_ERR_FORMAT, "an aggregate record counts more errors than records");
	if (a->total - a->error != b->total - b->error)
		return error_set(error, PRIO_ERR_MISMATCH,
				 "this server accepted %" PRIu64 " records (%" PRIu64 " of %" PRIu64
				 " refused), the other one %" PRIu64 " (%" PRIu64 " of %" PRIu64
				 " refused): the two sums are over different records and cannot be published; run the steps "
				 "again on both servers over the same records",
				 a->total - a->error, a->error, a->total, b->total - b->error, b->error, b->total);
	return PRIO_OK;
}

static enum prio_status check_sums(const uint64_t *sums, size_t n_sums, const struct side *own,
				   const struct prio_params *params, struct prio_error *error)
{
	uint64_t largest = params->precision == 0 ? 1 : ((uint64_t)1 << params->precision) - 1;
	uint64_t n_accepted = own->record.total - own->record.error;

	for (size_t i = 0; i < n_sums; i++) {
		/* Divided, since the product may not fit. */
		if (sums[i] / largest + (sums[i] % largest != 0) > n_accepted)
			return error_set(error, PRIO_ERR_MISMATCH,
					 "field %zu would be %" PRIu64 ", more than %" PRIu64
					 " accepted records can add up to: the two sums are over different records",
					 i, sums[i], n_accepted);
	}
	return PRIO_OK;
}

/* --server-id is not needed to add two sums, but if it is given it tells whether they were mixed up. */
static enum prio_status check_server(const struct invocation *call, const struct side *own, struct prio_error *error)
{
	enum prio_server_id server;

	if (!cli_given(call, "server-id"))
		return PRIO_OK;
	enum prio_status status = cli_server_id(call, &server, error);
	if (status == PRIO_OK && prio_total_server(own->total) != server)
		return error_set(error, PRIO_ERR_MISMATCH,
				 "--input-internal holds the sum of server %c, and this is server %c; are the two inputs swapped?",
				 server == PRIO_SERVER_A ? 'B' : 'A', server == PRIO_SERVER_A ? 'A' : 'B');
	return status;
}

static const char *output_name(const struct inputs *inputs)
{
	return inputs->n_files == 1 ? inputs->files[0].name : "publish.ndjson";
}

static enum prio_status write_result(const struct output *output, const char *name, const uint64_t *sums, size_t n_sums,
				     struct prio_error *error)
{
	uint8_t random[16];
	char id[UUID_CHARS + 1];
	char timestamp[CLOCK_ISO_BYTES];
	struct line_buffer buffer = {0};

	if (getrandom(random, sizeof random, 0) != (ssize_t)sizeof random)
		return error_set(error, PRIO_ERR_RANDOM, "%s", prio_status_sentence(PRIO_ERR_RANDOM));
	uuid_format(id, random, 4);
	clock_iso(timestamp);
	const struct published_record record = {.id = id, .timestamp = timestamp, .sums = sums, .n_sums = n_sums};
	enum prio_status status = published_record_write(&buffer, RECORD_SPACED, &record);
	if (status != PRIO_OK)
		error_set(error, status, "%s", prio_status_sentence(status));
	else
		status = output_put(output, name, (struct prio_bytes){buffer.p, buffer.n}, error);
	line_buffer_clear(&buffer);
	return status;
}

static enum prio_status publish(const struct invocation *call, struct side *own, struct side *other, struct output *output,
				struct prio_error *error)
{
	struct prio_params params;
	uint64_t *sums = NULL;
	enum prio_status status = cli_params(call, &params, error);

	if (status == PRIO_OK)
		status = side_read(own, call, "input-internal", &params, error);
	if (status == PRIO_OK)
		status = side_read(other, call, "input-external", &params, error);
	if (status == PRIO_OK)
		status = check_server(call, own, error);
	if (status == PRIO_OK)
		status = check_counts(own, other, error);
	if (status != PRIO_OK)
		return status;

	size_t n_sums = prio_total_fields(own->total);
	sums = calloc(n_sums + 1, sizeof *sums);
	if (sums == NULL)
		return error_set(error, PRIO_ERR_MEMORY, "out of memory");
	status = prio_publish(sums, own->total, other->total, error);
	if (status == PRIO_OK)
		status = check_sums(sums, n_sums, own, &params, error);
	if (status == PRIO_OK)
		status = output_open(output, call, "output", error);
	if (status == PRIO_OK)
		status = output_check(output, output_name(&own->inputs), &own->inputs, error);
	if (status == PRIO_OK)
		status = output_check(output, output_name(&own->inputs), &other->inputs, error);
	if (status == PRIO_OK)
		status = write_result(output, output_name(&own->inputs), sums, n_sums, error);
	free(sums);
	return status;
}

static int run_publish(struct invocation *call)
{
	struct side own = {.total = NULL};
	struct side other = {.total = NULL};
	struct output output = {0};
	struct prio_error error = {0};

	fprintf(stderr, "Running publish\n");
	enum prio_status status = publish(call, &own, &other, &output, &error);

	output_close(&output);
	side_clear(&other);
	side_clear(&own);
	return status == PRIO_OK ? EXIT_DONE : cli_fail(call, status, &error);
}

#define NOT_NEEDED "not needed here; accepted because scripts give it to every step"

static const struct option_row options[] = {
	ROW_BATCH_ID,
	ROW_N_DATA,
	ROW_PRECISION,
	ROW_ALLOW_FORGEABLE_SIZE,
	{.name = "server-id", .variable = "SERVER_ID", .kind = OPTION_CHOICE, .choices = "A|B",
	 .help = "which of the two servers this is; if given, --input-internal has to be its own sum"},
	{.name = "private-key-hex", .variable = "PRIVATE_KEY_HEX", .kind = OPTION_SECRET, .file_name = "private-key-file",
	 .help = NOT_NEEDED},
	{.name = "shared-secret", .variable = "SHARED_SECRET", .kind = OPTION_SECRET, .help = NOT_NEEDED},
	{.name = "public-key-hex-internal", .variable = "PUBLIC_KEY_HEX_INTERNAL", .kind = OPTION_STRING, .help = NOT_NEEDED},
	{.name = "public-key-hex-external", .variable = "PUBLIC_KEY_HEX_EXTERNAL", .kind = OPTION_STRING, .help = NOT_NEEDED},
	{.name = "prg", .variable = "PRG", .kind = OPTION_CHOICE, .choices = "batch|legacy", .help = NOT_NEEDED},
	{.name = "query-order", .variable = "QUERY_ORDER", .kind = OPTION_CHOICE, .choices = "batch|file", .help = NOT_NEEDED},
	ROW_INPUT_INTERNAL("aggregate"),
	ROW_INPUT_EXTERNAL("aggregate"),
	ROW_OUTPUT,
};

const struct command command_publish = {
	.name = "publish",
	.summary = "Last step: add both servers' sums",
	.details = "Writes one file with one record, {\"id\", \"timestamp\", \"payload\"}, named as --input-internal; if that is a "
		   "directory of several part files, publish.ndjson. Refuses sums that are over different records, as far as can "
		   "be seen: the numbers of accepted records have to agree, and no count may be more than they can add up to.",
	.options = options,
	.n_options = sizeof options / sizeof *options,
	.run = run_publish,
};
