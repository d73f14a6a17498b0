/* codec: the part of MessagePack that Prio v1 uses: str, array, integer (FORMAT.md 3). Depends on field.
 *
 * The reader is as liberal as the deployed one, because a partner counts what that one accepts: headers of any width,
 * integers with any number of leading zero bytes; and as strict: bin is not str, the empty str is no number. It never reads
 * past its input and never trusts a length further than that. The writer makes the one shortest encoding. */
#ifndef PRIO1_CODEC_H
#define PRIO1_CODEC_H

#include <stdbool.h>

#include "prio/bytes.h"
#include "prio/status.h"
#include "prio1/field/vector.h"

/* What is left to read. A read that fails leaves it at an unspecified place inside the input. */
struct codec_reader {
	const uint8_t *p;
	size_t n;
};

static inline struct codec_reader codec_reader_of(struct prio_bytes bytes)
{
	struct codec_reader reader = {bytes.p, bytes.n};

	return reader;
}

/* codec_read_str: a str of any header; a view into the input. PRIO_OK or PRIO_REFUSED_BAD_STRUCTURE. */
PRIO_MUST_USE enum prio_status codec_read_str(struct codec_reader *reader, struct prio_bytes *str);

/* codec_read_integer: an integer of any width. *value is UINT64_MAX for a negative one, which is never a value in use.
 * PRIO_OK or PRIO_REFUSED_BAD_STRUCTURE. */
PRIO_MUST_USE enum prio_status codec_read_integer(struct codec_reader *reader, uint64_t *value);

/* codec_read_array: an array's header: *n elements follow, as it claims. PRIO_OK or PRIO_REFUSED_BAD_STRUCTURE. */
PRIO_MUST_USE enum prio_status codec_read_array(struct codec_reader *reader, uint32_t *n);

/* codec_read_field: one element. PRIO_OK; PRIO_REFUSED_BAD_STRUCTURE (no str, or cut); PRIO_REFUSED_NOT_IN_FIELD (empty, or
 * not below p). CT: depends on the encoding's length, and on the outcome. */
PRIO_MUST_USE enum prio_status codec_read_field(struct codec_reader *reader, u128 *x);

/* codec_read_fields: n elements, without a header before them. codec_skip_fields: the same, kept nowhere, for n that the
 * input claims; takes no longer than the input.
 * PRIO_REFUSED_BAD_STRUCTURE if any of them is no str or cut, else PRIO_REFUSED_NOT_IN_FIELD if any is no element, else
 * PRIO_OK. May write up to FIELD_VECTOR_SLACK elements behind out[n - 1]. CT: as codec_read_field. */
PRIO_MUST_USE enum prio_status codec_read_fields(struct codec_reader *reader, struct field_vector *out, size_t n);
PRIO_MUST_USE enum prio_status codec_skip_fields(struct codec_reader *reader, size_t n);

/* Bytes of the encodings, for sizing buffers. An element takes 2 to CODEC_FIELD_BYTES_MAX. */
enum { CODEC_FIELD_BYTES_MAX = 1 + FIELD_BYTES };
size_t codec_str_bytes(size_t n);         /* header and n bytes */
size_t codec_array_header_bytes(size_t n);

/* Writes into room bytes at p; n are written. Writing past the room sets overflow, writes nothing more, and is safe: look
 * at overflow once, at the end. */
struct codec_writer {
	uint8_t *p;
	size_t n;
	size_t room;
	bool overflow;
};

static inline struct codec_writer codec_writer_of(struct prio_mut room)
{
	struct codec_writer writer = {room.p, 0, room.n, false};

	return writer;
}

/* n at most 2^32 - 1 for strs and arrays; small integers: 0 to 127. Elements: their big-endian bytes without leading zeros,
 * zero as one zero byte. */
void codec_write_str(struct codec_writer *writer, struct prio_bytes str);
void codec_write_small(struct codec_writer *writer, uint8_t value);
void codec_write_array(struct codec_writer *writer, size_t n);
void codec_write_field(struct codec_writer *writer, u128 x);

/* codec_write_differences: n elements x[i] - y[i], without a header before them. With room for fewer than n of
 * CODEC_FIELD_BYTES_MAX it may set overflow though the elements would have fitted. CT: depends on the encodings' lengths. */
void codec_write_differences(struct codec_writer *writer, const struct field_vector *x, const struct field_vector *y,
			     size_t n);

#endif
