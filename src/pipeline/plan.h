/* plan: which raw parts a batch has, and how they are cut into tasks.
 *
 * A task is a list of byte ranges of raw parts, about plan_task_bytes together: small parts are gathered, a large one is cut (a
 * range owns the lines that begin in it). The plan is a function of configuration and listing alone, so a run that starts again
 * makes the same one. */
#ifndef PIPELINE_PLAN_H
#define PIPELINE_PLAN_H

#include "base/log.h"
#include "pipeline/config.h"
#include "prio/batch.h"
#include "prio/status.h"
#include "store/store.h"

struct raw_part {
	char *key;
	uint64_t size_bytes;
	uint8_t version[STORE_VERSION_BYTES];
};

struct task_input {
	uint32_t part; /* index into parts */
	uint64_t begin_bytes;
	uint64_t end_bytes; /* UINT64_MAX: to the end of the part */
};

struct task {
	size_t first_input;
	size_t n_inputs;
	uint64_t n_bytes;
};

/* One batch's part of the plan. */
struct plan {
	struct raw_part *parts; /* in bytewise order of their keys */
	size_t n_parts;
	struct task_input *inputs;
	size_t n_inputs;
	struct task *tasks;
	size_t n_tasks;
	uint64_t n_bytes; /* of all parts */
};

/* plans_list: list everything under raw_prefix once, and give every configured batch its parts.
 *
 *   plans       out: config->n_batches plans, plan_clear each. A batch without data has no parts.
 *
 * Names beginning with "_" or "." are ignored; batches that are not configured are ignored with a word in the log. */
PRIO_MUST_USE enum prio_status plans_list(struct plan *plans, const struct data_config *config, struct store *store,
					  const char *raw_prefix, struct log *log, struct prio_error *error);

/* plan_drop_part: leave a part out, before the plan is cut. */
void plan_drop_part(struct plan *plan, size_t index);

/* plan_task_bytes: how large a batch's tasks should be, before it is cut: some ten milliseconds of work each, so that every processor has
 * some until the end, and larger ones in a large batch, so that there are never many more than 512. */
uint64_t plan_task_bytes(const struct plan *plan, const struct prio_params *params, enum prio_server_id server);

/* plan_cut: cut the parts into tasks. task_bytes: plan_task_bytes, but for tests and where an earlier run fixed it. */
PRIO_MUST_USE enum prio_status plan_cut(struct plan *plan, uint64_t task_bytes, struct prio_error *error);
void plan_clear(struct plan *plan);

/* Bundles: the tasks whose records go out in one part: bundle i is the tasks from plan_bundle_begin(i) to before that of i + 1. Parts
 * of one task each would be too small for what it costs to make them durable; too few, and not all processors had one to write. */
size_t plan_n_bundles(const struct plan *plan);
size_t plan_bundle_begin(const struct plan *plan, size_t index);

#endif
