/* Aggregate and published records, in both styles, byte for byte as the original writes them. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "stage/result.h"

static struct prio_bytes bytes_of(const char *text)
{
	return (struct prio_bytes){(const uint8_t *)text, strlen(text)};
}

static void assert_text(struct line_buffer *buffer, const char *want)
{
	assert_int_equal(line_append(buffer, "", 1), PRIO_OK);
	assert_string_equal((const char *)buffer->p, want);
	line_buffer_clear(buffer);
}

static void writes_as_the_original(void **unused)
{
	uint8_t payload[] = {0, 1, 2, 0xff};
	const uint64_t sums[] = {5, 0, UINT64_MAX};
	struct aggregate_record aggregate = {{payload, sizeof payload}, 4, 10};
	struct published_record published = {"an-id", "2026-11-22T17:59:24.036937", sums, 3, true, 4, 10};
	struct line_buffer buffer = {0};

	(void)unused;
	assert_int_equal(aggregate_record_write(&buffer, RECORD_COMPACT, &aggregate), PRIO_OK);
	assert_text(&buffer, "{\"payload\":\"AAEC/w==\",\"error\":4,\"total\":10}");
	assert_int_equal(aggregate_record_write(&buffer, RECORD_SPACED, &aggregate), PRIO_OK);
	assert_text(&buffer, "{\"payload\": \"AAEC/w==\", \"error\": 4, \"total\": 10}");
	assert_int_equal(published_record_write(&buffer, RECORD_COMPACT, &published), PRIO_OK);
	assert_text(&buffer, "{\"id\":\"an-id\",\"timestamp\":\"2026-11-22T17:59:24.036937\","
			     "\"payload\":[5,0,18446744073709551615],\"error\":4,\"total\":10}");
	published.with_counts = false;
	published.n_sums = 2;
	assert_int_equal(published_record_write(&buffer, RECORD_SPACED, &published), PRIO_OK);
	assert_text(&buffer, "{\"id\": \"an-id\", \"timestamp\": \"2026-11-22T17:59:24.036937\", \"payload\": [5, 0]}");
}

static void reads_what_partners_write(void **unused)
{
	static const char *const good[] = {
		"{\"payload\":\"AAEC/w==\",\"error\":4,\"total\":10}\n",
		" {\"total\": 10, \"other\": [1], \"error\": 4, \"payload\": \"AAEC/w\"}",
	};
	struct aggregate_record record;

	(void)unused;
	for (size_t i = 0; i < sizeof good / sizeof good[0]; i++) {
		assert_int_equal(aggregate_record_read(&record, bytes_of(good[i]), NULL), PRIO_OK);
		assert_int_equal(record.payload.n, 4);
		assert_memory_equal(record.payload.p, "\0\1\2\377", 4);
		assert_int_equal(record.error, 4);
		assert_int_equal(record.total, 10);
		aggregate_record_clear(&record);
	}
}

static void refuses_what_is_none(void **unused)
{
	static const char *const bad[] = {
		"",
		"[]",
		"{}",
		"{\"payload\":\"AAEC/w==\",\"error\":4}",
		"{\"payload\":\"AAEC/w==\",\"error\":-4,\"total\":10}",
		"{\"payload\":\"AAEC/w==\",\"error\":4,\"total\":\"10\"}",
		"{\"payload\":\"AAEC/w==\",\"error\":4,\"total\":1e3}",
		"{\"payload\":\"A*EC/w==\",\"error\":4,\"total\":10}",
		"{\"payload\":null,\"error\":4,\"total\":10}",
		"{\"payload\":\"\",\"error\":4,\"total\":10}{\"payload\":\"\",\"error\":4,\"total\":10}",
		"{\"payload\":\"\",\"error\":4,\"total\":99999999999999999999}",
	};
	struct aggregate_record record;

	(void)unused;
	for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
		struct prio_error error = {PRIO_OK, ""};

		assert_int_equal(aggregate_record_read(&record, bytes_of(bad[i]), &error), PRIO_ERR_FORMAT);
		assert_string_not_equal(error.text, "");
		assert_null(record.payload.p);
	}
}

static void uuids_have_their_version(void **unused)
{
	uint8_t bytes[16];
	char text[UUID_CHARS + 1];

	(void)unused;
	memset(bytes, 0xff, sizeof bytes);
	uuid_format(text, bytes, 4);
	assert_string_equal(text, "ffffffff-ffff-4fff-bfff-ffffffffffff");
	memset(bytes, 0, sizeof bytes);
	uuid_format(text, bytes, 8);
	assert_string_equal(text, "00000000-0000-8000-8000-000000000000");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(writes_as_the_original),
		cmocka_unit_test(reads_what_partners_write),
		cmocka_unit_test(refuses_what_is_none),
		cmocka_unit_test(uuids_have_their_version),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
