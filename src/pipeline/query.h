/* query: one query point per record, ever. The journal fixes, before anything of a batch is sent, at which point and from which
 * raw parts it was verified; what differs later stops the run. A share checked at two points no longer hides its values
 * (SECURITY.md, "A second query point"). No option overrides it. */
#ifndef PIPELINE_QUERY_H
#define PIPELINE_QUERY_H

#include "pipeline/run.h"

/* query_restrict: before the plan is cut: leave out parts that came after the batch was fixed, with a word; a fixed part that is
 * missing or has another size is PRIO_ERR_CHANGED. Takes over the task size of the entry. No entry: nothing to do. */
PRIO_MUST_USE enum prio_status query_restrict(struct run *run, struct batch_run *batch, struct prio_error *error);

/* query_warn_of_late: of a published batch: a word about parts that are there and were never verified. They are left alone. */
PRIO_MUST_USE enum prio_status query_warn_of_late(struct run *run, const struct batch_run *batch, struct prio_error *error);

/* query_fix: after opening, before anything is sent: write the entry, or compare with it. PRIO_ERR_CHANGED or PRIO_ERR_CONFIG,
 * saying what differs. */
PRIO_MUST_USE enum prio_status query_fix(struct run *run, struct batch_run *batch, struct prio_error *error);

#endif
