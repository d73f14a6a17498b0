/* Paths in buckets: prefixes, and batch ids as directories. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "pipeline/bucket.h"
#include "pipeline/paths.h"

static struct prio_bytes bytes_of(const char *text)
{
	return (struct prio_bytes){(const uint8_t *)text, strlen(text)};
}

static void prefixes_follow_the_names(void **unused)
{
	struct path_names names = {"/data/v1/", "app", "2026-11-22", "AAAA", "bbbb"};
	struct prefixes prefixes;

	(void)unused;
	assert_int_equal(prefixes_make(&prefixes, &names, NULL), PRIO_OK);
	assert_string_equal(prefixes.internal.text, "data/v1/bbbb/app/2026-11-22");
	assert_string_equal(prefixes.external.text, "data/v1/AAAA/app/2026-11-22");
	names.bucket_prefix = "";
	assert_int_equal(prefixes_make(&prefixes, &names, NULL), PRIO_OK);
	assert_string_equal(prefixes.internal.text, "bbbb/app/2026-11-22");
}

static void refuses_names_that_climb(void **unused)
{
	static const struct path_names bad[] = {
		{"data/v1", "..", "2026-11-22", "A", "B"},   {"data/v1", "a/b", "2026-11-22", "A", "B"},
		{"data/v1", "app", "../x", "A", "B"},        {"../../etc", "app", "2026-11-22", "A", "B"},
		{"data//v1", "app", "2026-11-22", "A", "B"}, {"data/v1", "", "2026-11-22", "A", "B"},
	};
	struct prefixes prefixes;
	struct prio_error error;

	(void)unused;
	for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++)
		assert_int_equal(prefixes_make(&prefixes, &bad[i], &error), PRIO_ERR_CONFIG);
}

static void batches_name_directories(void **unused)
{
	static const struct {
		const char *id;
		const char *directory;
		const char *spark; /* as Spark writes it */
	} cases[] = {
		{"content.blocking_blocked-0", "batch_id=content.blocking_blocked-0", "batch_id=content.blocking_blocked-0"},
		{"a=b:c%d", "batch_id=a=b:c%d", "batch_id=a%3Db%3Ac%25d"},
		{"a/b", "batch_id=a%2Fb", "batch_id=a%2Fb"},
		{"tab\there", "batch_id=tab%09here", "batch_id=tab%09here"},
		{"..", "batch_id=..", "batch_id=.."},
	};
	struct path path;
	bool exact;

	(void)unused;
	for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
		struct prio_bytes id = bytes_of(cases[i].id);

		assert_int_equal(path_batch(&path, id, NULL), PRIO_OK);
		assert_string_equal(path.text, cases[i].directory);
		assert_true(path_is_batch(path.text, strlen(path.text), id, &exact));
		assert_true(path_is_batch(cases[i].spark, strlen(cases[i].spark), id, &exact));
		assert_false(path_is_batch("batch_id=other", 14, id, &exact));
		assert_false(path_is_batch("server_id=a", 11, id, &exact));
	}
	assert_true(path_is_batch("batch_id=a%3Ab", 14, bytes_of("a%3Ab"), &exact));
	assert_true(exact);
	assert_true(path_is_batch("batch_id=a%3Ab", 14, bytes_of("a:b"), &exact));
	assert_false(exact);
}

static void too_long_an_id_is_refused(void **unused)
{
	char id[300];
	struct path path;
	struct prio_error error;

	(void)unused;
	memset(id, 'x', sizeof id);
	id[246] = '\0';
	assert_int_equal(path_batch(&path, bytes_of(id), &error), PRIO_OK);
	id[246] = 'x';
	id[247] = '\0';
	assert_int_equal(path_batch(&path, bytes_of(id), &error), PRIO_ERR_CONFIG);
}

static void parts_are_what_readers_read(void **unused)
{
	(void)unused;
	assert_true(path_is_part("part-00000.json"));
	assert_true(path_is_part("data.ndjson"));
	assert_false(path_is_part("_SUCCESS"));
	assert_false(path_is_part(".part-00000.json.crc"));
	assert_false(path_is_part(""));
}

static void buckets_are_directories(void **unused)
{
	static const char *const bad[] = {"", "/", "a/b", "..", "s3://", "gs:///x"};
	static const char *const bad_urls[] = {"file://relative", "minio:9000", "ftp://127.0.0.1", ""};
	const struct bucket_endpoint good = {.url = "file:///tmp"};
	struct store *store = NULL;
	struct prio_error error;

	(void)unused;
	for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++)
		assert_int_equal(bucket_open(&store, &good, bad[i], "V", NULL, &error), PRIO_ERR_CONFIG);
	for (size_t i = 0; i < sizeof bad_urls / sizeof bad_urls[0]; i++) {
		const struct bucket_endpoint endpoint = {.url = bad_urls[i]};

		assert_int_equal(bucket_open(&store, &endpoint, "b", "V", NULL, &error), PRIO_ERR_CONFIG);
	}
	assert_non_null(strstr(error.text, "V"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(prefixes_follow_the_names),  cmocka_unit_test(refuses_names_that_climb),
		cmocka_unit_test(batches_name_directories),   cmocka_unit_test(too_long_an_id_is_refused),
		cmocka_unit_test(parts_are_what_readers_read), cmocka_unit_test(buckets_are_directories),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
