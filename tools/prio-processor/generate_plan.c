#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "prio-processor/generate.h"

enum { CHUNK_BYTES = 1 << 20, CHUNK_RECORDS_MAX = 512 };

static const char unknown_batch_id[] = "bad-id";
enum { UNKNOWN_N_DATA = 10 };

static enum prio_status no_memory(struct prio_error *error)
{
	return error_set(error, PRIO_ERR_MEMORY, "out of memory");
}

static enum prio_status batch_fill(struct share_batch *batch, const struct prio_params *params, uint64_t n_good,
				   struct prio_error *error)
{
	enum prio_status status = prio_params_check(params, error);
	char shown[160];

	if (status == PRIO_ERR_FORGEABLE_SIZE)
		error_prefix(error, "refused, unless --allow-forgeable-size (ALLOW_FORGEABLE_SIZE) accepts the risk");
	if (status == PRIO_OK)
		status = path_batch(&batch->directory, params->batch_id, error);
	if (status != PRIO_OK) {
		error_prefix(error, "batch %s", escape_text(shown, sizeof shown, params->batch_id));
		return status;
	}
	batch->params = *params;
	batch->n_good = n_good;
	batch->is_known = true;
	batch->chunk = CHUNK_BYTES / prio_sealed_bytes_max(params, PRIO_SERVER_A);
	batch->chunk = batch->chunk < 1 ? 1 : batch->chunk > CHUNK_RECORDS_MAX ? CHUNK_RECORDS_MAX : batch->chunk;
	batch->counts = calloc(params->n_data, sizeof *batch->counts);
	return batch->counts != NULL ? PRIO_OK : no_memory(error);
}

/* A record with a field too many, or at the largest size with one too few. A notices either. */
static void batch_add_wrong(struct share_batch *batch)
{
	batch->wrong_params = batch->params;
	batch->wrong_params.precision = 0;
	batch->wrong_params.allow_forgeable_size = true;
	batch->wrong_params.n_data += batch->params.n_data < PRIO_N_DATA_MAX ? 1 : (uint32_t)-1;
}

static uint64_t batch_rows(const struct share_batch *batch)
{
	return batch->n_good + (batch->wrong_params.n_data != 0);
}

static size_t piece_tasks(const struct share_plan *plan, const struct share_piece *piece)
{
	size_t chunk = plan->batches[piece->batch].chunk;

	return (size_t)((piece->n_good + chunk - 1) / chunk) + piece->has_wrong;
}

/* Append rows [begin, end) of a batch as one piece. */
static void add_piece(struct share_plan *plan, size_t batch, size_t part, uint64_t begin, uint64_t end)
{
	struct share_piece *piece = &plan->pieces[plan->n_pieces];
	uint64_t n_good = plan->batches[batch].n_good;

	if (begin == end)
		return;
	*piece = (struct share_piece){
		.batch = batch,
		.part = part,
		.first_row = begin,
		.n_good = (end < n_good ? end : n_good) - begin,
		.has_wrong = end > n_good,
		.first_task = plan->n_tasks,
	};
	plan->n_pieces++;
	plan->n_tasks += piece_tasks(plan, piece);
	plan->n_lines += end - begin;
}

static uint64_t cut(uint64_t n_rows, uint64_t i, uint64_t n_parts)
{
	return n_rows / n_parts * i + n_rows % n_parts * i / n_parts;
}

static int compare_ids(const void *left, const void *right)
{
	const struct prio_bytes *a = &((const struct share_batch *)left)->params.batch_id;
	const struct prio_bytes *b = &((const struct share_batch *)right)->params.batch_id;
	int order = memcmp(a->p, b->p, a->n < b->n ? a->n : b->n);

	return order != 0 ? order : (a->n > b->n) - (a->n < b->n);
}

/* The configured batches, room for one more, and what the original leaves out of them. */
static enum prio_status fill_batches(struct share_plan *plan, const struct data_config *config, uint64_t n_good,
				     struct prio_error *error)
{
	enum prio_status status = PRIO_OK;

	plan->batches = calloc(config->n_batches + 1, sizeof *plan->batches);
	if (plan->batches == NULL)
		return no_memory(error);
	while (plan->n_batches < config->n_batches && status == PRIO_OK) {
		status = batch_fill(&plan->batches[plan->n_batches], &config->batches[plan->n_batches].params, n_good,
				    error);
		plan->n_batches++;
	}
	return status;
}

static enum prio_status add_unknown_batch(struct share_plan *plan, uint64_t n_rows, struct log *log,
					  struct prio_error *error)
{
	const struct prio_params params = {
		.batch_id = {(const uint8_t *)unknown_batch_id, sizeof unknown_batch_id - 1},
		.n_data = UNKNOWN_N_DATA,
	};
	struct share_batch *batch = &plan->batches[plan->n_batches];
	enum prio_status status;

