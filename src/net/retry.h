/* retry: which attempts are repeated, and when. Pure: no clock, no sleep, no randomness of its own. */
#ifndef NET_RETRY_H
#define NET_RETRY_H

#include <stdbool.h>
#include <stdint.h>
#include <time.h>

#include "net/http.h"

struct retry_policy {
	unsigned max_attempts;  /* 0: 8 */
	uint32_t base_delay_ms; /* 0: 100 */
	uint32_t max_delay_ms;  /* 0: 20,000 */
};

/* retry_is_due: should an attempt that ended so be repeated?
 *
 *   code         HTTP status, where outcome is HTTP_ANSWERED
 *   error_code   the S3 error code of the answer's body ("SlowDown", "RequestTimeout", "InternalError"...), "" if there is none
 *   may_repeat   doing it twice is doing it once
 *
 * HTTP_NOT_SENT always; HTTP_LOST and 500, 502, 503, 504, 408, RequestTimeout, BadDigest and the like (a body that was
 * damaged on its way) if it may be repeated; 429, SlowDown and its like, and a conflict with another request (two at once) always, for
 * nothing was done then. */
bool retry_is_due(enum http_outcome outcome, int code, const char *error_code, bool may_repeat);

/* retry_max_attempts: of a policy, the default put in. */
unsigned retry_max_attempts(const struct retry_policy *policy);

/* retry_delay_ms: before attempt n + 1 (n from 1): full jitter over a capped exponential, never less than Retry-After
 * (seconds, or an HTTP date; NULL: not sent), which itself is capped at max_delay_ms.
 *
 *   random   32 uniform bits
 *   now      for Retry-After with a date */
uint32_t retry_delay_ms(const struct retry_policy *policy, unsigned n, uint32_t random, const char *retry_after, time_t now);

#endif
