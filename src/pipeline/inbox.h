/* inbox: what the partner sent for one batch at one stage. Where the partner wrote a manifest, exactly the parts that it names are
 * read, and each must be what it says; an original partner writes none, and everything in the batch's directory is read. */
#ifndef PIPELINE_INBOX_H
#define PIPELINE_INBOX_H

#include "pipeline/run.h"
#include "stage/messages.h"

/* inbox_wait: for the top _SUCCESS of a stage, and the manifest that answers what we sent: a marker that an earlier run left there
 * is not taken. Warns, once, of a partner without manifests; with REQUIRE_MANIFEST it is an error. */
PRIO_MUST_USE enum prio_status inbox_wait(struct run *run, enum stage stage, struct prio_error *error);

/* inbox_load: read its messages into a join table of packets (struct prio_verify1_packet or prio_verify2_packet).
 *
 *   partition   only ids of this part of all hashes.
 *   join        out: the caller's, join_free; NULL if the partner sent nothing for this batch. */
PRIO_MUST_USE enum prio_status inbox_load(struct run *run, struct batch_run *batch, enum stage stage, struct partition partition,
					  struct join **join, struct prio_error *error);

/* inbox_partitions: how many parts its table needs, by the size of its messages. */
PRIO_MUST_USE enum prio_status inbox_partitions(struct run *run, struct batch_run *batch, enum stage stage, uint32_t *n,
						struct prio_error *error);

/* inbox_take: the partner's packet for an id, or PRIO_ERR_NOT_FOUND if the id is in another part of the hashes. Returns PRIO_OK with
 * *packet (valid until the table is freed), or why the record is refused: UNMATCHED, PARTNER_PACKET, PARTNER_CONFLICT; or an error.
 * Workers may take at once, each other ids. */
PRIO_MUST_USE enum prio_status inbox_take(const struct run *run, struct join *join, struct partition partition,
					  struct prio_bytes id, const void **packet, struct prio_error *error);

/* inbox_read_aggregate: the text of the partner's one aggregate record, in fresh memory that the caller frees.
 * PRIO_ERR_NOT_FOUND if there is none; PRIO_ERR_FORMAT if there is more than one part with text in it, or it is not the one that
 * the manifest names. */
PRIO_MUST_USE enum prio_status inbox_read_aggregate(struct run *run, struct batch_run *batch, struct prio_mut *text,
						    struct prio_error *error);

#endif
