/* refused: the list of records that a stage of one batch refused, for the operator: {prefix}/processed/refused/batch/stage.json in
 * the private bucket, one object a line: {"id": ..., "reason": ..., "part": ..., "offset": ...}. It appears when the stage is
 * through; a stage that refused nothing leaves none. */
#ifndef PIPELINE_REFUSED_H
#define PIPELINE_REFUSED_H

#include "pipeline/run.h"

/* refused_list: count (in batch->refused) and list the records that the stage took out (refused_at), and with STAGE_VERIFY1 the
 * lines that did not open, in the order of the raw parts. */
PRIO_MUST_USE enum prio_status refused_list(struct run *run, struct batch_run *batch, enum stage stage,
					    struct prio_error *error);

#endif
