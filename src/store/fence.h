/* fence: a store that changes nothing any more once a lock is lost.
 *
 * A lock on S3 is a lease: a process that was asleep for longer than it lasts wakes up believing that it holds it, while another
 * one has taken over. Asked before every change, the lock says so, as long as clocks run alike for one lease (DESIGN.md). */
#ifndef STORE_FENCE_H
#define STORE_FENCE_H

#include "store/store.h"

/* store_fence: a store that passes everything on to inner, and asks lock before each change, also before each repetition of a request:
 * PRIO_ERR_BUSY if it is lost. Nothing was changed then, but for what an earlier attempt, whose answer was lost, may have done.
 *
 *   inner   becomes the fence's: store_free of the fence frees it. On failure it stays the caller's.
 *   lock    lent; may be released when no change is made any more
 *
 * PRIO_OK, PRIO_ERR_MEMORY. */
enum prio_status store_fence(struct store **store, struct store *inner, struct store_lock *lock, struct prio_error *error);

#endif
