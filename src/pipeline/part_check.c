#include "pipeline/part_check.h"

#include <string.h>

#include "base/error.h"

static bool is_whole(const struct task_input *input)
{
	return input->begin_bytes == 0 && input->end_bytes == UINT64_MAX;
}

enum prio_status part_check_task(struct run *run, struct batch_run *batch, size_t index, struct prio_error *error)
{
	const struct task *task = &batch->plan.tasks[index];

	for (size_t i = task->first_input; i < task->first_input + task->n_inputs; i++) {
		const struct task_input *input = &batch->plan.inputs[i];
		const struct raw_part *part = &batch->plan.parts[input->part];
		struct store_object object;
		enum prio_status status = store_stat(run->ingest, part->key, &object, error);

		if (status != PRIO_OK && status != PRIO_ERR_NOT_FOUND)
			return status;
		if (status != PRIO_OK || memcmp(object.version, part->version, sizeof part->version) != 0)
			return error_set(error, PRIO_ERR_CHANGED,
					 "%s was changed or deleted while it was read; raw shares must not change once their "
					 "_SUCCESS is there",
					 part->key);
		if (object.has_crc32c && is_whole(input) && object.crc32c != batch->range_crcs[i])
			return error_set(error, PRIO_ERR_MISMATCH, "%s was damaged on its way here", part->key);
	}
	return PRIO_OK;
}

/* Checkpoints of tasks that read a part. */
static enum prio_status forget(struct run *run, struct batch_run *batch, size_t part, struct prio_error *error)
{
	enum prio_status status = PRIO_OK;

	for (size_t i = 0; i < batch->plan.n_tasks && status == PRIO_OK; i++) {
		const struct task *task = &batch->plan.tasks[i];
		bool reads = false;

		for (size_t j = task->first_input; j < task->first_input + task->n_inputs; j++)
			reads = reads || batch->plan.inputs[j].part == part;
		if (reads) {
			struct path key;
			const char *keys[1] = {key.text};

			status = batch_checkpoint_key(run, batch, i, &key, error);
			if (status == PRIO_OK)
				status = store_delete_many(run->own, keys, 1, error);
		}
	}
	return status;
}

enum prio_status part_check_cut(struct run *run, struct batch_run *batch, struct prio_error *error)
{
	const struct plan *plan = &batch->plan;
	enum prio_status status = PRIO_OK;

	for (size_t i = 0; i < plan->n_inputs && status == PRIO_OK;) {
		uint32_t index = plan->inputs[i].part;
		const struct raw_part *part = &plan->parts[index];
		bool is_cut = !is_whole(&plan->inputs[i]);
		uint32_t crc = 0;
		struct store_object object;

		for (; i < plan->n_inputs && plan->inputs[i].part == index; i++)
			crc ^= batch->range_crcs[i];
		if (!is_cut)
			continue;
		status = store_stat(run->ingest, part->key, &object, error);
		if (status != PRIO_OK || !object.has_crc32c || object.crc32c == crc)
			continue;
		status = forget(run, batch, index, error);
		if (status == PRIO_OK)
			status = error_set(error, PRIO_ERR_IO, "%s was damaged on its way here; start again to read it once more",
					   part->key);
	}
	return status;
}
