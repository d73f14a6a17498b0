/* dedup: repeated ids and copied shares (SECURITY.md, "Duplicates"; FORMAT.md 7.2). The one place that knows the rule.
 *
 * It looks at all shares of a batch that opened, and at nothing else, and gives each a verdict:
 *
 *   byte-identical shares under one id          one of them counts, the other copies are DUPLICATE
 *   different shares under one id               all are CONFLICTING_ID
 *   equal ephemeral keys under different ids    the bytewise smallest id counts, the others are COPIED_SHARE;
 *                                               asked only among records that the lines above let pass
 *
 * What each share is known by is three hashes and a number, so that memory stays under 100 bytes a record. Ids themselves
 * are needed only for shares that were copied; they are asked for after the first step:
 *
 *     dedup_add for every share that opened
 *     dedup_resolve, or shard by shard: dedup_resolve_ids for all, dedup_resolve_copies for all, dedup_resolve_end
 *     if dedup_n_needed: go through the records again, and where dedup_needs_id, dedup_set_id; where that many ids may take too
 *         much memory, once for each piece that dedup_ask gives
 *     dedup_finish
 *     dedup_verdict for any share
 *
 * What may be called by several threads at once: dedup_add and dedup_resolve_ids as different workers, dedup_resolve_copies with
 * different shards, dedup_needs_id and dedup_verdict. Verdicts do not depend on who added what, nor on the order. */
#ifndef STAGE_DEDUP_H
#define STAGE_DEDUP_H

#include <stdbool.h>

#include "prio/bytes.h"
#include "prio/status.h"
#include "record/join.h"

/* Shares are spread over shards by their hashes, so that each shard is small and all processors have one. */
enum { DEDUP_HASH_BYTES = 16, DEDUP_SHARDS = 64 };

struct dedup_rules {
	bool withhold_repeated;   /* every copy of a repeated id is WITHHELD, identical or not: beside an original partner */
	bool allow_copied_shares; /* equal ephemeral keys are fine: test data made by repetition */
};

struct dedup;
PRIO_MUST_USE enum prio_status dedup_new(struct dedup **dedup, const struct dedup_rules *rules, unsigned n_workers);
void dedup_free(struct dedup *dedup); /* NULL is fine */

/* dedup_add: enter a share that opened.
 *
 *   worker           below n_workers
 *   id, epk, share   hashes that nobody outside can aim at (keyed, or 16 bytes of a cryptographic hash) of the id's bytes,
 *                    of the ephemeral public key, and of the whole sealed share or what stands for it.
 *   seq              the share's number, different for each. Of identical copies the one with the smallest counts.
 *
 * PRIO_OK or PRIO_ERR_MEMORY. */
PRIO_MUST_USE enum prio_status dedup_add(struct dedup *dedup, unsigned worker, const struct join_hash *id,
					 const uint8_t epk[DEDUP_HASH_BYTES], const uint8_t share[DEDUP_HASH_BYTES],
					 uint64_t seq);

/* dedup_resolve_*: decide all that hashes decide, in this order, after the last dedup_add: the ids of each shard below DEDUP_SHARDS,
 * once; when all are done, the copies of each shard, once; then the end. PRIO_OK or PRIO_ERR_MEMORY. */
PRIO_MUST_USE enum prio_status dedup_resolve_ids(struct dedup *dedup, unsigned worker, size_t shard);
PRIO_MUST_USE enum prio_status dedup_resolve_copies(struct dedup *dedup, size_t shard);
PRIO_MUST_USE enum prio_status dedup_resolve_end(struct dedup *dedup);

/* dedup_resolve: all of these, on one thread. */
PRIO_MUST_USE enum prio_status dedup_resolve(struct dedup *dedup);

/* dedup_any_refused: may dedup_verdict be anything but PRIO_OK for some share? After dedup_resolve_end. */
bool dedup_any_refused(const struct dedup *dedup);

/* dedup_ask: from now on ask for the ids of the next n_keys of the ephemeral keys that stand under several, and no others; without it,
 * for all. Of each key asked for, one id at a time is held in memory, and none any more after the next call. Returns false when
 * there are no more. n_keys: not 0. */
bool dedup_ask(struct dedup *dedup, size_t n_keys);

/* How many ids dedup_finish waits for; whether this share's is one of them, and asked for. */
size_t dedup_n_needed(const struct dedup *dedup);
bool dedup_needs_id(const struct dedup *dedup, uint64_t seq);

/* dedup_set_id: the id of a share that needs it, copied where it is the smallest so far of those that share an ephemeral
 * key. PRIO_OK; PRIO_ERR_ARGUMENT where dedup_needs_id is false or the id was set before; PRIO_ERR_MEMORY. */
PRIO_MUST_USE enum prio_status dedup_set_id(struct dedup *dedup, uint64_t seq, struct prio_bytes id);

/* dedup_finish: decide the rest. PRIO_OK, or PRIO_ERR_CHANGED if an id that was asked for was never set: the input is not
 * what it was when the shares were entered. */
PRIO_MUST_USE enum prio_status dedup_finish(struct dedup *dedup);

/* dedup_verdict: PRIO_OK, or PRIO_REFUSED_DUPLICATE, _CONFLICTING_ID, _COPIED_SHARE, _WITHHELD. After dedup_finish only. A
 * number that was never entered is PRIO_OK. */
enum prio_status dedup_verdict(const struct dedup *dedup, uint64_t seq);

#endif
