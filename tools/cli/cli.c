#include "cli/cli.h"

#include <errno.h>
#include <signal.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <unistd.h>

#include "base/error.h"
#include "base/wipe.h"
#include "cli/internal.h"

/* Address sanitizer's leak check has to attach to the process, which PR_SET_DUMPABLE forbids. */
#if defined(__SANITIZE_ADDRESS__)
#define IS_SANITIZED 1
#elif defined(__has_feature)
#if __has_feature(address_sanitizer)
#define IS_SANITIZED 1
#endif
#endif
#ifndef IS_SANITIZED
#define IS_SANITIZED 0
#endif

/* Memory holds keys and shares: no core files, and no other process of this user may look into it. */
static void forbid_core_dumps(void)
{
	struct rlimit none = {0, 0};

	setrlimit(RLIMIT_CORE, &none);
	if (!IS_SANITIZED)
		prctl(PR_SET_DUMPABLE, 0, 0, 0, 0);
}

static void end_by_signal(int number)
{
	_exit(128 + number);
}

/* Process 1 of a container gets no signal that it has not asked for: without this, one could not be ended but by SIGKILL until its
 * command catches signals itself, which some do to stop in good order. */
static void end_as_process_1(void)
{
	static const int numbers[] = {SIGHUP, SIGINT, SIGQUIT, SIGTERM};
	struct sigaction action;

	if (getpid() != 1)
		return;
	memset(&action, 0, sizeof action);
	action.sa_handler = end_by_signal;
	sigemptyset(&action.sa_mask);
	for (size_t i = 0; i < sizeof numbers / sizeof numbers[0]; i++)
		sigaction(numbers[i], &action, NULL);
}

static const struct command *find_command(const struct program *program, const char *name)
{
	for (size_t i = 0; i < program->n_commands; i++) {
		if (strcmp(program->commands[i]->name, name) == 0)
			return program->commands[i];
	}
	return NULL;
}

static int unknown_command(const struct program *program, const char *name)
{
	const char **names = calloc(program->n_commands + 1, sizeof *names);
	const char *near = NULL;
	char word[200];

	escape_text(word, sizeof word, (struct prio_bytes){(const uint8_t *)name, strlen(name)});
	if (names != NULL) {
		for (size_t i = 0; i < program->n_commands; i++)
			names[i] = program->commands[i]->name;
		near = suggest(name, names, program->n_commands);
	}
	fprintf(stderr, "%s: there is no command \"%s\"", program->name, word);
	if (near != NULL)
		fprintf(stderr, "; did you mean %s?", near);
	fprintf(stderr, "\nTry: %s --help\n", program->name);
	free(names);
	return EXIT_USAGE;
}

/* What stdout did not take is not done. */
static int finish_stdout(const struct program *program, int code)
{
	if (fflush(stdout) == 0 && ferror(stdout) == 0)
		return code;
	fprintf(stderr, "%s: error: writing to standard output: %s\n", program->name, strerror(errno));
	return code == EXIT_DONE ? EXIT_FAILED : code;
}

static int run_command(const struct program *program, const struct command *command, int argc, char **argv)
{
	struct fault_list faults = {0};
	struct invocation call = {.program = program, .command = command, .faults = command->keeps_faults ? &faults : NULL};
	bool wants_help = false;
	int code = EXIT_FAILED;

	call.log = log_new(program->name);
	call.values = calloc(command->n_options + 1, sizeof *call.values);
	if (call.log == NULL || call.values == NULL) {
		fprintf(stderr, "%s: error: out of memory\n", program->name);
		goto out;
	}
	code = parse_arguments(&call, argc, argv, &wants_help);
	if (code == EXIT_DONE && wants_help)
		print_command_help(stdout, program, command);
	else if (code == EXIT_DONE)
		code = command->run(&call);
out:
	for (size_t i = 0; call.values != NULL && i < command->n_options; i++) {
		if (call.values[i].owned != NULL)
			wipe(call.values[i].owned, call.values[i].owned_bytes);
		free(call.values[i].owned);
	}
	free(call.values);
	for (size_t i = 0; i < faults.n; i++)
		free(faults.lines[i]);
	free(faults.lines);
	log_free(call.log);
	return code;
}

