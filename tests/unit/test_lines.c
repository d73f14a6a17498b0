/* lines: however a text is cut into blocks and chunks, each of its lines is delivered exactly once, by the chunk in which it
 * begins. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/crc32c.h"
#include "base/error.h"
#include "record/lines_internal.h"

#define COUNT_OF(a) (sizeof(a) / sizeof(a)[0])

/* A stream over memory that checks how it is used: at most two blocks are lent, and until a block is taken its bytes are
 * nobody's. */
struct memory_stream {
	struct stream base;
	struct prio_bytes bytes;
	size_t at;
	struct prio_mut lent[8];
	size_t n_lent;
	size_t n_takes_to_failure; /* SIZE_MAX: never */
	bool ended;
};

static struct memory_stream *memory_of(struct stream *stream)
{
	return (struct memory_stream *)(void *)stream;
}

static enum prio_status memory_lend(struct stream *base, struct prio_mut block, struct prio_error *error)
{
	struct memory_stream *stream = memory_of(base);

	(void)error;
	assert_true(stream->n_lent < 2);
	for (size_t i = 0; i < stream->n_lent; i++)
		assert_ptr_not_equal(stream->lent[i].p, block.p);
	memset(block.p, 0xEE, block.n);
	stream->lent[stream->n_lent++] = block;
	return PRIO_OK;
}

static enum prio_status memory_take(struct stream *base, size_t *n_bytes, struct prio_error *error)
{
	struct memory_stream *stream = memory_of(base);

	assert_true(stream->n_lent > 0);
	assert_false(stream->ended); /* nobody needs to ask again */
	struct prio_mut block = stream->lent[0];
	memmove(stream->lent, stream->lent + 1, --stream->n_lent * sizeof stream->lent[0]);
	for (size_t i = 0; i < block.n; i++)
		assert_int_equal(block.p[i], 0xEE);
	if (stream->n_takes_to_failure-- == 0)
		return error_set(error, PRIO_ERR_IO, "broken on purpose");
	*n_bytes = stream->bytes.n - stream->at < block.n ? stream->bytes.n - stream->at : block.n;
	if (*n_bytes > 0)
		memcpy(block.p, stream->bytes.p + stream->at, *n_bytes);
	stream->at += *n_bytes;
	stream->ended = *n_bytes < block.n;
	return PRIO_OK;
}

static void memory_close(struct stream *base)
{
	(void)base;
}

static const struct stream_ops memory_ops = {memory_lend, memory_take, memory_close};

static struct memory_stream memory_stream(struct prio_bytes bytes, uint64_t offset)
{
	size_t at = offset < bytes.n ? (size_t)offset : bytes.n;

	return (struct memory_stream){.base = {&memory_ops}, .bytes = bytes, .at = at, .n_takes_to_failure = SIZE_MAX};
}

enum { TEXT_MAX = 80 };

/* What must come out, found the simple way: times[i] counts deliveries of the line that begins at i. */
struct expected {
	struct prio_bytes text;
	size_t max_line;
	unsigned times[TEXT_MAX];
};

static bool begins_line(struct prio_bytes text, size_t at)
{
	return at < text.n && (at == 0 || text.p[at - 1] == '\n');
}

static void check_line(struct expected *expected, const struct line *line)
{
	struct prio_bytes text = expected->text;
	size_t at = (size_t)line->offset_bytes;

	assert_true(line->offset_bytes < text.n && begins_line(text, at));
	expected->times[at]++;
	const uint8_t *feed = memchr(text.p + at, '\n', text.n - at);
	size_t length = feed != NULL ? (size_t)(feed - (text.p + at)) : text.n - at;

	assert_int_equal(line->length_bytes, length);
	assert_int_equal(line->too_long, length > expected->max_line);
	assert_int_equal(line->text.n, length > expected->max_line ? expected->max_line : length);
	assert_memory_equal(line->text.p, text.p + at, line->text.n);
	/* the spare bytes may be read, whatever they are */
	volatile uint8_t sum = 0;
	for (size_t i = 0; i < LINES_SPARE_BYTES; i++)
		sum = (uint8_t)(sum + line->text.p[line->text.n + i]);
	/* and the text may be written to */
	memset(line->text.p, 0xAA, line->text.n);
}

