/* verify2: answer the partner's verify1 packets. */
#ifndef PIPELINE_VERIFY2_H
#define PIPELINE_VERIFY2_H

#include "pipeline/run.h"

/* verify2_batch: join our opened records with the partner's verify1 by id; write our answers, keep them in records, list what is
 * refused. A batch without any match ends (BATCH_NOT_PUBLISHED). Needs verify1_batch before. */
PRIO_MUST_USE enum prio_status verify2_batch(struct run *run, struct batch_run *batch, struct prio_error *error);

#endif