	for (size_t i = 0; i < plan->n_batches; i++)
		if (strcmp(plan->batches[i].directory.text, "batch_id=bad-id") == 0) {
			log_warn(log,
				 "the configuration has a batch \"%s\", so there is no batch that it does not have",
				 unknown_batch_id);
			return PRIO_OK;
		}
	plan->n_batches++;
	status = batch_fill(batch, &params, n_rows, error);
	batch->is_known = false;
	return status;
}

static void drop_last(struct share_plan *plan, uint64_t n_drop)
{
	for (; n_drop > 0 && plan->n_batches > 0; n_drop--) {
		struct share_batch *last = &plan->batches[--plan->n_batches];

		free(last->counts);
		*last = (struct share_batch){0};
	}
}

enum prio_status share_plan_integration(struct share_plan *plan, const struct data_config *config, uint64_t n_rows,
					uint64_t n_partitions, uint64_t n_drop, struct log *log,
					struct prio_error *error)
{
	enum prio_status status = fill_batches(plan, config, n_rows - 1, error);
	uint64_t n_all = 0;

	if (status != PRIO_OK)
		return status;
	qsort(plan->batches, plan->n_batches, sizeof *plan->batches, compare_ids);
	drop_last(plan, n_drop);
	for (size_t i = 0; i < plan->n_batches; i++)
		batch_add_wrong(&plan->batches[i]);
	status = add_unknown_batch(plan, n_rows, log, error);
	if (status != PRIO_OK)
		return status;
	qsort(plan->batches, plan->n_batches, sizeof *plan->batches, compare_ids);

	plan->pieces = calloc(plan->n_batches + n_partitions, sizeof *plan->pieces);
	if (plan->pieces == NULL)
		return no_memory(error);
	for (size_t i = 0; i < plan->n_batches; i++)
		n_all += batch_rows(&plan->batches[i]);
	uint64_t batch_begin = 0; /* among all rows */
	size_t part = 0;
	for (size_t i = 0; i < plan->n_batches; i++) {
		uint64_t batch_end = batch_begin + batch_rows(&plan->batches[i]);

		for (uint64_t at = batch_begin; at < batch_end;) {
			uint64_t part_end = cut(n_all, part + 1, n_partitions);
			uint64_t end = part_end < batch_end ? part_end : batch_end;

			add_piece(plan, i, part, at - batch_begin, end - batch_begin);
			at = end;
			part += end == part_end;
		}
		batch_begin = batch_end;
	}
	return PRIO_OK;
}

/* As the original estimates it: a row of A is its base64 and an id. */
static uint64_t parts_of(const struct share_batch *batch, uint64_t scale, uint64_t part_bytes)
{
	double row_bytes = (double)prio_sealed_bytes_max(&batch->params, PRIO_SERVER_A) * 4 / 3 + 36;
	double n_parts = row_bytes * (double)batch->n_good * (double)scale / (double)part_bytes + 1;
	uint64_t n_parts_max = batch->n_good < GENERATE_PARTITIONS_MAX ? batch->n_good : GENERATE_PARTITIONS_MAX;

	return n_parts < (double)n_parts_max ? (uint64_t)n_parts : n_parts_max;
}

enum prio_status share_plan_random(struct share_plan *plan, const struct data_config *config, uint64_t n_rows,
				   uint64_t part_bytes, struct prio_error *error)
{
	enum prio_status status = fill_batches(plan, config, n_rows, error);
	uint64_t n_parts = 0;

	for (size_t i = 0; i < plan->n_batches && status == PRIO_OK; i++)
		n_parts += parts_of(&plan->batches[i], plan->scale, part_bytes);
	if (status != PRIO_OK)
		return status;
	plan->pieces = calloc(n_parts + 1, sizeof *plan->pieces);
	if (plan->pieces == NULL)
		return no_memory(error);
	for (size_t i = 0; i < plan->n_batches; i++) {
		n_parts = parts_of(&plan->batches[i], plan->scale, part_bytes);
		for (uint64_t part = 0; part < n_parts; part++)
			add_piece(plan, i, (size_t)part, cut(n_rows, part, n_parts), cut(n_rows, part + 1, n_parts));
	}
	plan->n_lines *= plan->scale;
	return PRIO_OK;
}

void share_plan_clear(struct share_plan *plan)
{
	for (size_t i = 0; i < plan->n_batches; i++)
		free(plan->batches[i].counts);
	free(plan->batches);
	free(plan->pieces);
	for (int i = 0; i < 2; i++)
		store_free(plan->sides[i].store);
}
