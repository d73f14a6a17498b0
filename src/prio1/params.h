/* params: a batch's public parameters with storage for the batch id, so that copies can be kept. */
#ifndef PRIO1_PARAMS_H
#define PRIO1_PARAMS_H

#include "prio/batch.h"

struct params_copy {
	struct prio_params params; /* batch_id points to the storage below: never copy this struct by assignment */
	uint8_t batch_id[PRIO_BATCH_ID_BYTES_MAX];
};

/* params_copy_init: params must have passed prio_params_check. Owns nothing. */
void params_copy_init(struct params_copy *copy, const struct prio_params *params);

/* params_same_batch: equal in batch id (whole bytes), n_data and precision. */
bool params_same_batch(const struct prio_params *one, const struct prio_params *other);

/* params_points_log2: log2 of N, the number of points of f, g and h on the wire: n_data + 1 rounded up to a power of two. */
unsigned params_points_log2(uint32_t n_data);
static inline size_t params_points(uint32_t n_data)
{
	return (size_t)1 << params_points_log2(n_data);
}

/* params_plaintext_bytes_max: the longest plaintext that an honest client makes (prio_sealed_bytes_max without envelope). */
size_t params_plaintext_bytes_max(const struct prio_params *params, enum prio_server_id server);

#endif
