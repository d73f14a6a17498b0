#include <string.h>

#include "cli/internal.h"

enum { LEFT_COLUMN = 34, LINE = 100 };

const char *option_placeholder(const struct option_row *row)
{
	switch (row->kind) {
	case OPTION_NUMBER:
		return "NUMBER";
	case OPTION_DECIMAL:
		return "DECIMAL";
	case OPTION_CHOICE:
		return row->choices;
	case OPTION_PATH:
		return "PATH";
	case OPTION_STRING:
		return "TEXT";
	case OPTION_SECRET:
		return "SECRET";
	case OPTION_FLAG:
		break;
	}
	return NULL;
}

/* Words, broken into lines of LINE columns, all but the first indented. column: where the first one begins. */
static void print_wrapped(FILE *out, const char *text, size_t indent, size_t column)
{
	bool is_after_blank = false;

	while (*text != '\0') {
		size_t n = strcspn(text, " \n");

		if (is_after_blank && column + 1 + n > LINE) {
			fprintf(out, "\n%*s", (int)indent, "");
			column = indent;
		} else if (is_after_blank) {
			fputc(' ', out);
			column++;
		}
		fprintf(out, "%.*s", (int)n, text);
		column += n;
		text += n;
		is_after_blank = *text == ' ';
		if (*text == '\n') {
			fprintf(out, "\n%*s", text[1] == '\n' || text[1] == '\0' ? 0 : (int)indent, "");
			column = indent;
		}
		text += *text != '\0';
	}
	fputc('\n', out);
}

void print_program_help(FILE *out, const struct program *program)
{
	fprintf(out, "Usage: %s COMMAND [OPTION]...\n\n", program->name);
	print_wrapped(out, program->summary, 0, 0);
	fprintf(out, "\nCommands:\n");
	for (size_t i = 0; i < program->n_commands; i++) {
		fprintf(out, "  %-16s ", program->commands[i]->name);
		print_wrapped(out, program->commands[i]->summary, 19, 19);
	}
	fprintf(out, "\nAlso:\n"
		     "  COMMAND --help   what a command does, and its options\n"
		     "  completion SHELL completion for bash or zsh, to be sourced\n"
		     "  --version        the version, and which vector kernels run (PRIO_CPU chooses others)\n"
		     "  --help           this text\n");
}

static void print_row(FILE *out, const char *left, const char *right)
{
	fprintf(out, "%-*s", LEFT_COLUMN, left);
	if (strlen(left) >= LEFT_COLUMN)
		fprintf(out, "\n%*s", LEFT_COLUMN, "");
	print_wrapped(out, right, LEFT_COLUMN, LEFT_COLUMN);
}

static void print_option(FILE *out, const struct option_row *row)
{
	const char *placeholder = option_placeholder(row);
	char left[CLI_WHERE_BYTES];
	char right[512];
	char name[OPTION_NAME_BYTES];
	char variable[OPTION_NAME_BYTES];

	snprintf(left, sizeof left, "  --%s%s%s", row->name, placeholder != NULL ? " " : "",
		 placeholder != NULL ? placeholder : "");
	snprintf(right, sizeof right, "%s%s%s%s%s%s%s", row->help, row->fallback != NULL ? " (default: " : "",
		 row->fallback != NULL ? row->fallback : "", row->fallback != NULL ? ")" : "", row->variable != NULL ? " [" : "",
		 row->variable != NULL ? row->variable : "",
		 row->variable == NULL ? "" : row->required ? ", required]" : "]");
	print_row(out, left, right);
	if (row->kind != OPTION_SECRET)
		return;
	snprintf(left, sizeof left, "  --%s PATH", option_file_name(row, name));
	snprintf(right, sizeof right, "the same, from a file [%s]", option_file_variable(row, variable));
	print_row(out, left, right);
}

void print_usage(FILE *out, const char *before, const struct program *program, const struct command *command)
{
	fprintf(out, "%s%s %s [OPTION]...%s%s\n", before, program->name, command->name, command->operands != NULL ? " " : "",
		command->operands != NULL ? command->operands : "");
}

void print_command_help(FILE *out, const struct program *program, const struct command *command)
{
	print_usage(out, "Usage: ", program, command);
	fputc('\n', out);
	print_wrapped(out, command->summary, 0, 0);
	if (command->details != NULL) {
		fputc('\n', out);
		print_wrapped(out, command->details, 0, 0);
	}
	if (command->n_options > 0)
		fprintf(out, "\nOptions (or the environment variable in brackets; an option wins over a variable):\n");
	for (size_t i = 0; i < command->n_options; i++)
		print_option(out, &command->options[i]);
}
