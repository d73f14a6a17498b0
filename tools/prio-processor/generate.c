/* generate: shares of known vectors for both servers, to try a deployment with. */
#include "prio-processor/generate.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/random.h>

#include "base/error.h"
#include "cli/cli.h"
#include "cli/rows.h"
#include "pipeline/exec.h"
#include "prio-processor/bucket_options.h"
#include "prio-processor/settings.h"

extern const struct command command_generate;

static const struct option_row options[] = {
	{.name = "mode",
	 .variable = "MODE",
	 .kind = OPTION_CHOICE,
	 .fallback = "integration",
	 .choices = "integration|random",
	 .help = "a fixed pattern with some records to be refused, or random fields"},
	{.name = "data-config",
	 .variable = "DATA_CONFIG",
	 .kind = OPTION_PATH,
	 .help = "JSON file that lists the batches: [{\"batch_id\", \"n_data\"}]"},
	{.name = "batch-id",
	 .variable = "BATCH_ID",
	 .kind = OPTION_STRING,
	 .help = "one batch, instead of those of --data-config"},
	{.name = "n-data",
	 .variable = "N_DATA",
	 .kind = OPTION_NUMBER,
	 .fallback = "0",
	 .help = "its number of fields"},
	ROW_PUBLIC_KEY_INTERNAL,
	ROW_PUBLIC_KEY_EXTERNAL,
	{.name = "server-id",
	 .variable = "SERVER_ID",
	 .kind = OPTION_CHOICE,
	 .fallback = "A",
	 .choices = "A|B",
	 .help = "which server the internal key and bucket belong to"},
	{.name = "output",
	 .variable = "OUTPUT",
	 .kind = OPTION_PATH,
	 .help = "directory for server_a/raw/shares and server_b/raw/shares; without it, the servers' ingest buckets "
		 "are filled"},
	{.name = "n-rows", .variable = "N_ROWS", .kind = OPTION_NUMBER, .fallback = "100", .help = "records a batch"},
	{.name = "n-partitions",
	 .variable = "N_PARTITIONS",
	 .kind = OPTION_NUMBER,
	 .fallback = "2",
	 .help = "integration: how many partitions all rows together are cut into"},
	{.name = "n-drop-batch",
	 .variable = "N_DROP_BATCH",
	 .kind = OPTION_NUMBER,
	 .fallback = "0",
	 .help = "integration: leave out so many batches, the last ones by name"},
	{.name = "scale",
	 .variable = "SCALE",
	 .kind = OPTION_NUMBER,
	 .fallback = "1",
	 .help = "random: write every record so often, under ids of its own; servers count it once unless "
		 "ALLOW_COPIED_SHARES=1"},
	{.name = "partition-size-mb",
	 .variable = "PARTITION_SIZE_MB",
	 .kind = OPTION_NUMBER,
	 .fallback = "250",
	 .help = "random: about how large A's part files get, in millions of bytes"},
	{.name = "seed",
	 .variable = "SEED",
	 .kind = OPTION_NUMBER,
	 .help = "random: a number that chooses the fields, to get the same ones again; shares and ids always differ"},
	{.name = "truth",
	 .variable = "TRUTH",
	 .kind = OPTION_PATH,
	 .help = "JSON file for the true counts, each record counted once"},
	{.name = "app-name",
	 .variable = "APP_NAME",
	 .kind = OPTION_STRING,
	 .help = "name of the application, a directory in the buckets"},
	{.name = "submission-date",
	 .variable = "SUBMISSION_DATE",
	 .kind = OPTION_STRING,
	 .help = "date of the data, YYYY-MM-DD; today in UTC if not given"},
	ROWS_BUCKET_ENDPOINT("INTERNAL", "internal", false, "the internal ingest bucket is"),
	{.name = "bucket-internal-ingest",
	 .variable = "BUCKET_INTERNAL_INGEST",
	 .kind = OPTION_STRING,
	 .help = "bucket for the raw shares of the server that --server-id names"},
	ROWS_BUCKET_ENDPOINT("EXTERNAL", "external", false, "the other server's ingest bucket is"),
	{.name = "bucket-external-ingest",
	 .variable = "BUCKET_EXTERNAL_INGEST",
	 .kind = OPTION_STRING,
	 .help = "bucket for the raw shares of the other server"},
	ROWS_BUCKET_COMMON,
	{.name = "bucket-prefix",
	 .variable = "BUCKET_PREFIX",
	 .kind = OPTION_STRING,
	 .fallback = "data/v1",
	 .help = "directory in every bucket that all lies under"},
	ROW_ALLOW_FORGEABLE_SIZE,
	{.name = "jobs",
	 .variable = "PRIO_JOBS",
	 .kind = OPTION_NUMBER,
	 .fallback = "0",
	 .help = "threads that encode; 0: one a processor"},
};

static const char details[] = "Integration, the default, makes what a test of two servers wants: in every batch n-rows "
			      "records, of which one has a field too "
			      "many and must be refused, and all others the pattern with a 1 in field x where x is a "
			      "multiple of 3 or 5; and a batch "
			      "\"bad-id\" that the configuration does not have. Random makes n-rows records of random "
			      "bits a batch. The shares go to a "
			      "directory, or under raw/shares into both servers' ingest buckets, where a running "
			      "prio-processor process waits for the "
			      "_SUCCESS that is written last.";

