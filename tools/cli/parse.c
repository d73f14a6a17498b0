#include <ctype.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/error.h"
#include "base/wipe.h"
#include "cli/internal.h"

enum { ESCAPED_BYTES = 200 };

static const char *escaped(char out[ESCAPED_BYTES], const char *text)
{
	return escape_text(out, ESCAPED_BYTES, (struct prio_bytes){(const uint8_t *)text, strlen(text)});
}

size_t option_find(const struct command *command, const char *name, size_t n_name)
{
	for (size_t i = 0; i < command->n_options; i++) {
		const char *known = command->options[i].name;

		if (strlen(known) == n_name && memcmp(known, name, n_name) == 0)
			return i;
	}
	return SIZE_MAX;
}

const char *option_file_name(const struct option_row *row, char out[OPTION_NAME_BYTES])
{
	if (row->file_name != NULL)
		snprintf(out, OPTION_NAME_BYTES, "%s", row->file_name);
	else
		snprintf(out, OPTION_NAME_BYTES, "%s-file", row->name);
	return out;
}

const char *option_file_variable(const struct option_row *row, char out[OPTION_NAME_BYTES])
{
	snprintf(out, OPTION_NAME_BYTES, "%s_FILE", row->variable);
	return out;
}

const char *option_where(const struct option_row *row, char out[CLI_WHERE_BYTES])
{
	if (row->variable == NULL)
		snprintf(out, CLI_WHERE_BYTES, "--%s", row->name);
	else
		snprintf(out, CLI_WHERE_BYTES, "--%s (%s)", row->name, row->variable);
	return out;
}

/* The secret whose file option has this name, or SIZE_MAX. */
static size_t find_file_option(const struct command *command, const char *name, size_t n_name)
{
	char known[OPTION_NAME_BYTES];

	for (size_t i = 0; i < command->n_options; i++) {
		if (command->options[i].kind != OPTION_SECRET)
			continue;
		option_file_name(&command->options[i], known);
		if (strlen(known) == n_name && memcmp(known, name, n_name) == 0)
			return i;
	}
	return SIZE_MAX;
}

/* ---- Where values come from ---- */

static int unknown_option(const struct invocation *call, const char *argument, size_t n_name)
{
	const struct command *command = call->command;
	const char **names = calloc(2 * command->n_options + 1, sizeof *names);
	char (*file_names)[OPTION_NAME_BYTES] = calloc(command->n_options + 1, sizeof *file_names);
	char word[ESCAPED_BYTES];
	const char *near = NULL;
	size_t n_names = 0;

	escape_text(word, sizeof word, (struct prio_bytes){(const uint8_t *)argument, n_name});
	if (names != NULL && file_names != NULL) {
		for (size_t i = 0; i < command->n_options; i++) {
			names[n_names++] = command->options[i].name;
			if (command->options[i].kind == OPTION_SECRET)
				names[n_names++] = option_file_name(&command->options[i], file_names[i]);
		}
		near = suggest(word, names, n_names);
	}
	int code = near != NULL ? cli_usage_error(call, "there is no option --%s; did you mean --%s?", word, near)
				: cli_usage_error(call, "there is no option --%s", word);
	free(names);
	free(file_names);
	return code;
}

/* A secret in argv can be read by every process of the machine: keep a copy and overwrite it there. */
static enum prio_status keep_secret(struct value *value, char *text)
{
	size_t n = strlen(text);
	char *copy = malloc(n + 1);

	if (copy == NULL)
		return PRIO_ERR_MEMORY;
	memcpy(copy, text, n + 1);
	memset(text, 'x', n);
	if (value->owned != NULL) {
		wipe(value->owned, value->owned_bytes);
		free(value->owned);
	}
	value->owned = copy;
	value->owned_bytes = n + 1;
	value->text = copy;
	return PRIO_OK;
}

/* One argument that begins with "--"; *at: its index, moved on if it takes the next one too. */
static int take_option(struct invocation *call, char **argv, int argc, int *at)
{
	char *name = argv[*at] + 2;
	char *equals = strchr(name, '=');
	size_t n_name = equals != NULL ? (size_t)(equals - name) : strlen(name);
	size_t index = option_find(call->command, name, n_name);
	bool is_path = false;

	if (index == SIZE_MAX) {
		index = find_file_option(call->command, name, n_name);
		is_path = true;
	}
	if (index == SIZE_MAX)
		return unknown_option(call, name, n_name);

	const struct option_row *row = &call->command->options[index];
	struct value *value = &call->values[index];
	char *text = NULL; /* a flag needs none */
	if (equals != NULL)
		text = equals + 1;
	else if (row->kind != OPTION_FLAG && *at + 1 < argc)
		text = argv[++*at];
	else if (row->kind != OPTION_FLAG)
		return cli_usage_error(call, "--%s takes a value", name);

	if (row->kind == OPTION_SECRET && value->source == VALUE_ARGUMENT && value->is_path != is_path)
		return cli_usage_error(call, "--%s is given both as a value and as a file; give one of them", row->name);
	value->source = VALUE_ARGUMENT;
	value->is_path = is_path;
	value->text = text != NULL ? text : "1";
	if (row->kind == OPTION_SECRET && !is_path && keep_secret(value, text) != PRIO_OK)
		return cli_fail(call, PRIO_ERR_MEMORY, NULL);
	return EXIT_DONE;
}

