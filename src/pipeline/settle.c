#include "pipeline/settle.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "base/secret_alloc.h"
#include "pipeline/exec.h"
#include "pipeline/open_tasks.h"
#include "stage/opener.h"

enum { EXPECTED_MAX = 64 };

/* What each worker owns, made when it first has to read records again. */
struct worker {
	struct opener *opener;
	struct sha256 *sha;
	struct prio_mut line; /* room for the longest line */
	/* The raw part that is at hand, for messages. */
	const char *part;
	/* Digests of the shares that were pushed and not yet visited, oldest first. */
	uint8_t expected[EXPECTED_MAX][CHECKPOINT_HASH_BYTES];
	size_t n_expected;
};

struct settling {
	struct run *run;
	const struct batch_run *batch;
	struct worker *workers;
	pthread_mutex_t lock; /* guards total */
	struct prio_total *total;
};

/* Reading the records of one verdict again. */
struct rereading {
	struct settling *settling;
	struct worker *worker;
	bool accepted; /* the accepted ones, or the refused ones */
};

static enum prio_status changed(const struct worker *worker, struct prio_error *error)
{
	return error_set(error, PRIO_ERR_CHANGED,
			 "%s holds another record than the one that was verified; raw shares must not change while they are "
			 "processed",
			 worker->part);
}

/* A share came back from opening: it must be the very share that was verified. */
static enum prio_status check_share(void *context, const struct opened_record *record, struct prio_error *error)
{
	struct worker *worker = context;
	uint8_t epk_hash[CHECKPOINT_HASH_BYTES];
	uint8_t digest[CHECKPOINT_HASH_BYTES];
	enum prio_status status;

	if (record->verdict != PRIO_OK || worker->n_expected == 0)
		return changed(worker, error);
	status = hash_share(worker->sha, record, epk_hash, digest, error);
	if (status != PRIO_OK)
		return status;
	if (memcmp(digest, worker->expected[0], sizeof digest) != 0)
		return changed(worker, error);
	worker->n_expected--;
	memmove(worker->expected[0], worker->expected[1], worker->n_expected * sizeof worker->expected[0]);
	return PRIO_OK;
}

static enum prio_status read_line(struct settling *settling, struct worker *worker, const struct checkpoint_entry *entry,
				  struct prio_error *error)
{
	struct stream *stream = NULL;
	size_t n_bytes = 0;
	enum prio_status status;

	if (entry->length_bytes > worker->line.n)
		return changed(worker, error);
	status = store_open(settling->run->ingest, worker->part, entry->offset_bytes, entry->length_bytes, &stream, error);
	if (status == PRIO_OK)
		status = stream_lend(stream, (struct prio_mut){worker->line.p, entry->length_bytes}, error);
	if (status == PRIO_OK)
		status = stream_take(stream, &n_bytes, error);
	stream_close(stream);
	if (status == PRIO_ERR_NOT_FOUND || (status == PRIO_OK && n_bytes != entry->length_bytes))
		return changed(worker, error);
	return status;
}

static enum prio_status reread(void *context, const struct checkpoint_entry *entry, uint64_t record, struct kept_record *kept,
			       struct prio_error *error)
{
	struct rereading *rereading = context;
	struct settling *settling = rereading->settling;
	struct worker *worker = rereading->worker;
	enum prio_status status;

	if (record == UINT64_MAX || (kept->verdict == PRIO_OK) != rereading->accepted)
		return PRIO_OK;
	worker->part = settling->batch->plan.parts[entry->part].key;
	status = exec_check_stop(error);
	if (status == PRIO_OK && worker->n_expected == EXPECTED_MAX)
		status = opener_flush(worker->opener, error);
	if (status == PRIO_OK)
		status = read_line(settling, worker, entry, error);
	if (status != PRIO_OK)
		return status;
	/* Pushing may open what was pushed before, so the new digest goes in last in line but before the push. */
	memcpy(worker->expected[worker->n_expected++], entry->share_digest, CHECKPOINT_HASH_BYTES);
	return opener_push(worker->opener, entry->part, entry->offset_bytes,
			   (struct prio_mut){worker->line.p, entry->length_bytes}, error);
}

static enum prio_status worker_init(struct worker *worker, const struct batch_run *batch, struct prio_error *error)
{
	enum prio_status status;

	if (worker->opener != NULL)
		return PRIO_OK;
	worker->line.n = opener_max_line_bytes(prio_batch_params(batch->batch), prio_batch_server(batch->batch));
	worker->line.p = secret_alloc(worker->line.n);
	status = worker->line.p == NULL ? PRIO_ERR_MEMORY : sha256_new(&worker->sha);
	if (status == PRIO_OK)
		status = opener_new(&worker->opener, batch->batch);
	if (status != PRIO_OK)
		error_set(error, status, "setting up a worker: %s", prio_status_sentence(status));
	return status;
}

/* The sum of a task's records of one verdict, from the raw parts. */
static enum prio_status sum_again(struct settling *settling, struct worker *worker, size_t task, bool accepted,
				  struct prio_tentative *sum, struct prio_error *error)
{
	struct rereading rereading = {settling, worker, accepted};
	enum prio_status status = worker_init(worker, settling->batch, error);

