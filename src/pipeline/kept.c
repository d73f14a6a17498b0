#include "pipeline/kept.h"

#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "base/wipe.h"
#include "crypt/sha256.h"
#include "pipeline/exec.h"
#include "pipeline/run.h"

_Static_assert(sizeof(struct kept_record) == 2 + PRIO_VERIFY1_BYTES_MAX + 1 + PRIO_VERIFY2_BYTES_MAX + 1, "bytes without gaps");

enum prio_status kept_init(struct run *run, struct batch_run *batch, struct prio_error *error)
{
	struct kept *kept = &batch->kept;
	uint64_t budget_bytes = run->settings->memory_budget_bytes;
	uint64_t most_bytes = budget_bytes == 0 ? UINT64_MAX : budget_bytes / 2;

	if (batch->n_opened <= (most_bytes - run->kept_bytes) / sizeof *kept->records) {
		run->kept_bytes += batch->n_opened * sizeof *kept->records;
		kept->records = calloc(batch->n_opened + 1, sizeof *kept->records);
		return kept->records != NULL ? PRIO_OK : error_set(error, PRIO_ERR_MEMORY, "out of memory");
	}
	kept->generations = calloc(batch->plan.n_tasks + 1, sizeof *kept->generations);
	return kept->generations != NULL ? PRIO_OK : error_set(error, PRIO_ERR_MEMORY, "out of memory");
}

void kept_clear(struct kept *kept)
{
	free(kept->records);
	free(kept->generations);
	*kept = (struct kept){0};
}

/* A task's file belongs to its name and to how often it was written. */
static enum prio_status binding_of(struct sealed_binding *binding, struct path *key, const struct kept_cursor *cursor,
				   uint32_t generation, struct prio_error *error)
{
	const struct run *run = cursor->run;
	char text[STORE_KEY_BYTES_MAX + 32];
	enum prio_status status = path_make(key, error, "%s/checkpoint/%s/kept-%05zu", run->prefixes.internal.text,
					    cursor->batch->directory.text, cursor->task);

	if (status != PRIO_OK)
		return status;
	binding->secret = (struct prio_bytes){run->kept_key, sizeof run->kept_key};
	binding->label = "prio-processor kept";
	int n = snprintf(text, sizeof text, "%s %u", key->text, (unsigned)generation);
	if (sha256(binding->digest, (struct prio_bytes){(const uint8_t *)text, (size_t)n}) != PRIO_OK)
		return error_set(error, PRIO_ERR_CRYPTO, "hashing failed");
	return PRIO_OK;
}

enum prio_status kept_begin(struct kept_cursor *cursor, const struct run *run, const struct batch_run *batch, size_t task,
			    enum kept_use use, struct prio_error *error)
{
	struct sealed_binding binding;
	struct path key;
	enum prio_status status = PRIO_OK;

	*cursor = (struct kept_cursor){.run = run, .batch = batch, .task = task, .use = use, .record = batch->first_record[task]};
	if (use == KEPT_NONE || batch->kept.records != NULL)
		return PRIO_OK;
	uint32_t generation = batch->kept.generations[task];
	if (generation > 0)
		status = binding_of(&binding, &key, cursor, generation, error);
	if (status == PRIO_OK && generation > 0)
		status = sealed_reader_new(&cursor->reader, run->own, key.text, &binding, error);
	if (status == PRIO_OK && use == KEPT_CHANGE)
		status = binding_of(&binding, &key, cursor, generation + 1, error);
	if (status == PRIO_OK && use == KEPT_CHANGE)
		status = sealed_writer_new(&cursor->writer, run->own, key.text, SEALED_SCRATCH, &binding, error);
	return status;
}

/* The record that was looked at goes into the new file. */
static enum prio_status write_now(struct kept_cursor *cursor, struct prio_error *error)
{
	if (!cursor->has_now || cursor->writer == NULL)
		return PRIO_OK;
	cursor->has_now = false;
	cursor->is_changed = cursor->is_changed || memcmp(&cursor->now, &cursor->before, sizeof cursor->now) != 0;
	return sealed_append(cursor->writer, &cursor->now, sizeof cursor->now, error);
}

