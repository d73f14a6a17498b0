/* summary: what a run did, as JSON for machines and lines for people (FORMAT.md, "Run summary"). */
#ifndef PIPELINE_SUMMARY_H
#define PIPELINE_SUMMARY_H

#include "pipeline/run.h"

/* summary_write: {prefix}/processed/summary.json in the private bucket, the same line on stdout, and words in the log. */
PRIO_MUST_USE enum prio_status summary_write(struct run *run, struct prio_error *error);

/* summary_repeat: the summary of an earlier, complete run to stdout once more. */
PRIO_MUST_USE enum prio_status summary_repeat(struct run *run, struct prio_error *error);

#endif
