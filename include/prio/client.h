/* prio/client.h: from a vector to two sealed shares.
 *
 * Source: FORMAT.md 2, 3 and 5; Corrigan-Gibbs and Boneh, Prio, NSDI 2017, sections 4 and 5. */
#ifndef PRIO_CLIENT_H
#define PRIO_CLIENT_H

#include "prio/batch.h"
#include "prio/bytes.h"
#include "prio/keys.h"
#include "prio/status.h"

#ifdef __cplusplus
extern "C" {
#endif

/* A batch seen by a client: parameters, both public keys, roots of unity and working memory. One thread at a time. */
struct prio_client;

/* prio_client_new: copies all that it is given. Returns as prio_params_check; PRIO_ERR_MEMORY; PRIO_ERR_CRYPTO. */
PRIO_API PRIO_MUST_USE enum prio_status prio_client_new(struct prio_client **client, const struct prio_params *params,
							const struct prio_public_key *key_a,
							const struct prio_public_key *key_b, struct prio_error *error);
PRIO_API void prio_client_free(struct prio_client *client);

/* One submission, sealed for each server. In: room. Out: n is the share's length. */
struct prio_sealed_pair {
	struct prio_mut a;
	struct prio_mut b;
};

/* prio_encode_many: encode vectors of fields.
 *
 *   fields     n_vectors vectors one after another, n_data bytes each. An honest client's fields are 0 or 1. Other values
 *              are encoded as they are, so that tests can make submissions that the servers refuse.
 *   out        n_vectors pairs; each .a.n and .b.n at least prio_sealed_bytes_max, else PRIO_ERR_ARGUMENT.
 *
 * Fresh randomness for every vector. On failure the content of out is unspecified and must not be sent.
 * Returns PRIO_OK; PRIO_ERR_ARGUMENT; PRIO_ERR_RANDOM; PRIO_ERR_CRYPTO; PRIO_ERR_KEY (a public key of low order).
 * CT: timing does not depend on the fields. */
PRIO_API PRIO_MUST_USE enum prio_status prio_encode_many(struct prio_client *client, const uint8_t *fields,
							 size_t n_vectors, struct prio_sealed_pair *out,
							 struct prio_error *error);

/* prio_encode_uint_many: the same for n_data / precision unsigned integers a vector, each below 2^precision, else
 * PRIO_ERR_ARGUMENT. Only for params with a precision. */
PRIO_API PRIO_MUST_USE enum prio_status prio_encode_uint_many(struct prio_client *client, const uint64_t *values,
							      size_t n_vectors, struct prio_sealed_pair *out,
							      struct prio_error *error);

#ifdef __cplusplus
}
#endif

#endif