static const char *variable(const char *name)
{
	const char *text = getenv(name);

	return text == NULL || *text == '\0' ? NULL : text;
}

static int take_variable(struct invocation *call, const struct option_row *row, struct value *value)
{
	char file_variable[OPTION_NAME_BYTES];
	const char *text = variable(row->variable);
	const char *path = row->kind == OPTION_SECRET ? variable(option_file_variable(row, file_variable)) : NULL;

	if (text != NULL && path != NULL)
		return cli_usage_error(call, "%s and %s are both set; set one of them", row->variable, file_variable);
	if (text == NULL && path == NULL)
		return EXIT_DONE;
	value->source = VALUE_VARIABLE;
	value->is_path = path != NULL;
	value->text = path != NULL ? path : text;
	return EXIT_DONE;
}

/* ---- What values look like ---- */

static int bad_value(const struct invocation *call, const struct option_row *row, const char *text, const char *want)
{
	char where[CLI_WHERE_BYTES];
	char word[ESCAPED_BYTES];

	return cli_usage_error(call, "%s is \"%s\"; it must be %s", option_where(row, where), escaped(word, text), want);
}

static int read_number(const struct invocation *call, const struct option_row *row, struct value *value)
{
	char where[CLI_WHERE_BYTES];
	char word[ESCAPED_BYTES];
	const char *digits = value->text + (*value->text == '-');

	if (*digits == '\0' || digits[strspn(digits, "0123456789")] != '\0')
		return bad_value(call, row, value->text, "a number");
	errno = 0;
	unsigned long long number = strtoull(digits, NULL, 10);
	/* A number out of range is well written and not usable: the original's commands too start, and then fail. */
	if (errno != 0 || number > INT64_MAX || (digits != value->text && number != 0)) {
		char line[512];

		snprintf(line, sizeof line, "%s is %s; it must be 0 to 9223372036854775807", option_where(row, where),
			 escaped(word, value->text));
		if (!fault_keep(call, line))
			log_error(call->log, "%s", line);
		return EXIT_FAILED;
	}
	value->number = number;
	return EXIT_DONE;
}

static int read_decimal(const struct invocation *call, const struct option_row *row, struct value *value)
{
	const char *text = value->text;
	size_t whole = strspn(text, "0123456789");
	size_t part = text[whole] == '.' ? strspn(text + whole + 1, "0123456789") : 0;

	if (whole + part == 0 || whole > 15 || text[whole + (text[whole] == '.') + part] != '\0')
		return bad_value(call, row, text, "a number of 0 or more, such as 2 or 0.5");
	value->decimal = strtod(text, NULL);
	return EXIT_DONE;
}

static int read_choice(const struct invocation *call, const struct option_row *row, struct value *value)
{
	char want[ESCAPED_BYTES];
	size_t n_text = strlen(value->text);

	for (const char *choice = row->choices;;) {
		size_t n = strcspn(choice, "|");

		if (n == n_text && memcmp(choice, value->text, n) == 0)
			return EXIT_DONE;
		if (choice[n] == '\0')
			break;
		choice += n + 1;
	}
	snprintf(want, sizeof want, "one of %s", row->choices);
	return bad_value(call, row, value->text, want);
}

static int read_flag(const struct invocation *call, const struct option_row *row, struct value *value)
{
	static const char *const words[] = {"0", "1", "false", "true", "no", "yes", "off", "on"};

	for (size_t i = 0; i < sizeof words / sizeof *words; i++) {
		if (strcasecmp(value->text, words[i]) == 0) {
			value->flag = i % 2 == 1;
			return EXIT_DONE;
		}
	}
	return bad_value(call, row, value->text, "1, true, yes, on, or 0, false, no, off");
}

static int read_secret(const struct invocation *call, const struct option_row *row, struct value *value)
{
	struct prio_error error = {0};
	char name[OPTION_NAME_BYTES];
	char file_variable[OPTION_NAME_BYTES];

	if (!value->is_path)
		return EXIT_DONE;
	enum prio_status status = secret_read_file(value->text, &value->owned, &value->owned_bytes, &error);
	if (status != PRIO_OK) {
		error_prefix(&error, "--%s (%s)", option_file_name(row, name), option_file_variable(row, file_variable));
		return cli_fail(call, status, &error);
	}
	value->text = value->owned;
	return EXIT_DONE;
}

static int read_value(const struct invocation *call, const struct option_row *row, struct value *value)
{
	switch (row->kind) {
	case OPTION_NUMBER:
		return read_number(call, row, value);
	case OPTION_DECIMAL:
		return read_decimal(call, row, value);
	case OPTION_CHOICE:
		return read_choice(call, row, value);
	case OPTION_FLAG:
		return read_flag(call, row, value);
	case OPTION_SECRET:
		return read_secret(call, row, value);
	case OPTION_STRING:
	case OPTION_PATH:
		break;
	}
	return EXIT_DONE;
}

