#include "pipeline/open_tasks.h"

#include <inttypes.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/crc32c.h"
#include "base/error.h"
#include "pipeline/exec.h"
#include "pipeline/part_check.h"
#include "pipeline/part_stream.h"

enum { READ_ATTEMPTS = 4 };

/* What each worker owns. */
struct worker {
	struct opener *opener;
	struct sha256 *sha;
	struct prio_tentative *sum;
};

struct opening {
	struct run *run;
	struct batch_run *batch;
	struct worker *workers;
	uint64_t *n_opened; /* by task; each is written by the worker that has the task */
	uint64_t started_ms;
	/* guarded by lock */
	pthread_mutex_t lock;
	uint64_t n_lines;
	uint64_t n_bytes;
	bool ids_are_numbers;
};

/* One task at work. */
struct task_run {
	struct sealed_writer *writer;
	struct sha256 *sha;
	uint64_t n_lines;
	uint64_t n_opened;
	bool ids_are_numbers;
};

enum prio_status hash_share(struct sha256 *sha, const struct opened_record *record, uint8_t epk_hash[CHECKPOINT_HASH_BYTES],
			    uint8_t share_digest[CHECKPOINT_HASH_BYTES], struct prio_error *error)
{
	uint8_t digest[SHA256_BYTES];
	uint8_t length[8];
	struct prio_bytes epk = {record->envelope, PRIO_KEY_BYTES};
	struct prio_bytes whole[2] = {{record->envelope, sizeof record->envelope}, {length, sizeof length}};
	enum prio_status status = sha256_of(sha, digest, &epk, 1);

	memcpy(epk_hash, digest, CHECKPOINT_HASH_BYTES);
	for (int i = 0; i < 8; i++)
		length[i] = (uint8_t)(record->sealed_bytes >> (56 - 8 * i));
	if (status == PRIO_OK)
		status = sha256_of(sha, digest, whole, 2);
	memcpy(share_digest, digest, CHECKPOINT_HASH_BYTES);
	if (status != PRIO_OK)
		error_set(error, status, "hashing: %s", prio_status_sentence(status));
	return status;
}

static enum prio_status keep(void *context, const struct opened_record *record, struct prio_error *error)
{
	struct task_run *task = context;
	struct checkpoint_entry entry = {
		.verdict = record->verdict,
		.part = record->input,
		.offset_bytes = record->offset_bytes,
		.length_bytes = record->length_bytes,
		.has_id = record->has_id,
		.id_is_number = record->id_is_number,
		.id = record->id,
	};
	enum prio_status status = PRIO_OK;

	task->n_lines++;
	if (record->has_id && !record->id_is_number)
		task->ids_are_numbers = false;
	if (record->verdict == PRIO_OK) {
		task->n_opened++;
		entry.state = *record->state;
		status = hash_share(task->sha, record, entry.epk_hash, entry.share_digest, error);
	}
	if (status == PRIO_OK)
		status = checkpoint_write_entry(task->writer, &entry, error);
	prio_wipe(&entry.state, sizeof entry.state);
	return status;
}

static enum prio_status open_input(struct opening *opening, struct opener *opener, const struct task_input *input,
				   uint32_t *crc, struct prio_error *error)
{
	const struct raw_part *part = &opening->batch->plan.parts[input->part];
	size_t margin_bytes = opener_max_line_bytes(&opening->batch->config->params, opening->run->settings->server) + 1;
	struct stream *stream = NULL;
	uint64_t owned_end_bytes = 0;
	enum prio_status status = part_stream_open(&stream, opening->run->ingest, part, input, margin_bytes, error);

	if (status == PRIO_OK)
		status = opener_push_stream(opener, input->part, stream, input->begin_bytes, input->end_bytes, crc, &owned_end_bytes,
					    error);
	if (status == PRIO_OK)
		*crc = crc32c_combine(*crc, 0, part->size_bytes - owned_end_bytes);
	stream_close(stream);
	if (status != PRIO_OK && status != PRIO_ERR_STOPPED)
		error_prefix(error, "%s", part->key);
	return status;
}

