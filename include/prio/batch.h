/* prio/batch.h: what both servers and all clients of one batch agree on, and one server's view of it.
 *
 * Source: FORMAT.md 1, 3 and 4. */
#ifndef PRIO_BATCH_H
#define PRIO_BATCH_H

#include <stdbool.h>

#include "prio/bytes.h"
#include "prio/keys.h"
#include "prio/status.h"

#ifdef __cplusplus
extern "C" {
#endif

enum {
	PRIO_N_DATA_MAX = (1 << 18) - 1,
	PRIO_PRECISION_MAX = 42,
	PRIO_BATCH_ID_BYTES_MAX = 1024,
};

enum prio_server_id {
	PRIO_SERVER_A = 0,
	PRIO_SERVER_B = 1,
};

/* How the generator's AES key is made from a seed. Not visible in any message: both servers and the clients must agree. */
enum prio_prg_rule {
	PRIO_PRG_BATCH = 0,  /* first 16 bytes of SHA-256(seed || batch_id) */
	PRIO_PRG_LEGACY = 1, /* the seed itself: Firefox 69 and clients of its time */
};

/* The public parameters of a batch. */
struct prio_params {
	struct prio_bytes batch_id;  /* 1 to PRIO_BATCH_ID_BYTES_MAX bytes, any values; compared whole */
	uint32_t n_data;             /* fields on the wire, 1 to PRIO_N_DATA_MAX */
	uint32_t precision;          /* 0: fields are bits. 1 to 42: bits per unsigned integer; must divide n_data */
	enum prio_prg_rule prg;
	bool allow_forgeable_size;   /* accept n_data + 1 = a power of two, where a client can forge proofs */
};

/* prio_params_check: are these usable?
 * Returns PRIO_OK; PRIO_ERR_CONFIG; PRIO_ERR_FORGEABLE_SIZE. error says which member and what to do. Thread-safe. */
PRIO_API PRIO_MUST_USE enum prio_status prio_params_check(const struct prio_params *params, struct prio_error *error);

/* prio_n_data_is_forgeable: n_data + 1 is a power of two (SECURITY.md, "Forgeable sizes"). */
PRIO_API bool prio_n_data_is_forgeable(uint32_t n_data);

/* prio_sealed_bytes_max: the longest sealed share that a client of this size makes for one server: the bound for buffers.
 * A share may be longer (other encoders pad); such a share is opened all the same if the caller's buffer holds it. */
PRIO_API size_t prio_sealed_bytes_max(const struct prio_params *params, enum prio_server_id server);

/* One server's view of a batch: parameters, its private key, the shared secret. Immutable, so threads may share it. */
struct prio_batch;

/* prio_batch_new: copies all that it is given.
 *
 *   batch      out: owned by the caller, prio_batch_free.
 *
 * Returns as prio_params_check; PRIO_ERR_MEMORY; PRIO_ERR_CRYPTO. */
PRIO_API PRIO_MUST_USE enum prio_status prio_batch_new(struct prio_batch **batch, const struct prio_params *params,
						       enum prio_server_id server, const struct prio_private_key *key,
						       const struct prio_shared_secret *secret, struct prio_error *error);

/* prio_batch_free: wipes and frees. NULL is fine. */
PRIO_API void prio_batch_free(struct prio_batch *batch);

/* prio_batch_params: the batch's own copy; valid as long as the batch. */
PRIO_API const struct prio_params *prio_batch_params(const struct prio_batch *batch);
PRIO_API enum prio_server_id prio_batch_server(const struct prio_batch *batch);

/* A query point r and its Lagrange coefficients, 2 N of 16 bytes each, N being n_data + 1 rounded up to a power of two; and
 * N/2 numbers to make them of. Secret: a client that knew r could forge.
 * Immutable but for prio_query_next, so threads may share it. */
struct prio_query;

/* prio_query_new: the query point of draw 0, the one that every record of a batch uses.
 *
 * One query point per record, ever: a share checked at two different points no longer hides its values (SECURITY.md).
 * Returns PRIO_OK; PRIO_ERR_QUERY_POINT (r^(2N) = 1, one secret in 2^69); PRIO_ERR_MEMORY; PRIO_ERR_CRYPTO. */
PRIO_API PRIO_MUST_USE enum prio_status prio_query_new(struct prio_query **query, const struct prio_batch *batch,
						       struct prio_error *error);

/* prio_query_next: move on to the next draw, for the order-of-file rule of the original command-line tool: the k-th share
 * that a process opens is checked at draw k. Costs about as much as checking a share. Not while another thread uses query.
 * Returns as prio_query_new; after a failure query may only be freed. */
PRIO_API PRIO_MUST_USE enum prio_status prio_query_next(struct prio_query *query, struct prio_error *error);

/* prio_query_commitment: SHA-256 over a label, r, n_data, precision, the key rule and the batch id, with the shared secret
 * as key (HMAC): equal on both servers exactly if they agree; says nothing about r to others. */
PRIO_API PRIO_MUST_USE enum prio_status prio_query_commitment(const struct prio_query *query, uint8_t digest[32]);

PRIO_API void prio_query_free(struct prio_query *query);

#ifdef __cplusplus
}
#endif

#endif
