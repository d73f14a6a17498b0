#include <errno.h>
#include <inttypes.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>

#include "base/clock.h"
#include "base/error.h"
#include "pipeline/exec.h"
#include "prio-processor/generate.h"
#include "record/ndjson.h"
#include "stage/result.h"

enum { FLUSH_BYTES = 4 << 20 };

/* A piece being written: whoever has a chunk of it ready appends it, in whatever order they come. */
struct open_piece {
	pthread_mutex_t lock;
	struct sink *sinks[2];
	size_t n_left; /* tasks */
};

/* One thread's memory, made for one batch at a time. */
struct encoder {
	struct prio_client *client;
	struct prio_params params;
	uint8_t *fields;
	uint32_t *sums;
	uint8_t *sealed;
	struct prio_sealed_pair *pairs;
	size_t room[2]; /* bytes of one sealed share */
	struct line_buffer lines[2];
};

struct writing {
	struct share_plan *plan;
	struct log *log;
	struct open_piece *pieces;
	struct encoder *encoders;
	char uuid[UUID_CHARS + 1]; /* in the names of all parts */
	pthread_mutex_t lock;	   /* guards what follows and the batches' counts */
	uint64_t n_lines;
	uint64_t n_bytes;
	uint64_t started_ms;
};

static enum prio_status fresh_uuid(char out[UUID_CHARS + 1], struct prio_error *error)
{
	uint8_t bytes[16];

	if (getrandom(bytes, sizeof bytes, 0) != (ssize_t)sizeof bytes)
		return error_set(error, PRIO_ERR_RANDOM, "no random bytes: %s", strerror(errno));
	uuid_format(out, bytes, 4);
	return PRIO_OK;
}

static void encoder_clear(struct encoder *encoder)
{
	prio_client_free(encoder->client);
	free(encoder->fields);
	free(encoder->sums);
	free(encoder->sealed);
	free(encoder->pairs);
	line_buffer_clear(&encoder->lines[0]);
	line_buffer_clear(&encoder->lines[1]);
	*encoder = (struct encoder){0};
}

/* Make it ready for a batch, if it is not yet. */
static enum prio_status encoder_turn(struct encoder *encoder, const struct share_plan *plan,
				     const struct prio_params *params, size_t chunk, struct prio_error *error)
{
	if (encoder->client != NULL && encoder->params.batch_id.p == params->batch_id.p &&
	    encoder->params.n_data == params->n_data)
		return PRIO_OK;
	encoder_clear(encoder);
	encoder->params = *params;
	encoder->room[0] = prio_sealed_bytes_max(params, PRIO_SERVER_A);
	encoder->room[1] = prio_sealed_bytes_max(params, PRIO_SERVER_B);
	encoder->fields = calloc(chunk, params->n_data);
	encoder->sums = calloc(params->n_data, sizeof *encoder->sums);
	encoder->sealed = calloc(chunk, encoder->room[0] + encoder->room[1]);
	encoder->pairs = calloc(chunk, sizeof *encoder->pairs);
	if (encoder->fields == NULL || encoder->sums == NULL || encoder->sealed == NULL || encoder->pairs == NULL)
		return error_set(error, PRIO_ERR_MEMORY, "out of memory");
	return prio_client_new(&encoder->client, params, &plan->keys[PRIO_SERVER_A], &plan->keys[PRIO_SERVER_B], error);
}

static enum prio_status encoder_run(struct encoder *encoder, size_t n, struct prio_error *error)
{
	uint8_t *at = encoder->sealed;

	for (size_t i = 0; i < n; i++) {
		encoder->pairs[i].a = (struct prio_mut){at, encoder->room[0]};
		at += encoder->room[0];
		encoder->pairs[i].b = (struct prio_mut){at, encoder->room[1]};
		at += encoder->room[1];
	}
	return prio_encode_many(encoder->client, encoder->fields, n, encoder->pairs, error);
}

static enum prio_status open_sinks(struct writing *writing, size_t index, struct prio_error *error)
{
	const struct share_plan *plan = writing->plan;
	const struct share_piece *piece = &plan->pieces[index];
	enum prio_status status = PRIO_OK;

