/* Two blocks take turns: while lines are cut from one, the source fills the other.
 *
 *     | headroom: max_line_bytes | block: lent to the source | spare |
 *
 * A line that a block's end breaks is moved into the headroom of the other block, just before the bytes that continue it, and
 * its own block is lent again. So a line is copied at most once for each block end that it crosses, and with blocks larger
 * than a line that is one copy in a block. */
#include "record/lines_internal.h"

#include <stdlib.h>
#include <string.h>

#include "base/crc32c.h"
#include "base/error.h"
#include "base/wipe.h"

enum { N_BLOCKS = 2, ALIGNMENT = 64, PAST_BYTES = 1 << 16 };

struct lines {
	size_t max_line_bytes;
	size_t kept_bytes;     /* of a line that is too long */
	size_t block_bytes;
	size_t memory_bytes;   /* of each block with headroom and spare bytes */
	uint8_t *memory[N_BLOCKS];
	uint8_t *block[N_BLOCKS];
	size_t lent_bytes[N_BLOCKS]; /* of each, what was lent */
	uint64_t lent_until_bytes;   /* in the object */
	uint8_t *kept;

	struct stream *stream;
	enum prio_status status; /* the stream's error: it stays */
	uint64_t end_bytes;
	uint64_t offset_bytes;   /* of at, in the object */
	unsigned current;        /* the block that lines are cut from */
	uint8_t *at;             /* the next line begins here, maybe in the headroom */
	uint8_t *end;            /* of the bytes that are there */
	bool ended;              /* the stream has no more than that */
	bool skipping;           /* the chunk's first bytes belong to a line that begins before it */
	uint32_t crc;            /* of the lines that were handed out, with their line feeds */
};

static size_t round_up(size_t n)
{
	return (n + ALIGNMENT - 1) / ALIGNMENT * ALIGNMENT;
}

enum prio_status lines_new_sized(struct lines **out, size_t max_line_bytes, size_t block_bytes)
{
	struct lines *lines;

	*out = NULL;
	if (max_line_bytes > SIZE_MAX / 8 || block_bytes > SIZE_MAX / 8 || block_bytes == 0)
		return PRIO_ERR_ARGUMENT;
	lines = calloc(1, sizeof *lines);
	if (lines == NULL)
		return PRIO_ERR_MEMORY;
	size_t headroom = round_up(max_line_bytes);
	lines->max_line_bytes = max_line_bytes;
	lines->kept_bytes = max_line_bytes < LINES_KEPT_BYTES ? max_line_bytes : LINES_KEPT_BYTES;
	lines->block_bytes = block_bytes;
	lines->memory_bytes = round_up(headroom + block_bytes + LINES_SPARE_BYTES);
	lines->kept = calloc(1, lines->kept_bytes + LINES_SPARE_BYTES);
	bool complete = lines->kept != NULL;
	for (int i = 0; i < N_BLOCKS; i++) {
		lines->memory[i] = aligned_alloc(ALIGNMENT, lines->memory_bytes);
		if (lines->memory[i] == NULL) {
			complete = false;
			continue;
		}
		lines->block[i] = lines->memory[i] + headroom;
	}
	if (!complete) {
		lines_free(lines);
		return PRIO_ERR_MEMORY;
	}
	*out = lines;
	return PRIO_OK;
}

enum prio_status lines_new(struct lines **lines, size_t max_line_bytes)
{
	size_t wanted = max_line_bytes < SIZE_MAX / 8 ? round_up(max_line_bytes + 1) : max_line_bytes;

	return lines_new_sized(lines, max_line_bytes, wanted > LINES_BLOCK_BYTES ? wanted : LINES_BLOCK_BYTES);
}

void lines_free(struct lines *lines)
{
	if (lines == NULL)
		return;
	for (int i = 0; i < N_BLOCKS; i++) {
		if (lines->memory[i] != NULL)
			wipe(lines->memory[i], lines->memory_bytes);
		free(lines->memory[i]);
	}
	if (lines->kept != NULL)
		wipe(lines->kept, lines->kept_bytes);
	free(lines->kept);
	free(lines);
}

/* Past the end of the chunk there is the rest of one line to be had: not a whole block is read for it. */
static enum prio_status lend(struct lines *lines, unsigned i, struct prio_error *error)
{
	uint64_t until_bytes = lines->lent_until_bytes;
	uint64_t n_left = until_bytes < lines->end_bytes ? lines->end_bytes - until_bytes : 0;
	size_t n = lines->block_bytes;

	if (n > PAST_BYTES && n_left < n - PAST_BYTES)
		n = (size_t)n_left + PAST_BYTES;
	lines->lent_bytes[i] = n;
	lines->lent_until_bytes = until_bytes < UINT64_MAX - n ? until_bytes + n : UINT64_MAX;
	return stream_lend(lines->stream, (struct prio_mut){lines->block[i], n}, error);
}

enum prio_status lines_begin(struct lines *lines, struct stream *stream, uint64_t begin_bytes, uint64_t end_bytes,
			     struct prio_error *error)
{
	lines->stream = stream;
	lines->end_bytes = end_bytes;
	lines->skipping = begin_bytes > 0;
	lines->offset_bytes = begin_bytes > 0 ? begin_bytes - 1 : 0;
	lines->lent_until_bytes = lines->offset_bytes;
	lines->ended = false;
	lines->crc = 0;
	/* As if the last block had just been used up: the next one to take is the first. */
	lines->current = N_BLOCKS - 1;
	lines->at = lines->block[lines->current];
	lines->end = lines->at;

