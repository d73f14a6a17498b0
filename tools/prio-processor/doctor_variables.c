/* The environment as a person wrote it. */
#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/error.h"
#include "prio-processor/doctor.h"

enum { SHOWN_BYTES = 200 };

/* Variables that begin so are ours, or meant to be. */
static const char *const families[] = {"BUCKET_", "RETRY_", "PUBLIC_KEY_", "PRIVATE_KEY_", "SHARED_SECRET", "PRIO_"};

/* Read by others than the option tables: the library's, and those of tests and benchmarks. */
static const char *const others[] = {"PRIO_CPU", "PRIO_BIN", "PRIO_PROCESSOR_BIN"};

static bool begins_with_any(const char *name, const char *const *words, size_t n_words)
{
	for (size_t i = 0; i < n_words; i++)
		if (strncmp(name, words[i], strlen(words[i])) == 0)
			return true;
	return false;
}

static bool is_other(const char *name)
{
	for (size_t i = 0; i < sizeof others / sizeof others[0]; i++)
		if (strcmp(name, others[i]) == 0)
			return true;
	return false;
}

static void check_name(struct findings *findings, const struct invocation *call, const char *name)
{
	char near[CLI_VARIABLE_BYTES];
	char shown[SHOWN_BYTES];

	if (cli_is_variable(call, name) || is_other(name))
		return;
	escape_text(shown, sizeof shown, (struct prio_bytes){(const uint8_t *)name, strlen(name)});
	if (cli_near_variable(call, name, near))
		findings_add(findings, FINDING_WARN, "variables", "correct its name, or unset it", "%s is not read; did you mean %s?", shown,
			     near);
	else if (begins_with_any(name, families, sizeof families / sizeof families[0]))
		findings_add(findings, FINDING_WARN, "variables", "unset it, or look up the name (process --help)",
			     "%s is not read by any command", shown);
}

static bool is_quote_or_blank(char c)
{
	return c == '"' || c == '\'' || isspace((unsigned char)c);
}

/* Files of variables are read in many ways, some of which keep quotation marks and what stands at the line's end. */
static void check_value(struct findings *findings, const struct invocation *call, const char *name, const char *value)
{
	size_t n = strlen(value);

	if (n > 0 && cli_is_variable(call, name) && (is_quote_or_blank(value[0]) || is_quote_or_blank(value[n - 1])))
		findings_add(findings, FINDING_WARN, "variables", "take it away, and see how the file that sets it is read",
			     "%s begins or ends with a quotation mark or a blank", name);
}

/* NAME_FILE, where NAME is a secret. */
static void check_secret_file(struct findings *findings, const struct invocation *call, const char *name, const char *path)
{
	static const char end[] = "_FILE";
	size_t n = strlen(name);
	struct stat info;

	if (n < sizeof end || strcmp(name + n - (sizeof end - 1), end) != 0 || strcmp(name + n - 8, "_CA_FILE") == 0 ||
	    !cli_is_variable(call, name) || stat(path, &info) != 0 || !S_ISREG(info.st_mode))
		return;
	if ((info.st_mode & (S_IROTH | S_IWOTH)) != 0)
		findings_add(findings, FINDING_FAIL, name, "take the rights of others away: chmod o= on it",
			     "everybody on this machine can %s the file of a secret", (info.st_mode & S_IROTH) != 0 ? "read" : "write to");
}

void doctor_check_variables(struct findings *findings, const struct invocation *call)
{
	size_t n_before = findings->n;
	const char *fault;

	for (size_t i = 0; (fault = cli_fault(call, i)) != NULL; i++)
		findings_add(findings, FINDING_FAIL, "variables", "process --help says what it is for", "%s", fault);
	for (char **entry = environ; *entry != NULL; entry++) {
		const char *equals = strchr(*entry, '=');
		char name[SHOWN_BYTES];

		if (equals == NULL || (size_t)(equals - *entry) >= sizeof name)
			continue;
		snprintf(name, sizeof name, "%.*s", (int)(equals - *entry), *entry);
		check_name(findings, call, name);
		check_value(findings, call, name, equals + 1);
		check_secret_file(findings, call, name, equals + 1);
	}
	if (findings->n == n_before)
		findings_add(findings, FINDING_OK, "variables", NULL, "all that process needs are there and can be read");
}
