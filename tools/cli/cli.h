/* cli: a program as a table of commands, a command as a table of options. Usage, completion and docs come from the tables.
 *
 * Every option can be given as --name VALUE, --name=VALUE, or by its environment variable; the command line wins, an empty
 * environment variable counts as not given. A secret's value can also come from a file: --name-file PATH or NAME_FILE (one
 * trailing line feed is cut), and never has to stand in argv; where it does, it is overwritten there. Exit codes: 0 done
 * (refused records or not), 1 failed, 2 usage, 3 a batch that had data was not published. */
#ifndef TOOLS_CLI_CLI_H
#define TOOLS_CLI_CLI_H

#include <stdbool.h>
#include <stdint.h>

#include "base/log.h"
#include "prio/batch.h"
#include "prio/keys.h"
#include "prio/status.h"

enum { EXIT_DONE = 0, EXIT_FAILED = 1, EXIT_USAGE = 2, EXIT_UNPUBLISHED = 3 };

enum option_kind {
	OPTION_STRING,
	OPTION_NUMBER, /* digits only, 0 to 2^63 - 1 */
	OPTION_DECIMAL, /* a number of seconds or a factor, 0 or more, such as 0.5 */
	OPTION_CHOICE, /* one of choices, "|"-separated */
	OPTION_FLAG,   /* takes no value; its variable: 1, true, yes, on or 0, false, no, off */
	OPTION_PATH,   /* completes as a file name */
	OPTION_SECRET, /* also --name-file and NAME_FILE; never printed */
};

struct option_row {
	const char *name;     /* without dashes: "batch-id" */
	const char *variable; /* "BATCH_ID"; NULL: none */
	enum option_kind kind;
	bool required;
	const char *fallback; /* default value, shown in --help; NULL: none */
	const char *choices;  /* for OPTION_CHOICE */
	const char *help;     /* one sentence, without a full stop */
	const char *file_name; /* for OPTION_SECRET: the option that names a file, if it is not NAME-file */
};

struct invocation; /* one parsed command line */

struct command {
	const char *name;
	const char *summary; /* one sentence, without a full stop */
	const char *details; /* more for --help and docs; NULL: none */
	const struct option_row *options;
	size_t n_options;
	int (*run)(struct invocation *call); /* returns the exit code */
	/* What stands beside the options, as usage shows it ("SOURCE TARGET"), and how many; NULL: nothing does. */
	const char *operands;
	size_t n_operands_min;
	size_t n_operands_max;
	/* Values that are missing or cannot be read do not end it before it begins: the option's fallback holds, and cli_fault says what
	 * is wrong. For a command that looks at the configuration itself. */
	bool keeps_faults;
};

struct program {
	const char *name;
	const char *summary;
	const struct command *const *commands;
	size_t n_commands;
};

/* cli_main: parse and run. Beside the commands: --help, --version, COMMAND --help, "completion bash|zsh", and the hidden
 * "docs" that prints the Markdown reference. Misspelt commands and options get a suggestion. Core dumps are switched off. */
int cli_main(const struct program *program, int argc, char **argv);

/* For run functions. name: as in the table (asking for one that is not there aborts). Strings live as long as the call. */
const char *cli_string(const struct invocation *call, const char *name); /* NULL: not given and no fallback */
bool cli_given(const struct invocation *call, const char *name);         /* by option or variable, not by fallback */
bool cli_flag(const struct invocation *call, const char *name);
uint64_t cli_number(const struct invocation *call, const char *name);
double cli_decimal(const struct invocation *call, const char *name);
/* cli_operands: those that were given, *n of them. */
const char *const *cli_operands(const struct invocation *call, size_t *n);
/* cli_fault: of a command that keeps faults, the index-th from 0, a line of text; NULL: there are no more. */
const char *cli_fault(const struct invocation *call, size_t index);
struct log *cli_log(const struct invocation *call);

/* cli_where: how a person gives this option, for messages: "--n-data (N_DATA)". Returns out. */
enum { CLI_WHERE_BYTES = 128 };
const char *cli_where(const struct invocation *call, const char *name, char out[CLI_WHERE_BYTES]);

/* cli_usage_error: print "program command: text" and how to get help on stderr; returns EXIT_USAGE.
 * cli_fail: print an error (and its sentence if error->text is empty); returns EXIT_FAILED. */
__attribute__((format(printf, 2, 3))) int cli_usage_error(const struct invocation *call, const char *format, ...);
int cli_fail(const struct invocation *call, enum prio_status status, const struct prio_error *error);

/* cli_is_variable: does any command of this program read this environment variable? cli_near_variable: the one of
 * this command's that was probably meant; false if none is near. */
enum { CLI_VARIABLE_BYTES = 64 };
bool cli_is_variable(const struct invocation *call, const char *name);
bool cli_near_variable(const struct invocation *call, const char *name, char near[CLI_VARIABLE_BYTES]);

/* cli_kernels: which kernels run, for people, and how that came about: the best that this machine has; fewer, as PRIO_CPU chose; or
 * fewer, because some failed their self-test. */
enum cli_kernels { CLI_KERNELS_BEST, CLI_KERNELS_CHOSEN, CLI_KERNELS_FAILED };
enum { CLI_KERNELS_BYTES = 256 };
enum cli_kernels cli_kernels(char out[CLI_KERNELS_BYTES]);

/* Values that several commands share, read from the options of these names, with errors that name option and variable:
 * "server-id", "private-key-hex" with "public-key-hex-internal" (which must match), "shared-secret" (base64 of 16 bytes),
 * "batch-id", "n-data", "precision", "prg", "allow-forgeable-size". Their rows are in tools/cli/rows.h. */
enum prio_status cli_server_id(const struct invocation *call, enum prio_server_id *server, struct prio_error *error);
enum prio_status cli_private_key(const struct invocation *call, struct prio_private_key *key, struct prio_error *error);
enum prio_status cli_public_key(const struct invocation *call, const char *name, struct prio_public_key *key,
				struct prio_error *error);
enum prio_status cli_shared_secret(const struct invocation *call, struct prio_shared_secret *secret,
				   struct prio_error *error);
/* params->batch_id is a view of the option's value; a command without precision, prg or allow-forgeable-size has their
 * defaults. Checked by prio_params_check. Warns where a forgeable size is allowed. */
enum prio_status cli_params(const struct invocation *call, struct prio_params *params, struct prio_error *error);

#endif
