/* resend: send the stored bytes of the stages that are done once more (--force), for a partner that lost them. Nothing is computed:
 * what is in the private bucket goes out as it is. What was cleared cannot be sent, and that is said. */
#ifndef PIPELINE_RESEND_H
#define PIPELINE_RESEND_H

#include "pipeline/run.h"

PRIO_MUST_USE enum prio_status resend_all(struct run *run, bool complete, struct prio_error *error);

#endif
