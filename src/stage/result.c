#include "stage/result.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include <jansson.h>

#include "base/error.h"
#include "record/base64.h"
#include "record/json_size.h"

/* Of an aggregate record: three are enough, some more do not matter. */
enum { VALUES_MAX = 1000 };

static enum prio_status append_text(struct line_buffer *buffer, const char *text)
{
	return line_append(buffer, text, strlen(text));
}

/* ', "name": ' or ',"name":', without the comma for the first. */
static enum prio_status append_name(struct line_buffer *buffer, enum record_style style, const char *name, bool first)
{
	char text[64];

	snprintf(text, sizeof text, style == RECORD_SPACED ? "%s\"%s\": " : "%s\"%s\":",
		 first ? "" : style == RECORD_SPACED ? ", " : ",", name);
	return append_text(buffer, text);
}

static enum prio_status append_number(struct line_buffer *buffer, enum record_style style, const char *name, uint64_t value)
{
	char text[32];
	enum prio_status status = append_name(buffer, style, name, false);

	snprintf(text, sizeof text, "%" PRIu64, value);
	return status == PRIO_OK ? append_text(buffer, text) : status;
}

enum prio_status aggregate_record_write(struct line_buffer *buffer, enum record_style style,
					const struct aggregate_record *record)
{
	size_t n_text = base64_encoded_bytes(record->payload.n);
	uint8_t *text = malloc(n_text + 1);
	enum prio_status status;

	if (text == NULL)
		return PRIO_ERR_MEMORY;
	base64_encode(text, prio_bytes_of(record->payload));
	status = append_text(buffer, "{");
	if (status == PRIO_OK)
		status = append_name(buffer, style, "payload", true);
	if (status == PRIO_OK)
		status = json_append_string(buffer, style, (struct prio_bytes){text, n_text});
	if (status == PRIO_OK)
		status = append_number(buffer, style, "error", record->error);
	if (status == PRIO_OK)
		status = append_number(buffer, style, "total", record->total);
	if (status == PRIO_OK)
		status = append_text(buffer, "}");
	free(text);
	return status;
}

static enum prio_status read_count(uint64_t *count, const json_t *root, const char *name, struct prio_error *error)
{
	const json_t *member = json_object_get(root, name);

	if (!json_is_integer(member) || json_integer_value(member) < 0)
		return error_set(error, PRIO_ERR_FORMAT, "the aggregate record's \"%s\" is not a count", name);
	*count = (uint64_t)json_integer_value(member);
	return PRIO_OK;
}

enum prio_status aggregate_record_read(struct aggregate_record *record, struct prio_bytes text, struct prio_error *error)
{
	json_t *root = json_values_max(text) > VALUES_MAX ? NULL : json_loadb((const char *)text.p, text.n, 0, NULL);
	const json_t *payload = json_object_get(root, "payload");
	enum prio_status status = PRIO_ERR_FORMAT;

	*record = (struct aggregate_record){0};
	if (!json_is_object(root)) {
		error_set(error, status, "the aggregate record is not one JSON object");
		goto out;
	}
	if (!json_is_string(payload)) {
		error_set(error, status, "the aggregate record has no \"payload\"");
		goto out;
	}
	struct prio_bytes encoded = {(const uint8_t *)json_string_value(payload), json_string_length(payload)};
	record->payload.n = base64_decoded_max(encoded.n);
	record->payload.p = malloc(record->payload.n);
	if (record->payload.p == NULL) {
		status = error_set(error, PRIO_ERR_MEMORY, "out of memory");
		goto out;
	}
	if (base64_decode(&record->payload, encoded) != PRIO_OK) {
		error_set(error, status, "the aggregate record's \"payload\" is not base64");
		goto out;
	}
	status = read_count(&record->error, root, "error", error);
	if (status == PRIO_OK)
		status = read_count(&record->total, root, "total", error);
out:
	json_decref(root);
	if (status != PRIO_OK)
		aggregate_record_clear(record);
	return status;
}

void aggregate_record_clear(struct aggregate_record *record)
{
	free(record->payload.p);
	*record = (struct aggregate_record){0};
}

static enum prio_status append_sums(struct line_buffer *buffer, enum record_style style, const uint64_t *sums, size_t n_sums)
{
	enum prio_status status = append_text(buffer, "[");

	for (size_t i = 0; i < n_sums && status == PRIO_OK; i++) {
		char text[32];

		snprintf(text, sizeof text, "%s%" PRIu64, i == 0 ? "" : style == RECORD_SPACED ? ", " : ",", sums[i]);
		status = append_text(buffer, text);
	}
	return status == PRIO_OK ? append_text(buffer, "]") : status;
}

static enum prio_status append_member(struct line_buffer *buffer, enum record_style style, const char *name, const char *value,
				      bool first)
{
	enum prio_status status = append_name(buffer, style, name, first);

	if (status != PRIO_OK)
		return status;
	return json_append_string(buffer, style, (struct prio_bytes){(const uint8_t *)value, strlen(value)});
}

enum prio_status published_record_write(struct line_buffer *buffer, enum record_style style,
					const struct published_record *record)
{
	enum prio_status status = append_text(buffer, "{");

	if (status == PRIO_OK)
		status = append_member(buffer, style, "id", record->id, true);
	if (status == PRIO_OK)
		status = append_member(buffer, style, "timestamp", record->timestamp, false);
	if (status == PRIO_OK)
		status = append_name(buffer, style, "payload", false);
	if (status == PRIO_OK)
		status = append_sums(buffer, style, record->sums, record->n_sums);
	if (status == PRIO_OK && record->with_counts)
		status = append_number(buffer, style, "error", record->error);
	if (status == PRIO_OK && record->with_counts)
		status = append_number(buffer, style, "total", record->total);
	return status == PRIO_OK ? append_text(buffer, "}") : status;
}

void uuid_format(char out[UUID_CHARS + 1], const uint8_t bytes[16], unsigned version)
{
	static const char digits[] = "0123456789abcdef";
	size_t at = 0;

	for (size_t i = 0; i < 16; i++) {
		uint8_t byte = bytes[i];

		if (i == 6)
			byte = (uint8_t)((byte & 0x0f) | version << 4);
		if (i == 8)
			byte = (uint8_t)((byte & 0x3f) | 0x80);
		if (i == 4 || i == 6 || i == 8 || i == 10)
			out[at++] = '-';
		out[at++] = digits[byte >> 4];
		out[at++] = digits[byte & 15];
	}
	out[at] = '\0';
}
