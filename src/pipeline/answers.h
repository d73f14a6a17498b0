/* answers: one answer per record. Before verify2 sends anything, the packets of the partner that are answered, and our answers, are
 * stored durably; a run that starts again sends those bytes and no others, whatever the partner has put in their place by then.
 * Two answers to different packets for one share would give linear equations on it (SECURITY.md, "One answer").
 *
 * A sealed file in the journal: for each answered record, in order: its number (8), the partner's packet, our packet; then a final
 * number of 2^64 - 1. */
#ifndef PIPELINE_ANSWERS_H
#define PIPELINE_ANSWERS_H

#include "pipeline/run.h"

struct answer {
	uint64_t record;
	struct prio_verify1_packet partner;
	struct prio_verify2_packet own;
};

struct answers_writer;
PRIO_MUST_USE enum prio_status answers_create(struct answers_writer **writer, const struct run *run,
					      const struct batch_run *batch, struct prio_error *error);
PRIO_MUST_USE enum prio_status answers_add(struct answers_writer *writer, const struct answer *answer, struct prio_error *error);
/* answers_commit: durable from here on; frees the writer, also where it fails. answers_abort(NULL) is fine. */
PRIO_MUST_USE enum prio_status answers_commit(struct answers_writer *writer, struct prio_error *error);
void answers_abort(struct answers_writer *writer);

struct answers_reader;
/* answers_open: *reader is NULL if none were stored. PRIO_ERR_FORMAT if they do not open: the run must stop. */
PRIO_MUST_USE enum prio_status answers_open(struct answers_reader **reader, const struct run *run,
					    const struct batch_run *batch, struct prio_error *error);
/* answers_next: the next one; record is UINT64_MAX at the end. */
PRIO_MUST_USE enum prio_status answers_next(struct answers_reader *reader, struct answer *answer, struct prio_error *error);
void answers_close(struct answers_reader *reader); /* NULL is fine */

#endif
