/* part_check: is what was read of the raw parts what is stored?
 *
 * Two ways in which it may not be: the object was replaced meanwhile (its version tells), or bytes changed on their way, which only
 * the CRC-32C that the writer gave the store can tell where the transport does not (plain http). */
#ifndef PIPELINE_PART_CHECK_H
#define PIPELINE_PART_CHECK_H

#include "pipeline/run.h"

/* part_check_task: every part of a task that was just read, by its version, and by its checksum where the task read the whole of it.
 *
 * PRIO_OK; PRIO_ERR_CHANGED: it was replaced or deleted; PRIO_ERR_MISMATCH: other bytes came than are stored, so reading again may
 * help; or what store_stat returns. */
PRIO_MUST_USE enum prio_status part_check_task(struct run *run, struct batch_run *batch, size_t task, struct prio_error *error);

/* part_check_cut: when all tasks are done: the parts that were cut into several ranges, by their checksums. On PRIO_ERR_IO (other bytes
 * came than are stored) the checkpoints that were made of them are deleted, so that the next run reads them again. */
PRIO_MUST_USE enum prio_status part_check_cut(struct run *run, struct batch_run *batch, struct prio_error *error);

#endif
