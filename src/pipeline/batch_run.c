#include <inttypes.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "crypt/sha256.h"
#include "pipeline/exec.h"
#include "pipeline/run.h"

const char *stage_name(enum stage stage)
{
	static const char *const names[N_STAGES] = {"verify1", "verify2", "aggregate", "publish"};

	return names[stage];
}

enum prio_status batch_run_prepare(struct run *run, struct batch_run *batch, struct prio_error *error)
{
	const struct process_settings *settings = run->settings;
	const struct prio_params *params = &batch->config->params;
	enum prio_status status = prio_params_check(params, error);

	if (status == PRIO_ERR_FORGEABLE_SIZE) {
		batch_run_end(run, batch,
			      "n_data %" PRIu32 " is forgeable: n_data + 1 is a power of two, and at such a size a client can pass off "
			      "any values as valid. Use n_data %" PRIu32 " with one unused field on both servers and in the clients, or "
			      "accept the risk with --allow-forgeable-size (ALLOW_FORGEABLE_SIZE=1)",
			      params->n_data, params->n_data + 1);
		return PRIO_OK;
	}
	if (status != PRIO_OK)
		return status;
	if (prio_n_data_is_forgeable(params->n_data))
		log_warn(run->log, "batch %s: n_data %" PRIu32 " is forgeable, and allowed: a client can pass off any values as valid",
			 batch->shown, params->n_data);
	status = prio_batch_new(&batch->batch, params, settings->server, &settings->key, &settings->secret, error);
	if (status == PRIO_OK)
		status = prio_query_new(&batch->query, batch->batch, error);
	if (status == PRIO_OK)
		status = prio_query_commitment(batch->query, batch->commitment);
	if (status != PRIO_OK)
		return status;
	batch->first_record = calloc(batch->plan.n_tasks + 1, sizeof *batch->first_record);
	batch->n_unopened = calloc(batch->plan.n_tasks + 1, sizeof *batch->n_unopened);
	batch->range_crcs = calloc(batch->plan.n_inputs, sizeof *batch->range_crcs);
	if (batch->first_record == NULL || batch->n_unopened == NULL || batch->range_crcs == NULL)
		return error_set(error, PRIO_ERR_MEMORY, "out of memory");
	return PRIO_OK;
}

void batch_run_clear(struct batch_run *batch)
{
	plan_clear(&batch->plan);
	prio_query_free(batch->query);
	prio_batch_free(batch->batch);
	free(batch->first_record);
	kept_clear(&batch->kept);
	free(batch->n_unopened);
	free(batch->range_crcs);
	for (int i = 0; i < N_STAGES; i++)
		json_decref(batch->sent[i]);
	json_decref(batch->summary);
	json_decref(batch->read);
}

void batch_run_end(struct run *run, struct batch_run *batch, const char *format, ...)
{
	va_list arguments;

	va_start(arguments, format);
	vsnprintf(batch->why, sizeof batch->why, format, arguments);
	va_end(arguments);
	batch->fate = BATCH_NOT_PUBLISHED;
	log_error(run->log, "batch %s is not published: %s", batch->shown, batch->why);
}

enum prio_status batch_checkpoint_key(const struct run *run, const struct batch_run *batch, size_t task, struct path *path,
				      struct prio_error *error)
{
	return path_make(path, error, "%s/checkpoint/%s/task-%05zu", run->prefixes.internal.text, batch->directory.text, task);
}

/* One number of the binding, 8 bytes big-endian. */
static enum prio_status add_number(struct sha256 *sha, uint64_t value)
{
	uint8_t bytes[8];

	for (int i = 0; i < 8; i++)
		bytes[i] = (uint8_t)(value >> (56 - 8 * i));
	return sha256_add(sha, (struct prio_bytes){bytes, sizeof bytes});
}

static enum prio_status add_text(struct sha256 *sha, const char *text)
{
	struct prio_bytes bytes = {(const uint8_t *)text, strlen(text)};
	enum prio_status status = add_number(sha, bytes.n);

	return status == PRIO_OK ? sha256_add(sha, bytes) : status;
}

static enum prio_status add_input(struct sha256 *sha, const struct task_input *input, const struct raw_part *part)
{
	enum prio_status status = add_text(sha, part->key);

	if (status == PRIO_OK)
		status = sha256_add(sha, (struct prio_bytes){part->version, sizeof part->version});
	if (status == PRIO_OK)
		status = add_number(sha, part->size_bytes);
	if (status == PRIO_OK)
		status = add_number(sha, input->part);
	if (status == PRIO_OK)
		status = add_number(sha, input->begin_bytes);
	return status == PRIO_OK ? add_number(sha, input->end_bytes) : status;
}

/* A checkpoint belongs to this version, this query point (and with it n_data, precision, key rule and batch id), this server,
 * and these ranges of these versions of the raw parts. */
