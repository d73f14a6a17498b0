/* join: match records by id. A table from keyed id hashes to small fixed-size values, under 100 bytes an entry.
 *
 * Ids are strangers' bytes: their hash is keyed (by the caller), so nobody can aim for collisions. */
#ifndef RECORD_JOIN_H
#define RECORD_JOIN_H

#include <stdbool.h>

#include "prio/bytes.h"
#include "prio/status.h"

enum { JOIN_HASH_BYTES = 16, JOIN_VALUE_BYTES_MAX = 48 };

struct join_hash {
	uint8_t bytes[JOIN_HASH_BYTES];
};

/* One entry's bookkeeping beside its value. */
enum join_state {
	JOIN_FRESH,       /* seen once, not matched yet */
	JOIN_CONFLICT,    /* seen with different values */
	JOIN_UNREADABLE,  /* seen with a value that could not be read */
	JOIN_MATCHED,     /* taken by join_take */
};

struct join;

/* join_new: value_bytes: the size of each value, at most JOIN_VALUE_BYTES_MAX. */
PRIO_MUST_USE enum prio_status join_new(struct join **join, size_t value_bytes);
void join_free(struct join *join);

/* join_reserve: about so many hashes will come: while they do, the table need not be spread out anew. Before the first join_add.
 * PRIO_OK or PRIO_ERR_MEMORY. */
PRIO_MUST_USE enum prio_status join_reserve(struct join *join, size_t n_entries);

/* join_add: enter a value under a hash. A second one with the same bytes changes nothing but the copy count; one with other
 * bytes makes the entry JOIN_CONFLICT. value NULL: the message under this id could not be read (JOIN_UNREADABLE, unless it
 * conflicts already or a readable value is there, which makes it JOIN_CONFLICT). PRIO_OK or PRIO_ERR_MEMORY. */
PRIO_MUST_USE enum prio_status join_add(struct join *join, const struct join_hash *hash, const void *value);

/* join_take: look up a hash and mark a fresh entry as matched.
 * *value: the value's bytes (valid until the next join_add), NULL if there is none. *n_copies: how often it was added.
 * *state: what the entry was before. Returns true if the hash is there.
 * Several threads may take at once, as long as no two take one hash and nobody adds. */
bool join_take(struct join *join, const struct join_hash *hash, const void **value, enum join_state *state,
	       uint32_t *n_copies);

/* join_find: the same without marking it: a look at what join_take would give. */
bool join_find(const struct join *join, const struct join_hash *hash, const void **value, enum join_state *state,
	       uint32_t *n_copies);

/* How many different hashes it holds, and how many of them were never taken. */
size_t join_size(const struct join *join);
size_t join_unmatched(const struct join *join);

#endif