	for (int side = 0; side < 2 && status == PRIO_OK; side++) {
		struct path key;

		status = path_make(&key, error, "%s/%s/part-%05zu-%s.c000.json", plan->sides[side].raw.text,
				   plan->batches[piece->batch].directory.text, piece->part, writing->uuid);
		if (status == PRIO_OK)
			status = store_create(plan->sides[side].store, key.text, &writing->pieces[index].sinks[side],
					      error);
	}
	return status;
}

static enum prio_status commit_sinks(struct open_piece *piece, struct prio_error *error)
{
	enum prio_status status = PRIO_OK;

	for (int side = 0; side < 2 && status == PRIO_OK; side++) {
		struct sink *sink = piece->sinks[side];

		piece->sinks[side] = NULL;
		status = sink_commit(sink, error);
	}
	return status;
}

/* Append the encoder's lines to the piece. ends_task: it was the task's last. */
static enum prio_status flush_lines(struct writing *writing, size_t index, struct encoder *encoder, bool ends_task,
				    struct prio_error *error)
{
	struct open_piece *piece = &writing->pieces[index];
	enum prio_status status = PRIO_OK;

	pthread_mutex_lock(&piece->lock);
	if (piece->sinks[0] == NULL)
		status = open_sinks(writing, index, error);
	for (int side = 0; side < 2 && status == PRIO_OK; side++) {
		struct line_buffer *lines = &encoder->lines[side];

		status = sink_append(piece->sinks[side], (struct prio_bytes){lines->p, lines->n}, error);
	}
	if (status == PRIO_OK && ends_task && --piece->n_left == 0)
		status = commit_sinks(piece, error);
	pthread_mutex_unlock(&piece->lock);

	pthread_mutex_lock(&writing->lock);
	writing->n_bytes += encoder->lines[0].n + encoder->lines[1].n;
	pthread_mutex_unlock(&writing->lock);
	encoder->lines[0].n = 0;
	encoder->lines[1].n = 0;
	return status;
}

/* One record's line for each server, under a fresh id, as often as --scale says. */
static enum prio_status write_record(struct writing *writing, size_t index, struct encoder *encoder,
				     const struct prio_sealed_pair *pair, struct prio_error *error)
{
	const struct prio_mut *sealed[2] = {&pair->a, &pair->b};
	enum prio_status status = PRIO_OK;

	for (uint64_t copy = 0; copy < writing->plan->scale && status == PRIO_OK; copy++) {
		char id[UUID_CHARS + 1];

		status = fresh_uuid(id, error);
		for (int side = 0; side < 2 && status == PRIO_OK; side++) {
			status = record_write(&encoder->lines[side], RECORD_COMPACT,
					      (struct prio_bytes){(const uint8_t *)id, UUID_CHARS}, false,
					      prio_bytes_of(*sealed[side]));
			if (status != PRIO_OK)
				error_set(error, status, "writing a record: %s", prio_status_sentence(status));
		}
		if (status == PRIO_OK && encoder->lines[0].n >= FLUSH_BYTES)
			status = flush_lines(writing, index, encoder, false, error);
	}
	return status;
}

static void count_and_show(struct writing *writing, struct share_batch *batch, const struct encoder *encoder, size_t n,
			   bool is_wrong)
{
	const struct share_plan *plan = writing->plan;

	pthread_mutex_lock(&writing->lock);
	writing->n_lines += n * plan->scale;
	for (uint32_t i = 0; i < batch->params.n_data && !is_wrong; i++)
		batch->counts[i] += encoder->sums[i];
	double seconds = (double)(clock_monotonic_ms() - writing->started_ms) / 1000 + 0.001;
	double rate = (double)writing->n_lines / seconds;
	log_progress(writing->log, writing->n_lines == plan->n_lines,
		     "%" PRIu64 " of %" PRIu64 " records, %.1f MB, %.0f records/s, %.0f s left", writing->n_lines,
		     plan->n_lines, (double)writing->n_bytes / 1e6, rate,
		     (double)(plan->n_lines - writing->n_lines) / rate);
	pthread_mutex_unlock(&writing->lock);
}

