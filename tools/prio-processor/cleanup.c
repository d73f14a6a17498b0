/* cleanup: empty this server's buckets under its prefix, after asking. */
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "cli/cli.h"
#include "cli/rows.h"
#include "pipeline/cleanup.h"
#include "prio-processor/bucket_options.h"
#include "prio-processor/settings.h"

extern const struct command command_cleanup;

static const struct option_row options[] = {
	{"app-name", "APP_NAME", OPTION_STRING, true, NULL, NULL, "name of the application", NULL},
	{"submission-date", "SUBMISSION_DATE", OPTION_STRING, true, NULL, NULL, "date of the data, YYYY-MM-DD", NULL},
	ROW_PUBLIC_KEY_INTERNAL,
	ROW_PUBLIC_KEY_EXTERNAL,
	ROWS_BUCKET_ENDPOINT("INTERNAL", "internal", true, "this server's buckets are"),
	ROWS_BUCKET_COMMON,
	{"bucket-internal-ingest", "BUCKET_INTERNAL_INGEST", OPTION_STRING, true, NULL, NULL, "bucket of the raw shares", NULL},
	{"bucket-internal-private", "BUCKET_INTERNAL_PRIVATE", OPTION_STRING, true, NULL, NULL,
	 "bucket that only this server can read", NULL},
	{"bucket-internal-shared", "BUCKET_INTERNAL_SHARED", OPTION_STRING, true, NULL, NULL,
	 "bucket in which the other server's messages arrive", NULL},
	{"bucket-prefix", "BUCKET_PREFIX", OPTION_STRING, false, "data/v1", NULL, "directory in every bucket that all lies under",
	 NULL},
	{"forget", NULL, OPTION_STRING, false, NULL, NULL,
	 "delete the raw shares and the journal of this batch, and nothing else", NULL},
	{"yes", NULL, OPTION_FLAG, false, NULL, NULL, "do not ask", NULL},
};

static const char details[] =
	"Deletes what this server's buckets hold of one application and date: raw shares, messages, checkpoints. The journal and the "
	"results stay, so that the same shares can never be verified in two ways. With --forget, a batch's raw shares and its journal "
	"are deleted together: the batch is given up, and its shares must never be put there again, because a record that is verified "
	"twice at different query points is no longer private. Asks before on a terminal; elsewhere --yes is needed.";

/* Is it meant? Asked on a terminal only. */
static bool is_meant(const struct invocation *call, const char *forget)
{
	char answer[16] = "";

	if (cli_flag(call, "yes"))
		return true;
	if (isatty(STDIN_FILENO) != 1)
		return false;
	if (forget != NULL)
		fprintf(stderr, "Delete the raw shares and the journal of batch %s of %s for good? Type yes: ", forget,
			cli_string(call, "submission-date"));
	else
		fprintf(stderr, "Delete raw shares, messages and checkpoints of %s, %s for good? Type yes: ",
			cli_string(call, "app-name"), cli_string(call, "submission-date"));
	return fgets(answer, sizeof answer, stdin) != NULL && strcmp(answer, "yes\n") == 0;
}

static int run(struct invocation *call)
{
	struct process_settings settings = {0};
	struct prio_error error = {PRIO_OK, ""};
	char today[CLOCK_DATE_BYTES];
	const char *forget = cli_string(call, "forget");
	enum prio_status status = settings_date(call, today, &settings.submission_date, &error);

	if (status == PRIO_OK)
		status = bucket_endpoint_read(call, "internal", &settings.internal, &error);
	if (status != PRIO_OK)
		return cli_usage_error(call, "%s", error.text);
	if (!is_meant(call, forget))
		return cli_usage_error(call, "nothing was deleted: answer yes on a terminal, or give --yes");
	settings.app_name = cli_string(call, "app-name");
	settings.public_key_hex_internal = cli_string(call, "public-key-hex-internal");
	settings.public_key_hex_external = cli_string(call, "public-key-hex-external");
	settings.internal_ingest = cli_string(call, "bucket-internal-ingest");
	settings.internal_private = cli_string(call, "bucket-internal-private");
	settings.internal_shared = cli_string(call, "bucket-internal-shared");
	settings.bucket_prefix = cli_string(call, "bucket-prefix");
	status = cleanup_run(&settings, forget, cli_log(call), &error);
	if (status == PRIO_ERR_CONFIG)
		return cli_usage_error(call, "%s", error.text);
	return status == PRIO_OK ? EXIT_DONE : cli_fail(call, status, &error);
}

const struct command command_cleanup = {
	.name = "cleanup",
	.summary = "delete what this server's buckets hold of one date, after asking",
	.details = details,
	.options = options,
	.n_options = sizeof options / sizeof options[0],
	.run = run,
};