static enum prio_status make_checkpoint(struct opening *opening, struct worker *worker, size_t index,
					const struct sealed_binding *binding, const char *key, struct task_run *task,
					struct prio_error *error)
{
	const struct task *plan_task = &opening->batch->plan.tasks[index];
	uint32_t *crcs = &opening->batch->range_crcs[plan_task->first_input];
	enum prio_status status;

	*task = (struct task_run){.sha = worker->sha, .ids_are_numbers = true};
	prio_tentative_free(worker->sum);
	worker->sum = NULL;
	status = prio_tentative_new(&worker->sum, opening->batch->batch);
	if (status == PRIO_OK)
		status = sealed_writer_new(&task->writer, opening->run->own, key, SEALED_SCRATCH, binding, error);
	if (status != PRIO_OK)
		return status;
	opener_begin(worker->opener, opening->batch->query, worker->sum, keep, task);
	for (size_t i = 0; i < plan_task->n_inputs && status == PRIO_OK; i++) {
		status = open_input(opening, worker->opener, &opening->batch->plan.inputs[plan_task->first_input + i], &crcs[i],
				    error);
		if (status == PRIO_OK)
			status = exec_check_stop(error);
	}
	if (status == PRIO_OK)
		status = opener_flush(worker->opener, error);
	if (status == PRIO_OK)
		status = part_check_task(opening->run, opening->batch, index, error);
	if (status == PRIO_OK)
		status = checkpoint_write_end(task->writer, worker->sum, crcs, plan_task->n_inputs, error);
	if (status != PRIO_OK) {
		sealed_abort(task->writer);
		return status;
	}
	return sealed_commit(task->writer, error);
}

/* Bytes that came damaged are read again, a few times. */
static enum prio_status make_checkpoint_at_last(struct opening *opening, struct worker *worker, size_t index,
						const struct sealed_binding *binding, const char *key, struct task_run *task,
						struct prio_error *error)
{
	struct prio_error damage = {PRIO_OK, ""};
	enum prio_status status = make_checkpoint(opening, worker, index, binding, key, task, &damage);

	for (int attempt = 2; attempt <= READ_ATTEMPTS && status == PRIO_ERR_MISMATCH; attempt++) {
		log_warn(opening->run->log, "%s; reading it again", damage.text);
		status = make_checkpoint(opening, worker, index, binding, key, task, &damage);
	}
	if (status == PRIO_ERR_MISMATCH)
		status = PRIO_ERR_IO;
	return status == PRIO_OK ? PRIO_OK : error_set(error, status, "%s", damage.text);
}

static enum prio_status count_entry(void *context, const struct checkpoint_entry *entry, uint64_t record,
				    struct kept_record *kept, struct prio_error *error)
{
	struct task_run *task = context;

	(void)record;
	(void)kept;
	(void)error;
	task->n_lines++;
	task->n_opened += entry->verdict == PRIO_OK;
	if (entry->has_id && !entry->id_is_number)
		task->ids_are_numbers = false;
	return PRIO_OK;
}

static void show_progress(struct opening *opening, bool force)
{
	double seconds = (double)(clock_monotonic_ms() - opening->started_ms) / 1000;
	double done = (double)opening->n_bytes;
	double all = (double)opening->batch->plan.n_bytes;
	double left_s = done > 0 ? seconds * (all - done) / done : 0;

	log_progress(opening->run->log, force, "batch %s: opened %" PRIu64 " records, %.1f of %.1f MB, %.0f records/s, %.0f s left",
		     opening->batch->shown, opening->n_lines, done / 1e6, all / 1e6,
		     seconds > 0 ? (double)opening->n_lines / seconds : 0, left_s);
}

static enum prio_status worker_init(struct worker *worker, const struct batch_run *batch, struct prio_error *error)
{
	enum prio_status status = PRIO_OK;

