/* lines: a stream of bytes to lines, without copying them.
 *
 * A chunk [begin, end) of an object owns the lines that begin in it, so that several workers can share one large object:
 * each opens the object at begin - 1 (or 0), skips to the first line feed, and reads on past end to finish its last line. */
#ifndef RECORD_LINES_H
#define RECORD_LINES_H

#include <stdbool.h>

#include "base/stream.h"
#include "prio/bytes.h"
#include "prio/status.h"

enum { LINES_BLOCK_BYTES = 1 << 20 };

struct lines;

/* lines_new: reusable working memory: two blocks of LINES_BLOCK_BYTES or a little more than max_line_bytes, whichever is
 * larger, with headroom for a broken line. */
PRIO_MUST_USE enum prio_status lines_new(struct lines **lines, size_t max_line_bytes);
void lines_free(struct lines *lines); /* NULL is fine; wipes the blocks */

/* lines_begin: start on a stream that was opened at offset (begin_bytes == 0 ? 0 : begin_bytes - 1) of its object.
 * The stream stays the caller's, to be closed after the last lines_next. end_bytes: UINT64_MAX for the whole object. */
PRIO_MUST_USE enum prio_status lines_begin(struct lines *lines, struct stream *stream, uint64_t begin_bytes,
					   uint64_t end_bytes, struct prio_error *error);

struct line {
	struct prio_mut text;    /* without the line feed; writable; valid until the next lines_next. 8 spare bytes behind it
				    may be read, not written */
	uint64_t offset_bytes;   /* of its first byte in the object */
	uint64_t length_bytes;   /* without the line feed; of a line that is too long: its true length */
	bool at_end;             /* there was no further line: text is empty */
	bool too_long;           /* over max_line_bytes: text holds its beginning only, the rest was skipped */
};

/* lines_next: the next line that begins in the chunk. A last line without a line feed counts as a line. PRIO_OK (look at
 * at_end first), or the stream's error. */
PRIO_MUST_USE enum prio_status lines_next(struct lines *lines, struct line *line, struct prio_error *error);

/* lines_crc: after the last lines_next: CRC-32C of the bytes of all lines that begin in the chunk, line feeds and the skipped rests
 * of long ones included. *end_bytes: where in the object these end. So the lines of neighbouring chunks join without a gap. */
uint32_t lines_crc(const struct lines *lines, uint64_t *end_bytes);

#endif