	lines->status = lend(lines, 0, error);
	return lines->status;
}

/* Take the next block and put what is left of this one, lines->end - lines->at bytes and no more than max_line_bytes, before
 * it. This one is lent again. */
static enum prio_status next_block(struct lines *lines, struct prio_error *error)
{
	unsigned next = (lines->current + 1) % N_BLOCKS;
	size_t n_left = (size_t)(lines->end - lines->at);
	size_t n_taken;

	if (n_left > 0)
		memcpy(lines->block[next] - n_left, lines->at, n_left);
	lines->status = lend(lines, lines->current, error);
	if (lines->status != PRIO_OK)
		return lines->status;
	lines->status = stream_take(lines->stream, &n_taken, error);
	if (lines->status != PRIO_OK)
		return lines->status;
	if (n_taken > lines->lent_bytes[next])
		return lines->status = error_set(error, PRIO_ERR_INTERNAL, "a stream filled more than it was lent");

	lines->current = next;
	lines->at = lines->block[next] - n_left;
	lines->end = lines->block[next] + n_taken;
	lines->ended = n_taken < lines->lent_bytes[next];
	memset(lines->end, 0, LINES_SPARE_BYTES); /* nobody who reads them shall meet undefined bytes */
	return PRIO_OK;
}

/* How many bytes there are from lines->at on, up to and including a line feed, or all if there is none. They go into the CRC, but for the
 * first n_known, which are in it and hold no line feed. */
static size_t find_feed(struct lines *lines, size_t n_known, bool *found)
{
	struct prio_bytes rest = {lines->at + n_known, (size_t)(lines->end - lines->at) - n_known};
	size_t n = crc32c_until(&lines->crc, rest, '\n');

	*found = n > 0 && rest.p[n - 1] == '\n';
	return n_known + n;
}

/* The same without the CRC. */
static size_t find_feed_only(const struct lines *lines, bool *found)
{
	size_t n = (size_t)(lines->end - lines->at);
	const uint8_t *feed = n > 0 ? memchr(lines->at, '\n', n) : NULL;

	*found = feed != NULL;
	return feed != NULL ? (size_t)(feed - lines->at) + 1 : n;
}

static void go_on(struct lines *lines, size_t n)
{
	lines->at += n;
	lines->offset_bytes += n;
}

/* Drop everything up to and including the next line feed; *n_dropped counts it without the line feed. */
static enum prio_status skip_line(struct lines *lines, uint64_t *n_dropped, struct prio_error *error)
{
	*n_dropped = 0;
	for (;;) {
		bool found;
		size_t n = lines->skipping ? find_feed_only(lines, &found) : find_feed(lines, 0, &found);

		*n_dropped += n - found;
		go_on(lines, n);
		if (found || lines->ended)
			return PRIO_OK;
		enum prio_status status = next_block(lines, error);
		if (status != PRIO_OK)
			return status;
	}
}

/* The line at lines->at has more than max_line_bytes, as far as can be seen, n bytes with its line feed if that was found. Its beginning is
 * kept aside, since the blocks are needed to find its end. */
static enum prio_status too_long(struct lines *lines, size_t n, bool found, struct line *line, struct prio_error *error)
{
	uint64_t n_rest = 0;
	enum prio_status status = PRIO_OK;

	memcpy(lines->kept, lines->at, lines->kept_bytes);
	line->text = (struct prio_mut){lines->kept, lines->kept_bytes};
	line->too_long = true;
	go_on(lines, n);
	if (!found)
		status = skip_line(lines, &n_rest, error);
	line->length_bytes = n - found + n_rest;
	return status;
}

enum prio_status lines_next(struct lines *lines, struct line *line, struct prio_error *error)
{
	size_t n_known = 0;

	*line = (struct line){.text = {lines->at, 0}};
	if (lines->status != PRIO_OK)
		return error_set(error, lines->status, "the stream failed before");
	if (lines->skipping) {
		uint64_t n_dropped;
		enum prio_status status = skip_line(lines, &n_dropped, error);

		if (status != PRIO_OK)
			return status;
		lines->skipping = false;
	}

	line->offset_bytes = lines->offset_bytes;
	line->at_end = lines->offset_bytes >= lines->end_bytes;
	if (line->at_end)
		return PRIO_OK;
	for (;;) {
		bool found;
		size_t n = find_feed(lines, n_known, &found);
		size_t n_text = n - found;

		if (n_text > lines->max_line_bytes)
			return too_long(lines, n, found, line, error);
		if (found || lines->ended) {
			line->at_end = n == 0;
			line->text = (struct prio_mut){lines->at, n_text};
			line->length_bytes = n_text;
			go_on(lines, n);
			return PRIO_OK;
		}
		n_known = n;
		enum prio_status status = next_block(lines, error);
		if (status != PRIO_OK)
			return status;
	}
}

uint32_t lines_crc(const struct lines *lines, uint64_t *end_bytes)
{
	*end_bytes = lines->offset_bytes;
	return lines->crc;
}
