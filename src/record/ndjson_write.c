#include "record/ndjson.h"

#include <stdlib.h>
#include <string.h>

#include "record/base64.h"
#include "base/utf8.h"

static enum prio_status reserve(struct line_buffer *buffer, size_t n)
{
	size_t room = buffer->room > 0 ? buffer->room : 256;

	if (n <= buffer->room - buffer->n)
		return PRIO_OK;
	while (room - buffer->n < n) {
		if (room > SIZE_MAX / 2)
			return PRIO_ERR_MEMORY;
		room *= 2;
	}
	uint8_t *p = realloc(buffer->p, room);
	if (p == NULL)
		return PRIO_ERR_MEMORY;
	buffer->p = p;
	buffer->room = room;
	return PRIO_OK;
}

void line_buffer_clear(struct line_buffer *buffer)
{
	free(buffer->p);
	*buffer = (struct line_buffer){0};
}

enum prio_status line_append(struct line_buffer *buffer, const void *bytes, size_t n)
{
	enum prio_status status = reserve(buffer, n);

	if (status != PRIO_OK)
		return status;
	if (n > 0)
		memcpy(buffer->p + buffer->n, bytes, n);
	buffer->n += n;
	return PRIO_OK;
}

/* \uXXXX, written at out. Python's digits are lower-case, Spark's upper-case. */
static size_t unicode_escape(uint8_t *out, uint32_t unit, enum record_style style)
{
	const char *digits = style == RECORD_SPACED ? "0123456789abcdef" : "0123456789ABCDEF";

	out[0] = '\\';
	out[1] = 'u';
	for (int i = 0; i < 4; i++)
		out[2 + i] = (uint8_t)digits[unit >> (12 - 4 * i) & 15];
	return 6;
}

/* How one code point is written that is not written as it is. */
static size_t escape(uint8_t out[12], uint32_t c, enum record_style style)
{
	static const char shorts[] = "\"\"\\\\\bb\ff\nn\rr\tt"; /* the character, then its letter */

	for (size_t i = 0; c < 0x80 && i + 1 < sizeof shorts; i += 2) {
		if ((uint32_t)(uint8_t)shorts[i] == c) {
			out[0] = '\\';
			out[1] = (uint8_t)shorts[i + 1];
			return 2;
		}
	}
	if (c < 0x10000)
		return unicode_escape(out, c, style);
	unicode_escape(out, 0xd800 + ((c - 0x10000) >> 10), style);
	return 6 + unicode_escape(out + 6, 0xdc00 + (c & 0x3ff), style);
}

/* Is it written as it is? */
static bool is_written_raw(uint32_t c, enum record_style style)
{
	if (c < 0x20 || c == '"' || c == '\\')
		return false;
	return style == RECORD_COMPACT || c < 0x7f;
}

enum prio_status json_append_string(struct line_buffer *buffer, enum record_style style, struct prio_bytes s)
{
	enum prio_status status = line_append(buffer, "\"", 1);
	size_t done = 0; /* of s: written */

	for (size_t i = 0; status == PRIO_OK && i < s.n;) {
		uint8_t escaped[12];
		uint32_t c = 0;
		size_t n = utf8_decode(&c, (struct prio_bytes){s.p + i, s.n - i});

		if (n > 0 && is_written_raw(c, style)) {
			i += n;
			continue;
		}
		status = line_append(buffer, s.p + done, i - done);
		if (status != PRIO_OK)
			return status;
		if (n == 0 && style == RECORD_COMPACT)
			status = line_append(buffer, "\xef\xbf\xbd", 3); /* U+FFFD */
		else
			status = line_append(buffer, escaped, escape(escaped, n > 0 ? c : 0xfffd, style));
		i += n > 0 ? n : 1;
		done = i;
	}
	if (status == PRIO_OK)
		status = line_append(buffer, s.p + done, s.n - done);
	return status == PRIO_OK ? line_append(buffer, "\"", 1) : status;
}

/* Everything of a record but its id is known beforehand, payload included; so the room is taken once. */
enum prio_status record_write(struct line_buffer *buffer, enum record_style style, struct prio_bytes id, bool id_is_number,
			      struct prio_bytes payload)
{
	static const char *const before_id[] = {[RECORD_SPACED] = "\"id\": ", [RECORD_COMPACT] = "\"id\":"};
	static const char *const between[] = {[RECORD_SPACED] = ", ", [RECORD_COMPACT] = ","};
	static const char *const before_payload[] = {[RECORD_SPACED] = "\"payload\": \"", [RECORD_COMPACT] = "\"payload\":\""};
	size_t n_text = base64_encoded_bytes(payload.n);
	size_t begin = buffer->n;
	enum prio_status status = line_append(buffer, "{", 1);

	if (status == PRIO_OK && id.p != NULL) {
		status = line_append(buffer, before_id[style], strlen(before_id[style]));
		if (status == PRIO_OK)
			status = id_is_number ? line_append(buffer, id.p, id.n) : json_append_string(buffer, style, id);
		if (status == PRIO_OK)
			status = line_append(buffer, between[style], strlen(between[style]));
	}
	if (status == PRIO_OK)
		status = line_append(buffer, before_payload[style], strlen(before_payload[style]));
	if (status == PRIO_OK)
		status = reserve(buffer, n_text + 3);
	if (status != PRIO_OK) {
		buffer->n = begin; /* no half a line */
		return status;
	}
	base64_encode(buffer->p + buffer->n, payload);
	buffer->n += n_text;
	return line_append(buffer, "\"}\n", 3);
}
