#include "pipeline/paths.h"

#include <stdarg.h>

#include "base/error.h"

static const char batch_label[] = "batch_id=";
enum { LABEL_CHARS = sizeof batch_label - 1, COMPONENT_BYTES_MAX = 255 };

enum prio_status path_make(struct path *path, struct prio_error *error, const char *format, ...)
{
	va_list arguments;
	int n;

	va_start(arguments, format);
	n = vsnprintf(path->text, sizeof path->text, format, arguments);
	va_end(arguments);
	if (n < 0 || (size_t)n >= sizeof path->text)
		return error_set(error, PRIO_ERR_CONFIG, "a path in a bucket would be longer than %d bytes: %.60s...",
				 STORE_KEY_BYTES_MAX, path->text);
	return PRIO_OK;
}

static enum prio_status check_component(const char *variable, const char *value, struct prio_error *error)
{
	if (strchr(value, '/') != NULL)
		return error_set(error, PRIO_ERR_CONFIG, "%s must not contain a slash, since it names one directory", variable);
	enum prio_status status = store_key_check(value, error);
	if (status != PRIO_OK)
		error_prefix(error, "%s cannot stand in a path", variable);
	return status == PRIO_OK ? PRIO_OK : PRIO_ERR_CONFIG;
}

enum prio_status prefixes_make(struct prefixes *prefixes, const struct path_names *names, struct prio_error *error)
{
	const char *bucket_prefix = names->bucket_prefix + strspn(names->bucket_prefix, "/");
	size_t n = strlen(bucket_prefix);
	enum prio_status status = check_component("APP_NAME", names->app_name, error);

	if (status == PRIO_OK)
		status = check_component("SUBMISSION_DATE", names->date, error);
	if (status != PRIO_OK)
		return status;
	while (n > 0 && bucket_prefix[n - 1] == '/')
		n--;
	status = path_make(&prefixes->internal, error, "%.*s%s%s/%s/%s", (int)n, bucket_prefix, n > 0 ? "/" : "",
			   names->public_key_external, names->app_name, names->date);
	if (status == PRIO_OK)
		status = path_make(&prefixes->external, error, "%.*s%s%s/%s/%s", (int)n, bucket_prefix, n > 0 ? "/" : "",
				   names->public_key_internal, names->app_name, names->date);
	if (status == PRIO_OK && store_key_check(prefixes->internal.text, error) != PRIO_OK) {
		error_prefix(error, "BUCKET_PREFIX cannot stand in a path");
		status = PRIO_ERR_CONFIG;
	}
	return status;
}

/* Safe as it is: one component of printable characters that no store and no shell of an original partner trips over. */
static bool is_safe_component(struct prio_bytes id)
{
	if (id.n == 0 || id.n + LABEL_CHARS > COMPONENT_BYTES_MAX)
		return false;
	for (size_t i = 0; i < id.n; i++)
		if (id.p[i] < 0x20 || id.p[i] == 0x7f || id.p[i] == '/')
			return false;
	return true;
}

/* What Spark's partitioned writers escape. */
static bool is_escaped(uint8_t c)
{
	return c < 0x20 || c == 0x7f || strchr("\"#%'*/:=?\\{[]^", c) != NULL;
}

enum prio_status path_batch(struct path *path, struct prio_bytes batch_id, struct prio_error *error)
{
	bool safe = is_safe_component(batch_id);
	size_t at = LABEL_CHARS;

	memcpy(path->text, batch_label, LABEL_CHARS);
	for (size_t i = 0; i < batch_id.n; i++) {
		if (at + 4 > sizeof path->text)
			break;
		if (!safe && is_escaped(batch_id.p[i]))
			at += (size_t)snprintf(path->text + at, 4, "%%%02X", batch_id.p[i]);
		else
			path->text[at++] = (char)batch_id.p[i];
	}
	path->text[at] = '\0';
	if (at > COMPONENT_BYTES_MAX)
		return error_set(error, PRIO_ERR_CONFIG, "the batch id is too long to name a directory (%zu bytes, at most %d)",
				 at, COMPONENT_BYTES_MAX);
	return PRIO_OK;
}

static int hex_digit(char c)
{
	return c >= '0' && c <= '9' ? c - '0' : c >= 'A' && c <= 'F' ? c - 'A' + 10 : c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

/* The value that a directory name escapes, compared as it is unescaped. */
static bool unescapes_to(const char *text, size_t n, struct prio_bytes id)
{
	size_t at = 0;

	for (size_t i = 0; i < n; i++, at++) {
		uint8_t c = (uint8_t)text[i];

		if (c == '%' && i + 2 < n && hex_digit(text[i + 1]) >= 0 && hex_digit(text[i + 2]) >= 0) {
			c = (uint8_t)(hex_digit(text[i + 1]) << 4 | hex_digit(text[i + 2]));
			i += 2;
		}
		if (at >= id.n || id.p[at] != c)
			return false;
	}
	return at == id.n;
}

bool path_is_batch(const char *directory, size_t n, struct prio_bytes batch_id, bool *exact)
{
	*exact = false;
	if (n < LABEL_CHARS || memcmp(directory, batch_label, LABEL_CHARS) != 0)
		return false;
	directory += LABEL_CHARS;
	n -= LABEL_CHARS;
	*exact = n == batch_id.n && memcmp(directory, batch_id.p, n) == 0;
	return *exact || unescapes_to(directory, n, batch_id);
}

bool path_is_part(const char *name)
{
	return name[0] != '_' && name[0] != '.' && name[0] != '\0';
}
