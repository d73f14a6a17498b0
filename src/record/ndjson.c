/* The fast path reads what every known writer of shares writes. Whatever it does not understand, be it unusual or broken, it
 * leaves to jansson, so that it never needs to know why. */
#include "record/ndjson_internal.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/utf8.h"
#include "record/base64.h"
#include "record/kernels.h"

enum { NESTING_MAX = 64, INT64_DIGITS_MAX = 19 };

enum prio_status record_scratch_new(struct record_scratch **scratch)
{
	*scratch = calloc(1, sizeof **scratch);
	return *scratch != NULL ? PRIO_OK : PRIO_ERR_MEMORY;
}

void record_scratch_free(struct record_scratch *scratch)
{
	if (scratch == NULL)
		return;
	json_decref(scratch->tree);
	line_buffer_clear(&scratch->text);
	free(scratch);
}

/* ---- The fast path ---- */

struct cursor {
	uint8_t *p;
	uint8_t *end;
};

static bool is_space(uint8_t c)
{
	return c == ' ' || c == '\t' || c == '\r' || c == '\n';
}

static void skip_space(struct cursor *c)
{
	while (c->p < c->end && is_space(*c->p))
		c->p++;
}

/* Take one character, with white space before it. */
static bool take(struct cursor *c, uint8_t wanted)
{
	skip_space(c);
	if (c->p == c->end || *c->p != wanted)
		return false;
	c->p++;
	return true;
}

/* A string, still between its quotes. */
struct string {
	struct prio_mut text;
	bool is_plain; /* printable ASCII without a backslash: it means itself */
};

/* Take a string up to the next quote. Whether that quote ends one that is not plain is decided by looking for backslashes
 * in it afterwards. */
static bool take_string(struct cursor *c, struct string *string)
{
	if (!take(c, '"'))
		return false;

	uint8_t *quote = c->p + record_kernels()->plain_length(c->p, (size_t)(c->end - c->p));
	string->is_plain = quote < c->end && *quote == '"';
	if (quote < c->end && !string->is_plain)
		quote = memchr(quote, '"', (size_t)(c->end - quote));
	if (quote == NULL || quote == c->end)
		return false;
	string->text.p = c->p;
	string->text.n = (size_t)(quote - c->p);
	c->p = quote + 1;
	return true;
}

/* Plain, or well-formed UTF-8 beside. */
static bool means_itself(const struct string *string)
{
	if (string->is_plain)
		return true;
	for (size_t i = 0; i < string->text.n; i++)
		if (string->text.p[i] < 0x20 || string->text.p[i] == '\\')
			return false;
	return utf8_is_valid(prio_bytes_of(string->text));
}

static bool is_name(const struct string *string, const char *name)
{
	return string->text.n == strlen(name) && memcmp(string->text.p, name, string->text.n) == 0;
}

static bool parse_plain(struct record *record, struct prio_mut line)
{
	struct cursor c = {line.p, line.p + line.n};
	struct string id = {{NULL, 0}, false};
	struct string payload = {{NULL, 0}, false};

	for (int member = 0; member < 2; member++) {
		struct string name, value;

		if (!take(&c, member == 0 ? '{' : ',') || !take_string(&c, &name) || !take(&c, ':') ||
		    !take_string(&c, &value))
			return false;
		if (is_name(&name, "id"))
			id = value;
		else if (is_name(&name, "payload"))
			payload = value;
		else
			return false;
	}
	if (!take(&c, '}'))
		return false;
	skip_space(&c);
	if (c.p != c.end || id.text.p == NULL || payload.text.p == NULL)
		return false;
	if (id.text.n > RECORD_ID_BYTES_MAX || !means_itself(&id) || !payload.is_plain)
		return false;

	record->has_id = true;
	record->id = prio_bytes_of(id.text);
	record->payload = payload.text;
	return true;
}

