/* process: the whole job of one server, configured by the environment as the original container is. */
#include "cli/cli.h"
#include "pipeline/exec.h"
#include "pipeline/process.h"
#include "prio-processor/server_options.h"

extern const struct command command_process;

static const char details[] =
	"Waits for the raw shares of the date, runs verify1, verify2, aggregate and publish over every batch of DATA_CONFIG, "
	"exchanging messages with the other server through the shared buckets, and leaves the result under processed/publish in the "
	"private bucket. The run summary goes to stdout as one JSON line and to processed/summary.json; refused records are listed "
	"under processed/refused. Exit code 3 says that a batch that had data was not published.";

static int run(struct invocation *call)
{
	struct process_settings settings = {0};
	struct prio_error error = {PRIO_OK, ""};
	enum process_outcome outcome = PROCESS_DONE;
	char today[CLOCK_DATE_BYTES];
	int code = EXIT_DONE;
	enum prio_status status = server_settings_read(call, &settings, today, &error);

	if (status != PRIO_OK) {
		code = cli_usage_error(call, "%s", error.text);
		goto out;
	}
	exec_catch_signals();
	status = process_run(&settings, cli_log(call), &outcome, &error);
	if (status == PRIO_ERR_CONFIG)
		code = cli_usage_error(call, "%s", error.text);
	else if (status != PRIO_OK)
		code = cli_fail(call, status, &error);
	else if (outcome == PROCESS_UNPUBLISHED)
		code = EXIT_UNPUBLISHED;
out:
	prio_wipe(&settings, sizeof settings);
	return code;
}

const struct command command_process = {
	.name = "process",
	.summary = "run one server's whole job for one date",
	.details = details,
	.options = server_options,
	.n_options = N_SERVER_OPTIONS,
	.run = run,
};
