#include "pipeline/exec.h"

#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <string.h>

#include "base/error.h"

enum { WORKERS_MAX = 256 };

static volatile sig_atomic_t stop_signal;

static void remember_signal(int number)
{
	stop_signal = number;
}

void exec_catch_signals(void)
{
	struct sigaction action;

	memset(&action, 0, sizeof action);
	action.sa_handler = remember_signal; /* without SA_RESTART: waits end early */
	sigemptyset(&action.sa_mask);
	sigaction(SIGINT, &action, NULL);
	sigaction(SIGTERM, &action, NULL);
}

bool exec_stop_requested(void)
{
	return stop_signal != 0;
}

enum prio_status exec_check_stop(struct prio_error *error)
{
	if (!exec_stop_requested())
		return PRIO_OK;
	return error_set(error, PRIO_ERR_STOPPED, "stopped by signal %d; start again to go on", (int)stop_signal);
}

unsigned exec_workers(void)
{
	cpu_set_t cpus;
	int n = 1;

	if (sched_getaffinity(0, sizeof cpus, &cpus) == 0)
		n = CPU_COUNT(&cpus);
	return n < 1 ? 1 : n > WORKERS_MAX ? WORKERS_MAX : (unsigned)n;
}

struct pool {
	pthread_mutex_t lock; /* guards what follows */
	size_t next;
	enum prio_status status;
	struct prio_error error;
	/* constant */
	size_t n_tasks;
	exec_task *task;
	void *context;
};

struct worker {
	struct pool *pool;
	unsigned index;
	pthread_t thread;
};

static void *work(void *argument)
{
	struct worker *worker = argument;
	struct pool *pool = worker->pool;

	for (;;) {
		struct prio_error error = {PRIO_OK, ""};

		pthread_mutex_lock(&pool->lock);
		if (pool->status == PRIO_OK && exec_stop_requested())
			pool->status = exec_check_stop(&pool->error);
		size_t index = pool->next;
		bool done = pool->status != PRIO_OK || index == pool->n_tasks;
		if (!done)
			pool->next++;
		pthread_mutex_unlock(&pool->lock);
		if (done)
			return NULL;

		enum prio_status status = pool->task(pool->context, worker->index, index, &error);
		if (status == PRIO_OK)
			continue;
		pthread_mutex_lock(&pool->lock);
		if (pool->status == PRIO_OK) {
			pool->status = status;
			pool->error = error;
		}
		pthread_mutex_unlock(&pool->lock);
	}
}

enum prio_status exec_run(unsigned n_workers, size_t n_tasks, exec_task *task, void *context, struct prio_error *error)
{
	struct pool pool = {.status = PRIO_OK, .n_tasks = n_tasks, .task = task, .context = context};
	struct worker workers[WORKERS_MAX];
	unsigned n_started = 0;

	if (n_workers > WORKERS_MAX)
		n_workers = WORKERS_MAX;
	if (n_workers > n_tasks)
		n_workers = (unsigned)n_tasks;
	pthread_mutex_init(&pool.lock, NULL);
	/* The caller is worker 0, so a single worker needs no thread, and a system that gives none still works. */
	for (unsigned i = 1; i < n_workers; i++) {
		workers[i] = (struct worker){.pool = &pool, .index = i};
		if (pthread_create(&workers[i].thread, NULL, work, &workers[i]) != 0)
			break;
		n_started = i;
	}
	workers[0] = (struct worker){.pool = &pool, .index = 0};
	work(&workers[0]);
	for (unsigned i = 1; i <= n_started; i++)
		pthread_join(workers[i].thread, NULL);
	pthread_mutex_destroy(&pool.lock);
	if (pool.status != PRIO_OK && error != NULL)
		*error = pool.error;
	return pool.status;
}
