/* ndjson: one line to one record. Knows JSON and the members "id" and "payload", and no protocol.
 *
 * Two ways to the same answer: a fast path for {"id":"...","payload":"..."} with plain strings, in either order and with
 * any white space between tokens, and jansson for everything else. */
#ifndef RECORD_NDJSON_H
#define RECORD_NDJSON_H

#include <stdbool.h>

#include "prio/bytes.h"
#include "prio/status.h"

enum { RECORD_ID_BYTES_MAX = 1024 };

/* What the slow path keeps between a parse and the next one. */
struct record_scratch;
PRIO_MUST_USE enum prio_status record_scratch_new(struct record_scratch **scratch);
void record_scratch_free(struct record_scratch *scratch);

struct record {
	bool has_id;
	bool id_is_number;         /* it was a JSON integer; id holds its decimal text */
	struct prio_bytes id;      /* UTF-8; "" is an id */
	struct prio_mut payload;   /* base64 text, still encoded; writable, so that it can be decoded in place */
	bool has_other_members;    /* members beside id and payload exist (record_write keeps them) */
	bool parsed_slowly;        /* by jansson: record_write has the tree at hand */
};

/* record_parse: read one line (without its line feed; a carriage return at its end is white space).
 *
 *   line       writable: strings without escapes are left in place and pointed to.
 *   record     out: views into line or scratch, valid until either is reused.
 *   need_id    refuse a record without an id.
 *
 * id: a string of at most RECORD_ID_BYTES_MAX bytes, or an integer that fits 64 bits, signed. An id of null counts as none.
 * Of a member that appears twice the last one counts, as deployed readers do it.
 * Returns PRIO_OK or a refusal: NOT_JSON (blank lines, arrays, NaN, broken UTF-8, NUL, trailing garbage, nesting over 64),
 * NO_ID, BAD_ID, NO_PAYLOAD (missing, null, or no string). On a refusal after the id was read, record->has_id and id are
 * set, so that a list of refused records can name it. PRIO_ERR_MEMORY where the slow path finds none. */
PRIO_MUST_USE enum prio_status record_parse(struct record *record, struct prio_mut line, bool need_id,
					    struct record_scratch *scratch);

/* record_decode: record_parse and base64_decode in one go, for lines as every known writer of shares writes them: an id, then a payload
 * that decodes up to the line's last quote, which proves that it is one string and where it ends, so that nothing needs to look
 * for that first.
 *
 *   line     writable as for record_parse, and left as it is.
 *   decoded  in: room, not in line, at least base64_decoded_max(line.n). Out: the payload's bytes.
 *
 * true: record and decoded are what record_parse and base64_decode, neither refusing, would have made of the line. false: this line is for
 * those two; record holds nothing, and decoded is the same room, with anything in it. */
PRIO_MUST_USE bool record_decode(struct record *record, struct prio_mut line, struct prio_mut *decoded);

/* How JSON is written: the original command-line tool's way, or Spark's. */
enum record_style {
	RECORD_SPACED,  /* {"id": "...", "payload": "..."}: ", " and ": ", non-ASCII as \uXXXX with lower-case digits */
	RECORD_COMPACT, /* {"id":"...","payload":"..."}: UTF-8 as it is, "/" unescaped */
};

/* A growing buffer for output lines, owned by the caller; init with {0}, free with line_buffer_clear. */
struct line_buffer {
	uint8_t *p;
	size_t n;
	size_t room;
};
void line_buffer_clear(struct line_buffer *buffer);

/* record_write: append {"id", "payload"} and a line feed.
 *
 *   id         as parsed; id_is_number writes it without quotes. id.p NULL: the member is left out.
 *   payload    raw bytes: encoded here. */
PRIO_MUST_USE enum prio_status record_write(struct line_buffer *buffer, enum record_style style, struct prio_bytes id,
					    bool id_is_number, struct prio_bytes payload);

/* record_write_like: the record's own members in their own order, payload replaced (added last if it was missing), and a
 * line feed. The record must be the latest that scratch parsed, and its line still in place. RECORD_SPACED. */
PRIO_MUST_USE enum prio_status record_write_like(struct line_buffer *buffer, const struct record *record,
						 struct record_scratch *scratch, struct prio_bytes payload);

/* json_append_string: append s as a JSON string with quotes, escaped in the given style. s must be valid UTF-8; broken
 * sequences are written as U+FFFD. line_append: append raw bytes. */
PRIO_MUST_USE enum prio_status json_append_string(struct line_buffer *buffer, enum record_style style, struct prio_bytes s);
PRIO_MUST_USE enum prio_status line_append(struct line_buffer *buffer, const void *bytes, size_t n);

#endif
