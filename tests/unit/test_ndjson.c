/* ndjson: what is a record and what is refused, on both paths; lines that the original pipeline read; what is written, beside
 * what Python's json wrote for the same input. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "record/base64.h"
#include "record/ndjson_internal.h"

#define COUNT_OF(a) (sizeof(a) / sizeof(a)[0])
/* A line with NUL in it, or any other string literal, with its length. */
#define L(s) s, sizeof(s) - 1

enum path { FAST, SLOW };

static const struct {
	const char *line;
	size_t n;
	enum prio_status status;  /* with an id wanted */
	const char *id;           /* NULL: none */
	const char *payload;      /* NULL: not looked at */
	enum path path;
	bool id_is_number;
	bool has_other_members;
} cases[] = {
	/* plain */
	{L("{\"id\":\"a\",\"payload\":\"AAAA\"}"), PRIO_OK, "a", "AAAA", FAST, false, false},
	{L("{\"id\": \"a\", \"payload\": \"AAAA\"}"), PRIO_OK, "a", "AAAA", FAST, false, false},
	{L("{\"payload\":\"AAAA\",\"id\":\"a\"}"), PRIO_OK, "a", "AAAA", FAST, false, false},
	{L(" \t{ \"payload\" \r: \"AAAA\" \n, \"id\" : \"a\" } \r"), PRIO_OK, "a", "AAAA", FAST, false, false},
	{L("{\"id\":\"\",\"payload\":\"\"}"), PRIO_OK, "", "", FAST, false, false},
	{L("{\"id\":\"\xc3\xa9\xe2\x98\x83\xf0\x9f\x98\x80\",\"payload\":\"A A\"}"), PRIO_OK,
	 "\xc3\xa9\xe2\x98\x83\xf0\x9f\x98\x80", "A A", FAST, false, false},
	{L("{\"id\":\"a/b\x7f\",\"payload\":\"{}[],:\"}"), PRIO_OK, "a/b\x7f", "{}[],:", FAST, false, false},
	{L("{\"id\":\"a\",\"payload\":\"AAAA\"}\r"), PRIO_OK, "a", "AAAA", FAST, false, false},
	/* unusual */
	{L("{\"id\":\"a\\\"b\",\"payload\":\"AAAA\"}"), PRIO_OK, "a\"b", "AAAA", SLOW, false, false},
	{L("{\"id\":\"a\\\\\",\"payload\":\"AAAA\"}"), PRIO_OK, "a\\", "AAAA", SLOW, false, false},
	{L("{\"id\":\"\\u00e9\\ud83d\\ude00\",\"payload\":\"AA\\nAA\\/\"}"), PRIO_OK, "\xc3\xa9\xf0\x9f\x98\x80", "AA\nAA/",
	 SLOW, false, false},
	{L("{\"\\u0069d\":\"a\",\"payload\":\"AAAA\"}"), PRIO_OK, "a", "AAAA", SLOW, false, false},
	{L("{\"id\":\"a\",\"payload\":\"\xc3\xa9\"}"), PRIO_OK, "a", "\xc3\xa9", SLOW, false, false},
	{L("{\"id\":\"a\",\"payload\":\"AAAA\",\"x\":1}"), PRIO_OK, "a", "AAAA", SLOW, false, true},
	{L("{\"x\":{\"id\":\"no\",\"payload\":[]},\"id\":\"a\",\"payload\":\"AAAA\"}"), PRIO_OK, "a", "AAAA", SLOW, false, true},
	{L("{\"id\":17,\"payload\":\"AAAA\"}"), PRIO_OK, "17", "AAAA", SLOW, true, false},
	{L("{\"id\":-9223372036854775808,\"payload\":\"AAAA\"}"), PRIO_OK, "-9223372036854775808", "AAAA", SLOW, true, false},
	{L("{\"id\":9223372036854775807,\"payload\":\"AAAA\"}"), PRIO_OK, "9223372036854775807", "AAAA", SLOW, true, false},
	{L("{\"id\":-0,\"payload\":\"AAAA\"}"), PRIO_OK, "0", "AAAA", SLOW, true, false},
	/* the last one counts */
	{L("{\"id\":\"a\",\"payload\":\"AAAA\",\"id\":\"b\"}"), PRIO_OK, "b", "AAAA", SLOW, false, false},
	{L("{\"id\":\"a\",\"payload\":\"AAAA\",\"payload\":\"BBBB\"}"), PRIO_OK, "a", "BBBB", SLOW, false, false},
	{L("{\"id\":\"a\",\"payload\":\"AAAA\",\"payload\":null}"), PRIO_REFUSED_NO_PAYLOAD, "a", NULL, SLOW, false, false},
	{L("{\"id\":1.5,\"payload\":\"AAAA\",\"id\":1}"), PRIO_OK, "1", "AAAA", SLOW, true, false},
	/* integers beyond 64 bits elsewhere do no harm, nor do strings that look like our mark for them */
	{L("{\"id\":\"a\",\"payload\":\"AAAA\",\"x\":[99999999999999999999,-9223372036854775809]}"), PRIO_OK, "a", "AAAA", SLOW,
	 false, true},
	{L("{\"id\":\"\\\\u000012345678901234567890\",\"payload\":\"AAAA\"}"), PRIO_OK, "\\u000012345678901234567890", "AAAA",
	 SLOW, false, false},
	{L("{\"id\":\"12345678901234567890123\",\"payload\":\"AAAA\",\"x\":0}"), PRIO_OK, "12345678901234567890123", "AAAA", SLOW,
	 false, true},
	/* no id */
	{L("{\"payload\":\"AAAA\"}"), PRIO_REFUSED_NO_ID, NULL, NULL, SLOW, false, false},
	{L("{\"id\":null,\"payload\":\"AAAA\"}"), PRIO_REFUSED_NO_ID, NULL, NULL, SLOW, false, false},
	{L("{\"ID\":\"a\",\"payload\":\"AAAA\"}"), PRIO_REFUSED_NO_ID, NULL, NULL, SLOW, false, true},
	{L("{}"), PRIO_REFUSED_NO_ID, NULL, NULL, SLOW, false, false},
	/* bad id */
	{L("{\"id\":1.0,\"payload\":\"AAAA\"}"), PRIO_REFUSED_BAD_ID, NULL, NULL, SLOW, false, false},
	{L("{\"id\":1e3,\"payload\":\"AAAA\"}"), PRIO_REFUSED_BAD_ID, NULL, NULL, SLOW, false, false},
	{L("{\"id\":true,\"payload\":\"AAAA\"}"), PRIO_REFUSED_BAD_ID, NULL, NULL, SLOW, false, false},
	{L("{\"id\":[\"a\"],\"payload\":\"AAAA\"}"), PRIO_REFUSED_BAD_ID, NULL, NULL, SLOW, false, false},
	{L("{\"id\":{\"a\":1},\"payload\":\"AAAA\"}"), PRIO_REFUSED_BAD_ID, NULL, NULL, SLOW, false, false},
	{L("{\"id\":9223372036854775808,\"payload\":\"AAAA\"}"), PRIO_REFUSED_BAD_ID, NULL, NULL, SLOW, false, false},
	{L("{\"id\":-9223372036854775809,\"payload\":\"AAAA\"}"), PRIO_REFUSED_BAD_ID, NULL, NULL, SLOW, false, false},
	{L("{\"id\":123456789012345678901234567890,\"payload\":\"AAAA\"}"), PRIO_REFUSED_BAD_ID, NULL, NULL, SLOW, false, false},
	/* no payload; the id is known all the same */
	{L("{\"id\":\"a\"}"), PRIO_REFUSED_NO_PAYLOAD, "a", NULL, SLOW, false, false},
	{L("{\"id\":\"a\",\"payload\":null}"), PRIO_REFUSED_NO_PAYLOAD, "a", NULL, SLOW, false, false},
	{L("{\"id\":5,\"payload\":7}"), PRIO_REFUSED_NO_PAYLOAD, "5", NULL, SLOW, true, false},
	{L("{\"id\":\"a\",\"payload\":99999999999999999999}"), PRIO_REFUSED_NO_PAYLOAD, "a", NULL, SLOW, false, false},
	{L("{\"id\":\"a\",\"payload\":[\"AAAA\"]}"), PRIO_REFUSED_NO_PAYLOAD, "a", NULL, SLOW, false, false},
	{L("{\"id\":\"a\",\"id\":\"b\"}"), PRIO_REFUSED_NO_PAYLOAD, "b", NULL, SLOW, false, false},
	/* not JSON, or no object */
	{L(""), PRIO_REFUSED_NOT_JSON, NULL, NULL, FAST, false, false},
	{L("   "), PRIO_REFUSED_NOT_JSON, NULL, NULL, FAST, false, false},
	{L("\r"), PRIO_REFUSED_NOT_JSON, NULL, NULL, FAST, false, false},
	{L("not json"), PRIO_REFUSED_NOT_JSON, NULL, NULL, FAST, false, false},
	{L("null"), PRIO_REFUSED_NOT_JSON, NULL, NULL, FAST, false, false},
	{L("\"a\""), PRIO_REFUSED_NOT_JSON, NULL, NULL, FAST, false, false},
	{L("[{\"id\":\"a\",\"payload\":\"AAAA\"}]"), PRIO_REFUSED_NOT_JSON, NULL, NULL, FAST, false, false},
	{L("{\"id\":\"a\",\"payload\":\"AAAA\""), PRIO_REFUSED_NOT_JSON, NULL, NULL, FAST, false, false},
	{L("{\"id\":\"a\",\"payload\":\"AAAA"), PRIO_REFUSED_NOT_JSON, NULL, NULL, FAST, false, false},
	{L("{\"id\":\"a\",\"payload\":\"AAAA\"},"), PRIO_REFUSED_NOT_JSON, NULL, NULL, FAST, false, false},
	{L("{\"id\":\"a\",\"payload\":\"AAAA\"} {}"), PRIO_REFUSED_NOT_JSON, NULL, NULL, FAST, false, false},
	{L("{\"id\":\"a\",\"payload\":\"AAAA\",}"), PRIO_REFUSED_NOT_JSON, NULL, NULL, FAST, false, false},
	{L("{\"id\":\"a\" \"payload\":\"AAAA\"}"), PRIO_REFUSED_NOT_JSON, NULL, NULL, FAST, false, false},
	{L("{'id':'a','payload':'AAAA'}"), PRIO_REFUSED_NOT_JSON, NULL, NULL, FAST, false, false},
	{L("{\"id\":\"a\",\"payload\":\"AAAA\",\"x\":NaN}"), PRIO_REFUSED_NOT_JSON, NULL, NULL, FAST, false, false},
	{L("{\"id\":\"a\",\"payload\":\"AAAA\",\"x\":Infinity}"), PRIO_REFUSED_NOT_JSON, NULL, NULL, FAST, false, false},
	{L("{\"id\":\"a\",\"payload\":\"AAAA\",\"x\":1e999}"), PRIO_REFUSED_NOT_JSON, NULL, NULL, FAST, false, false},
	{L("{\"id\":\"a\",\"payload\":\"AAAA\",\"x\":01}"), PRIO_REFUSED_NOT_JSON, NULL, NULL, FAST, false, false},
	{L("{\"id\":\"a\",\"payload\":\"AAAA\",\"x\":01234567890123456789012}"), PRIO_REFUSED_NOT_JSON, NULL, NULL, FAST, false,
	 false},
	{L("{\"id\":\"a\",\"payload\":\"AAAA\",\"x\":12345678901234567890x}"), PRIO_REFUSED_NOT_JSON, NULL, NULL, FAST, false, false},
	{L("{\"id\":\"a\",\"payload\":\"AAAA\",12345678901234567890:1}"), PRIO_REFUSED_NOT_JSON, NULL, NULL, FAST, false, false},
	{L("{\"id\":\"a\",\"payload\":\"AAAA\",\"x\":12345678901234567890\"y\"}"), PRIO_REFUSED_NOT_JSON, NULL, NULL, FAST, false,
	 false},
	{L("{\"id\":\"a\",\"payload\":\"AAAA\",\"x\":--12345678901234567890}"), PRIO_REFUSED_NOT_JSON, NULL, NULL, FAST, false,
	 false},
	{L("}{"), PRIO_REFUSED_NOT_JSON, NULL, NULL, FAST, false, false},
	{L("{\"id\":\"a\tb\",\"payload\":\"AAAA\"}"), PRIO_REFUSED_NOT_JSON, NULL, NULL, FAST, false, false},
	{L("{\"id\":\"a\",\"payload\":\"AA\rAA\"}"), PRIO_REFUSED_NOT_JSON, NULL, NULL, FAST, false, false},
	{L("{\"id\":\"a\\x\",\"payload\":\"AAAA\"}"), PRIO_REFUSED_NOT_JSON, NULL, NULL, FAST, false, false},
	{L("{\"id\":\"a\\"), PRIO_REFUSED_NOT_JSON, NULL, NULL, FAST, false, false},
	/* NUL, as itself and escaped */
	{L("{\"id\":\"a\0b\",\"payload\":\"AAAA\"}"), PRIO_REFUSED_NOT_JSON, NULL, NULL, FAST, false, false},
	{L("{\"id\":\"a\",\"payload\":\"AAAA\"}\0"), PRIO_REFUSED_NOT_JSON, NULL, NULL, FAST, false, false},
	{L("{\"id\":\"\\u00001\",\"payload\":\"AAAA\"}"), PRIO_REFUSED_NOT_JSON, NULL, NULL, FAST, false, false},
	{L("{\"id\":\"a\",\"payload\":\"AAAA\",\"x\":\"\\u0000\"}"), PRIO_REFUSED_NOT_JSON, NULL, NULL, FAST, false, false},
	/* broken UTF-8: alone, cut, overlong, a surrogate, too large */
	{L("{\"id\":\"\xff\",\"payload\":\"AAAA\"}"), PRIO_REFUSED_NOT_JSON, NULL, NULL, FAST, false, false},
	{L("{\"id\":\"\xe2\x98\",\"payload\":\"AAAA\"}"), PRIO_REFUSED_NOT_JSON, NULL, NULL, FAST, false, false},
	{L("{\"id\":\"\xc1\x81\",\"payload\":\"AAAA\"}"), PRIO_REFUSED_NOT_JSON, NULL, NULL, FAST, false, false},
	{L("{\"id\":\"\xed\xa0\x80\",\"payload\":\"AAAA\"}"), PRIO_REFUSED_NOT_JSON, NULL, NULL, FAST, false, false},
	{L("{\"id\":\"\xf4\x90\x80\x80\",\"payload\":\"AAAA\"}"), PRIO_REFUSED_NOT_JSON, NULL, NULL, FAST, false, false},
	{L("{\"id\":\"a\",\"payload\":\"\x80\"}"), PRIO_REFUSED_NOT_JSON, NULL, NULL, FAST, false, false},
	{L("{\"id\":\"\\ud800\",\"payload\":\"AAAA\"}"), PRIO_REFUSED_NOT_JSON, NULL, NULL, FAST, false, false},
};