/* Take one character from the end, with white space behind it. */
static bool take_last(struct cursor *c, uint8_t wanted)
{
	while (c->p < c->end && is_space(c->end[-1]))
		c->end--;
	if (c->p == c->end || c->end[-1] != wanted)
		return false;
	c->end--;
	return true;
}

bool record_decode(struct record *record, struct prio_mut line, struct prio_mut *decoded)
{
	struct cursor c = {line.p, line.p + line.n};
	struct string name, id;

	if (!take(&c, '{') || !take_string(&c, &name) || !is_name(&name, "id") || !take(&c, ':') || !take_string(&c, &id) ||
	    !take(&c, ',') || !take_string(&c, &name) || !is_name(&name, "payload") || !take(&c, ':') || !take(&c, '"'))
		return false;
	if (!take_last(&c, '}') || !take_last(&c, '"') || id.text.n > RECORD_ID_BYTES_MAX || !means_itself(&id))
		return false;

	struct prio_mut payload = {c.p, (size_t)(c.end - c.p)};
	size_t n_taken = base64_decode_strict(decoded->p, prio_bytes_of(payload));
	struct prio_bytes rest = {payload.p + n_taken, payload.n - n_taken};
	struct prio_mut rest_decoded = {decoded->p + n_taken / 4 * 3, decoded->n - n_taken / 4 * 3};
	if (record_kernels()->plain_length(rest.p, rest.n) != rest.n || base64_decode(&rest_decoded, rest) != PRIO_OK)
		return false;

	*record = (struct record){.has_id = true, .id = prio_bytes_of(id.text), .payload = payload};
	decoded->n = n_taken / 4 * 3 + rest_decoded.n;
	return true;
}

/* ---- The slow path ---- */

/* Length of the number token at p, and whether it is an integer that 64 bits cannot hold. Anything that is no proper integer
 * is left for jansson to judge. */
static size_t number_length(const uint8_t *p, size_t n, bool *is_big)
{
	char digits[INT64_DIGITS_MAX + 2];
	size_t length = 0;
	size_t sign = p[0] == '-';
	bool is_integer = true;

	while (length < n && ((p[length] >= '0' && p[length] <= '9') || memchr("+-.eE", p[length], 5) != NULL)) {
		is_integer = is_integer && (length < sign || (p[length] >= '0' && p[length] <= '9'));
		length++;
	}
	*is_big = false;
	if (!is_integer || length - sign < INT64_DIGITS_MAX || p[sign] == '0')
		return length;
	*is_big = length - sign > INT64_DIGITS_MAX;
	if (!*is_big) {
		memcpy(digits, p, length);
		digits[length] = '\0';
		errno = 0;
		(void)strtoll(digits, NULL, 10);
		*is_big = errno == ERANGE;
	}
	return length;
}

/* Copy the line to scratch->text with integers beyond 64 bits marked, which jansson would refuse together with the line they
 * stand in. Refuses what must not reach it: deep nesting, since it recurses, and \u0000, since the mark begins with it. */
static enum prio_status prepare(struct record_scratch *scratch, struct prio_mut line)
{
	struct line_buffer *text = &scratch->text;
	enum prio_status status = PRIO_OK;
	bool in_string = false;
	size_t depth = 0;
	size_t copied = 0; /* of the line */

