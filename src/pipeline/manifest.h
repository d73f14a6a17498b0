/* manifest: what a server says of a stage that it sent: _manifest.json at the top of the stage's directory, written before the top
 * marker, signed under the shared secret (signed_json.h), ignored by the original.
 *
 *     {"format": 1, "server": "A", "stage": "verify2", "answers": digest of the partner's manifest that it was computed from,
 *      "batches": [{"batch_id", "commitment", "n_data", "precision", "prg", "parts": [{"name", "size", "sha256"}], ...}]}
 *
 * Source: FORMAT.md, "Manifests". */
#ifndef PIPELINE_MANIFEST_H
#define PIPELINE_MANIFEST_H

#include "pipeline/run.h"

/* manifest_write: of everything in batches[].sent[stage]: to the partner's bucket, then to the private one; sets own_digest. */
PRIO_MUST_USE enum prio_status manifest_write(struct run *run, enum stage stage, struct prio_error *error);

/* manifest_was_written: would manifest_write write the very manifest that an earlier run wrote? */
PRIO_MUST_USE enum prio_status manifest_was_written(const struct run *run, enum stage stage, bool *was,
						    struct prio_error *error);

/* manifest_read: the partner's, into run->stages[stage].partner. PRIO_ERR_NOT_FOUND: there is none. PRIO_ERR_MISMATCH or _FORMAT:
 * there is one that our partner did not write for us, in words. */
PRIO_MUST_USE enum prio_status manifest_read(struct run *run, enum stage stage, struct prio_error *error);

/* manifest_is_current: does the partner's manifest answer what we sent at the stage before? */
bool manifest_is_current(const struct run *run, enum stage stage);

/* manifest_batch: what the partner's manifest says of a batch; NULL if it does not name it. */
const json_t *manifest_batch(const struct run *run, enum stage stage, const struct batch_run *batch);

/* manifest_describe: a new object with the members that every entry of a batch has. */
json_t *manifest_describe(const struct batch_run *batch);

/* manifest_check_batch: do the servers agree on the batch's parameters? If not, the batch ends, with what differs in words. */
void manifest_check_batch(struct run *run, struct batch_run *batch, const json_t *entry);

#endif