/* A copy in memory of exactly its size, so that a sanitizer sees every step beyond it. */
static struct prio_mut copy(const char *line, size_t n)
{
	struct prio_mut m = {malloc(n > 0 ? n : 1), n};

	assert_non_null(m.p);
	memcpy(m.p, line, n);
	return m;
}

static void assert_text(struct prio_bytes got, const char *want)
{
	assert_non_null(got.p);
	assert_int_equal(got.n, strlen(want));
	assert_memory_equal(got.p, want, got.n);
}

static struct record_scratch *scratch_new(void)
{
	struct record_scratch *scratch;

	assert_int_equal(record_scratch_new(&scratch), PRIO_OK);
	return scratch;
}

static void reads_as_the_table_says(void **unused)
{
	struct record_scratch *scratch = scratch_new(); /* one for all: nothing of a line may show in the next */

	(void)unused;
	for (size_t i = 0; i < COUNT_OF(cases); i++) {
		struct prio_mut line = copy(cases[i].line, cases[i].n);
		struct record record;
		enum prio_status status = record_parse(&record, line, true, scratch);

		if (status != cases[i].status)
			fail_msg("%s: %s, not %s", cases[i].line, prio_status_word(status),
				 prio_status_word(cases[i].status));
		assert_int_equal(record.has_id, cases[i].id != NULL);
		if (cases[i].id != NULL)
			assert_text(record.id, cases[i].id);
		else
			assert_null(record.id.p);
		if (cases[i].payload != NULL)
			assert_text(prio_bytes_of(record.payload), cases[i].payload);
		assert_int_equal(record.id_is_number, cases[i].id_is_number);
		assert_int_equal(record.has_other_members, cases[i].has_other_members);
		assert_int_equal(record.parsed_slowly, cases[i].path == SLOW);
		if (status == PRIO_OK && record.payload.n > 0) {
			/* in place on the fast path, and writable on both */
			if (cases[i].path == FAST)
				assert_true(record.payload.p > line.p && record.payload.p < line.p + line.n);
			memset(record.payload.p, 0, record.payload.n);
		}

		/* without an id wanted, only the lack of one is forgiven */
		struct prio_mut again = copy(cases[i].line, cases[i].n);
		enum prio_status status_without = record_parse(&record, again, false, scratch);
		if (cases[i].status != PRIO_REFUSED_NO_ID)
			assert_int_equal(status_without, cases[i].status);
		else
			assert_int_equal(status_without, strstr(cases[i].line, "payload") != NULL ? PRIO_OK
												  : PRIO_REFUSED_NO_PAYLOAD);
		free(line.p);
		free(again.p);
	}
	record_scratch_free(scratch);
}

