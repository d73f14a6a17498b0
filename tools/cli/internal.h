/* internal: what the files of this folder share. */
#ifndef TOOLS_CLI_INTERNAL_H
#define TOOLS_CLI_INTERNAL_H

#include <stdio.h>

#include "cli/cli.h"

enum value_source { VALUE_ABSENT, VALUE_FALLBACK, VALUE_VARIABLE, VALUE_ARGUMENT };

/* What became of one option. */
struct value {
	enum value_source source;
	const char *text; /* NULL: absent */
	bool is_path;     /* of a secret: text names the file that holds it */
	char *owned;      /* a secret's own copy, wiped in the end; NULL: text is somebody else's */
	size_t owned_bytes;
	uint64_t number;
	double decimal;
	bool flag;
};

/* What is wrong with the values of a command that keeps faults. While it is open, whatever would be printed as an error of usage
 * goes into it. */
struct fault_list {
	bool is_open;
	char **lines;
	size_t n;
};

struct invocation {
	const struct program *program;
	const struct command *command;
	struct value *values; /* one for each of command->options */
	const char *const *operands;
	size_t n_operands;
	struct log *log;
	struct fault_list *faults; /* NULL: the command keeps none */
};

/* fault_keep: true if the line is kept, and so not to be printed. */
bool fault_keep(const struct invocation *call, const char *line);

/* parse_arguments: fill call->values from the arguments after the command's name, the environment and the table. Returns
 * EXIT_DONE, or the exit code after printing what is wrong. *wants_help: --help stood among them. */
int parse_arguments(struct invocation *call, int argc, char **argv, bool *wants_help);

/* option_find: the row's index, or SIZE_MAX. option_where: as cli_where. option_file_name, option_file_variable: of a
 * secret, the option and variable that name a file. */
enum { OPTION_NAME_BYTES = 64 };
size_t option_find(const struct command *command, const char *name, size_t n_name);
const char *option_where(const struct option_row *row, char out[CLI_WHERE_BYTES]);
const char *option_file_name(const struct option_row *row, char out[OPTION_NAME_BYTES]);
const char *option_file_variable(const struct option_row *row, char out[OPTION_NAME_BYTES]);

/* secret_read_file: the content of a file into fresh memory that ends with a NUL, one trailing line feed cut. *n_bytes: to
 * be wiped. Errors name the path, never the content. */
enum prio_status secret_read_file(const char *path, char **text, size_t *n_bytes, struct prio_error *error);

/* suggest: of names, the one that word was probably meant to be; NULL if none is near. */
const char *suggest(const char *word, const char *const *names, size_t n_names);

/* print_usage: "Usage: program command [OPTION]... OPERANDS", with what stands before it. */
void print_usage(FILE *out, const char *before, const struct program *program, const struct command *command);
void print_program_help(FILE *out, const struct program *program);
void print_command_help(FILE *out, const struct program *program, const struct command *command);
/* print_completion: false: there is none for this shell. */
bool print_completion(FILE *out, const struct program *program, const char *shell);
void print_docs(FILE *out, const struct program *program);
void print_version(FILE *out, const struct program *program);

/* kernels_are_sound: can PRIO_CPU be followed, and do the kernels give the answers they should? Otherwise false, after saying
 * what is wrong on stderr. */
bool kernels_are_sound(const struct program *program);

/* What an option's value looks like in usage: "A|B", "NUMBER"; NULL for a flag. */
const char *option_placeholder(const struct option_row *row);

#endif