/* A number of the command line between 1 and max. */
static enum prio_status read_number(const struct invocation *call, const char *name, uint64_t max, uint64_t *number,
				    struct prio_error *error)
{
	char where[CLI_WHERE_BYTES];

	*number = cli_number(call, name);
	if (*number >= 1 && *number <= max)
		return PRIO_OK;
	return error_set(error, PRIO_ERR_CONFIG, "%s must be from 1 to %llu", cli_where(call, name, where),
			 (unsigned long long)max);
}

static enum prio_status check_given(const struct invocation *call, const char *const *names, size_t n_names,
				    const char *why, struct prio_error *error)
{
	char where[CLI_WHERE_BYTES];

	for (size_t i = 0; i < n_names; i++)
		if (!cli_given(call, names[i]))
			return error_set(error, PRIO_ERR_CONFIG, "%s is missing: %s", cli_where(call, names[i], where),
					 why);
	return PRIO_OK;
}

/* The batches: those of a file, or one of the command line. *one is room for it. */
static enum prio_status read_batches(const struct invocation *call, struct data_config *config,
				     struct batch_config *one, bool *is_read, struct prio_error *error)
{
	static const char *const file[] = {"data-config"};
	static const char *const size[] = {"n-data"};
	enum prio_status status;

	if (cli_given(call, "batch-id")) {
		*config = (struct data_config){.batches = one, .n_batches = 1};
		status = check_given(call, size, 1, "the number of fields of the batch that --batch-id names", error);
		return status == PRIO_OK ? cli_params(call, &one->params, error) : status;
	}
	status = check_given(call, file, 1, "it lists the batches; or give --batch-id and --n-data", error);
	if (status == PRIO_OK)
		status = data_config_read(config, cli_string(call, "data-config"),
					  cli_flag(call, "allow-forgeable-size"), cli_log(call), error);
	*is_read = status == PRIO_OK;
	return status;
}

/* Both servers' public keys, by the server that each belongs to. */
static enum prio_status read_keys(const struct invocation *call, struct prio_public_key keys[2],
				  enum prio_server_id *internal, struct prio_error *error)
{
	enum prio_status status = cli_server_id(call, internal, error);

	if (status == PRIO_OK)
		status = cli_public_key(call, "public-key-hex-internal", &keys[*internal], error);
	if (status == PRIO_OK)
		status = cli_public_key(call, "public-key-hex-external", &keys[1 - *internal], error);
	if (status == PRIO_OK && memcmp(keys[0].bytes, keys[1].bytes, sizeof keys[0].bytes) == 0)
		status = error_set(error, PRIO_ERR_KEY,
				   "PUBLIC_KEY_HEX_INTERNAL and PUBLIC_KEY_HEX_EXTERNAL are the same key; the two "
				   "servers have different ones");
	return status;
}

static enum prio_status open_directory(struct share_side sides[2], const char *output, struct prio_error *error)
{
	enum prio_status status = PRIO_OK;

	for (int side = 0; side < 2 && status == PRIO_OK; side++) {
		struct path directory;

		status = path_make(&sides[side].raw, error, "raw/shares");
		if (status == PRIO_OK)
			status =
				path_make(&directory, error, "%s/server_%c", output, side == PRIO_SERVER_A ? 'a' : 'b');
		if (status == PRIO_OK)
			status = store_file_new(&sides[side].store, directory.text, error);
	}
	return status;
}

static enum prio_status open_bucket(const struct invocation *call, struct share_side *side, const char *which,
				    const char *variable, struct prio_error *error)
{
	struct bucket_endpoint endpoint;
	char name[64];
	enum prio_status status = bucket_endpoint_read(call, which, &endpoint, error);

	snprintf(name, sizeof name, "bucket-%s-ingest", which);
	if (status == PRIO_OK)
		status = bucket_open(&side->store, &endpoint, cli_string(call, name), variable, cli_log(call), error);
	prio_wipe(&endpoint, sizeof endpoint);
	return status;
}

/* A server finds its raw shares in its own ingest bucket under the other one's key. */
static enum prio_status open_buckets(const struct invocation *call, struct share_side sides[2],
				     enum prio_server_id internal, struct prio_error *error)
{
	static const char *const names[] = {"app-name", "bucket-internal-endpoint", "bucket-internal-ingest",
					    "bucket-external-endpoint", "bucket-external-ingest"};
	struct share_side *own = &sides[internal];
	struct share_side *other = &sides[1 - internal];
	struct path_names path_names = {
		.bucket_prefix = cli_string(call, "bucket-prefix"),
		.app_name = cli_string(call, "app-name"),
		.public_key_internal = cli_string(call, "public-key-hex-internal"),
		.public_key_external = cli_string(call, "public-key-hex-external"),
	};
	char today[CLOCK_DATE_BYTES];
	struct prefixes prefixes;
	enum prio_status status = check_given(call, names, sizeof names / sizeof names[0],
					      "needed to fill buckets; or give --output", error);

