/* open_tasks: the first pass of verify1, in parallel: open every share once, leave a checkpoint a task. */
#ifndef PIPELINE_OPEN_TASKS_H
#define PIPELINE_OPEN_TASKS_H

#include "crypt/sha256.h"
#include "pipeline/run.h"
#include "stage/opener.h"

/* open_tasks: make the checkpoint of every task of a batch, or keep the one that is there and belongs to the same inputs; count
 * lines and opened shares, and number the records (first_record, kept). */
PRIO_MUST_USE enum prio_status open_tasks(struct run *run, struct batch_run *batch, struct prio_error *error);

/* share_digest: 16 bytes of SHA-256 over a sealed share's ephemeral key, nonce, tag and length: equal for copies. epk_hash: of
 * the ephemeral key alone. */
PRIO_MUST_USE enum prio_status hash_share(struct sha256 *sha, const struct opened_record *record,
					  uint8_t epk_hash[CHECKPOINT_HASH_BYTES], uint8_t share_digest[CHECKPOINT_HASH_BYTES],
					  struct prio_error *error);

#endif
