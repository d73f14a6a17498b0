/* stream: bytes in and bytes out, the meeting point of stores (which move bytes) and records (which read them).
 *
 * In: the reader owns the blocks and lends them; the source fills them. A file source reads straight into the block; a
 * network source may keep several lent blocks in flight. Nothing is copied in between.
 *
 * Out: append to a bounded buffer, then commit (the object appears whole) or abort (it never appears). */
#ifndef BASE_STREAM_H
#define BASE_STREAM_H

#include "prio/bytes.h"
#include "prio/status.h"

/* A source of bytes in order. Not thread-safe. */
struct stream;
struct stream_ops {
	/* lend: give the next block to fill. It belongs to the source until take returns it. At most 8 are lent at once. */
	enum prio_status (*lend)(struct stream *stream, struct prio_mut block, struct prio_error *error);
	/* take: wait for the oldest lent block. *n_bytes: how much of it was filled; less than its size only at the end of
	 * the stream; 0 from then on. Errors: NOT_FOUND, DENIED, IO, CHANGED, ... */
	enum prio_status (*take)(struct stream *stream, size_t *n_bytes, struct prio_error *error);
	/* close: give up everything; lent blocks are the reader's again. */
	void (*close)(struct stream *stream);
};
struct stream {
	const struct stream_ops *ops;
};

static inline enum prio_status stream_lend(struct stream *stream, struct prio_mut block, struct prio_error *error)
{
	return stream->ops->lend(stream, block, error);
}

static inline enum prio_status stream_take(struct stream *stream, size_t *n_bytes, struct prio_error *error)
{
	return stream->ops->take(stream, n_bytes, error);
}

/* stream_close(NULL) is fine. */
static inline void stream_close(struct stream *stream)
{
	if (stream != NULL)
		stream->ops->close(stream);
}

/* A sink of bytes. Exactly one of commit and abort ends it and frees it, commit also where it fails. Not thread-safe. */
struct sink;
struct sink_ops {
	enum prio_status (*append)(struct sink *sink, struct prio_bytes bytes, struct prio_error *error);
	enum prio_status (*commit)(struct sink *sink, struct prio_error *error);
	void (*abort)(struct sink *sink);
};
struct sink {
	const struct sink_ops *ops;
};

static inline enum prio_status sink_append(struct sink *sink, struct prio_bytes bytes, struct prio_error *error)
{
	return sink->ops->append(sink, bytes, error);
}

static inline enum prio_status sink_commit(struct sink *sink, struct prio_error *error)
{
	return sink->ops->commit(sink, error);
}

/* sink_abort(NULL) is fine. */
static inline void sink_abort(struct sink *sink)
{
	if (sink != NULL)
		sink->ops->abort(sink);
}

#endif