	if (worker->opener == NULL)
		status = opener_new(&worker->opener, batch->batch);
	if (status == PRIO_OK && worker->sha == NULL)
		status = sha256_new(&worker->sha);
	if (status != PRIO_OK)
		error_set(error, status, "setting up a worker: %s", prio_status_sentence(status));
	return status;
}

static enum prio_status open_task(void *context, unsigned worker_index, size_t index, struct prio_error *error)
{
	struct opening *opening = context;
	struct batch_run *batch = opening->batch;
	struct worker *worker = &opening->workers[worker_index];
	struct task_run task = {.ids_are_numbers = true};
	struct prio_tentative *sum = NULL;
	struct sealed_binding binding;
	struct path key;
	enum prio_status status = worker_init(worker, batch, error);

	if (status == PRIO_OK)
		status = batch_checkpoint_key(opening->run, batch, index, &key, error);
	if (status == PRIO_OK)
		status = batch_checkpoint_binding(opening->run, batch, index, &binding, error);
	if (status == PRIO_OK)
		status = prio_tentative_new(&sum, batch->batch);
	if (status != PRIO_OK)
		return status;
	/* A checkpoint of the same inputs that reads to its end is as good as a new one; any other is made anew. */
	const struct task_end end = {sum, &batch->range_crcs[batch->plan.tasks[index].first_input]};
	status = batch_visit_task(opening->run, batch, index, KEPT_NONE, count_entry, &task, &end, error);
	if (status == PRIO_ERR_NOT_FOUND || status == PRIO_ERR_FORMAT)
		status = make_checkpoint_at_last(opening, worker, index, &binding, key.text, &task, error);
	prio_tentative_free(sum);
	if (status != PRIO_OK)
		return status;

	opening->n_opened[index] = task.n_opened;
	batch->n_unopened[index] = task.n_lines - task.n_opened;
	pthread_mutex_lock(&opening->lock);
	opening->n_lines += task.n_lines;
	opening->n_bytes += batch->plan.tasks[index].n_bytes;
	opening->ids_are_numbers = opening->ids_are_numbers && task.ids_are_numbers;
	show_progress(opening, opening->n_bytes == batch->plan.n_bytes);
	pthread_mutex_unlock(&opening->lock);
	return PRIO_OK;
}

enum prio_status open_tasks(struct run *run, struct batch_run *batch, struct prio_error *error)
{
	struct opening opening = {.run = run, .batch = batch, .ids_are_numbers = true, .started_ms = clock_monotonic_ms()};
	enum prio_status status;

	opening.workers = calloc(run->n_workers, sizeof *opening.workers);
	opening.n_opened = calloc(batch->plan.n_tasks + 1, sizeof *opening.n_opened);
	if (opening.workers == NULL || opening.n_opened == NULL) {
		free(opening.workers);
		free(opening.n_opened);
		return error_set(error, PRIO_ERR_MEMORY, "out of memory");
	}
	pthread_mutex_init(&opening.lock, NULL);
	status = exec_run(run->n_workers, batch->plan.n_tasks, open_task, &opening, error);
	for (unsigned i = 0; i < run->n_workers; i++) {
		opener_free(opening.workers[i].opener);
		sha256_free(opening.workers[i].sha);
		prio_tentative_free(opening.workers[i].sum);
	}
	free(opening.workers);
	pthread_mutex_destroy(&opening.lock);
	for (size_t i = 0; i < batch->plan.n_tasks; i++)
		batch->first_record[i + 1] = batch->first_record[i] + opening.n_opened[i];
	free(opening.n_opened);
	if (status == PRIO_OK)
		status = part_check_cut(run, batch, error);
	if (status != PRIO_OK)
		return status;

	batch->n_lines = opening.n_lines;
	batch->n_opened = batch->first_record[batch->plan.n_tasks];
	batch->ids_are_numbers = opening.ids_are_numbers && batch->n_lines > 0;
	return kept_init(run, batch, error);
}
