/* clear: after a batch is published, delete exactly what was read for it: raw parts that the journal lists, messages that its
 * published entry lists, our own checkpoints and intermediate files. Top markers and manifests go only when every batch under
 * them is published. Late raw parts, and batches that were not published, stay. The journal and the results stay. */
#ifndef PIPELINE_CLEAR_H
#define PIPELINE_CLEAR_H

#include "pipeline/run.h"

/* clear_published: every published batch that is not cleared yet. A store that does not let us delete is only warned of.
 * KEEP_STATE: deletes nothing. */
PRIO_MUST_USE enum prio_status clear_published(struct run *run, struct prio_error *error);

/* clear_complete: if all batches with data are published, the journal's complete entry, and then the markers. */
PRIO_MUST_USE enum prio_status clear_complete(struct run *run, struct prio_error *error);

/* clear_markers: the second half of clear_complete, for a run that ended between the two. Clearing is journaled as done only if all
 * could be deleted, here and before. */
PRIO_MUST_USE enum prio_status clear_markers(struct run *run, struct prio_error *error);

/* clear_everything: for "cleanup": all that this server's buckets hold under its prefix, the journal and results excepted. */
PRIO_MUST_USE enum prio_status clear_everything(struct run *run, struct prio_error *error);

/* clear_forget: for "cleanup --forget": a batch's raw shares together with its journal. */
PRIO_MUST_USE enum prio_status clear_forget(struct run *run, struct batch_run *batch, struct prio_error *error);

#endif
