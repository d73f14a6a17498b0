/* wait: for the marker that says a directory is complete. */
#ifndef PIPELINE_WAIT_H
#define PIPELINE_WAIT_H

#include "base/log.h"
#include "prio/status.h"
#include "store/store.h"

/* RETRY_LIMIT, RETRY_DELAY, RETRY_BACKOFF_EXPONENT: RETRY_LIMIT + 1 sleeps of delay, delay * exponent, ... seconds. */
struct retry_rule {
	uint64_t limit;
	double delay_s;
	double backoff_exponent;
};

/* retry_rule_total_s: how long all its sleeps take together. */
double retry_rule_total_s(const struct retry_rule *rule);

/* Is what is waited for there? PRIO_OK; PRIO_ERR_NOT_FOUND: not yet; anything else ends the wait. */
typedef enum prio_status wait_look(void *context, struct prio_error *error);

/* wait_until: look until it is there. Says in the log what it waits for, and until when.
 * PRIO_OK; PRIO_ERR_TIMEOUT after the last sleep; PRIO_ERR_STOPPED; or what look returned. */
PRIO_MUST_USE enum prio_status wait_until(wait_look *look, void *context, const struct retry_rule *rule, const char *what,
					  struct log *log, struct prio_error *error);

/* wait_for_any: until one of n_keys objects of a store exists; *found says which. */
PRIO_MUST_USE enum prio_status wait_for_any(struct store *store, const char *const *keys, size_t n_keys,
					    const struct retry_rule *rule, const char *what, size_t *found, struct log *log,
					    struct prio_error *error);

#endif