static void bounds_ids_and_nesting(void **unused)
{
	struct record_scratch *scratch = scratch_new();
	char line[4000];

	(void)unused;
	for (int slow = 0; slow < 2; slow++) {
		for (size_t n = RECORD_ID_BYTES_MAX - 1; n <= RECORD_ID_BYTES_MAX + 1; n++) {
			struct record record;
			int length = snprintf(line, sizeof line, "{\"id\":\"%0*d\",\"payload\":\"AAAA\"%s}", (int)n, 0,
					      slow ? ",\"x\":0" : "");
			struct prio_mut m = copy(line, (size_t)length);
			enum prio_status status = record_parse(&record, m, true, scratch);

			assert_int_equal(status, n <= RECORD_ID_BYTES_MAX ? PRIO_OK : PRIO_REFUSED_BAD_ID);
			assert_int_equal(record.has_id, n <= RECORD_ID_BYTES_MAX);
			free(m.p);
		}
	}
	/* the object itself is one level */
	for (size_t depth = 62; depth <= 65; depth++) {
		struct record record;
		size_t n = (size_t)snprintf(line, sizeof line, "{\"id\":\"a\",\"payload\":\"AAAA\",\"x\":");

		memset(line + n, '[', depth);
		memset(line + n + depth, ']', depth);
		memcpy(line + n + 2 * depth, "}", 1);
		struct prio_mut m = copy(line, n + 2 * depth + 1);
		assert_int_equal(record_parse(&record, m, true, scratch), depth < 64 ? PRIO_OK : PRIO_REFUSED_NOT_JSON);
		free(m.p);
	}
	/* brackets in strings are no nesting */
	struct record record;
	size_t n = (size_t)snprintf(line, sizeof line, "{\"id\":\"a\",\"payload\":\"AAAA\",\"x\":\"");
	memset(line + n, '[', 100);
	memcpy(line + n + 100, "\"}", 2);
	struct prio_mut m = copy(line, n + 102);
	assert_int_equal(record_parse(&record, m, true, scratch), PRIO_OK);
	free(m.p);
	record_scratch_free(scratch);
	record_scratch_free(NULL);
}