/* The piece that a task belongs to: the last one that begins at or before it. */
static size_t piece_of(const struct share_plan *plan, size_t task)
{
	size_t low = 0;
	size_t high = plan->n_pieces;

	while (high - low > 1) {
		size_t middle = low + (high - low) / 2;

		if (plan->pieces[middle].first_task <= task)
			low = middle;
		else
			high = middle;
	}
	return low;
}

static enum prio_status write_chunk(void *context, unsigned worker, size_t task, struct prio_error *error)
{
	struct writing *writing = context;
	const struct share_plan *plan = writing->plan;
	struct encoder *encoder = &writing->encoders[worker];
	size_t index = piece_of(plan, task);
	const struct share_piece *piece = &plan->pieces[index];
	struct share_batch *batch = &plan->batches[piece->batch];
	uint64_t begin = (task - piece->first_task) * batch->chunk; /* in the piece */
	bool is_wrong = begin >= piece->n_good;
	const struct prio_params *params = is_wrong ? &batch->wrong_params : &batch->params;
	uint64_t n_left = is_wrong ? 1 : piece->n_good - begin;
	size_t n = n_left < batch->chunk ? (size_t)n_left : batch->chunk;
	enum prio_status status = encoder_turn(encoder, plan, params, is_wrong ? 1 : batch->chunk, error);

	if (status != PRIO_OK)
		return status;
	rows_fill(encoder->fields, encoder->sums, plan, piece->batch, params->n_data, piece->first_row + begin, n);
	status = encoder_run(encoder, n, error);
	for (size_t i = 0; i < n && status == PRIO_OK; i++)
		status = write_record(writing, index, encoder, &encoder->pairs[i], error);
	if (status == PRIO_OK)
		status = flush_lines(writing, index, encoder, true, error);
	if (status == PRIO_OK)
		count_and_show(writing, batch, encoder, n, is_wrong);
	return status;
}

/* The markers last, when all of both servers is there. */
static enum prio_status write_markers(const struct share_plan *plan, struct prio_error *error)
{
	enum prio_status status = PRIO_OK;

	for (int side = 0; side < 2 && status == PRIO_OK; side++) {
		struct path key;

		status = path_make(&key, error, "%s/_SUCCESS", plan->sides[side].raw.text);
		if (status == PRIO_OK)
			status = store_put(plan->sides[side].store, key.text, (struct prio_bytes){NULL, 0},
					   STORE_ALWAYS, error);
	}
	return status;
}

enum prio_status shares_write(struct share_plan *plan, unsigned n_workers, struct log *log, struct prio_error *error)
{
	struct writing writing = {.plan = plan, .log = log, .started_ms = clock_monotonic_ms()};
	enum prio_status status = fresh_uuid(writing.uuid, error);

	if (n_workers == 0)
		n_workers = exec_workers();
	writing.pieces = calloc(plan->n_pieces + 1, sizeof *writing.pieces);
	writing.encoders = calloc(n_workers, sizeof *writing.encoders);
	if (status == PRIO_OK && (writing.pieces == NULL || writing.encoders == NULL))
		status = error_set(error, PRIO_ERR_MEMORY, "out of memory");
	if (status != PRIO_OK)
		goto free_memory;
	for (size_t i = 0; i < plan->n_pieces; i++) {
		size_t end = i + 1 < plan->n_pieces ? plan->pieces[i + 1].first_task : plan->n_tasks;

		pthread_mutex_init(&writing.pieces[i].lock, NULL);
		writing.pieces[i].n_left = end - plan->pieces[i].first_task;
	}
	pthread_mutex_init(&writing.lock, NULL);

	status = exec_run(n_workers, plan->n_tasks, write_chunk, &writing, error);

	for (unsigned i = 0; i < n_workers; i++)
		encoder_clear(&writing.encoders[i]);
	for (size_t i = 0; i < plan->n_pieces; i++) {
		sink_abort(writing.pieces[i].sinks[0]);
		sink_abort(writing.pieces[i].sinks[1]);
		pthread_mutex_destroy(&writing.pieces[i].lock);
	}
	pthread_mutex_destroy(&writing.lock);
	if (status == PRIO_OK)
		status = write_markers(plan, error);
free_memory:
	free(writing.pieces);
	free(writing.encoders);
	return status;
}
