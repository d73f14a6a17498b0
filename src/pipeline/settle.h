/* settle: from tentative sums to this server's total over exactly the accepted records. */
#ifndef PIPELINE_SETTLE_H
#define PIPELINE_SETTLE_H

#include "pipeline/run.h"

/* settle_batch: in parallel over the tasks. Where a task's records were all accepted its tentative sum stands; else the smaller
 * of its refused and its accepted records are read again from the raw parts, by offset, and taken away or added up. A record
 * that is not the one that was opened then is PRIO_ERR_CHANGED.
 *
 *   total   out: the caller's, prio_total_free. */
PRIO_MUST_USE enum prio_status settle_batch(struct run *run, const struct batch_run *batch, struct prio_total **total,
					    struct prio_error *error);

#endif
