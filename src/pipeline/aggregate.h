/* aggregate: accept or refuse by the two answers, and send this server's total over the accepted records. */
#ifndef PIPELINE_AGGREGATE_H
#define PIPELINE_AGGREGATE_H

#include "pipeline/run.h"

/* aggregate_batch: join our answers with the partner's by id, settle, write the aggregate record. A batch without a match, or
 * that may not be released (release.h), ends (BATCH_NOT_PUBLISHED) and sends nothing. Needs verify2_batch before. Unlike the
 * stages before it can be sent again with a further batch: a batch that ended here may go on after a repair.
 *
 *   total   out: the caller's, prio_total_free; NULL if the batch ended. */
PRIO_MUST_USE enum prio_status aggregate_batch(struct run *run, struct batch_run *batch, struct prio_total **total,
					       struct prio_error *error);

#endif
