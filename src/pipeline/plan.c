#include "pipeline/plan.h"

#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "base/utf8.h"
#include "pipeline/paths.h"
#include "record/base64.h"

enum { UNKNOWN_NAMED_MAX = 20, BUNDLES_WANTED = 16, BUNDLE_TASKS_MAX = 16 };

struct listing {
	struct plan *plans;
	const struct data_config *config;
	size_t prefix_bytes; /* with its slash */
	struct log *log;
	/* The unknown directory that was named last: a listing is sorted, so each is named once. */
	char unknown[256];
	size_t n_unknown;
};

static enum prio_status add_part(struct plan *plan, const struct store_object *object, struct prio_error *error)
{
	if ((plan->n_parts & (plan->n_parts - 1)) == 0) {
		size_t room = plan->n_parts == 0 ? 1 : 2 * plan->n_parts;
		struct raw_part *more = realloc(plan->parts, room * sizeof *more);

		if (more == NULL)
			return error_set(error, PRIO_ERR_MEMORY, "out of memory");
		plan->parts = more;
	}
	struct raw_part *part = &plan->parts[plan->n_parts];
	part->key = strdup(object->key);
	if (part->key == NULL || plan->n_parts == UINT32_MAX) {
		free(part->key);
		return error_set(error, PRIO_ERR_MEMORY, "out of memory");
	}
	part->size_bytes = object->size_bytes;
	memcpy(part->version, object->version, sizeof part->version);
	plan->n_bytes += object->size_bytes;
	plan->n_parts++;
	return PRIO_OK;
}

static void name_unknown(struct listing *listing, const char *directory, size_t n)
{
	char shown[128];
	struct prio_bytes view = {(const uint8_t *)directory, n};

	if (n >= sizeof listing->unknown ||
	    (strlen(listing->unknown) == n && memcmp(listing->unknown, directory, n) == 0))
		return;
	memcpy(listing->unknown, directory, n);
	listing->unknown[n] = '\0';
	if (listing->n_unknown++ < UNKNOWN_NAMED_MAX)
		log_warn(listing->log, "raw shares under %s are ignored: no such batch in DATA_CONFIG",
			 escape_text(shown, sizeof shown, view));
	else if (listing->n_unknown == UNKNOWN_NAMED_MAX + 1)
		log_warn(listing->log, "more raw shares are ignored: their batches are not in DATA_CONFIG either");
}

/* Called for each object: {prefix}/batch_id=.../part. Anything deeper or shallower is no raw part. */
static enum prio_status visit(void *context, const struct store_object *object, struct prio_error *error)
{
	struct listing *listing = context;
	const char *directory = object->key + listing->prefix_bytes;
	const char *slash = strchr(directory, '/');
	size_t found = SIZE_MAX;

	if (slash == NULL || strchr(slash + 1, '/') != NULL || !path_is_part(slash + 1) || !path_is_part(directory))
		return PRIO_OK;
	for (size_t i = 0; i < listing->config->n_batches; i++) {
		bool exact;

		if (!path_is_batch(directory, (size_t)(slash - directory), listing->config->batches[i].params.batch_id, &exact))
			continue;
		if (exact || found == SIZE_MAX)
			found = i;
		if (exact)
			break;
	}
	if (found == SIZE_MAX) {
		name_unknown(listing, directory, (size_t)(slash - directory));
		return PRIO_OK;
	}
	/* The journal is JSON: a part that it could not name would be gone for every later run. */
	struct prio_bytes key = {(const uint8_t *)object->key, strlen(object->key)};
	if (!utf8_is_valid(key)) {
		char shown[200];

		return error_set(error, PRIO_ERR_CONFIG, "the name of the raw part %s is no UTF-8; rename it",
				 escape_text(shown, sizeof shown, (struct prio_bytes){(const uint8_t *)slash + 1, strlen(slash + 1)}));
	}
	return add_part(&listing->plans[found], object, error);
}

