/* lines: whatever the block size, and however an object is cut into chunks, the lines are those that memchr finds.
 *
 * Input: longest line (1), block size (1), two places to cut at (1 each), then the object. */
#include "base/crc32c.h"
#include "fuzz/harness/fuzz.h"
#include "fuzz/harness/memory_store.h"
#include "record/lines_internal.h"

enum { MAX_LINE_BYTES = 64, BLOCK_BYTES = 96 };

/* Where the line at offset ends: its line feed, or the end of the object. */
static size_t end_of_line(struct prio_bytes object, size_t offset)
{
	const uint8_t *feed = memchr(object.p + offset, '\n', object.n - offset);

	return feed != NULL ? (size_t)(feed - object.p) : object.n;
}

static void check_line(const struct line *line, struct prio_bytes object, size_t offset, size_t max_line_bytes)
{
	size_t n = end_of_line(object, offset) - offset;

	FUZZ_CHECK(line->offset_bytes == offset && line->length_bytes == n);
	FUZZ_CHECK(line->too_long == (n > max_line_bytes));
	FUZZ_CHECK(line->text.n == (line->too_long ? max_line_bytes : n));
	FUZZ_CHECK(line->text.n == 0 || memcmp(line->text.p, object.p + offset, line->text.n) == 0);
	for (int i = 0; i < LINES_SPARE_BYTES; i++) { /* may be read, whatever they hold */
		volatile uint8_t spare = line->text.p[line->text.n + (size_t)i];

		(void)spare;
	}
	memset(line->text.p, 0, line->text.n); /* the text is ours to overwrite: no later line may suffer */
}

/* The lines that begin in [begin, end); *next is where the line after them begins. */
static void check_chunk(struct lines *lines, struct prio_bytes object, size_t begin, size_t end, size_t *next,
			size_t max_line_bytes)
{
	size_t opened_at = begin == 0 ? 0 : begin - 1;
	size_t first = *next;
	uint64_t owned_end_bytes;
	struct stream *stream = memory_stream((struct prio_bytes){object.p + opened_at, object.n - opened_at});
	struct line line;

	FUZZ_OK(lines_begin(lines, stream, begin, end, NULL));
	for (;;) {
		FUZZ_OK(lines_next(lines, &line, NULL));
		if (line.at_end)
			break;
		FUZZ_CHECK(*next < object.n && *next < end);
		check_line(&line, object, *next, max_line_bytes);
		*next = end_of_line(object, *next) + 1;
	}
	FUZZ_CHECK(line.text.n == 0 && (*next >= end || *next >= object.n));
	uint32_t crc = lines_crc(lines, &owned_end_bytes);
	FUZZ_CHECK(owned_end_bytes == (*next < object.n ? *next : object.n));
	FUZZ_CHECK(*next == first || crc == crc32c_portable(0, (struct prio_bytes){object.p + first, owned_end_bytes - first}));
	FUZZ_CHECK(*next != first || crc == 0);
	stream_close(stream);
}

/* What finds their ends: the CRC up to a byte, against the simple way. */
static void check_until(struct prio_bytes object, uint8_t last)
{
	const uint8_t *found = object.n > 0 ? memchr(object.p, last, object.n) : NULL;
	size_t n = found != NULL ? (size_t)(found - object.p) + 1 : object.n;
	uint32_t crc = last;

	FUZZ_CHECK(crc32c_until(&crc, object, last) == n);
	FUZZ_CHECK(crc == crc32c_portable(last, (struct prio_bytes){object.p, n}));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	struct prio_bytes in = {data, n};
	size_t max_line_bytes = 1 + fuzz_byte(&in) % MAX_LINE_BYTES;
	size_t block_bytes = 1 + fuzz_byte(&in) % BLOCK_BYTES;
	uint8_t cuts[2] = {fuzz_byte(&in), fuzz_byte(&in)};
	size_t first = in.n * cuts[0] / 256;
	size_t second = first + (in.n - first) * cuts[1] / 256;
	struct prio_mut object = fuzz_copy(in);
	struct lines *lines;
	size_t next = 0;

	FUZZ_OK(lines_new_sized(&lines, max_line_bytes, block_bytes));
	check_chunk(lines, prio_bytes_of(object), 0, first, &next, max_line_bytes);
	check_chunk(lines, prio_bytes_of(object), first, second, &next, max_line_bytes);
	check_chunk(lines, prio_bytes_of(object), second, SIZE_MAX, &next, max_line_bytes);
	FUZZ_CHECK(next >= object.n);
	check_until(prio_bytes_of(object), '\n');
	check_until(prio_bytes_of(object), cuts[0]);
	lines_free(lines);
	free(object.p);
	return 0;
}
