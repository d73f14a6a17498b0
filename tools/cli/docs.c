/* The Markdown reference, from the same tables as --help. scripts/check-cli-docs fails where docs/cli.md differs from it. */
#include <string.h>

#include "cli/internal.h"

/* Text of a table cell: "|" would end it. */
static void print_cell(FILE *out, const char *text)
{
	for (; *text != '\0'; text++) {
		if (*text == '|')
			fputc('\\', out);
		fputc(*text, out);
	}
}

/* A new line of the table's text is a new paragraph here. */
static void print_paragraphs(FILE *out, const char *text)
{
	for (; *text != '\0'; text++)
		fputs(*text == '\n' ? "\n\n" : (const char[]){*text, '\0'}, out);
	fputs("\n\n", out);
}

static void print_row(FILE *out, const struct option_row *row)
{
	const char *placeholder = option_placeholder(row);
	char name[OPTION_NAME_BYTES];
	char variable[OPTION_NAME_BYTES];

	fprintf(out, "| `--%s", row->name);
	if (placeholder != NULL) {
		fputc(' ', out);
		print_cell(out, placeholder);
	}
	fputs("`", out);
	if (row->kind == OPTION_SECRET)
		fprintf(out, ", `--%s PATH`", option_file_name(row, name));
	fputs(" | ", out);
	if (row->variable != NULL)
		fprintf(out, "`%s`", row->variable);
	if (row->variable != NULL && row->kind == OPTION_SECRET)
		fprintf(out, ", `%s`", option_file_variable(row, variable));
	fputs(" | ", out);
	if (row->fallback != NULL)
		fprintf(out, "`%s`", row->fallback);
	else
		fputs(row->required ? "required" : "", out);
	fputs(" | ", out);
	print_cell(out, row->help);
	fputs(" |\n", out);
}

void print_docs(FILE *out, const struct program *program)
{
	fprintf(out, "## %s\n\n%s\n\n", program->name, program->summary);
	for (size_t i = 0; i < program->n_commands; i++) {
		const struct command *command = program->commands[i];

		fprintf(out, "### %s %s\n\n%s.\n\n", program->name, command->name, command->summary);
		if (command->operands != NULL)
			print_usage(out, "    ", program, command), fputc('\n', out);
		if (command->details != NULL)
			print_paragraphs(out, command->details);
		if (command->n_options == 0)
			continue;
		fputs("| option | variable | default | |\n| --- | --- | --- | --- |\n", out);
		for (size_t j = 0; j < command->n_options; j++)
			print_row(out, &command->options[j]);
		fputc('\n', out);
	}
}
