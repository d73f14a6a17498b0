/* options: a command line. What is parsed is within its kind's bounds, a secret never comes back on stderr and is gone
 * from argv, and whatever is said can be shown.
 *
 * Input: the arguments, each ended by a zero byte. */
#include "fuzz/harness/fuzz.h"

#include <unistd.h>

#include "cli/internal.h"
#include "cli/rows.h"

enum { ARGUMENTS_MAX = 32, TEXT_BYTES_MAX = 4096 };

static const struct option_row rows[] = {
	ROW_BATCH_ID,
	ROW_N_DATA,
	ROW_PRG,
	ROW_ALLOW_FORGEABLE_SIZE,
	ROW_PRIVATE_KEY,
	ROW_SHARED_SECRET,
	{.name = "delay", .variable = "RETRY_DELAY", .kind = OPTION_DECIMAL, .fallback = "0.5", .help = "seconds"},
	{.name = "input", .kind = OPTION_PATH, .help = "a file"},
};
enum { N_ROWS = sizeof rows / sizeof rows[0] };

static const struct command command = {.name = "work", .summary = "work", .options = rows, .n_options = N_ROWS};
static const struct program program = {.name = "program", .summary = "program"};

static void check_value(const struct option_row *row, const struct value *value)
{
	FUZZ_CHECK((value->text != NULL) == (value->source != VALUE_ABSENT));
	FUZZ_CHECK(!row->required || value->text != NULL);
	if (value->text == NULL)
		return;
	switch (row->kind) {
	case OPTION_NUMBER:
		FUZZ_CHECK(value->number <= INT64_MAX &&
			   value->number == strtoull(value->text + (*value->text == '-'), NULL, 10));
		break;
	case OPTION_DECIMAL:
		FUZZ_CHECK(value->decimal >= 0 && value->decimal < 1e15);
		break;
	case OPTION_CHOICE:
		FUZZ_CHECK(strchr(value->text, '|') == NULL && strstr(row->choices, value->text) != NULL);
		break;
	case OPTION_SECRET:
		FUZZ_CHECK(value->owned != NULL && value->text == value->owned &&
			   strlen(value->text) < value->owned_bytes);
		break;
	case OPTION_STRING:
	case OPTION_FLAG:
	case OPTION_PATH:
		break;
	}
}

/* What was said, in lines that can be shown. */
static void check_said(char *said)
{
	for (char *line = said, *feed; *line != '\0'; line = feed + 1) {
		feed = strchr(line, '\n');
		FUZZ_CHECK(feed != NULL);
		*feed = '\0';
		fuzz_check_printable(line);
	}
}

/* The secret behind the last such argument, as it was before it was taken. */
static void check_secrets(char **before, char **after, int n, bool parsed)
{
	static const char *const names[] = {"--private-key-hex", "--shared-secret"};

	for (int i = 0; i < n && parsed; i++)
		for (int j = 0; j < 2; j++) {
			size_t n_name = strlen(names[j]);
			bool is_option =
				i == 0 || strncmp(before[i - 1], "--", 2) != 0 || strchr(before[i - 1], '=') != NULL;

			if (is_option && strncmp(before[i], names[j], n_name) == 0 && before[i][n_name] == '=')
				for (const char *p = after[i] + n_name + 1; *p != '\0'; p++)
					FUZZ_CHECK(*p == 'x');
		}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	char text[TEXT_BYTES_MAX + 1], before_text[TEXT_BYTES_MAX + 1];
	char *arguments[ARGUMENTS_MAX + 1], *before[ARGUMENTS_MAX + 1];
	struct value values[N_ROWS];
	struct invocation call = {.program = &program, .command = &command, .values = values};
	FILE *real_stderr = stderr;
	char *said = NULL;
	size_t n_said = 0;
	bool wants_help = false;
	int n_arguments = 0;

	if (n > TEXT_BYTES_MAX)
		return 0;
	memcpy(text, data, n);
	text[n] = '\0';
	memcpy(before_text, text, sizeof text);
	for (size_t at = 0; at < n && n_arguments < ARGUMENTS_MAX; at += strlen(text + at) + 1) {
		arguments[n_arguments] = text + at;
		before[n_arguments++] = before_text + at;
		/* A path that the input made up is not opened. */
		if (strstr(text + at, "-file") != NULL)
			return 0;
	}
	arguments[n_arguments] = before[n_arguments] = NULL;
	memset(values, 0, sizeof values);

	FILE *room = open_memstream(&said, &n_said);
	FUZZ_CHECK(room != NULL);
	stderr = room; /* the GNU C library lets it be set */
	int code = parse_arguments(&call, n_arguments, arguments, &wants_help);
	stderr = real_stderr;
	fclose(room);

	FUZZ_CHECK(code == EXIT_DONE || code == EXIT_FAILED || code == EXIT_USAGE);
	FUZZ_CHECK(code != EXIT_USAGE || n_said > 0);
	for (size_t i = 0; i < N_ROWS && code == EXIT_DONE && !wants_help; i++)
		check_value(&rows[i], &values[i]);
	check_secrets(before, arguments, n_arguments, code == EXIT_DONE && !wants_help);
	check_said(said);
	for (size_t i = 0; i < N_ROWS; i++)
		free(values[i].owned);
	free(said);
	return 0;
}
