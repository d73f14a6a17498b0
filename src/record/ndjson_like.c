/* Write a record as Python's json.dumps would write what json.loads read: the original command-line tool copies the members
 * that it does not know. */
#include "record/ndjson_internal.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "record/base64.h"

static enum prio_status append_text(struct line_buffer *buffer, const char *text)
{
	return line_append(buffer, text, strlen(text));
}

/* The decimal that follows in size, with as many digits; false where it would need another exponent. */
static bool next_decimal(char *scientific)
{
	for (char *p = strchr(scientific, 'e') - 1; p >= scientific; p--) {
		if (*p >= '0' && *p < '9') {
			++*p;
			return true;
		}
		if (*p == '9')
			*p = '0';
	}
	return false;
}

/* x in scientific notation, with the fewest digits that read as x; 17 always do. The nearest decimal of a length is tried,
 * and the one above it: numbers just below a power of two lie closer together, so there the nearest one may already belong
 * to the neighbour while the one above does not. */
static void shortest_decimal(char *scientific, size_t room, double x)
{
	for (int precision = 0; precision < 17; precision++) {
		snprintf(scientific, room, "%.*e", precision, x);
		if (strtod(scientific, NULL) == x || (next_decimal(scientific) && strtod(scientific, NULL) == x))
			return;
	}
}

enum prio_status json_append_double(struct line_buffer *buffer, double x)
{
	char scientific[40];
	char digits[20];
	char out[48];
	size_t n_digits = 0;

	shortest_decimal(scientific, sizeof scientific, x);
	const char *e = strchr(scientific, 'e');
	for (const char *p = scientific; p < e; p++)
		if (*p >= '0' && *p <= '9' && n_digits < sizeof digits - 1)
			digits[n_digits++] = *p;
	digits[n_digits] = '\0';
	const char *sign = scientific[0] == '-' ? "-" : "";
	int exponent = (int)strtol(e + 1, NULL, 10);
	int n = (int)n_digits;

	if (exponent < -4 || exponent >= 16)
		snprintf(out, sizeof out, "%s%c%s%se%c%02d", sign, digits[0], n > 1 ? "." : "", digits + 1,
			 exponent < 0 ? '-' : '+', abs(exponent));
	else if (exponent < 0)
		snprintf(out, sizeof out, "%s0.%.*s%s", sign, -exponent - 1, "0000", digits);
	else if (n > exponent + 1)
		snprintf(out, sizeof out, "%s%.*s.%s", sign, exponent + 1, digits, digits + exponent + 1);
	else
		snprintf(out, sizeof out, "%s%s%.*s.0", sign, digits, exponent + 1 - n, "0000000000000000");
	return append_text(buffer, out);
}

static enum prio_status append_base64(struct line_buffer *buffer, struct prio_bytes bytes)
{
	uint8_t text[1024];
	enum prio_status status = line_append(buffer, "\"", 1);

	/* In pieces of a multiple of three bytes, so that padding comes last only. */
	while (status == PRIO_OK && bytes.n > 0) {
		size_t n = bytes.n < sizeof text / 4 * 3 ? bytes.n : sizeof text / 4 * 3;

		base64_encode(text, (struct prio_bytes){bytes.p, n});
		status = line_append(buffer, text, base64_encoded_bytes(n));
		bytes.p += n;
		bytes.n -= n;
	}
	return status == PRIO_OK ? line_append(buffer, "\"", 1) : status;
}

static enum prio_status append_json_string(struct line_buffer *buffer, const json_t *value)
{
	struct prio_bytes s = {(const uint8_t *)json_string_value(value), json_string_length(value)};

	if (s.n > 0 && s.p[0] == RECORD_BIG_INTEGER_MARK)
		return line_append(buffer, s.p + 1, s.n - 1);
	return json_append_string(buffer, RECORD_SPACED, s);
}

static enum prio_status append_value(struct line_buffer *buffer, json_t *value);

static enum prio_status append_array(struct line_buffer *buffer, const json_t *array)
{
	enum prio_status status = line_append(buffer, "[", 1);

