/* publish: add both servers' totals and write the result. */
#ifndef PIPELINE_PUBLISH_H
#define PIPELINE_PUBLISH_H

#include "pipeline/run.h"

/* publish_batch: total is ours, from aggregate_batch (recombined here where the batch has a precision). The accepted sets must
 * be equal where the partner's manifest says its own, its record must
 * say the same total and error, and no sum may exceed what the accepted records can add up to: sums over different sets of records
 * are random numbers. What does not fit ends the batch (BATCH_NOT_PUBLISHED); else it is BATCH_PUBLISHED. */
PRIO_MUST_USE enum prio_status publish_batch(struct run *run, struct batch_run *batch, struct prio_total *total,
					     struct prio_error *error);

#endif
