/* fault: a store that does what surroundings do at their worst, at one chosen moment. For tests only.
 *
 * Wrapped stores count the changes that are asked of them, all stores of a process together and from 1 on: an object begun
 * (create), committed, put; each name of a deletion; a lock taken; a sweep. One of them can go wrong. Each change is noted in a
 * log before it is made, so the log holds at least what left the process, also where the process ended in between. */
#ifndef TESTS_CRASH_FAULT_H
#define TESTS_CRASH_FAULT_H

#include <stdint.h>

#include "store/store.h"

enum fault_kind {
	FAULT_NONE,
	FAULT_BEFORE, /* the process ends by SIGKILL before the change */
	FAULT_AFTER,  /* or after it */
	FAULT_FULL,   /* the change fails as on a full disk: PRIO_ERR_FULL */
	FAULT_IO,     /* or as on a broken one: PRIO_ERR_IO */
};

/* fault_plan: what goes wrong, and at which change: by its number, or where that is 0 and key_end is not NULL, the first one of a key
 * that ends so; log: descriptor that a line goes to for each change, or -1:
 *
 *     number TAB role TAB create|commit|put|delete|lock|sweep TAB key TAB SHA-256 of the content, or "-"
 */
void fault_plan(enum fault_kind kind, uint64_t at, const char *key_end, int log);

/* fault_wrap: takes the store; freeing the new one frees it. role: a static string, for the log. Never NULL. Thread-safe once
 * planned. */
struct store *fault_wrap(struct store *store, const char *role);

#endif