/* ---- All of it ---- */

/* Name everything that is missing at once, so that nobody has to come back for each. */
static int check_required(const struct invocation *call)
{
	const struct command *command = call->command;
	char missing[1024] = "";
	size_t n = 0;

	for (size_t i = 0; i < command->n_options; i++) {
		char where[CLI_WHERE_BYTES];

		if (!command->options[i].required || call->values[i].source != VALUE_ABSENT)
			continue;
		int written = snprintf(missing + n, sizeof missing - n, "%s%s", n > 0 ? ", " : "",
				       option_where(&command->options[i], where));
		if (written > 0 && (size_t)written < sizeof missing - n)
			n += (size_t)written;
	}
	return n > 0 ? cli_usage_error(call, "missing: %s", missing) : EXIT_DONE;
}

/* The same for a command that keeps faults: a line for each. */
static void keep_missing(const struct invocation *call)
{
	const struct command *command = call->command;

	for (size_t i = 0; i < command->n_options; i++) {
		const struct option_row *row = &command->options[i];
		char where[CLI_WHERE_BYTES];

		if (row->required && call->values[i].source == VALUE_ABSENT)
			cli_usage_error(call, "%s is missing%s", option_where(row, where),
					row->variable != NULL && getenv(row->variable) != NULL ? ": it is set, but empty" : "");
	}
}

static int check_operands(const struct invocation *call)
{
	const struct command *command = call->command;
	char word[ESCAPED_BYTES];

	if (call->n_operands < command->n_operands_min)
		return cli_usage_error(call, "it takes %s", command->operands);
	if (call->n_operands > command->n_operands_max)
		return cli_usage_error(call, "\"%s\" is one too many; it takes %s",
				       escaped(word, call->operands[command->n_operands_max]), command->operands);
	return EXIT_DONE;
}

/* Options and operands in any order; after "--" operands alone. These are kept where they stand: there are never more of them than
 * arguments read. */
static int take_arguments(struct invocation *call, int argc, char **argv, bool *wants_help)
{
	const char **operands = (const char **)argv;
	bool only_operands = false;
	int code = EXIT_DONE;

	call->operands = operands;
	for (int i = 0; i < argc && code == EXIT_DONE; i++) {
		char word[ESCAPED_BYTES];
		bool is_option = argv[i][0] == '-' && argv[i][1] != '\0' && !only_operands;

		if (!only_operands && (strcmp(argv[i], "--help") == 0 || strcmp(argv[i], "-h") == 0)) {
			*wants_help = true;
			return EXIT_DONE;
		}
		if (is_option && strncmp(argv[i], "--", 2) == 0 && argv[i][2] != '\0')
			code = take_option(call, argv, argc, &i);
		else if (is_option && strcmp(argv[i], "--") == 0 && call->command->operands != NULL)
			only_operands = true;
		else if (!is_option && call->command->operands != NULL)
			operands[call->n_operands++] = argv[i];
		else
			code = cli_usage_error(call, "\"%s\" is not expected; options begin with --", escaped(word, argv[i]));
	}
	return code == EXIT_DONE ? check_operands(call) : code;
}

/* A value that cannot be read, of a command that keeps faults, counts as not given. */
static int read_or_fall_back(struct invocation *call, const struct option_row *row, struct value *value)
{
	int code = value->text != NULL ? read_value(call, row, value) : EXIT_DONE;

	if (code == EXIT_DONE || call->faults == NULL)
		return code;
	value->source = row->fallback != NULL ? VALUE_FALLBACK : VALUE_ABSENT;
	value->text = row->fallback;
	value->is_path = false;
	return value->text != NULL ? read_value(call, row, value) : EXIT_DONE;
}

int parse_arguments(struct invocation *call, int argc, char **argv, bool *wants_help)
{
	const struct command *command = call->command;
	int code = take_arguments(call, argc, argv, wants_help);

	if (code != EXIT_DONE || *wants_help)
		return code;
	if (call->faults != NULL)
		call->faults->is_open = true;
	for (size_t i = 0; i < command->n_options && code == EXIT_DONE; i++) {
		const struct option_row *row = &command->options[i];
		struct value *value = &call->values[i];

		if (value->source == VALUE_ABSENT && row->variable != NULL)
			code = take_variable(call, row, value);
		if (call->faults != NULL)
			code = EXIT_DONE;
		if (code == EXIT_DONE && value->source == VALUE_ABSENT && row->fallback != NULL) {
			value->source = VALUE_FALLBACK;
			value->text = row->fallback;
		}
	}
	if (code == EXIT_DONE && call->faults == NULL)
		code = check_required(call);
	else if (code == EXIT_DONE)
		keep_missing(call);
	for (size_t i = 0; i < command->n_options && code == EXIT_DONE; i++)
		code = read_or_fall_back(call, &command->options[i], &call->values[i]);
	if (call->faults != NULL)
		call->faults->is_open = false;
	return code;
}