enum prio_status batch_checkpoint_binding(const struct run *run, const struct batch_run *batch, size_t task,
					  struct sealed_binding *binding, struct prio_error *error)
{
	const struct task *plan_task = &batch->plan.tasks[task];
	struct sha256 *sha = NULL;
	enum prio_status status = sha256_new(&sha);

	binding->secret = (struct prio_bytes){run->settings->key.bytes, sizeof run->settings->key.bytes};
	binding->label = "prio-processor checkpoint";
	if (status == PRIO_OK)
		status = sha256_begin(sha);
	if (status == PRIO_OK)
		status = add_text(sha, PRIO_VERSION);
	if (status == PRIO_OK)
		status = sha256_add(sha, (struct prio_bytes){batch->commitment, sizeof batch->commitment});
	if (status == PRIO_OK)
		status = add_number(sha, run->settings->server);
	for (size_t i = 0; i < plan_task->n_inputs && status == PRIO_OK; i++) {
		const struct task_input *input = &batch->plan.inputs[plan_task->first_input + i];

		status = add_input(sha, input, &batch->plan.parts[input->part]);
	}
	if (status == PRIO_OK)
		status = sha256_end(sha, binding->digest);
	sha256_free(sha);
	if (status != PRIO_OK)
		error_set(error, status, "hashing: %s", prio_status_sentence(status));
	return status;
}

enum prio_status batch_visit_task(const struct run *run, const struct batch_run *batch, size_t task, enum kept_use use,
				  entry_visit *visit, void *context, const struct task_end *end, struct prio_error *error)
{
	struct checkpoint_reader *reader = NULL;
	struct checkpoint_entry entry = {0};
	struct sealed_binding binding;
	struct kept_cursor cursor;
	struct path key;
	bool at_end = false;
	enum prio_status status = kept_begin(&cursor, run, batch, task, use, error);

	if (status == PRIO_OK)
		status = batch_checkpoint_key(run, batch, task, &key, error);
	if (status == PRIO_OK)
		status = batch_checkpoint_binding(run, batch, task, &binding, error);
	if (status == PRIO_OK)
		status = checkpoint_open(&reader, run->own, key.text, &binding, error);
	while (status == PRIO_OK) {
		struct kept_record *kept = NULL;
		uint64_t record = cursor.record;

		status = checkpoint_next(reader, &entry, &at_end, error);
		if (status != PRIO_OK || at_end)
			break;
		if (entry.verdict == PRIO_OK)
			status = kept_next(&cursor, &kept, error);
		if (status == PRIO_OK)
			status = visit(context, &entry, entry.verdict == PRIO_OK ? record : UINT64_MAX, kept, error);
	}
	if (status == PRIO_OK && end != NULL)
		status = checkpoint_read_end(reader, end->sum, end->crcs, batch->plan.tasks[task].n_inputs, error);
	status = kept_end(&cursor, status, error);
	checkpoint_close(reader);
	prio_wipe(&entry.state, sizeof entry.state);
	return status;
}

struct visiting {
	const struct run *run;
	const struct batch_run *batch;
	enum kept_use use;
	entry_visit *visit;
	char *contexts;
	size_t context_bytes;
};

static enum prio_status visit_task(void *context, unsigned worker, size_t task, struct prio_error *error)
{
	struct visiting *visiting = context;

	return batch_visit_task(visiting->run, visiting->batch, task, visiting->use, visiting->visit,
				visiting->contexts + worker * visiting->context_bytes, NULL, error);
}

enum prio_status batch_visit_all(const struct run *run, const struct batch_run *batch, enum kept_use use, entry_visit *visit,
				 void *contexts, size_t context_bytes, struct prio_error *error)
{
	struct visiting visiting = {run, batch, use, visit, contexts, context_bytes};

	return exec_run(run->n_workers, batch->plan.n_tasks, visit_task, &visiting, error);
}

uint64_t run_n_fit(const struct run *run, uint64_t entry_bytes)
{
	uint64_t budget_bytes = run->settings->memory_budget_bytes;
	uint64_t left_bytes = budget_bytes > run->kept_bytes ? budget_bytes - run->kept_bytes : 0;

	if (budget_bytes == 0)
		return UINT64_MAX;
	return left_bytes > entry_bytes ? left_bytes / entry_bytes : 1;
}

uint32_t run_partitions(const struct run *run, uint64_t n_entries)
{
	const uint64_t entry_bytes = 75; /* at most: a message takes 67, a share while repeated ones are looked for 70 */
	uint64_t n_fit = run_n_fit(run, entry_bytes);
	uint64_t n = n_entries / n_fit + (n_entries % n_fit != 0);

	return n < 1 ? 1 : n > 65536 ? 65536 : (uint32_t)n;
}

struct join_hash run_hash_id(const struct run *run, struct prio_bytes id)
{
	struct join_hash hash;

	_Static_assert(sizeof hash.bytes == SIPHASH_BYTES, "a hash is the whole code");
	siphash(hash.bytes, run->id_key, id);
	return hash;
}
