/* Each row is one way for an attempt to end. The delays are worked out by hand: jitter takes a share of a cap that doubles. */
#include "tests/unit/cmocka_all.h"

#include "net/retry.h"

enum { NEVER, IF_REPEATABLE, ALWAYS };

static const struct {
	enum http_outcome outcome;
	int code;
	const char *error_code;
	int due;
} endings[] = {
	{HTTP_NOT_SENT, 0, "", ALWAYS},
	{HTTP_LOST, 0, "", IF_REPEATABLE},
	{HTTP_LOST, 200, "", IF_REPEATABLE},
	{HTTP_UNTRUSTED, 0, "", NEVER},
	{HTTP_TOO_LARGE, 200, "", NEVER},
	{HTTP_STOPPED, 0, "", NEVER},
	{HTTP_FAILED, 0, "", NEVER},
	{HTTP_ANSWERED, 200, "", NEVER},
	{HTTP_ANSWERED, 200, "InternalError", IF_REPEATABLE}, /* as CompleteMultipartUpload may say it */
	{HTTP_ANSWERED, 206, "", NEVER},
	{HTTP_ANSWERED, 301, "PermanentRedirect", NEVER},
	{HTTP_ANSWERED, 400, "InvalidArgument", NEVER},
	{HTTP_ANSWERED, 400, "RequestTimeout", IF_REPEATABLE},
	{HTTP_ANSWERED, 400, "BadDigest", IF_REPEATABLE},
	{HTTP_ANSWERED, 400, "XAmzContentChecksumMismatch", IF_REPEATABLE},
	{HTTP_ANSWERED, 400, "XAmzContentSHA256Mismatch", IF_REPEATABLE},
	{HTTP_ANSWERED, 400, "IncompleteBody", IF_REPEATABLE},
	{HTTP_ANSWERED, 403, "AccessDenied", NEVER},
	{HTTP_ANSWERED, 403, "", NEVER},
	{HTTP_ANSWERED, 404, "NoSuchKey", NEVER},
	{HTTP_ANSWERED, 408, "", IF_REPEATABLE},
	{HTTP_ANSWERED, 409, "BucketNotEmpty", NEVER},
	{HTTP_ANSWERED, 409, "ConditionalRequestConflict", ALWAYS},
	{HTTP_ANSWERED, 409, "ExistingObjectIsDirectory", ALWAYS},
	{HTTP_ANSWERED, 409, "OperationAborted", ALWAYS},
	{HTTP_ANSWERED, 412, "PreconditionFailed", NEVER},
	{HTTP_ANSWERED, 416, "InvalidRange", NEVER},
	{HTTP_ANSWERED, 429, "", ALWAYS},
	{HTTP_ANSWERED, 500, "InternalError", IF_REPEATABLE},
	{HTTP_ANSWERED, 501, "NotImplemented", NEVER},
	{HTTP_ANSWERED, 502, "", IF_REPEATABLE},
	{HTTP_ANSWERED, 503, "ServiceUnavailable", IF_REPEATABLE},
	{HTTP_ANSWERED, 503, "SlowDown", ALWAYS},
	{HTTP_ANSWERED, 504, "", IF_REPEATABLE},
	{HTTP_ANSWERED, 507, "InsufficientStorage", NEVER},
};

static void says_what_is_repeated(void **unused)
{
	(void)unused;
	for (size_t i = 0; i < COUNT_OF(endings); i++) {
		for (int may_repeat = 0; may_repeat <= 1; may_repeat++) {
			bool want = endings[i].due == ALWAYS || (endings[i].due == IF_REPEATABLE && may_repeat);

			if (retry_is_due(endings[i].outcome, endings[i].code, endings[i].error_code, may_repeat) != want)
				fail_msg("outcome %d, code %d %s, may repeat %d: not %d", (int)endings[i].outcome, endings[i].code,
					 endings[i].error_code, may_repeat, want);
		}
	}
}

static void delays_double_and_are_capped(void **unused)
{
	static const struct {
		unsigned n;
		uint32_t cap_ms;
	} rows[] = {{1, 100}, {2, 200}, {3, 400}, {8, 12800}, {9, 20000}, {10, 20000}, {64, 20000}, {UINT32_MAX, 20000}};
	const struct retry_policy policy = {0};

	(void)unused;
	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		assert_int_equal(retry_delay_ms(&policy, rows[i].n, 0, NULL, 0), 0);
		assert_int_equal(retry_delay_ms(&policy, rows[i].n, UINT32_C(1) << 31, NULL, 0), (rows[i].cap_ms + 1) / 2);
		assert_int_equal(retry_delay_ms(&policy, rows[i].n, UINT32_MAX, NULL, 0), rows[i].cap_ms);
	}

	const struct retry_policy other = {.base_delay_ms = 3, .max_delay_ms = 10};
	assert_int_equal(retry_delay_ms(&other, 1, UINT32_MAX, NULL, 0), 3);
	assert_int_equal(retry_delay_ms(&other, 2, UINT32_MAX, NULL, 0), 6);
	assert_int_equal(retry_delay_ms(&other, 3, UINT32_MAX, NULL, 0), 10);

	const struct retry_policy widest = {.base_delay_ms = UINT32_MAX, .max_delay_ms = UINT32_MAX};
	assert_int_equal(retry_delay_ms(&widest, 1000, UINT32_MAX, NULL, 0), UINT32_MAX);
}

static void honours_retry_after(void **unused)
{
	static const struct {
		const char *value;
		uint32_t want_ms;
	} rows[] = {
		{"0", 0},
		{"3", 3000},
		{"20", 20000},
		{"21", 20000}, /* capped */
		{"99999999999999999999999999", 20000},
		{"", 0},
		{"-3", 0},
		{"soon", 0},
		{"Sun, 06 Nov 1994 08:49:37 GMT", 7000},
		{"Sunday, 06-Nov-94 08:49:37 GMT", 7000},
		{"Sun Nov  6 08:49:37 1994", 7000},
		{"Sun, 06 Nov 1994 08:49:29 GMT", 0}, /* gone by */
		{"Mon, 07 Nov 1994 08:49:37 GMT", 20000},
	};
	const struct retry_policy policy = {0};
	const time_t now = 784111770; /* Sun, 06 Nov 1994 08:49:30 GMT */

	(void)unused;
	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		uint32_t got_ms = retry_delay_ms(&policy, 1, 0, rows[i].value, now);

		if (got_ms != rows[i].want_ms)
			fail_msg("Retry-After: %s: %u ms instead of %u", rows[i].value, got_ms, rows[i].want_ms);
	}
	/* The longer of both counts. */
	assert_int_equal(retry_delay_ms(&policy, 9, UINT32_MAX, "3", now), 20000);
}

static void has_a_default_of_attempts(void **unused)
{
	(void)unused;
	assert_int_equal(retry_max_attempts(&(struct retry_policy){0}), 8);
	assert_int_equal(retry_max_attempts(&(struct retry_policy){.max_attempts = 3}), 3);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(says_what_is_repeated),
		cmocka_unit_test(delays_double_and_are_capped),
		cmocka_unit_test(honours_retry_after),
		cmocka_unit_test(has_a_default_of_attempts),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
