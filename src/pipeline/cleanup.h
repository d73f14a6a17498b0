/* cleanup: empty one server's buckets under its prefix by hand, where a run will not come to its end. */
#ifndef PIPELINE_CLEANUP_H
#define PIPELINE_CLEANUP_H

#include "pipeline/process.h"

/* cleanup_run: settings: buckets, names and public keys; no secrets are needed.
 *
 *   forget   NULL: delete everything but the journal and the results. A batch id: delete the batch's raw shares together with its
 *            journal, and our own files of it. Its records can then be verified anew only if they are put there anew: never do that
 *            with the same shares.
 *
 * PRIO_ERR_BUSY while a run is at work; PRIO_ERR_DENIED if something could not be deleted. */
PRIO_MUST_USE enum prio_status cleanup_run(const struct process_settings *settings, const char *forget, struct log *log,
					   struct prio_error *error);

#endif
