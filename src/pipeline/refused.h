/* refused: the list of records that a stage of one batch refused, for the operator: {prefix}/processed/refused/batch/stage.json in
 * the private bucket, one object a line: {"id": ..., "reason": ..., "part": ..., "offset": ...}. It appears when the stage is
 * through; a stage that refused nothing leaves none. */
#ifndef PIPELINE_REFUSED_H
#define PIPELINE_REFUSED_H

#include "pipeline/run.h"
#include "record/ndjson.h"

struct refused {
	struct run *run;
	struct batch_run *batch;
	struct path key;
	struct sink *sink;
	struct line_buffer rows;
};

PRIO_MUST_USE enum prio_status refused_begin(struct refused *refused, struct run *run, struct batch_run *batch,
					     const char *stage, struct prio_error *error);
/* refused_add: count and list one record. */
PRIO_MUST_USE enum prio_status refused_add(struct refused *refused, const struct checkpoint_entry *entry,
					   enum prio_status reason, struct prio_error *error);
PRIO_MUST_USE enum prio_status refused_end(struct refused *refused, struct prio_error *error);
void refused_clear(struct refused *refused); /* always to be called */

#endif
