#include "pipeline/wait.h"

#include <time.h>

#include "base/clock.h"
#include "base/error.h"
#include "pipeline/exec.h"

enum { SLICE_MS = 100 };
static const double longest_sleep_s = 7 * 24 * 3600.0;

/* Sleep in slices, so that a signal ends it soon. */
static enum prio_status sleep_for(double seconds, struct prio_error *error)
{
	uint64_t end_ms = clock_monotonic_ms() + (uint64_t)(seconds * 1000);

	for (;;) {
		uint64_t now_ms = clock_monotonic_ms();
		uint64_t left_ms = now_ms < end_ms ? end_ms - now_ms : 0;
		uint64_t slice_ms = left_ms < SLICE_MS ? left_ms : SLICE_MS;
		struct timespec slice = {0, (long)slice_ms * 1000000};
		enum prio_status status = exec_check_stop(error);

		if (status != PRIO_OK || left_ms == 0)
			return status;
		nanosleep(&slice, NULL);
	}
}

static double capped(double seconds)
{
	return seconds < longest_sleep_s ? seconds : longest_sleep_s;
}

double retry_rule_total_s(const struct retry_rule *rule)
{
	double sum_s = 0;
	double delay_s = rule->delay_s;

	for (uint64_t i = 0; i <= rule->limit && i < 100000; i++) {
		sum_s += capped(delay_s);
		delay_s = capped(delay_s * rule->backoff_exponent);
	}
	return sum_s;
}

enum prio_status wait_until(wait_look *look, void *context, const struct retry_rule *rule, const char *what, struct log *log,
			    struct prio_error *error)
{
	double delay_s = capped(rule->delay_s);

	for (uint64_t n_sleeps = 0;; n_sleeps++) {
		enum prio_status status = look(context, error);

		if (status != PRIO_ERR_NOT_FOUND)
			return status;
		if (n_sleeps > rule->limit)
			return error_set(error, PRIO_ERR_TIMEOUT,
					 "Reached the maximum number of retries. %s did not come. If the other side needs longer, raise "
					 "RETRY_LIMIT, RETRY_DELAY or RETRY_BACKOFF_EXPONENT and start again",
					 what);
		if (n_sleeps == 0)
			log_info(log, "waiting for %s, for %.0f s at most", what, retry_rule_total_s(rule));
		else
			log_progress(log, false, "still waiting for %s (try %llu of %llu)", what,
				     (unsigned long long)n_sleeps + 1, (unsigned long long)rule->limit + 2);
		status = sleep_for(delay_s, error);
		if (status != PRIO_OK)
			return status;
		delay_s = capped(delay_s * rule->backoff_exponent);
	}
}

struct any {
	struct store *store;
	const char *const *keys;
	size_t n_keys;
	size_t *found;
};

static enum prio_status look_for_any(void *context, struct prio_error *error)
{
	const struct any *any = context;

	for (size_t i = 0; i < any->n_keys; i++) {
		struct store_object object;
		enum prio_status status = store_stat(any->store, any->keys[i], &object, error);

		if (status != PRIO_ERR_NOT_FOUND) {
			*any->found = i;
			return status;
		}
	}
	return PRIO_ERR_NOT_FOUND;
}

enum prio_status wait_for_any(struct store *store, const char *const *keys, size_t n_keys, const struct retry_rule *rule,
			      const char *what, size_t *found, struct log *log, struct prio_error *error)
{
	struct any any = {store, keys, n_keys, found};
	enum prio_status status = wait_until(look_for_any, &any, rule, what, log, error);

	if (status == PRIO_ERR_TIMEOUT)
		error_set(error, status,
			  "Reached the maximum number of retries. %s did not come (%s in %s). If the other side needs longer, raise "
			  "RETRY_LIMIT, RETRY_DELAY or RETRY_BACKOFF_EXPONENT and start again",
			  what, keys[0], store->name);
	return status;
}