	if (status != PRIO_OK)
		return status;
	worker->n_expected = 0;
	opener_begin(worker->opener, NULL, sum, check_share, worker);
	status = batch_visit_task(settling->run, settling->batch, task, KEPT_READ, reread, &rereading, NULL, error);
	if (status == PRIO_OK)
		status = opener_flush(worker->opener, error);
	return status;
}

static enum prio_status ignore_entry(void *context, const struct checkpoint_entry *entry, uint64_t record,
				     struct kept_record *kept, struct prio_error *error)
{
	(void)kept;
	(void)context;
	(void)entry;
	(void)record;
	(void)error;
	return PRIO_OK;
}

/* The tentative sum of a task, from its checkpoint. */
static enum prio_status read_sum(struct settling *settling, size_t task, struct prio_tentative *sum, struct prio_error *error)
{
	const struct task_end end = {sum, calloc(settling->batch->plan.tasks[task].n_inputs, sizeof(uint32_t))};
	enum prio_status status;

	if (end.crcs == NULL)
		return error_set(error, PRIO_ERR_MEMORY, "out of memory");
	status = batch_visit_task(settling->run, settling->batch, task, KEPT_NONE, ignore_entry, NULL, &end, error);
	free(end.crcs);
	return status;
}

static enum prio_status count_accepted(void *context, uint64_t record, struct kept_record *kept, struct prio_error *error)
{
	uint64_t *n_accepted = context;

	(void)record;
	(void)error;
	*n_accepted += kept->verdict == PRIO_OK;
	return PRIO_OK;
}

static enum prio_status settle_task(void *context, unsigned worker_index, size_t task, struct prio_error *error)
{
	struct settling *settling = context;
	const struct batch_run *batch = settling->batch;
	struct worker *worker = &settling->workers[worker_index];
	struct prio_tentative *sum = NULL;
	struct prio_tentative *other = NULL;
	struct prio_total *total = NULL;
	uint64_t n_opened = batch->first_record[task + 1] - batch->first_record[task];
	uint64_t n_accepted = 0;
	enum prio_status status =
		kept_visit_task(settling->run, batch, task, KEPT_READ, count_accepted, &n_accepted, error);

	if (status != PRIO_OK || n_accepted == 0)
		return status;
	status = prio_tentative_new(&sum, batch->batch);
	if (status == PRIO_OK)
		status = prio_tentative_new(&other, batch->batch);
	if (status != PRIO_OK)
		goto out;
	if (n_accepted < n_opened - n_accepted) {
		status = sum_again(settling, worker, task, true, sum, error);
	} else {
		status = read_sum(settling, task, sum, error);
		if (status == PRIO_OK && n_accepted < n_opened)
			status = sum_again(settling, worker, task, false, other, error);
		if (status == PRIO_OK)
			status = prio_tentative_subtract(sum, other);
	}
	if (status == PRIO_OK)
		status = prio_settle(&total, sum, n_accepted);
	if (status != PRIO_OK)
		goto out;
	pthread_mutex_lock(&settling->lock);
	if (settling->total == NULL) {
		settling->total = total;
		total = NULL;
	} else {
		status = prio_total_merge(settling->total, total);
	}
	pthread_mutex_unlock(&settling->lock);
out:
	if (status != PRIO_OK && error->text[0] == '\0')
		error_set(error, status, "settling: %s", prio_status_sentence(status));
	prio_total_free(total);
	prio_tentative_free(other);
	prio_tentative_free(sum);
	return status;
}

/* A batch in which every proof failed: the total of nothing. */
static enum prio_status total_of_nothing(const struct batch_run *batch, struct prio_total **total)
{
	struct prio_tentative *sum = NULL;
	enum prio_status status = prio_tentative_new(&sum, batch->batch);

	if (status == PRIO_OK)
		status = prio_settle(total, sum, 0);
	prio_tentative_free(sum);
	return status;
}

enum prio_status settle_batch(struct run *run, const struct batch_run *batch, struct prio_total **total,
			      struct prio_error *error)
{
	struct settling settling = {.run = run, .batch = batch};
	enum prio_status status;

	settling.workers = calloc(run->n_workers, sizeof *settling.workers);
	if (settling.workers == NULL)
		return error_set(error, PRIO_ERR_MEMORY, "out of memory");
	pthread_mutex_init(&settling.lock, NULL);
	status = exec_run(run->n_workers, batch->plan.n_tasks, settle_task, &settling, error);
	if (status == PRIO_OK && settling.total == NULL)
		status = total_of_nothing(batch, &settling.total);
	for (unsigned i = 0; i < run->n_workers; i++) {
		struct worker *worker = &settling.workers[i];

		opener_free(worker->opener);
		sha256_free(worker->sha);
		secret_free(worker->line.p, worker->line.n);
	}
	free(settling.workers);
	pthread_mutex_destroy(&settling.lock);
	if (status == PRIO_OK)
		*total = settling.total;
	else
		prio_total_free(settling.total);
	return status;
}