	for (size_t i = 0; status == PRIO_OK && i < json_array_size(array); i++) {
		if (i > 0)
			status = append_text(buffer, ", ");
		if (status == PRIO_OK)
			status = append_value(buffer, json_array_get(array, i));
	}
	return status == PRIO_OK ? line_append(buffer, "]", 1) : status;
}

/* payload: if not NULL, what stands in for the member of that name. */
static enum prio_status append_object(struct line_buffer *buffer, json_t *object, const struct prio_bytes *payload)
{
	enum prio_status status = line_append(buffer, "{", 1);
	const char *separator = "";

	for (void *at = json_object_iter(object); status == PRIO_OK && at != NULL; at = json_object_iter_next(object, at)) {
		struct prio_bytes name = {(const uint8_t *)json_object_iter_key(at), json_object_iter_key_len(at)};
		bool is_payload = payload != NULL && name.n == 7 && memcmp(name.p, "payload", 7) == 0;

		status = append_text(buffer, separator);
		separator = ", ";
		if (status == PRIO_OK)
			status = json_append_string(buffer, RECORD_SPACED, name);
		if (status == PRIO_OK)
			status = append_text(buffer, ": ");
		if (status == PRIO_OK)
			status = is_payload ? append_base64(buffer, *payload)
					    : append_value(buffer, json_object_iter_value(at));
	}
	if (status == PRIO_OK && payload != NULL && json_object_get(object, "payload") == NULL) {
		status = append_text(buffer, separator);
		if (status == PRIO_OK)
			status = append_text(buffer, "\"payload\": ");
		if (status == PRIO_OK)
			status = append_base64(buffer, *payload);
	}
	return status == PRIO_OK ? line_append(buffer, "}", 1) : status;
}

/* Recursion is bounded: record_parse refuses deep nesting. */
static enum prio_status append_value(struct line_buffer *buffer, json_t *value)
{
	char number[24];

	switch (json_typeof(value)) {
	case JSON_OBJECT:
		return append_object(buffer, value, NULL);
	case JSON_ARRAY:
		return append_array(buffer, value);
	case JSON_STRING:
		return append_json_string(buffer, value);
	case JSON_INTEGER:
		snprintf(number, sizeof number, "%lld", (long long)json_integer_value(value));
		return append_text(buffer, number);
	case JSON_REAL:
		return json_append_double(buffer, json_real_value(value));
	case JSON_TRUE:
		return append_text(buffer, "true");
	case JSON_FALSE:
		return append_text(buffer, "false");
	case JSON_NULL:
		return append_text(buffer, "null");
	}
	return PRIO_ERR_INTERNAL;
}

/* A record of the fast path has two members, and their order is that of their values in the line. */
static enum prio_status append_plain(struct line_buffer *buffer, const struct record *record, struct prio_bytes payload)
{
	bool id_first = record->id.p < record->payload.p;
	enum prio_status status = append_text(buffer, id_first ? "{\"id\": " : "{\"payload\": ");

	if (status == PRIO_OK)
		status = id_first ? json_append_string(buffer, RECORD_SPACED, record->id) : append_base64(buffer, payload);
	if (status == PRIO_OK)
		status = append_text(buffer, id_first ? ", \"payload\": " : ", \"id\": ");
	if (status == PRIO_OK)
		status = id_first ? append_base64(buffer, payload) : json_append_string(buffer, RECORD_SPACED, record->id);
	return status == PRIO_OK ? line_append(buffer, "}", 1) : status;
}

enum prio_status record_write_like(struct line_buffer *buffer, const struct record *record, struct record_scratch *scratch,
				   struct prio_bytes payload)
{
	size_t begin = buffer->n;
	enum prio_status status;

	if (record->parsed_slowly)
		status = append_object(buffer, scratch->tree, &payload);
	else
		status = append_plain(buffer, record, payload);
	if (status == PRIO_OK)
		status = line_append(buffer, "\n", 1);
	if (status != PRIO_OK)
		buffer->n = begin; /* no half a line */
	return status;
}