/* A payload of every length up to two blocks of the scan, with one odd character at every place. */
static void finds_what_is_odd_wherever_it_is(void **unused)
{
	static const char odd[] = {'\\', '\t', '\x80', '"'};
	struct record_scratch *scratch = scratch_new();

	(void)unused;
	for (size_t n = 1; n < 140; n += 3) {
		for (size_t place = 0; place < n; place++) {
			for (size_t i = 0; i < sizeof odd; i++) {
				char line[200] = "{\"id\":\"a\",\"payload\":\"";
				size_t begin = strlen(line);
				struct record record;

				memset(line + begin, 'A', n);
				memcpy(line + begin + n, "\"}", 3);
				struct prio_mut m = copy(line, begin + n + 2);
				assert_int_equal(record_parse(&record, m, true, scratch), PRIO_OK);
				assert_int_equal(record.payload.n, n);
				assert_false(record.parsed_slowly);
				m.p[begin + place] = (uint8_t)odd[i];
				assert_int_equal(record_parse(&record, m, true, scratch), PRIO_REFUSED_NOT_JSON);
				free(m.p);
			}
		}
	}
	record_scratch_free(scratch);
}

/* ---- Lines that the original read ---- */

#define ODD "/tests/recorded/h-odd-json-lines/buckets/"
#define RAW "/test-app/2026-11-22/raw/shares/batch_id=odd-json/part-00000-"
static const char *const odd_parts[2] = {
	SOURCE_DIR ODD "a-ingest/data/v1/EE34E094FC59E9637E5B36FAB099B01E3031D2BB4B8CFE7736F0CB9EA3066D6C" RAW
		       "8114cadb-ef33-4a9b-ba7c-e58ec0425368.c000.json",
	SOURCE_DIR ODD "b-ingest/data/v1/96BD5D0D8C6E05C89AE655617B7D0BA7D5C8462D35963F6E8E781DA0EEB5D93F" RAW
		       "4479306d-708b-4fcf-84c3-a094700a4fbb.c000.json",
};

