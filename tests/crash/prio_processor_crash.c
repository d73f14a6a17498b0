/* The process command of prio-processor over stores that go wrong at a chosen change (fault.h). Never installed. Besides the
 * options of process, by environment variables:
 *
 *     PRIO_CRASH_HOW         before, after: end the process; full, io: the change fails. Nothing goes wrong without it.
 *     PRIO_CRASH_AT          the number of the change
 *     PRIO_CRASH_KEY         instead of a number: the first change of a key that ends so, where numbers differ from run to run
 *     PRIO_CRASH_LOG         file that the log of changes is appended to
 *     PRIO_CRASH_TASK_BYTES  size of a task, so that few records make several
 */
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cli/cli.h"
#include "pipeline/exec.h"
#include "pipeline/process.h"
#include "prio-processor/server_options.h"
#include "tests/crash/fault.h"

static uint64_t number_of(const char *variable)
{
	const char *text = getenv(variable);

	return text == NULL ? 0 : strtoull(text, NULL, 10);
}

static enum fault_kind kind_of(const char *word)
{
	static const char *const words[] = {
		[FAULT_BEFORE] = "before", [FAULT_AFTER] = "after", [FAULT_FULL] = "full", [FAULT_IO] = "io"};

	for (enum fault_kind kind = FAULT_BEFORE; word != NULL && kind <= FAULT_IO; kind++)
		if (strcmp(word, words[kind]) == 0)
			return kind;
	if (word != NULL)
		abort();
	return FAULT_NONE;
}

static void plan_fault(void)
{
	const char *path = getenv("PRIO_CRASH_LOG");
	int log = path == NULL ? -1 : open(path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);

	if (path != NULL && log < 0)
		abort();
	fault_plan(kind_of(getenv("PRIO_CRASH_HOW")), number_of("PRIO_CRASH_AT"), getenv("PRIO_CRASH_KEY"), log);
}

static int run(struct invocation *call)
{
	struct process_settings settings = {0};
	struct prio_error error = {PRIO_OK, ""};
	enum process_outcome outcome = PROCESS_DONE;
	char today[CLOCK_DATE_BYTES];
	int code = EXIT_DONE;
	enum prio_status status = server_settings_read(call, &settings, today, &error);

	if (status == PRIO_OK) {
		plan_fault();
		settings.wrap_store = fault_wrap;
		settings.task_bytes = number_of("PRIO_CRASH_TASK_BYTES");
		exec_catch_signals();
		status = process_run(&settings, cli_log(call), &outcome, &error);
	}
	if (status != PRIO_OK)
		code = cli_fail(call, status, &error);
	else if (outcome == PROCESS_UNPUBLISHED)
		code = EXIT_UNPUBLISHED;
	prio_wipe(&settings, sizeof settings);
	return code;
}

static const struct command command_process = {
	.name = "process",
	.summary = "as prio-processor process, over stores that go wrong",
	.options = server_options,
	.n_options = N_SERVER_OPTIONS,
	.run = run,
};
static const struct command *const commands[] = {&command_process};
static const struct program program = {
	.name = "prio-processor-crash",
	.summary = "prio-processor over stores that go wrong, for tests",
	.commands = commands,
	.n_commands = 1,
};

int main(int argc, char **argv)
{
	return cli_main(&program, argc, argv);
}
