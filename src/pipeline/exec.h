/* exec: run tasks on a pool of threads. */
#ifndef PIPELINE_EXEC_H
#define PIPELINE_EXEC_H

#include <stdbool.h>
#include <stddef.h>

#include "prio/status.h"

/* One task: worker (0 to n_workers - 1) says whose memory to use. Tasks of different workers run at the same time. */
typedef enum prio_status exec_task(void *context, unsigned worker, size_t task, struct prio_error *error);

/* exec_run: run tasks 0 to n_tasks - 1, each once, handed out in order. After the first failure no new task begins; its
 * status and error are returned when all workers have stopped. A stop signal (exec_stop_requested) counts as a failure. */
PRIO_MUST_USE enum prio_status exec_run(unsigned n_workers, size_t n_tasks, exec_task *task, void *context,
					struct prio_error *error);

/* exec_workers: as many as this process may use processors, 1 to 256. */
unsigned exec_workers(void);

/* exec_catch_signals: SIGINT and SIGTERM set a flag instead of ending the process. exec_stop_requested: is it set?
 * exec_check_stop: PRIO_ERR_STOPPED if it is. */
void exec_catch_signals(void);
bool exec_stop_requested(void);
PRIO_MUST_USE enum prio_status exec_check_stop(struct prio_error *error);

#endif