	text->n = 0;
	for (size_t i = 0; i < line.n;) {
		uint8_t c = line.p[i];
		bool is_big;

		if (in_string) {
			if (c == '\\' && line.n - i >= 6 && memcmp(line.p + i, "\\u0000", 6) == 0)
				return PRIO_REFUSED_NOT_JSON;
			in_string = c != '"';
			i += c == '\\' ? 2 : 1;
			continue;
		}
		if ((c == '{' || c == '[') && ++depth > NESTING_MAX)
			return PRIO_REFUSED_NOT_JSON;
		if ((c == '}' || c == ']') && depth-- == 0)
			return PRIO_REFUSED_NOT_JSON;
		in_string = c == '"';
		if (c != '-' && (c < '0' || c > '9')) {
			i++;
			continue;
		}

		size_t length = number_length(line.p + i, line.n - i, &is_big);
		if (is_big) {
			status = line_append(text, line.p + copied, i - copied);
			if (status == PRIO_OK)
				status = line_append(text, "\"\\u0000", 7);
			if (status == PRIO_OK)
				status = line_append(text, line.p + i, length);
			if (status == PRIO_OK)
				status = line_append(text, "\"", 1);
			if (status != PRIO_OK)
				return status;
			copied = i + length;
		}
		i += length;
	}
	return line_append(text, line.p + copied, line.n - copied);
}

static enum prio_status read_id(struct record *record, struct record_scratch *scratch, bool need_id)
{
	const json_t *id = json_object_get(scratch->tree, "id");

	if (id == NULL || json_is_null(id))
		return need_id ? PRIO_REFUSED_NO_ID : PRIO_OK;
	if (json_is_integer(id)) {
		int n = snprintf(scratch->number, sizeof scratch->number, "%lld", (long long)json_integer_value(id));

		record->id = (struct prio_bytes){(const uint8_t *)scratch->number, (size_t)n};
		record->id_is_number = true;
	} else if (json_is_string(id)) {
		record->id = (struct prio_bytes){(const uint8_t *)json_string_value(id), json_string_length(id)};
		if (record->id.n > RECORD_ID_BYTES_MAX ||
		    (record->id.n > 0 && record->id.p[0] == RECORD_BIG_INTEGER_MARK)) {
			record->id = (struct prio_bytes){NULL, 0};
			return PRIO_REFUSED_BAD_ID;
		}
	} else {
		return PRIO_REFUSED_BAD_ID;
	}
	record->has_id = true;
	return PRIO_OK;
}

static enum prio_status read_payload(struct record *record, struct record_scratch *scratch)
{
	const json_t *payload = json_object_get(scratch->tree, "payload");

	if (!json_is_string(payload) || (json_string_length(payload) > 0 && json_string_value(payload)[0] == '\0'))
		return PRIO_REFUSED_NO_PAYLOAD;

	/* jansson's strings are not to be written to, so the payload gets the place of the line's copy. */
	scratch->text.n = 0;
	enum prio_status status = line_append(&scratch->text, json_string_value(payload), json_string_length(payload));
	record->payload = (struct prio_mut){scratch->text.p, scratch->text.n};
	return status;
}

static enum prio_status parse_any(struct record *record, struct prio_mut line, bool need_id, struct record_scratch *scratch)
{
	json_error_t error;
	enum prio_status status = prepare(scratch, line);

	if (status != PRIO_OK)
		return status;
	scratch->tree = json_loadb((const char *)scratch->text.p, scratch->text.n, JSON_ALLOW_NUL, &error);
	if (scratch->tree == NULL)
		return json_error_code(&error) == json_error_out_of_memory ? PRIO_ERR_MEMORY : PRIO_REFUSED_NOT_JSON;
	if (!json_is_object(scratch->tree))
		return PRIO_REFUSED_NOT_JSON;
	record->parsed_slowly = true;

	size_t n_own = (json_object_get(scratch->tree, "id") != NULL ? 1U : 0U) +
		       (json_object_get(scratch->tree, "payload") != NULL ? 1U : 0U);
	record->has_other_members = json_object_size(scratch->tree) > n_own;
	status = read_id(record, scratch, need_id);
	return status == PRIO_OK ? read_payload(record, scratch) : status;
}

enum prio_status record_parse(struct record *record, struct prio_mut line, bool need_id, struct record_scratch *scratch)
{
	*record = (struct record){0};
	json_decref(scratch->tree);
	scratch->tree = NULL;
	if (parse_plain(record, line))
		return PRIO_OK;
	return parse_any(record, line, need_id, scratch);
}
