/* server: both servers of a small batch, made once a size, and envelopes that they open. */
#ifndef FUZZ_HARNESS_SERVER_H
#define FUZZ_HARNESS_SERVER_H

#include "prio/server.h"

enum { FUZZ_N_DATA_MAX = 8 };
#define FUZZ_BATCH_ID "fuzz"

struct fuzz_server {
	struct prio_private_key key;
	struct prio_shared_secret secret;
	struct prio_batch *batch;
	struct prio_query *query;
	struct prio_workspace *workspace;
};

/* fuzz_server: for n_data 1 to FUZZ_N_DATA_MAX and both servers; lives as long as the process. */
const struct fuzz_server *fuzz_server(enum prio_server_id server, uint32_t n_data);

/* fuzz_seal: an envelope around a plaintext, in memory of exactly its size, for the caller to free. The ephemeral key
 * is always the same. */
struct prio_mut fuzz_seal(struct prio_bytes plaintext, const struct fuzz_server *server);

#endif
