#include "pipeline/hash_stream.h"

#include <string.h>

#include "base/error.h"

static enum prio_status lend(struct stream *stream, struct prio_mut block, struct prio_error *error)
{
	struct hash_stream *hashing = (struct hash_stream *)stream;
	enum prio_status status;

	if (hashing->n_lent == HASH_STREAM_LENT_MAX)
		return error_set(error, PRIO_ERR_ARGUMENT, "too many blocks are lent");
	status = stream_lend(hashing->inner, block, error);
	if (status == PRIO_OK)
		hashing->lent[hashing->n_lent++] = block;
	return status;
}

static enum prio_status take(struct stream *stream, size_t *n_bytes, struct prio_error *error)
{
	struct hash_stream *hashing = (struct hash_stream *)stream;
	enum prio_status status = stream_take(hashing->inner, n_bytes, error);

	if (status != PRIO_OK)
		return status;
	if (hashing->n_lent == 0)
		return PRIO_OK;
	status = sha256_add(hashing->sha, (struct prio_bytes){hashing->lent[0].p, *n_bytes});
	hashing->n_bytes += *n_bytes;
	hashing->n_lent--;
	memmove(&hashing->lent[0], &hashing->lent[1], hashing->n_lent * sizeof hashing->lent[0]);
	return status == PRIO_OK ? PRIO_OK : error_set(error, status, "hashing: %s", prio_status_sentence(status));
}

static void close_nothing(struct stream *stream)
{
	(void)stream;
}

static const struct stream_ops ops = {lend, take, close_nothing};

enum prio_status hash_stream_init(struct hash_stream *hashing, struct stream *inner, struct sha256 *sha)
{
	*hashing = (struct hash_stream){.stream = {&ops}, .inner = inner, .sha = sha};
	return sha256_begin(sha);
}
