/* verify2: answer the partner's verify1 packets. */
#ifndef PIPELINE_VERIFY2_H
#define PIPELINE_VERIFY2_H

#include "pipeline/run.h"

/* verify2_batch: join our opened records with the partner's verify1 by id and store the answers; then, from what is stored, write
 * them and list what is refused. Answers that an earlier run stored are sent as they are: a partner's packet that is another one
 * now is PARTNER_CHANGED, and ids that it sent later are UNMATCHED. A batch without any match ends (BATCH_NOT_PUBLISHED). Needs
 * verify1_batch before. */
PRIO_MUST_USE enum prio_status verify2_batch(struct run *run, struct batch_run *batch, struct prio_error *error);

#endif