uint64_t plan_task_bytes(const struct plan *plan, const struct prio_params *params, enum prio_server_id server)
{
	const uint64_t largest_bytes = 32 << 20;
	const uint64_t tasks_wanted = 512;
	const uint64_t id_bytes = 64; /* and all else that is no payload */
	uint64_t line_bytes = id_bytes + base64_encoded_bytes(prio_sealed_bytes_max(params, server));
	/* A's shares are long, and reading is most of the work. B's are short whatever n_data is, and to work on one takes about
	 * as long. */
	uint64_t n_records = ((uint64_t)1 << 22) / params->n_data;
	n_records = n_records < 64 ? 64 : n_records > 4096 ? 4096 : n_records;
	uint64_t task_bytes = n_records * line_bytes < largest_bytes ? n_records * line_bytes : largest_bytes;

	return task_bytes > plan->n_bytes / tasks_wanted ? task_bytes : plan->n_bytes / tasks_wanted;
}

/* How many ranges of at most task_bytes a part is cut into; an empty part has none. */
static uint64_t ranges_of(const struct raw_part *part, uint64_t task_bytes)
{
	return part->size_bytes / task_bytes + (part->size_bytes % task_bytes != 0);
}

enum prio_status plan_cut(struct plan *plan, uint64_t task_bytes, struct prio_error *error)
{
	uint64_t n_inputs = 0;

	for (size_t i = 0; i < plan->n_parts; i++)
		n_inputs += ranges_of(&plan->parts[i], task_bytes);
	if (n_inputs == 0)
		return PRIO_OK;
	plan->inputs = calloc(n_inputs, sizeof *plan->inputs);
	plan->tasks = calloc(n_inputs, sizeof *plan->tasks);
	if (plan->inputs == NULL || plan->tasks == NULL)
		return error_set(error, PRIO_ERR_MEMORY, "out of memory");
	for (size_t i = 0; i < plan->n_parts; i++) {
		uint64_t size_bytes = plan->parts[i].size_bytes;

		for (uint64_t begin = 0; begin < size_bytes; begin += task_bytes) {
			uint64_t n_bytes = size_bytes - begin < task_bytes ? size_bytes - begin : task_bytes;
			struct task *task = plan->n_tasks > 0 ? &plan->tasks[plan->n_tasks - 1] : NULL;

			if (task == NULL || task->n_bytes + n_bytes > task_bytes) {
				task = &plan->tasks[plan->n_tasks++];
				task->first_input = plan->n_inputs;
			}
			plan->inputs[plan->n_inputs++] = (struct task_input){
				.part = (uint32_t)i,
				.begin_bytes = begin,
				.end_bytes = begin + n_bytes == size_bytes ? UINT64_MAX : begin + n_bytes,
			};
			task->n_inputs++;
			task->n_bytes += n_bytes;
		}
	}
	return PRIO_OK;
}

void plan_drop_part(struct plan *plan, size_t index)
{
	plan->n_bytes -= plan->parts[index].size_bytes;
	free(plan->parts[index].key);
	plan->n_parts--;
	memmove(&plan->parts[index], &plan->parts[index + 1], (plan->n_parts - index) * sizeof *plan->parts);
}

enum prio_status plans_list(struct plan *plans, const struct data_config *config, struct store *store, const char *raw_prefix,
			    struct log *log, struct prio_error *error)
{
	struct listing listing = {plans, config, strlen(raw_prefix) + 1, log, "", 0};
	enum prio_status status;

	memset(plans, 0, config->n_batches * sizeof *plans);
	status = store_list(store, raw_prefix, visit, &listing, error);
	if (status != PRIO_OK)
		for (size_t i = 0; i < config->n_batches; i++)
			plan_clear(&plans[i]);
	return status;
}

size_t plan_n_bundles(const struct plan *plan)
{
	size_t n = (plan->n_tasks + BUNDLE_TASKS_MAX - 1) / BUNDLE_TASKS_MAX;

	if (n < BUNDLES_WANTED)
		n = plan->n_tasks < BUNDLES_WANTED ? plan->n_tasks : BUNDLES_WANTED;
	return n;
}

size_t plan_bundle_begin(const struct plan *plan, size_t index)
{
	return index * plan->n_tasks / plan_n_bundles(plan);
}

void plan_clear(struct plan *plan)
{
	for (size_t i = 0; i < plan->n_parts; i++)
		free(plan->parts[i].key);
	free(plan->parts);
	free(plan->inputs);
	free(plan->tasks);
	*plan = (struct plan){0};
}