	if (status == PRIO_OK)
		status = settings_date(call, today, &path_names.date, error);
	if (status == PRIO_OK)
		status = prefixes_make(&prefixes, &path_names, error);
	if (status == PRIO_OK)
		status = path_make(&own->raw, error, "%s/raw/shares", prefixes.internal.text);
	if (status == PRIO_OK)
		status = path_make(&other->raw, error, "%s/raw/shares", prefixes.external.text);
	if (status == PRIO_OK)
		status = open_bucket(call, own, "internal", "BUCKET_INTERNAL_INGEST", error);
	if (status == PRIO_OK)
		status = open_bucket(call, other, "external", "BUCKET_EXTERNAL_INGEST", error);
	return status;
}

static enum prio_status refuse_object(void *context, const struct store_object *object, struct prio_error *error)
{
	const struct store *store = context;

	return error_set(error, PRIO_ERR_EXISTS,
			 "there are shares already (%s in %s). Nothing was written: remove them, or choose another "
			 "place or date",
			 object->key, store->name);
}

/* Shares of two runs must not be mixed, and somebody's real ones not be buried under test data. */
static enum prio_status check_empty(const struct share_side sides[2], struct prio_error *error)
{
	enum prio_status status = PRIO_OK;

	for (int side = 0; side < 2 && status == PRIO_OK; side++)
		status = store_list(sides[side].store, sides[side].raw.text, refuse_object, sides[side].store, error);
	return status;
}

static enum prio_status read_plan(const struct invocation *call, struct share_plan *plan,
				  const struct data_config *config, struct prio_error *error)
{
	uint64_t n_rows = 0;
	uint64_t n_partitions = 0;
	uint64_t part_mb = 0;
	enum prio_status status = read_number(call, "n-rows", GENERATE_ROWS_MAX, &n_rows, error);

	plan->is_random = strcmp(cli_string(call, "mode"), "random") == 0;
	plan->scale = 1;
	plan->seed = cli_given(call, "seed") ? cli_number(call, "seed") : 0;
	if (status == PRIO_OK && !cli_given(call, "seed") &&
	    getrandom(&plan->seed, sizeof plan->seed, 0) != (ssize_t)sizeof plan->seed)
		status = error_set(error, PRIO_ERR_RANDOM, "no random bytes: %s", strerror(errno));
	if (!plan->is_random) {
		if (status == PRIO_OK)
			status = read_number(call, "n-partitions", GENERATE_PARTITIONS_MAX, &n_partitions, error);
		if (status == PRIO_OK)
			status = share_plan_integration(plan, config, n_rows, n_partitions,
							cli_number(call, "n-drop-batch"), cli_log(call), error);
		return status;
	}
	if (status == PRIO_OK)
		status = read_number(call, "scale", GENERATE_SCALE_MAX, &plan->scale, error);
	if (status == PRIO_OK)
		status = read_number(call, "partition-size-mb", 1000000, &part_mb, error);
	if (status == PRIO_OK)
		status = share_plan_random(plan, config, n_rows, part_mb * 1000000, error);
	return status;
}

static enum prio_status prepare(const struct invocation *call, struct share_plan *plan,
				const struct data_config *config, struct prio_error *error)
{
	enum prio_server_id internal = PRIO_SERVER_A;
	enum prio_status status = read_plan(call, plan, config, error);

	if (status == PRIO_OK)
		status = read_keys(call, plan->keys, &internal, error);
	if (status != PRIO_OK)
		return status;
	if (cli_given(call, "output"))
		return open_directory(plan->sides, cli_string(call, "output"), error);
	return open_buckets(call, plan->sides, internal, error);
}

static int run(struct invocation *call)
{
	struct share_plan plan = {0};
	struct data_config config = {0};
	struct batch_config one = {0};
	struct prio_error error = {PRIO_OK, ""};
	uint64_t jobs = cli_number(call, "jobs");
	bool is_read = false;
	int code = EXIT_DONE;
	enum prio_status status = read_batches(call, &config, &one, &is_read, &error);

	if (status == PRIO_OK)
		status = prepare(call, &plan, &config, &error);
	if (status == PRIO_OK)
		status = check_empty(plan.sides, &error);
	if (status != PRIO_OK)
		goto out;
	exec_catch_signals();
	status = shares_write(&plan, jobs < 256 ? (unsigned)jobs : 256, cli_log(call), &error);
	if (status == PRIO_OK && cli_given(call, "truth"))
		status = truth_write(&plan, cli_string(call, "truth"), &error);
out:
	if (status == PRIO_ERR_CONFIG || status == PRIO_ERR_KEY || status == PRIO_ERR_FORGEABLE_SIZE)
		code = cli_usage_error(call, "%s", error.text);
	else if (status != PRIO_OK)
		code = cli_fail(call, status, &error);
	share_plan_clear(&plan);
	if (is_read)
		data_config_clear(&config);
	return code;
}

const struct command command_generate = {
	.name = "generate",
	.summary = "make shares of known vectors for both servers, to test with",
	.details = details,
	.options = options,
	.n_options = sizeof options / sizeof options[0],
	.run = run,
};