static const struct {
	enum prio_status status[2]; /* for A and B */
	const char *id;
	bool id_is_number;
} odd_lines[] = {
	{{PRIO_OK, PRIO_OK}, "36661664-8a91-43aa-a7a2-9dd92050e096", false},
	{{PRIO_OK, PRIO_OK}, "f810c56d-45e4-45b1-9185-093df3bf81ee", false},
	{{PRIO_OK, PRIO_OK}, "18185013-7969-4311-a96c-2d531d6fbd31", false},
	{{PRIO_OK, PRIO_OK}, "1bac66be-99b7-41a1-b857-5d146ac8a523", false},
	{{PRIO_OK, PRIO_OK}, "edc2158b-5cc3-4192-9408-e25b276b1299", false},
	{{PRIO_REFUSED_NO_ID, PRIO_OK}, "f306d838-d3ae-4a47-b670-a5c680bd8859", false},
	{{PRIO_REFUSED_NO_ID, PRIO_REFUSED_NO_ID}, NULL, false},
	{{PRIO_REFUSED_NOT_JSON, PRIO_OK}, "42754b91-2567-4e7d-a1f1-b040f75b77ee", false},
	{{PRIO_OK, PRIO_OK}, "12345", true},
	{{PRIO_OK, PRIO_OK}, "q\"u/o\tte\xc3\xa9\xe2\x98\x83\xf0\x9f\x98\x80", false},
	{{PRIO_OK, PRIO_OK}, "", false},
};

