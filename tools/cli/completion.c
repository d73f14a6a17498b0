/* Completion scripts, from the same tables as --help: commands first, then a command's options, then an option's values. */
#include <string.h>

#include "cli/internal.h"

/* A shell function's name: letters, digits and underscores. */
static void print_identifier(FILE *out, const char *name)
{
	for (; *name != '\0'; name++)
		fputc(*name == '-' ? '_' : *name, out);
}

/* "A|B" as "A B". */
static void print_choices(FILE *out, const char *choices)
{
	for (; *choices != '\0'; choices++)
		fputc(*choices == '|' ? ' ' : *choices, out);
}

static void print_option_names(FILE *out, const struct command *command)
{
	char name[OPTION_NAME_BYTES];

	for (size_t i = 0; i < command->n_options; i++) {
		fprintf(out, "--%s ", command->options[i].name);
		if (command->options[i].kind == OPTION_SECRET)
			fprintf(out, "--%s ", option_file_name(&command->options[i], name));
	}
	fputs("--help", out);
}

static void print_bash_values(FILE *out, const struct command *command)
{
	char name[OPTION_NAME_BYTES];

	for (size_t i = 0; i < command->n_options; i++) {
		const struct option_row *row = &command->options[i];

		if (row->kind == OPTION_CHOICE) {
			fprintf(out, "\t%s:--%s) words='", command->name, row->name);
			print_choices(out, row->choices);
			fputs("' ;;\n", out);
		} else if (row->kind == OPTION_PATH) {
			fprintf(out, "\t%s:--%s) COMPREPLY=($(compgen -f -- \"$current\")); return ;;\n", command->name,
				row->name);
		} else if (row->kind == OPTION_SECRET) {
			fprintf(out, "\t%s:--%s) COMPREPLY=($(compgen -f -- \"$current\")); return ;;\n", command->name,
				option_file_name(row, name));
		}
		if (row->kind != OPTION_FLAG && row->kind != OPTION_PATH && row->kind != OPTION_CHOICE)
			fprintf(out, "\t%s:--%s) return ;;\n", command->name, row->name);
	}
}

/* Operands may be files, and what else they may be only the program knows. */
static void print_bash_operands(FILE *out, const struct program *program)
{
	for (size_t i = 0; i < program->n_commands; i++)
		if (program->commands[i]->operands != NULL)
			fprintf(out, "\t[ \"${COMP_WORDS[1]}\" = %s ] && COMPREPLY+=($(compgen -f -- \"$current\"))\n",
				program->commands[i]->name);
}

static void print_bash(FILE *out, const struct program *program)
{
	fprintf(out, "# Completion of %s for bash: source <(%s completion bash)\n_", program->name, program->name);
	print_identifier(out, program->name);
	fputs("()\n{\n\tlocal current=\"${COMP_WORDS[COMP_CWORD]}\" previous=\"${COMP_WORDS[COMP_CWORD-1]}\" words=''\n"
	      "\tCOMPREPLY=()\n"
	      "\tif [ \"$COMP_CWORD\" -eq 1 ]; then\n\t\tCOMPREPLY=($(compgen -W '",
	      out);
	for (size_t i = 0; i < program->n_commands; i++)
		fprintf(out, "%s ", program->commands[i]->name);
	fputs("completion --help --version' -- \"$current\"))\n\t\treturn\n\tfi\n"
	      "\tcase \"${COMP_WORDS[1]}:$previous\" in\n"
	      "\tcompletion:completion) words='bash zsh' ;;\n",
	      out);
	for (size_t i = 0; i < program->n_commands; i++)
		print_bash_values(out, program->commands[i]);
	fputs("\tesac\n\tif [ -z \"$words\" ]; then\n\t\tcase \"${COMP_WORDS[1]}\" in\n", out);
	for (size_t i = 0; i < program->n_commands; i++) {
		fprintf(out, "\t\t%s) words='", program->commands[i]->name);
		print_option_names(out, program->commands[i]);
		fputs("' ;;\n", out);
	}
	fputs("\t\tesac\n\tfi\n\tCOMPREPLY=($(compgen -W \"$words\" -- \"$current\"))\n", out);
	print_bash_operands(out, program);
	fputs("}\ncomplete -F _", out);
	print_identifier(out, program->name);
	fprintf(out, " -o filenames %s\n", program->name);
}

/* Help inside '...[...]': quotes, brackets, colons and backslashes mean something there. */
static void print_zsh_text(FILE *out, const char *text)
{
	for (; *text != '\0'; text++) {
		if (*text == '\'') {
			fputs("'\\''", out);
			continue;
		}
		if (strchr("[]:\\", *text) != NULL)
			fputc('\\', out);
		fputc(*text, out);
	}
}

static void print_zsh_option(FILE *out, const char *name, const struct option_row *row, bool is_path)
{
	fprintf(out, " \\\n\t\t\t'--%s[", name);
	print_zsh_text(out, row->help);
	fputs("]", out);
	if (is_path) {
		fputs(":path:_files", out);
	} else if (row->kind == OPTION_CHOICE) {
		fputs(":value:(", out);
		print_choices(out, row->choices);
		fputs(")", out);
	} else if (row->kind != OPTION_FLAG) {
		fputs(":value: ", out);
	}
	fputs("'", out);
}

static void print_zsh(FILE *out, const struct program *program)
{
	char name[OPTION_NAME_BYTES];

	fprintf(out, "#compdef %s\n# Completion of %s for zsh: source <(%s completion zsh)\n_", program->name, program->name,
		program->name);
	print_identifier(out, program->name);
	fputs("()\n{\n\tlocal -a commands\n\tcommands=(\n", out);
	for (size_t i = 0; i < program->n_commands; i++) {
		fprintf(out, "\t\t'%s:", program->commands[i]->name);
		print_zsh_text(out, program->commands[i]->summary);
		fputs("'\n", out);
	}
	fputs("\t\t'completion:completion for bash or zsh'\n\t)\n"
	      "\tif (( CURRENT == 2 )); then\n\t\t_describe command commands\n\t\treturn\n\tfi\n"
	      "\tlocal command=$words[2]\n\tshift words\n\t(( CURRENT-- ))\n\tcase $command in\n"
	      "\tcompletion) _values shell bash zsh ;;\n",
	      out);
	for (size_t i = 0; i < program->n_commands; i++) {
		const struct command *command = program->commands[i];

		fprintf(out, "\t%s)\n\t\t_arguments", command->name);
		for (size_t j = 0; j < command->n_options; j++) {
			const struct option_row *row = &command->options[j];

			print_zsh_option(out, row->name, row, row->kind == OPTION_PATH);
			if (row->kind == OPTION_SECRET)
				print_zsh_option(out, option_file_name(row, name), row, true);
		}
		if (command->operands != NULL)
			fputs(" \\\n\t\t\t'*:name:_files'", out);
		fputs(" \\\n\t\t\t'--help[help]'\n\t\t;;\n", out);
	}
	fputs("\tesac\n}\ncompdef _", out);
	print_identifier(out, program->name);
	fprintf(out, " %s\n", program->name);
}

bool print_completion(FILE *out, const struct program *program, const char *shell)
{
	if (strcmp(shell, "bash") == 0)
		print_bash(out, program);
	else if (strcmp(shell, "zsh") == 0)
		print_zsh(out, program);
	else
		return false;
	return true;
}
