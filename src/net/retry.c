#include "net/retry.h"

#include <string.h>

#include <curl/curl.h>

enum { BASE_DELAY_MS = 100, MAX_DELAY_MS = 20000, MAX_ATTEMPTS = 8 };

static bool is_one_of(const char *word, const char *const *words, size_t n_words)
{
	for (size_t i = 0; i < n_words; i++)
		if (strcmp(word, words[i]) == 0)
			return true;
	return false;
}

/* The server says that it has done nothing, and that another time would be better. ExistingObjectIsDirectory: what versitygw says also
 * where another request removed the empty directory into which it was about to put an object. */
static bool is_put_off(int code, const char *error_code)
{
	static const char *const words[] = {"SlowDown",		    "SlowDownRead",	     "SlowDownWrite",
					    "TooManyRequests",	    "Throttling",	     "ThrottlingException",
					    "RequestLimitExceeded", "OperationAborted",	     "ConditionalRequestConflict",
					    "ExistingObjectIsDirectory"};

	return code == 429 || is_one_of(error_code, words, sizeof words / sizeof *words);
}

/* The server failed, or what it got was not what we sent. */
static bool is_passing(int code, const char *error_code)
{
	static const char *const words[] = {"RequestTimeout", "InternalError",	"InternalServerError", "ServiceUnavailable",
					    "BadDigest",      "IncompleteBody", "InvalidDigest",
					    "XAmzContentSHA256Mismatch", "XAmzContentChecksumMismatch"};

	return code == 408 || code == 500 || code == 502 || code == 503 || code == 504 ||
	       is_one_of(error_code, words, sizeof words / sizeof *words);
}

bool retry_is_due(enum http_outcome outcome, int code, const char *error_code, bool may_repeat)
{
	switch (outcome) {
	case HTTP_NOT_SENT:
		return true;
	case HTTP_LOST:
		return may_repeat;
	case HTTP_ANSWERED:
		return is_put_off(code, error_code) || (may_repeat && is_passing(code, error_code));
	default:
		return false;
	}
}

unsigned retry_max_attempts(const struct retry_policy *policy)
{
	return policy->max_attempts == 0 ? MAX_ATTEMPTS : policy->max_attempts;
}

/* Seconds, or one of the three forms of an HTTP date, which libcurl reads; 0 for anything else. No more than max_ms. */
static uint32_t wait_asked_for_ms(const char *retry_after, time_t now, uint32_t max_ms)
{
	uint64_t seconds = 0;

	if (retry_after == NULL || *retry_after == '\0')
		return 0;
	if (retry_after[strspn(retry_after, "0123456789")] == '\0') {
		for (; *retry_after != '\0' && seconds <= max_ms; retry_after++)
			seconds = 10 * seconds + (uint64_t)(*retry_after - '0');
	} else {
		time_t then = curl_getdate(retry_after, NULL);

		if (then != -1 && then > now)
			seconds = (uint64_t)then - (uint64_t)now;
	}
	return seconds > max_ms / 1000 ? max_ms : (uint32_t)(1000 * seconds);
}

uint32_t retry_delay_ms(const struct retry_policy *policy, unsigned n, uint32_t random, const char *retry_after, time_t now)
{
	uint32_t max_ms = policy->max_delay_ms == 0 ? MAX_DELAY_MS : policy->max_delay_ms;
	uint64_t cap_ms = policy->base_delay_ms == 0 ? BASE_DELAY_MS : policy->base_delay_ms;

	for (unsigned i = 1; i < n && cap_ms < max_ms; i++)
		cap_ms *= 2;
	if (cap_ms > max_ms)
		cap_ms = max_ms;

	uint32_t delay_ms = (uint32_t)((cap_ms + 1) * random >> 32);
	uint32_t asked_ms = wait_asked_for_ms(retry_after, now, max_ms);
	return delay_ms > asked_ms ? delay_ms : asked_ms;
}