static void read_chunk(struct lines *lines, struct expected *expected, uint64_t begin, uint64_t end)
{
	struct memory_stream stream = memory_stream(expected->text, begin > 0 ? begin - 1 : 0);
	uint64_t first_bytes = UINT64_MAX, owned_end_bytes;
	struct line line;

	assert_int_equal(lines_begin(lines, &stream.base, begin, end, NULL), PRIO_OK);
	for (;;) {
		assert_int_equal(lines_next(lines, &line, NULL), PRIO_OK);
		if (line.at_end)
			break;
		assert_true(line.offset_bytes >= begin && line.offset_bytes < end);
		if (first_bytes == UINT64_MAX)
			first_bytes = line.offset_bytes;
		check_line(expected, &line);
	}
	uint32_t crc = lines_crc(lines, &owned_end_bytes);
	if (first_bytes > owned_end_bytes)
		first_bytes = owned_end_bytes;
	assert_int_equal(crc, crc32c_portable(0, (struct prio_bytes){expected->text.p + first_bytes, owned_end_bytes - first_bytes}));
	assert_int_equal(line.text.n, 0);
	/* and again: the end stays the end */
	assert_int_equal(lines_next(lines, &line, NULL), PRIO_OK);
	assert_true(line.at_end);
}

static void check_all_lines_came_once(const struct expected *expected)
{
	for (size_t i = 0; i < TEXT_MAX; i++)
		assert_int_equal(expected->times[i], begins_line(expected->text, i));
}

static const char *const texts[] = {
	"",
	"\n",
	"\n\n\n",
	"a",
	"a\n",
	"ab\ncd",
	"ab\r\ncd\r\n\r\nef\r\n",
	"\nabc\n\n\ndefghijkl\nm",
	"a line of medium length\nshort\n\nanother line, a longer one\r\nlast, without a feed",
	"a line that is much too long for nearly all of the limits that are tried\nx\n",
	"x\na line that is much too long for nearly all of the limits that are tried",
};

static void delivers_each_line_once_whatever_the_cuts(void **unused)
{
	static const size_t limits[] = {1, 2, 3, 7, 16, 40, 100};

	(void)unused;
	for (size_t t = 0; t < COUNT_OF(texts); t++) {
		struct prio_bytes text = {(const uint8_t *)texts[t], strlen(texts[t])};

		assert_true(text.n <= TEXT_MAX);
		for (size_t l = 0; l < COUNT_OF(limits); l++) {
			for (size_t block = 1; block <= text.n + 2; block++) {
				struct lines *lines;

				assert_int_equal(lines_new_sized(&lines, limits[l], block), PRIO_OK);
				struct expected whole = {text, limits[l], {0}};
				read_chunk(lines, &whole, 0, UINT64_MAX);
				check_all_lines_came_once(&whole);

				/* two chunks, cut anywhere */
				for (size_t cut = 0; cut <= text.n + 1; cut++) {
					struct expected halves = {text, limits[l], {0}};

					read_chunk(lines, &halves, 0, cut);
					read_chunk(lines, &halves, cut, UINT64_MAX);
					check_all_lines_came_once(&halves);
				}
				/* many chunks of one size */
				for (size_t chunk = 1; chunk <= 9; chunk++) {
					struct expected pieces = {text, limits[l], {0}};

					for (size_t begin = 0; begin < text.n + 1; begin += chunk)
						read_chunk(lines, &pieces, begin, begin + chunk);
					check_all_lines_came_once(&pieces);
				}
				lines_free(lines);
			}
		}
	}
}

static void an_empty_chunk_has_no_line(void **unused)
{
	struct prio_bytes text = {(const uint8_t *)"abc\ndef\n", 8};
	struct memory_stream stream = memory_stream(text, 3);
	struct lines *lines;
	struct line line;

	(void)unused;
	assert_int_equal(lines_new_sized(&lines, 10, 4), PRIO_OK);
	assert_int_equal(lines_begin(lines, &stream.base, 4, 4, NULL), PRIO_OK);
	assert_int_equal(lines_next(lines, &line, NULL), PRIO_OK);
	assert_true(line.at_end);
	lines_free(lines);
}

static void passes_the_streams_error_on(void **unused)
{
	struct prio_bytes text = {(const uint8_t *)"abc\ndefghijkl\nmno\n", 18};

	(void)unused;
	for (size_t n_takes = 0; n_takes < 5; n_takes++) {
		struct memory_stream stream = memory_stream(text, 0);
		struct lines *lines;
		struct line line;
		struct prio_error error = {PRIO_OK, ""};
		size_t n_lines = 0;
		enum prio_status status;

		stream.n_takes_to_failure = n_takes;
		assert_int_equal(lines_new_sized(&lines, 16, 4), PRIO_OK);
		assert_int_equal(lines_begin(lines, &stream.base, 0, UINT64_MAX, NULL), PRIO_OK);
		while ((status = lines_next(lines, &line, &error)) == PRIO_OK && !line.at_end)
			n_lines++;
		assert_int_equal(status, PRIO_ERR_IO);
		assert_string_equal(error.text, "broken on purpose");
		assert_int_equal(n_lines, n_takes == 0 ? 0 : n_takes <= 3 ? 1 : 2);
		/* it stays an error: no line is lost without a word */
		assert_int_equal(lines_next(lines, &line, &error), PRIO_ERR_IO);
		lines_free(lines);
	}
}