static void reads_what_the_original_read(void **unused)
{
	struct record_scratch *scratch = scratch_new();

	(void)unused;
	for (size_t server = 0; server < 2; server++) {
		FILE *file = fopen(odd_parts[server], "rb");
		char text[16384];
		size_t i = 0;

		assert_non_null(file);
		while (fgets(text, sizeof text, file) != NULL) {
			size_t n = strcspn(text, "\n");
			struct prio_mut line = copy(text, n);
			struct record record;
			enum prio_status status = record_parse(&record, line, true, scratch);

			if (i >= COUNT_OF(odd_lines)) {
				/* blank lines at the end */
				assert_int_equal(status, PRIO_REFUSED_NOT_JSON);
			} else {
				assert_int_equal(status, odd_lines[i].status[server]);
				assert_int_equal(record.has_id, status == PRIO_OK);
			}
			if (status == PRIO_OK) {
				struct prio_mut out = {record.payload.p, record.payload.n};

				assert_text(record.id, odd_lines[i].id);
				assert_int_equal(record.id_is_number, odd_lines[i].id_is_number);
				assert_int_equal(base64_decode(&out, prio_bytes_of(record.payload)), PRIO_OK);
				assert_true(out.n > 100);
			}
			i++;
			free(line.p);
		}
		assert_true(i > COUNT_OF(odd_lines));
		fclose(file);
	}
	record_scratch_free(scratch);
}

/* ---- Writing ---- */

static void writes_records(void **unused)
{
	static const struct {
		const char *id;
		bool id_is_number;
		enum record_style style;
		const char *want;
	} rows[] = {
		{"a", false, RECORD_SPACED, "{\"id\": \"a\", \"payload\": \"cGF5\"}\n"},
		{"a", false, RECORD_COMPACT, "{\"id\":\"a\",\"payload\":\"cGF5\"}\n"},
		{"17", true, RECORD_SPACED, "{\"id\": 17, \"payload\": \"cGF5\"}\n"},
		{"17", true, RECORD_COMPACT, "{\"id\":17,\"payload\":\"cGF5\"}\n"},
		{"", false, RECORD_COMPACT, "{\"id\":\"\",\"payload\":\"cGF5\"}\n"},
		{NULL, false, RECORD_SPACED, "{\"payload\": \"cGF5\"}\n"},
		{NULL, false, RECORD_COMPACT, "{\"payload\":\"cGF5\"}\n"},
		{"q\"u/o\tte\xc3\xa9\xe2\x98\x83\xf0\x9f\x98\x80", false, RECORD_COMPACT,
		 "{\"id\":\"q\\\"u/o\\tte\xc3\xa9\xe2\x98\x83\xf0\x9f\x98\x80\",\"payload\":\"cGF5\"}\n"},
		{"q\"u/o\tte\xc3\xa9\xe2\x98\x83\xf0\x9f\x98\x80", false, RECORD_SPACED,
		 "{\"id\": \"q\\\"u/o\\tte\\u00e9\\u2603\\ud83d\\ude00\", \"payload\": \"cGF5\"}\n"},
		{"\x01\x1f\b\f\n\r\t\\\x7f", false, RECORD_COMPACT,
		 "{\"id\":\"\\u0001\\u001F\\b\\f\\n\\r\\t\\\\\x7f\",\"payload\":\"cGF5\"}\n"},
		{"\x01\x1f\b\f\n\r\t\\\x7f", false, RECORD_SPACED,
		 "{\"id\": \"\\u0001\\u001f\\b\\f\\n\\r\\t\\\\\\u007f\", \"payload\": \"cGF5\"}\n"},
		{"a\xff" "b\xe2\x98", false, RECORD_COMPACT,
		 "{\"id\":\"a\xef\xbf\xbd" "b\xef\xbf\xbd\xef\xbf\xbd\",\"payload\":\"cGF5\"}\n"},
		{"a\xff" "b", false, RECORD_SPACED, "{\"id\": \"a\\ufffdb\", \"payload\": \"cGF5\"}\n"},
	};
	struct line_buffer buffer = {0};

	(void)unused;
	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		size_t before = buffer.n;
		struct prio_bytes id = {(const uint8_t *)rows[i].id, rows[i].id != NULL ? strlen(rows[i].id) : 0};

		assert_int_equal(record_write(&buffer, rows[i].style, id, rows[i].id_is_number,
					      (struct prio_bytes){(const uint8_t *)"pay", 3}),
				 PRIO_OK);
		assert_text((struct prio_bytes){buffer.p + before, buffer.n - before}, rows[i].want);
	}
	line_buffer_clear(&buffer);
	assert_null(buffer.p);
}

