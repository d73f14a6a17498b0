/* release: what must hold before this server's total leaves: enough records were accepted, not too many were refused, and no total
 * over other records left before. No option overrides the last one: the difference of two totals would be the sum of the records
 * that one has and the other has not (SECURITY.md, "One release"). */
#ifndef PIPELINE_RELEASE_H
#define PIPELINE_RELEASE_H

#include "pipeline/accepted.h"
#include "pipeline/run.h"

/* release_check: journals the accepted set. A batch that may not be released ends (BATCH_NOT_PUBLISHED), saying why. */
PRIO_MUST_USE enum prio_status release_check(struct run *run, struct batch_run *batch, const struct accepted *accepted,
					     struct prio_error *error);

#endif
