/* An object of any length: what fits one part is sent at once, and what does not, part by part. Parts grow as the
 * object does, so that S3's 10,000 are enough for half a terabyte while most sinks hold 8 MiB. */
#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "store/s3_write.h"

enum {
	FIRST_ROOM_BYTES = 1 << 16,
	FIRST_PART_BYTES = 8 << 20,
	LAST_PART_BYTES = 64 << 20,
	PARTS_OF_A_SIZE = 1000,
};

struct s3_sink {
	struct sink base;
	struct s3_store *store;
	char *key;
	struct s3_upload upload;
	struct prio_error failed; /* of the first call that did: the object cannot become whole any more */
	uint8_t *buffer;
	size_t n_buffered;
	size_t room;
};

static struct s3_sink *sink_of(struct sink *sink)
{
	return (struct s3_sink *)(void *)sink;
}

size_t s3_part_bytes(size_t n_before)
{
	size_t n = FIRST_PART_BYTES;

	for (size_t i = PARTS_OF_A_SIZE; i <= n_before && n < LAST_PART_BYTES; i += PARTS_OF_A_SIZE)
		n *= 2;
	return n;
}

static enum prio_status send_part(struct s3_sink *sink, struct prio_error *error)
{
	enum prio_status status = PRIO_OK;

	if (sink->upload.id == NULL)
		status = s3_upload_begin(&sink->upload, error);
	if (status == PRIO_OK)
		status = s3_upload_part(&sink->upload, (struct prio_bytes){sink->buffer, sink->n_buffered}, error);
	sink->n_buffered = 0;
	return status;
}

/* Take what fits into this part. */
static enum prio_status take(struct s3_sink *sink, struct prio_bytes *bytes, struct prio_error *error)
{
	size_t most = s3_part_bytes(sink->upload.n_parts);
	size_t n = most - sink->n_buffered < bytes->n ? most - sink->n_buffered : bytes->n;

	if (n > sink->room - sink->n_buffered) {
		size_t room = sink->room == 0 ? FIRST_ROOM_BYTES : sink->room;

		while (room < sink->n_buffered + n)
			room *= 2;
		uint8_t *buffer = realloc(sink->buffer, room);
		if (buffer == NULL)
			return error_set(error, PRIO_ERR_MEMORY, "out of memory");
		sink->buffer = buffer;
		sink->room = room;
	}
	memcpy(sink->buffer + sink->n_buffered, bytes->p, n);
	sink->n_buffered += n;
	bytes->p += n;
	bytes->n -= n;
	return PRIO_OK;
}

static enum prio_status s3_append(struct sink *base, struct prio_bytes bytes, struct prio_error *error)
{
	struct s3_sink *sink = sink_of(base);

	while (bytes.n > 0 && sink->failed.status == PRIO_OK) {
		struct prio_error why = {PRIO_OK, ""};
		enum prio_status status = PRIO_OK;

		if (sink->n_buffered == s3_part_bytes(sink->upload.n_parts))
			status = send_part(sink, &why);
		if (status == PRIO_OK)
			status = take(sink, &bytes, &why);
		sink->failed = why;
		sink->failed.status = status;
	}
	if (sink->failed.status != PRIO_OK && error != NULL)
		*error = sink->failed;
	return sink->failed.status;
}

static void sink_free(struct s3_sink *sink)
{
	s3_upload_clear(&sink->upload);
	free(sink->buffer);
	free(sink->key);
	free(sink);
}

static void s3_abort(struct sink *base)
{
	struct s3_sink *sink = sink_of(base);

	s3_upload_abort(&sink->upload);
	sink_free(sink);
}

static enum prio_status s3_commit(struct sink *base, struct prio_error *error)
{
	struct s3_sink *sink = sink_of(base);
	enum prio_status status = sink->failed.status;

	if (status != PRIO_OK && error != NULL)
		*error = sink->failed;
	if (status == PRIO_OK && sink->upload.id == NULL)
		status = s3_put(&sink->store->base, sink->key, (struct prio_bytes){sink->buffer, sink->n_buffered},
				STORE_ALWAYS, error);
	else if (status == PRIO_OK) {
		if (sink->n_buffered > 0)
			status = send_part(sink, error);
		if (status == PRIO_OK)
			status = s3_upload_complete(&sink->upload, error);
	}
	if (status != PRIO_OK)
		s3_upload_abort(&sink->upload);
	sink_free(sink);
	return status;
}

static const struct sink_ops sink_ops = {s3_append, s3_commit, s3_abort};

enum prio_status s3_create(struct store *base, const char *key, struct sink **out, struct prio_error *error)
{
	struct s3_sink *sink = calloc(1, sizeof *sink);

	if (sink == NULL || (sink->key = strdup(key)) == NULL) {
		free(sink);
		return error_set(error, PRIO_ERR_MEMORY, "out of memory");
	}
	sink->base.ops = &sink_ops;
	sink->store = s3_store_of(base);
	sink->upload.store = sink->store;
	sink->upload.key = sink->key;
	*out = &sink->base;
	return PRIO_OK;
}