/* Lines, and what Python 3's json.dumps wrote of each, its payload set to "cGF5". */
static const char *const likes[][2] = {
	{"{\"x\": 1, \"id\": \"d771f714-70f7-44e4-b223-7e3e06c2db18\", \"z\": \"\\u00e9\", \"payload\": \"AAAA\"}",
	 "{\"x\": 1, \"id\": \"d771f714-70f7-44e4-b223-7e3e06c2db18\", \"z\": \"\\u00e9\", \"payload\": \"cGF5\"}\n"},
	{"{\"payload\":\"AAAA\",\"id\":\"a\"}", "{\"payload\": \"cGF5\", \"id\": \"a\"}\n"},
	{"{\"id\":\"a\",\"payload\":\"AAAA\"}", "{\"id\": \"a\", \"payload\": \"cGF5\"}\n"},
	{"{\"id\":\"\xc3\xa9\xe2\x98\x83\xf0\x9f\x98\x80\",\"payload\":\"AAAA\"}",
	 "{\"id\": \"\\u00e9\\u2603\\ud83d\\ude00\", \"payload\": \"cGF5\"}\n"},
	{"{\"id\":17,\"payload\":\"AAAA\"}", "{\"id\": 17, \"payload\": \"cGF5\"}\n"},
	{"{\"id\":null,\"payload\":\"AAAA\"}", "{\"id\": null, \"payload\": \"cGF5\"}\n"},
	{"{\"payload\":\"AAAA\"}", "{\"payload\": \"cGF5\"}\n"},
	{"{\"id\":\"a\"}", "{\"id\": \"a\", \"payload\": \"cGF5\"}\n"},
	{"{}", "{\"payload\": \"cGF5\"}\n"},
	{"{\"id\":\"a\",\"payload\":null,\"n\":[1,-2,0.1,1e5,1E16,123456789012345680000.0,1e22,-0.0,-0,1e-5,0.0001,1.5e300,5e-324,"
	 "5.684341886080802e-14,0.30000000000000004]}",
	 "{\"id\": \"a\", \"payload\": \"cGF5\", \"n\": [1, -2, 0.1, 100000.0, 1e+16, 1.2345678901234568e+20, 1e+22, -0.0, 0, 1e-05, "
	 "0.0001, 1.5e+300, 5e-324, 5.684341886080802e-14, 0.30000000000000004]}\n"},
	{"{\"a\":{\"b\":[{},[],[[]],true,false,null,{\"c\":\"\\u0001\\b\\f\\n\\r\\t\\\"\\\\\\/\x7f\"}]},\"payload\":\"AAAA\",\"id\":"
	 "\"a\"}",
	 "{\"a\": {\"b\": [{}, [], [[]], true, false, null, {\"c\": \"\\u0001\\b\\f\\n\\r\\t\\\"\\\\/\\u007f\"}]}, \"payload\": "
	 "\"cGF5\", \"id\": \"a\"}\n"},
	{"{\"id\":\"a\",\"payload\":\"AAAA\",\"big\":123456789012345678901234567890,\"neg\":-9223372036854775809,\"edge\":"
	 "9223372036854775807,\"low\":-9223372036854775808}",
	 "{\"id\": \"a\", \"payload\": \"cGF5\", \"big\": 123456789012345678901234567890, \"neg\": -9223372036854775809, \"edge\": "
	 "9223372036854775807, \"low\": -9223372036854775808}\n"},
	{"{\"id\":\"a\",\"payload\":\"AAAA\",\"id\":\"b\"}", "{\"id\": \"b\", \"payload\": \"cGF5\"}\n"},
	{"{\"payload\":\"x\",\"id\":\"a\",\"payload\":\"AAAA\",\"k\":{\"d\":1,\"e\":2,\"d\":3}}",
	 "{\"payload\": \"cGF5\", \"id\": \"a\", \"k\": {\"d\": 3, \"e\": 2}}\n"},
	{"{\"id\":\"a\",\"payload\":\"AAAA\",\"payload2\":{\"payload\":\"kept\"}}",
	 "{\"id\": \"a\", \"payload\": \"cGF5\", \"payload2\": {\"payload\": \"kept\"}}\n"},
};

