#include "prio-processor/copy.h"

#include <stdlib.h>

#include "base/crc32c.h"
#include "base/error.h"
#include "pipeline/exec.h"

enum { BLOCK_BYTES = 1 << 20, N_BLOCKS = 4 };

struct copier {
	struct log *log;
	size_t n_objects;
	size_t n_done;
	uint64_t total_bytes;
	uint64_t n_bytes;
	uint8_t blocks[N_BLOCKS][BLOCK_BYTES];
};

enum prio_status copier_new(struct copier **out, struct log *log, struct prio_error *error)
{
	struct copier *copier = malloc(sizeof *copier);

	*out = copier;
	if (copier == NULL)
		return error_set(error, PRIO_ERR_MEMORY, "out of memory");
	copier->log = log;
	copier->n_objects = copier->n_done = 0;
	copier->total_bytes = copier->n_bytes = 0;
	return PRIO_OK;
}

void copier_free(struct copier *copier)
{
	free(copier);
}

void copier_expect(struct copier *copier, size_t n_objects, uint64_t n_bytes)
{
	copier->n_objects = n_objects;
	copier->total_bytes = n_bytes;
}

uint64_t copier_bytes(const struct copier *copier)
{
	return copier->n_bytes;
}

static void show(const struct copier *copier)
{
	double done_mb = (double)copier->n_bytes / 1e6;

	if (copier->total_bytes > 0)
		log_progress(copier->log, false, "object %zu of %zu, %.1f of %.1f MB", copier->n_done + 1, copier->n_objects, done_mb,
			     (double)copier->total_bytes / 1e6);
	else
		log_progress(copier->log, false, "%.1f MB", done_mb);
}

static enum prio_status check_source(const struct store_object *source, uint64_t n_bytes, uint32_t crc,
				     struct prio_error *error)
{
	if (source == NULL)
		return PRIO_OK;
	if (n_bytes != source->size_bytes)
		return error_set(error, PRIO_ERR_CHANGED, "it changed while it was read: %llu bytes came of %llu",
				 (unsigned long long)n_bytes, (unsigned long long)source->size_bytes);
	if (source->has_crc32c && crc != source->crc32c)
		return error_set(error, PRIO_ERR_MISMATCH, "what was read is not what was written there: its checksum is another one");
	return PRIO_OK;
}

enum prio_status copy_stream(struct copier *copier, struct stream *stream, struct sink *sink, const struct store_object *source,
			     struct prio_error *error)
{
	uint64_t n_bytes = 0;
	uint32_t crc = 0;
	size_t n = BLOCK_BYTES;
	enum prio_status status = PRIO_OK;

	/* All blocks but the one that is being written are on their way. */
	for (unsigned i = 0; i < N_BLOCKS && status == PRIO_OK; i++)
		status = stream_lend(stream, (struct prio_mut){copier->blocks[i], BLOCK_BYTES}, error);
	for (unsigned i = 0; status == PRIO_OK && n == BLOCK_BYTES; i = (i + 1) % N_BLOCKS) {
		struct prio_bytes block = {copier->blocks[i], 0};

		status = exec_check_stop(error);
		if (status == PRIO_OK)
			status = stream_take(stream, &n, error);
		if (status != PRIO_OK)
			break;
		block.n = n;
		if (source != NULL && source->has_crc32c)
			crc = crc32c(crc, block);
		status = sink_append(sink, block, error);
		n_bytes += n;
		copier->n_bytes += n;
		show(copier);
		if (status == PRIO_OK && n == BLOCK_BYTES)
			status = stream_lend(stream, (struct prio_mut){copier->blocks[i], BLOCK_BYTES}, error);
	}
	copier->n_done++;
	return status == PRIO_OK ? check_source(source, n_bytes, crc, error) : status;
}

enum prio_status copy_out(struct copier *copier, struct store *store, const char *key, struct sink *sink,
			  struct prio_error *error)
{
	struct store_object source;
	struct stream *stream = NULL;
	enum prio_status status = store_stat(store, key, &source, error);

	if (status == PRIO_OK)
		status = store_open(store, key, 0, UINT64_MAX, &stream, error);
	if (status == PRIO_OK)
		status = copy_stream(copier, stream, sink, &source, error);
	stream_close(stream);
	return status;
}

enum prio_status copy_object(struct copier *copier, struct store *from, const char *from_key, struct store *to,
			     const char *to_key, struct prio_error *error)
{
	struct store_object source;
	struct sink *sink = NULL;
	/* Looked for first, so that a source that is not there makes no upload. */
	enum prio_status status = store_stat(from, from_key, &source, error);

	if (status == PRIO_OK)
		status = store_create(to, to_key, &sink, error);
	if (status == PRIO_OK)
		status = copy_out(copier, from, from_key, sink, error);
	if (status == PRIO_OK)
		return sink_commit(sink, error);
	sink_abort(sink);
	return status;
}
