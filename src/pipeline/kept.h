/* kept: what is known of each opened record between the stages, 40 bytes a record: in memory where that fits half of the memory
 * budget, else in sealed files beside the checkpoints, one a task, which are read and written anew as a task's records are gone
 * through. Their key is made for the run and dies with it: the next run knows nothing yet, and could not read them.
 *
 * Each task is one worker's at a time. */
#ifndef PIPELINE_KEPT_H
#define PIPELINE_KEPT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "prio/server.h"
#include "prio/status.h"

struct batch_run;
struct run;

/* Nothing but bytes, so that it can be stored as it lies. New ones are all zeros. */
struct kept_record {
	uint8_t verdict;    /* enum prio_status: PRIO_OK as long as it is in */
	uint8_t refused_at; /* enum stage: which one took it out */
	struct prio_verify1_packet partner; /* what we answered; n_bytes 0: nothing */
	struct prio_verify2_packet answer;  /* our verify2 packet */
};

struct kept {
	struct kept_record *records; /* of the whole batch; NULL: they are in files */
	uint32_t *generations;       /* by task: how often its file was written; 0: there is none, and all is zeros */
};

/* KEPT_NONE: they are not looked at. KEPT_READ: and not changed. */
enum kept_use { KEPT_NONE, KEPT_READ, KEPT_CHANGE };

/* kept_init: of all opened records of a batch; where they go is decided by what is in memory of other batches too. */
PRIO_MUST_USE enum prio_status kept_init(struct run *run, struct batch_run *batch, struct prio_error *error);
void kept_clear(struct kept *kept);

/* Going through the records of one task:
 *
 *     status = kept_begin(&cursor, run, batch, task, use, error);
 *     for each record, while status is PRIO_OK: status = kept_next(&cursor, &kept, error); look at *kept, change it
 *     status = kept_end(&cursor, status, error);
 *
 * Each kept is valid until the next call. Changes last if kept_end is told PRIO_OK after the last record, and returns it. kept_end
 * is always to be called. */
struct kept_cursor {
	const struct run *run;
	const struct batch_run *batch;
	size_t task;
	enum kept_use use;
	uint64_t record; /* the next one's number */
	struct sealed_reader *reader;
	struct sealed_writer *writer;
	struct kept_record now;
	struct kept_record before; /* as now was read */
	bool has_now;
	bool is_changed;
};
PRIO_MUST_USE enum prio_status kept_begin(struct kept_cursor *cursor, const struct run *run, const struct batch_run *batch, size_t task,
					  enum kept_use use, struct prio_error *error);
PRIO_MUST_USE enum prio_status kept_next(struct kept_cursor *cursor, struct kept_record **kept, struct prio_error *error);
PRIO_MUST_USE enum prio_status kept_end(struct kept_cursor *cursor, enum prio_status status, struct prio_error *error);

/* kept_visit_task, kept_visit_all: every opened record of one task, or of all in order. kept_visit_on_workers: of all tasks, on all
 * workers, which share the context. record: its number. */
typedef enum prio_status kept_visit(void *context, uint64_t record, struct kept_record *kept, struct prio_error *error);
PRIO_MUST_USE enum prio_status kept_visit_task(const struct run *run, const struct batch_run *batch, size_t task, enum kept_use use,
					       kept_visit *visit, void *context, struct prio_error *error);
PRIO_MUST_USE enum prio_status kept_visit_all(const struct run *run, const struct batch_run *batch, enum kept_use use,
					      kept_visit *visit, void *context, struct prio_error *error);
PRIO_MUST_USE enum prio_status kept_visit_on_workers(const struct run *run, const struct batch_run *batch, enum kept_use use,
						     kept_visit *visit, void *context, struct prio_error *error);

#endif
