/* verify1: the second pass, over the checkpoints of the whole batch: repeated ids and copied shares, then the outgoing parts. */
#ifndef PIPELINE_VERIFY1_H
#define PIPELINE_VERIFY1_H

#include "pipeline/run.h"

/* verify1_batch: after open_tasks. Gives every opened record its verdict, writes the verify1 packets of those that stay in, and
 * lists what is refused. A batch of which nothing stays in ends (BATCH_NOT_PUBLISHED). Beside an original partner a batch that
 * shares no id with what the partner sent ends too, before anything of it is sent: the original would die of it. */
PRIO_MUST_USE enum prio_status verify1_batch(struct run *run, struct batch_run *batch, struct prio_error *error);

#endif
