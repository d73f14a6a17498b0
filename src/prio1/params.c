#include "prio1/params.h"

#include <string.h>

#include "base/error.h"
#include "prio1/codec/codec.h"
#include "prio1/prg/prg.h"
#include "prio1/seal/seal.h"

bool prio_n_data_is_forgeable(uint32_t n_data)
{
	return ((n_data + 1) & n_data) == 0;
}

enum prio_status prio_params_check(const struct prio_params *params, struct prio_error *error)
{
	if (params->batch_id.n == 0)
		return error_set(error, PRIO_ERR_CONFIG, "the batch id is empty; give the one that the clients use");
	if (params->batch_id.n > PRIO_BATCH_ID_BYTES_MAX)
		return error_set(error, PRIO_ERR_CONFIG, "the batch id has %zu bytes; at most %d are possible",
				 params->batch_id.n, PRIO_BATCH_ID_BYTES_MAX);
	if (params->n_data == 0 || params->n_data > PRIO_N_DATA_MAX)
		return error_set(error, PRIO_ERR_CONFIG, "n_data is %u; it must be 1 to %d", params->n_data,
				 PRIO_N_DATA_MAX);
	if (params->precision > PRIO_PRECISION_MAX)
		return error_set(error, PRIO_ERR_CONFIG,
				 "precision is %u; it must be 1 to %d bits an integer, or 0 for plain bits", params->precision,
				 PRIO_PRECISION_MAX);
	if (params->precision != 0 && params->n_data % params->precision != 0)
		return error_set(error, PRIO_ERR_CONFIG,
				 "n_data (%u) must be a multiple of precision (%u): the number of integers times the bits "
				 "of each",
				 params->n_data, params->precision);
	if (params->prg != PRIO_PRG_BATCH && params->prg != PRIO_PRG_LEGACY)
		return error_set(error, PRIO_ERR_CONFIG, "the key rule %d is not known; it is batch or legacy",
				 (int)params->prg);
	if (prio_n_data_is_forgeable(params->n_data) && !params->allow_forgeable_size)
		return error_set(error, PRIO_ERR_FORGEABLE_SIZE,
				 "n_data is %u: %u is a power of two, and at such a size a client can forge a proof; use "
				 "n_data %u with one unused field, or allow it explicitly",
				 params->n_data, params->n_data + 1, params->n_data + 1);
	return PRIO_OK;
}

void params_copy_init(struct params_copy *copy, const struct prio_params *params)
{
	copy->params = *params;
	memcpy(copy->batch_id, params->batch_id.p, params->batch_id.n);
	copy->params.batch_id.p = copy->batch_id;
}

bool params_same_batch(const struct prio_params *one, const struct prio_params *other)
{
	return one->n_data == other->n_data && one->precision == other->precision &&
	       one->batch_id.n == other->batch_id.n &&
	       memcmp(one->batch_id.p, other->batch_id.p, one->batch_id.n) == 0;
}

unsigned params_points_log2(uint32_t n_data)
{
	unsigned log2 = 0;

	while ((uint32_t)1 << log2 < n_data + 1)
		log2++;
	return log2;
}

size_t params_plaintext_bytes_max(const struct prio_params *params, enum prio_server_id server)
{
	size_t n_data = params->n_data, n_points = params_points(params->n_data);
	size_t head = codec_str_bytes(params->batch_id.n) + 6 * CODEC_FIELD_BYTES_MAX + 1;

	if (server == PRIO_SERVER_B)
		return head + codec_str_bytes(PRG_SEED_BYTES);
	return head + codec_array_header_bytes(n_data) + n_data * CODEC_FIELD_BYTES_MAX +
	       codec_array_header_bytes(n_points) + n_points * CODEC_FIELD_BYTES_MAX;
}

size_t prio_sealed_bytes_max(const struct prio_params *params, enum prio_server_id server)
{
	return SEAL_OVERHEAD_BYTES + params_plaintext_bytes_max(params, server);
}
