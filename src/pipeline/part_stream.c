#include "pipeline/part_stream.h"

#include <stdlib.h>

#include "base/error.h"

enum { LENT_MAX = 8, MORE_BYTES = 1 << 20 };

struct part_stream {
	struct stream base;
	struct store *store;
	const struct raw_part *part;
	uint64_t at_bytes;    /* in the object: of the next byte to come */
	uint64_t asked_bytes; /* up to here inner goes */
	struct stream *inner;
	/* Lent blocks, the oldest first. */
	struct prio_mut lent[LENT_MAX];
	unsigned n_lent;
};

static struct part_stream *part_stream_of(struct stream *base)
{
	return (struct part_stream *)(void *)base;
}

static enum prio_status ask(struct part_stream *stream, uint64_t until_bytes, struct prio_error *error)
{
	stream_close(stream->inner);
	stream->inner = NULL;
	stream->asked_bytes = until_bytes < stream->part->size_bytes ? until_bytes : stream->part->size_bytes;
	return store_open(stream->store, stream->part->key, stream->at_bytes, stream->asked_bytes - stream->at_bytes, &stream->inner,
			  error);
}

static enum prio_status lend(struct stream *base, struct prio_mut block, struct prio_error *error)
{
	struct part_stream *stream = part_stream_of(base);

	if (stream->n_lent == LENT_MAX)
		return error_set(error, PRIO_ERR_ARGUMENT, "too many blocks are lent");
	stream->lent[stream->n_lent++] = block;
	return PRIO_OK;
}

static enum prio_status take(struct stream *base, size_t *n_bytes, struct prio_error *error)
{
	struct part_stream *stream = part_stream_of(base);
	struct prio_mut block = stream->lent[0];
	enum prio_status status = PRIO_OK;

	*n_bytes = 0;
	if (stream->n_lent == 0)
		return error_set(error, PRIO_ERR_ARGUMENT, "no block is lent");
	stream->n_lent--;
	for (unsigned i = 0; i < stream->n_lent; i++)
		stream->lent[i] = stream->lent[i + 1];
	while (*n_bytes < block.n && status == PRIO_OK) {
		struct prio_mut rest = {block.p + *n_bytes, block.n - *n_bytes};
		size_t n = 0;

		status = stream_lend(stream->inner, rest, error);
		if (status == PRIO_OK)
			status = stream_take(stream->inner, &n, error);
		if (status != PRIO_OK)
			break;
		stream->at_bytes += n;
		*n_bytes += n;
		if (n == rest.n)
			break;
		if (stream->at_bytes < stream->asked_bytes)
			status = error_set(error, PRIO_ERR_CHANGED, "%s ends after %llu bytes, and had %llu when it was listed",
					   stream->part->key, (unsigned long long)stream->at_bytes,
					   (unsigned long long)stream->part->size_bytes);
		if (status != PRIO_OK || stream->asked_bytes == stream->part->size_bytes)
			break;
		status = ask(stream, stream->asked_bytes + MORE_BYTES, error);
	}
	return status;
}

static void close_stream(struct stream *base)
{
	stream_close(part_stream_of(base)->inner);
	free(base);
}

static const struct stream_ops part_stream_ops = {lend, take, close_stream};

enum prio_status part_stream_open(struct stream **out, struct store *store, const struct raw_part *part,
				  const struct task_input *input, size_t margin_bytes, struct prio_error *error)
{
	struct part_stream *stream = calloc(1, sizeof *stream);
	uint64_t until_bytes = input->end_bytes < UINT64_MAX - margin_bytes ? input->end_bytes + margin_bytes : UINT64_MAX;
	enum prio_status status;

	*out = NULL;
	if (stream == NULL)
		return error_set(error, PRIO_ERR_MEMORY, "out of memory");
	stream->base.ops = &part_stream_ops;
	stream->store = store;
	stream->part = part;
	stream->at_bytes = input->begin_bytes > 0 ? input->begin_bytes - 1 : 0;
	status = ask(stream, until_bytes, error);
	if (status == PRIO_OK)
		*out = &stream->base;
	else
		free(stream);
	return status;
}
