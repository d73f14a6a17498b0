/* summary: what a run did, as JSON for machines and lines for people (FORMAT.md, "Run summary"). */
#ifndef PIPELINE_SUMMARY_H
#define PIPELINE_SUMMARY_H

#include "pipeline/run.h"

/* summary_batch: what stands in it of one batch; the caller's. */
json_t *summary_batch(const struct batch_run *batch);

/* summary_write: {prefix}/processed/summary.json in the private bucket, and words in the log. */
PRIO_MUST_USE enum prio_status summary_write(struct run *run, struct prio_error *error);

/* summary_print: what was written, by this run or an earlier one, as one line on stdout. */
PRIO_MUST_USE enum prio_status summary_print(struct run *run, struct prio_error *error);

#endif