enum prio_status kept_next(struct kept_cursor *cursor, struct kept_record **kept, struct prio_error *error)
{
	uint64_t record = cursor->record++;
	enum prio_status status = PRIO_OK;

	*kept = NULL;
	if (cursor->use == KEPT_NONE)
		return PRIO_OK;
	if (record >= cursor->batch->first_record[cursor->task + 1])
		return error_set(error, PRIO_ERR_CHANGED, "a checkpoint has more records than it had before");
	if (cursor->batch->kept.records != NULL) {
		*kept = &cursor->batch->kept.records[record];
		return PRIO_OK;
	}
	status = write_now(cursor, error);
	memset(&cursor->now, 0, sizeof cursor->now);
	if (status == PRIO_OK && cursor->reader != NULL)
		status = sealed_read(cursor->reader, &cursor->now, sizeof cursor->now, error);
	cursor->before = cursor->now;
	cursor->has_now = true;
	*kept = &cursor->now;
	return status;
}

enum prio_status kept_end(struct kept_cursor *cursor, enum prio_status status, struct prio_error *error)
{
	struct sealed_writer *writer = cursor->writer;

	if (status == PRIO_OK)
		status = write_now(cursor, error);
	if (status == PRIO_OK && cursor->use != KEPT_NONE && cursor->record != cursor->batch->first_record[cursor->task + 1])
		status = error_set(error, PRIO_ERR_CHANGED, "a checkpoint has fewer records than it had before");
	cursor->writer = NULL;
	sealed_reader_free(cursor->reader);
	cursor->reader = NULL;
	wipe(&cursor->now, sizeof cursor->now);
	wipe(&cursor->before, sizeof cursor->before);
	if (status != PRIO_OK || !cursor->is_changed) {
		sealed_abort(writer);
		return status;
	}
	status = sealed_commit(writer, error);
	if (status == PRIO_OK)
		cursor->batch->kept.generations[cursor->task]++;
	return status;
}

enum prio_status kept_visit_task(const struct run *run, const struct batch_run *batch, size_t task, enum kept_use use,
				 kept_visit *visit, void *context, struct prio_error *error)
{
	struct kept_cursor cursor;
	struct kept_record *kept;
	enum prio_status status = kept_begin(&cursor, run, batch, task, use, error);

	for (uint64_t i = batch->first_record[task]; i < batch->first_record[task + 1] && status == PRIO_OK; i++) {
		status = kept_next(&cursor, &kept, error);
		if (status == PRIO_OK)
			status = visit(context, i, kept, error);
	}
	return kept_end(&cursor, status, error);
}

enum prio_status kept_visit_all(const struct run *run, const struct batch_run *batch, enum kept_use use, kept_visit *visit,
				void *context, struct prio_error *error)
{
	enum prio_status status = PRIO_OK;

	for (size_t task = 0; task < batch->plan.n_tasks && status == PRIO_OK; task++) {
		status = exec_check_stop(error);
		if (status == PRIO_OK)
			status = kept_visit_task(run, batch, task, use, visit, context, error);
	}
	return status;
}

struct visiting {
	const struct run *run;
	const struct batch_run *batch;
	enum kept_use use;
	kept_visit *visit;
	void *context;
};

static enum prio_status visit_task(void *context, unsigned worker, size_t task, struct prio_error *error)
{
	const struct visiting *visiting = context;

	(void)worker;
	return kept_visit_task(visiting->run, visiting->batch, task, visiting->use, visiting->visit, visiting->context, error);
}

enum prio_status kept_visit_on_workers(const struct run *run, const struct batch_run *batch, enum kept_use use, kept_visit *visit,
				       void *context, struct prio_error *error)
{
	struct visiting visiting = {run, batch, use, visit, context};

	return exec_run(run->n_workers, batch->plan.n_tasks, visit_task, &visiting, error);
}
