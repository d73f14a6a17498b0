/* record_decode: what it takes it reads as record_parse and base64_decode do, and it takes what writers of shares write. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "record/base64.h"
#include "record/ndjson.h"

#define COUNT_OF(a) (sizeof(a) / sizeof(a)[0])

enum { LINE_MAX_BYTES = 2048, SHARE_BYTES = 500 };

static struct record_scratch *scratch;

static struct prio_bytes text(const char *s)
{
	return (struct prio_bytes){(const uint8_t *)s, strlen(s)};
}

/* Both ways, each on its own copy, of exactly its length. Returns whether record_decode took the line. */
static bool check_line(struct prio_bytes line)
{
	size_t room = base64_decoded_max(line.n);
	struct prio_mut copies[2] = {{malloc(line.n + 1), line.n}, {malloc(line.n + 1), line.n}};
	struct prio_mut got = {malloc(room), room}, want = {malloc(room), room};
	struct record decoded, parsed;

	assert_true(copies[0].p != NULL && copies[1].p != NULL && got.p != NULL && want.p != NULL);
	memcpy(copies[0].p, line.p, line.n);
	memcpy(copies[1].p, line.p, line.n);
	bool is_taken = record_decode(&decoded, copies[0], &got);
	assert_memory_equal(copies[0].p, line.p, line.n);
	enum prio_status status = record_parse(&parsed, copies[1], true, scratch);
	if (is_taken) {
		assert_int_equal(status, PRIO_OK);
		assert_true(decoded.has_id && parsed.has_id && !decoded.id_is_number && !parsed.id_is_number);
		assert_false(decoded.has_other_members || parsed.has_other_members || decoded.parsed_slowly);
		assert_int_equal(decoded.id.n, parsed.id.n);
		assert_memory_equal(decoded.id.p, parsed.id.p, parsed.id.n);
		assert_int_equal(decoded.payload.n, parsed.payload.n);
		assert_int_equal(decoded.payload.p - copies[0].p, parsed.payload.p - copies[1].p);
		assert_int_equal(base64_decode(&want, prio_bytes_of(parsed.payload)), PRIO_OK);
		assert_int_equal(got.n, want.n);
		assert_memory_equal(got.p, want.p, want.n);
	} else {
		assert_int_equal(got.n, room); /* for base64_decode */
	}
	for (int i = 0; i < 2; i++)
		free(copies[i].p);
	free(got.p);
	free(want.p);
	return is_taken;
}

static struct prio_bytes long_line(uint8_t *bytes, size_t n_share)
{
	uint8_t share[SHARE_BYTES];
	size_t n = (size_t)snprintf((char *)bytes, LINE_MAX_BYTES, "{\"id\":\"0123-abc\", \"payload\":\"");

	for (size_t i = 0; i < n_share; i++)
		share[i] = (uint8_t)(i * 37);
	base64_encode(bytes + n, (struct prio_bytes){share, n_share});
	n += base64_encoded_bytes(n_share);
	memcpy(bytes + n, "\"}", 2);
	return (struct prio_bytes){bytes, n + 2};
}

static void takes_what_is_written(void **unused)
{
	static const char *const taken[] = {
		"{\"id\":\"a\",\"payload\":\"AAAA\"}",
		"{\"id\": \"a\", \"payload\": \"AAA=\"}",
		" \t{ \"id\" \r: \"a\" \n, \"payload\" : \"AA==\" } \r",
		"{\"id\":\"\",\"payload\":\"\"}",
		"{\"id\":\"\xc3\xa9\",\"payload\":\"AAAAA A\"}",
		"{\"id\":\"a\",\"payload\":\"AAAA\"}\r",
		"{\"id\":\"a\",\"payload\":\"AAA\"}",
	};
	static const char *const left[] = {
		"", "{", "}", "\"}", "{\"id\":\"a\",\"payload\":\"}", "{\"id\":\"a\",\"payload\":\"",
		"{\"payload\":\"AAAA\",\"id\":\"a\"}",
		"{\"id\":\"a\\n\",\"payload\":\"AAAA\"}",
		"{\"id\":\"\xc3\",\"payload\":\"AAAA\"}",
		"{\"id\":7,\"payload\":\"AAAA\"}",
		"{\"id\":\"a\",\"payload\":\"AAAA\\/AAA\"}",
		"{\"id\":\"a\",\"payload\":\"AAAA\tAAAA\"}",
		"{\"id\":\"a\",\"payload\":\"AAAA\nAAAA\"}",
		"{\"id\":\"a\",\"payload\":\"AAAAA\"}",
		"{\"id\":\"a\",\"payload\":\"AAAA\",\"payload\":\"BBBB\"}",
		"{\"id\":\"a\",\"payload\":\"AAAA\",\"x\":\"BBBB\"}",
		"{\"id\":\"a\",\"payload\":\"AAAA\"}}",
		"{\"id\":\"a\",\"payload\":\"AAAA\"} x\"}",
	};
	uint8_t bytes[LINE_MAX_BYTES];

	(void)unused;
	for (size_t i = 0; i < COUNT_OF(taken); i++)
		assert_true(check_line(text(taken[i])));
	for (size_t i = 0; i < COUNT_OF(left); i++)
		assert_false(check_line(text(left[i])));
	for (size_t n = 0; n <= SHARE_BYTES; n++)
		assert_true(check_line(long_line(bytes, n)));
}

static void keeps_ids_short(void **unused)
{
	static char line[RECORD_ID_BYTES_MAX + 64];

	(void)unused;
	for (int n = RECORD_ID_BYTES_MAX - 1; n <= RECORD_ID_BYTES_MAX + 1; n++) {
		snprintf(line, sizeof line, "{\"id\":\"%0*d\",\"payload\":\"AAAA\"}", n, 0);
		assert_int_equal(check_line(text(line)), n <= RECORD_ID_BYTES_MAX);
	}
}

/* Anything odd at any place, be it instead of a character, before it, or with what follows cut off. */
static void is_never_wrong_about_odd_lines(void **unused)
{
	static const uint8_t odd[] = {'"', '\\', '\n', '\r', '\t', ' ', '=', '}', '{', ',', 0, 0x1f, 0x7f, 0xc3, 'A', '-'};
	uint8_t bytes[LINE_MAX_BYTES], changed[LINE_MAX_BYTES];
	size_t n_taken = 0;

	(void)unused;
	for (size_t n_share = 398; n_share <= 400; n_share++) {
		struct prio_bytes line = long_line(bytes, n_share);

		for (size_t at = 0; at < line.n; at++) {
			check_line((struct prio_bytes){bytes, at});
			for (size_t i = 0; i < COUNT_OF(odd); i++) {
				memcpy(changed, bytes, line.n);
				changed[at] = odd[i];
				n_taken += check_line((struct prio_bytes){changed, line.n});
				memcpy(changed + at + 1, bytes + at, line.n - at);
				n_taken += check_line((struct prio_bytes){changed, line.n + 1});
			}
		}
	}
	assert_true(n_taken > 1000); /* another letter, white space between tokens or in the payload, more padding */
}

static int set_up(void **unused)
{
	(void)unused;
	return record_scratch_new(&scratch) == PRIO_OK ? 0 : -1;
}

static int tear_down(void **unused)
{
	(void)unused;
	record_scratch_free(scratch);
	return 0;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(takes_what_is_written),
		cmocka_unit_test(keeps_ids_short),
		cmocka_unit_test(is_never_wrong_about_odd_lines),
	};

	return cmocka_run_group_tests(tests, set_up, tear_down);
}