/* The sizes that are really used: blocks of 1 MB, lines around a block's end, and a line larger than such a block. */
static void reads_large_lines(void **unused)
{
	enum { LONG = 3 << 20, MEDIUM = 700000 };
	size_t n = 5 * (MEDIUM + 1) + LONG + 1 + (LONG + 1);
	uint8_t *bytes = malloc(n);
	struct lines *lines;
	struct line line;
	uint64_t end_bytes;
	size_t at = 0;

	(void)unused;
	assert_non_null(bytes);
	memset(bytes, 'x', n);
	for (size_t i = 0; i < 5; i++) {
		at += MEDIUM;
		bytes[at++] = '\n';
	}
	at += LONG;
	bytes[at] = '\n';

	assert_int_equal(lines_new(&lines, LONG), PRIO_OK);
	struct memory_stream stream = memory_stream((struct prio_bytes){bytes, n}, 0);
	assert_int_equal(lines_begin(lines, &stream.base, 0, UINT64_MAX, NULL), PRIO_OK);
	for (size_t i = 0; i < 6; i++) {
		assert_int_equal(lines_next(lines, &line, NULL), PRIO_OK);
		assert_int_equal(line.text.n, i < 5 ? MEDIUM : LONG);
		assert_int_equal(line.text.p[line.text.n - 1], 'x');
		assert_false(line.too_long);
		memset(line.text.p, '\n', line.text.n); /* nobody looks there any more */
	}
	assert_int_equal(lines_next(lines, &line, NULL), PRIO_OK);
	assert_true(line.too_long);
	assert_int_equal(line.length_bytes, LONG + 1);
	assert_int_equal(line.text.n, LINES_KEPT_BYTES);
	assert_int_equal(lines_next(lines, &line, NULL), PRIO_OK);
	assert_true(line.at_end);
	assert_int_equal(lines_crc(lines, &end_bytes), crc32c_portable(0, (struct prio_bytes){bytes, n}));
	assert_int_equal(end_bytes, n);
	lines_free(lines);
	free(bytes);

	assert_int_equal(lines_new_sized(&lines, 10, 0), PRIO_ERR_ARGUMENT);
	assert_int_equal(lines_new(&lines, SIZE_MAX), PRIO_ERR_ARGUMENT);
	lines_free(NULL);
}

/* Past the end of a chunk no more is read than one line asks for. */
static void reads_little_past_the_chunk(void **unused)
{
	enum { TEXT_BYTES = 1000000, LINE_BYTES = 100, CHUNK_BYTES = 250050 };
	static const uint64_t begins[] = {0, 300000, 500001};
	uint8_t *text = malloc(TEXT_BYTES);
	struct lines *lines;

	(void)unused;
	assert_non_null(text);
	for (size_t i = 0; i < TEXT_BYTES; i++)
		text[i] = i % LINE_BYTES == LINE_BYTES - 1 ? '\n' : 'x';
	assert_int_equal(lines_new(&lines, 1000), PRIO_OK);
	for (size_t i = 0; i < COUNT_OF(begins); i++) {
		uint64_t end = begins[i] + CHUNK_BYTES;
		struct memory_stream stream = memory_stream((struct prio_bytes){text, TEXT_BYTES}, begins[i] > 0 ? begins[i] - 1 : 0);
		struct line line;
		size_t n = 0;

		assert_int_equal(lines_begin(lines, &stream.base, begins[i], end, NULL), PRIO_OK);
		for (; lines_next(lines, &line, NULL) == PRIO_OK && !line.at_end; n++)
			assert_int_equal(line.length_bytes, LINE_BYTES - 1);
		assert_int_equal(n, (end + LINE_BYTES - 1) / LINE_BYTES - (begins[i] + LINE_BYTES - 1) / LINE_BYTES);
		assert_in_range(stream.at, end, end + (1 << 16));
	}
	lines_free(lines);
	free(text);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(delivers_each_line_once_whatever_the_cuts),
		cmocka_unit_test(an_empty_chunk_has_no_line),
		cmocka_unit_test(passes_the_streams_error_on),
		cmocka_unit_test(reads_large_lines),
		cmocka_unit_test(reads_little_past_the_chunk),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
