/* The environment variables that a program reads, and slips of them. */
#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#include "cli/internal.h"

struct variables {
	const char **names;
	char (*file_names)[OPTION_NAME_BYTES];
	size_t n;
	size_t n_files;
};

static void variables_clear(struct variables *variables)
{
	free(variables->names);
	free(variables->file_names);
}

/* Those of some commands, twice where several have one. Out of memory, none. */
static void variables_gather(struct variables *variables, const struct command *const *commands, size_t n_commands)
{
	size_t n_options = 0;

	for (size_t i = 0; i < n_commands; i++)
		n_options += commands[i]->n_options;
	*variables = (struct variables){
		.names = calloc(2 * n_options + 1, sizeof *variables->names),
		.file_names = calloc(n_options + 1, sizeof *variables->file_names),
	};
	if (variables->names == NULL || variables->file_names == NULL)
		return;
	for (size_t i = 0; i < n_commands; i++) {
		const struct command *command = commands[i];

		for (size_t j = 0; j < command->n_options; j++) {
			const struct option_row *row = &command->options[j];

			if (row->variable == NULL)
				continue;
			variables->names[variables->n++] = row->variable;
			if (row->kind == OPTION_SECRET)
				variables->names[variables->n++] =
					option_file_variable(row, variables->file_names[variables->n_files++]);
		}
	}
}

bool cli_is_variable(const struct invocation *call, const char *name)
{
	struct variables variables;
	bool is_one = false;

	variables_gather(&variables, call->program->commands, call->program->n_commands);
	for (size_t i = 0; i < variables.n && !is_one; i++)
		is_one = strcmp(variables.names[i], name) == 0;
	variables_clear(&variables);
	return is_one;
}

/* Do the words of part, which "_" separates, all stand in whole in their order, the first one first? So a word that was left out
 * is found: PUBLIC_KEY_INTERNAL in PUBLIC_KEY_HEX_INTERNAL. */
static bool has_words(const char *whole, const char *part)
{
	size_t n = strcspn(part, "_");

	if (strncmp(whole, part, n) != 0 || part[n] == '\0')
		return false;
	for (const char *word = part;;) {
		n = strcspn(word, "_");
		while (strcspn(whole, "_") != n || strncmp(whole, word, n) != 0) {
			whole += strcspn(whole, "_");
			if (*whole++ == '\0')
				return false;
		}
		word += n;
		whole += n;
		if (*word++ == '\0')
			return true;
		if (*whole++ == '\0')
			return false;
	}
}

bool cli_near_variable(const struct invocation *call, const char *name, char near[CLI_VARIABLE_BYTES])
{
	struct variables variables;
	const char *found = NULL;
	char word[CLI_VARIABLE_BYTES];
	size_t n = strlen(name);

	if (n >= sizeof word)
		return false;
	for (size_t i = 0; i <= n; i++)
		word[i] = (char)toupper((unsigned char)name[i]);
	variables_gather(&variables, &call->command, 1);
	found = suggest(word, variables.names, variables.n);
	for (size_t i = 0; i < variables.n && found == NULL; i++)
		if (has_words(variables.names[i], word) || has_words(word, variables.names[i]))
			found = variables.names[i];
	if (found != NULL)
		snprintf(near, CLI_VARIABLE_BYTES, "%s", found);
	variables_clear(&variables);
	return found != NULL;
}