static void writes_like_python(void **unused)
{
	struct record_scratch *scratch = scratch_new();
	struct line_buffer buffer = {0};

	(void)unused;
	for (size_t i = 0; i < COUNT_OF(likes); i++) {
		struct prio_mut line = copy(likes[i][0], strlen(likes[i][0]));
		struct record record;
		enum prio_status status = record_parse(&record, line, false, scratch);

		assert_true(status == PRIO_OK || status == PRIO_REFUSED_NO_PAYLOAD);
		/* decoded in place, as callers do it, which must not matter */
		if (status == PRIO_OK)
			memset(record.payload.p, 0, record.payload.n);
		buffer.n = 0;
		assert_int_equal(record_write_like(&buffer, &record, scratch, (struct prio_bytes){(const uint8_t *)"pay", 3}),
				 PRIO_OK);
		assert_text((struct prio_bytes){buffer.p, buffer.n}, likes[i][1]);
		free(line.p);
	}
	line_buffer_clear(&buffer);
	record_scratch_free(scratch);
}

static void writes_payloads_of_any_length(void **unused)
{
	struct record_scratch *scratch = scratch_new();
	struct line_buffer buffer = {0};
	uint8_t bytes[3000];

	(void)unused;
	for (size_t i = 0; i < sizeof bytes; i++)
		bytes[i] = (uint8_t)(i * 7 + i / 256);
	for (size_t n = 0; n <= sizeof bytes; n += 1 + n / 20) {
		for (int way = 0; way < 3; way++) {
			struct prio_mut line = copy("{\"id\":\"a\",\"payload\":\"AAAA\"}", 27);
			struct record record;
			enum prio_status status = record_parse(&record, line, true, scratch);

			buffer.n = 0;
			assert_int_equal(status, PRIO_OK);
			if (way < 2)
				status = record_write(&buffer, way == 0 ? RECORD_SPACED : RECORD_COMPACT, record.id, false,
						      (struct prio_bytes){bytes, n});
			else
				status = record_write_like(&buffer, &record, scratch, (struct prio_bytes){bytes, n});
			assert_int_equal(status, PRIO_OK);
			assert_int_equal(buffer.p[buffer.n - 1], '\n');
			free(line.p);

			line = copy((const char *)buffer.p, buffer.n - 1);
			assert_int_equal(record_parse(&record, line, true, scratch), PRIO_OK);
			assert_false(record.parsed_slowly);
			struct prio_mut out = record.payload;
			assert_int_equal(base64_decode(&out, prio_bytes_of(record.payload)), PRIO_OK);
			assert_int_equal(out.n, n);
			assert_memory_equal(out.p, bytes, n);
			free(line.p);
		}
	}
	line_buffer_clear(&buffer);
	record_scratch_free(scratch);
}

static void writes_doubles_as_short_as_they_can_be(void **unused)
{
	static const struct {
		double x;
		const char *want;
	} rows[] = {
		{0.0, "0.0"}, {-0.0, "-0.0"}, {1.0, "1.0"}, {0.1, "0.1"}, {-12.5, "-12.5"}, {100.0, "100.0"},
		{1.0 / 3.0, "0.3333333333333333"}, {2e15, "2000000000000000.0"}, {9999999999999998.0, "9999999999999998.0"},
		{1e16, "1e+16"}, {1.25e100, "1.25e+100"}, {0.0001, "0.0001"}, {0.00012, "0.00012"}, {0.00001, "1e-05"},
		{1.7976931348623157e308, "1.7976931348623157e+308"}, {5e-324, "5e-324"},
		{0x1p-44, "5.684341886080802e-14"}, {0x1p89, "6.189700196426902e+26"}, {0x1p-24, "5.960464477539063e-08"},
		{123456.789, "123456.789"}, {0.5, "0.5"}, {0.015, "0.015"},
	};
	struct line_buffer buffer = {0};

	(void)unused;
	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		buffer.n = 0;
		assert_int_equal(json_append_double(&buffer, rows[i].x), PRIO_OK);
		assert_text((struct prio_bytes){buffer.p, buffer.n}, rows[i].want);
	}
	line_buffer_clear(&buffer);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(reads_as_the_table_says),
		cmocka_unit_test(bounds_ids_and_nesting),
		cmocka_unit_test(finds_what_is_odd_wherever_it_is),
		cmocka_unit_test(reads_what_the_original_read),
		cmocka_unit_test(writes_records),
		cmocka_unit_test(writes_like_python),
		cmocka_unit_test(writes_payloads_of_any_length),
		cmocka_unit_test(writes_doubles_as_short_as_they_can_be),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
