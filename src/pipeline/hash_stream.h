/* hash_stream: a stream that passes another one on and hashes what goes by. */
#ifndef PIPELINE_HASH_STREAM_H
#define PIPELINE_HASH_STREAM_H

#include "base/stream.h"
#include "crypt/sha256.h"

enum { HASH_STREAM_LENT_MAX = 8 };

/* In the caller's memory. */
struct hash_stream {
	struct stream stream; /* what readers use; closing it does not close the inner one */
	struct stream *inner;
	struct sha256 *sha;
	uint64_t n_bytes;
	struct prio_mut lent[HASH_STREAM_LENT_MAX]; /* oldest first */
	size_t n_lent;
};

/* hash_stream_init: sha begins a message here. PRIO_OK or PRIO_ERR_CRYPTO. */
PRIO_MUST_USE enum prio_status hash_stream_init(struct hash_stream *hashing, struct stream *inner, struct sha256 *sha);

#endif
