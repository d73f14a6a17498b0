/* memory_store: a bucket in memory, small and slow, for targets that need objects at hand; and a stream over bytes. */
#ifndef FUZZ_HARNESS_MEMORY_STORE_H
#define FUZZ_HARNESS_MEMORY_STORE_H

#include "store/store.h"

/* memory_stream: the bytes, which stay the caller's, as a stream; stream_close frees it. */
struct stream *memory_stream(struct prio_bytes bytes);

/* memory_store: empty; store_free frees it with all that is in it. Listings come in bytewise order, and every version
 * of an object is the same, since nothing here changes behind anybody's back. */
struct store *memory_store(void);

/* memory_store_put: an object under any key, also one that no store would take: a listing shows what others wrote. */
void memory_store_put(struct store *store, const char *key, struct prio_bytes bytes);

/* memory_store_look: an object's bytes, valid until it changes; p is NULL if it is not there. */
struct prio_bytes memory_store_look(const struct store *store, const char *key);

#endif