static int run_completion(const struct program *program, const char *shell)
{
	if (shell != NULL && print_completion(stdout, program, shell))
		return EXIT_DONE;
	fprintf(stderr, "%s: completion is for bash or zsh\nTry: %s completion bash\n", program->name, program->name);
	return EXIT_USAGE;
}

int cli_main(const struct program *program, int argc, char **argv)
{
	const char *word = argc > 1 ? argv[1] : NULL;
	const struct command *command;
	int code = EXIT_DONE;

	forbid_core_dumps();
	end_as_process_1();
	if (word == NULL) {
		print_program_help(stderr, program);
		return EXIT_USAGE;
	}
	if (!kernels_are_sound(program))
		return EXIT_USAGE;
	command = find_command(program, word);
	if (command != NULL)
		code = run_command(program, command, argc - 2, argv + 2);
	else if (strcmp(word, "--help") == 0 || strcmp(word, "-h") == 0 || strcmp(word, "help") == 0)
		print_program_help(stdout, program);
	else if (strcmp(word, "--version") == 0)
		print_version(stdout, program);
	else if (strcmp(word, "completion") == 0)
		code = run_completion(program, argc == 3 ? argv[2] : NULL);
	else if (strcmp(word, "docs") == 0 && argc == 2)
		print_docs(stdout, program);
	else
		return unknown_command(program, word);
	return finish_stdout(program, code);
}

static const struct value *value_of(const struct invocation *call, const char *name)
{
	size_t index = option_find(call->command, name, strlen(name));

	if (index == SIZE_MAX) {
		fprintf(stderr, "%s: %s has no option --%s\n", call->program->name, call->command->name, name);
		abort();
	}
	return &call->values[index];
}

const char *cli_string(const struct invocation *call, const char *name)
{
	return value_of(call, name)->text;
}

bool cli_given(const struct invocation *call, const char *name)
{
	enum value_source source = value_of(call, name)->source;

	return source == VALUE_VARIABLE || source == VALUE_ARGUMENT;
}

bool cli_flag(const struct invocation *call, const char *name)
{
	return value_of(call, name)->flag;
}

uint64_t cli_number(const struct invocation *call, const char *name)
{
	return value_of(call, name)->number;
}

double cli_decimal(const struct invocation *call, const char *name)
{
	return value_of(call, name)->decimal;
}

const char *const *cli_operands(const struct invocation *call, size_t *n)
{
	*n = call->n_operands;
	return call->operands;
}

const char *cli_fault(const struct invocation *call, size_t index)
{
	return call->faults != NULL && index < call->faults->n ? call->faults->lines[index] : NULL;
}

bool fault_keep(const struct invocation *call, const char *line)
{
	struct fault_list *faults = call->faults;

	if (faults == NULL || !faults->is_open)
		return false;
	char **more = realloc(faults->lines, (faults->n + 1) * sizeof *more);
	if (more == NULL)
		return false;
	faults->lines = more;
	more[faults->n] = strdup(line);
	if (more[faults->n] == NULL)
		return false;
	faults->n++;
	return true;
}

struct log *cli_log(const struct invocation *call)
{
	return call->log;
}

const char *cli_where(const struct invocation *call, const char *name, char out[CLI_WHERE_BYTES])
{
	return option_where(&call->command->options[value_of(call, name) - call->values], out);
}

int cli_usage_error(const struct invocation *call, const char *format, ...)
{
	char text[2048];
	char shown[sizeof text];
	va_list arguments;

	va_start(arguments, format);
	vsnprintf(text, sizeof text, format, arguments);
	va_end(arguments);
	if (fault_keep(call, escape_line(shown, sizeof shown, text)))
		return EXIT_USAGE;
	fprintf(stderr, "%s %s: %s\nTry: %s %s --help\n", call->program->name, call->command->name,
		escape_line(shown, sizeof shown, text), call->program->name, call->command->name);
	return EXIT_USAGE;
}

int cli_fail(const struct invocation *call, enum prio_status status, const struct prio_error *error)
{
	bool has_text = error != NULL && error->text[0] != '\0';
	const char *text = has_text ? error->text : prio_status_sentence(status);

	if (!fault_keep(call, text))
		log_error(call->log, "%s: %s", call->command->name, text);
	return EXIT_FAILED;
}
