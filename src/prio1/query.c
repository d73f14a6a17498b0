/* The query point r = (n + 1) + draw below (p - (n + 1)), n = n_data + 1, and the coefficients that make f(r), g(r) and h(r)
 * inner products (FORMAT.md 4 and 5). */
#include <stdlib.h>
#include <string.h>

#include "base/ct.h"
#include "base/error.h"
#include "base/wipe.h"
#include "crypt/hmac.h"
#include "prio1/batch_internal.h"

enum prio_status prio_query_next(struct prio_query *query, struct prio_error *error)
{
	size_t n_data = query->copy.params.n_data, n = params_points(query->copy.params.n_data);
	u128 least = (u128)n_data + 2, draw;
	enum prio_status status = prg_below(&query->prg, FIELD_P - least, &draw);

	if (status != PRIO_OK)
		return error_set(error, status, "the query point could not be drawn");

	/* At a 2N-th root of unity f(r), g(r) or h(r) would be a client's value itself. */
	query->r = field_add(least, draw);
	u128 r_to_n = lagrange_at(&query->lagrange, &query->f_data, &query->h_odd, query->r);
	if (ct_reveal(field_mul(r_to_n, r_to_n) == 1))
		return error_set(error, PRIO_ERR_QUERY_POINT,
				 "the shared secret gives an unusable query point for this batch; agree on another secret");

	/* Of the 2N points, the point 1 has that of the N points times (1 + r^N) / 2. */
	query->f_first = field_vector_get(&query->f_data, n - 1);
	query->h_first = field_mul(query->f_first, field_half(field_add(1, r_to_n)));

	/* Server A takes 1 off each share for g, which takes the sum of their coefficients off g(r). All N add up to 1. */
	query->g_less = 0;
	if (query->server == PRIO_SERVER_A) {
		query->g_less = 1;
		for (size_t i = n_data; i < n; i++)
			query->g_less = field_sub(query->g_less, field_vector_get(&query->f_data, i));
	}
	return PRIO_OK;
}

enum prio_status prio_query_new(struct prio_query **query, const struct prio_batch *batch, struct prio_error *error)
{
	const struct prio_params *params = &batch->copy.params;
	struct prio_query *made = calloc(1, sizeof *made);
	enum prio_status status;

	*query = NULL;
	if (made == NULL)
		return error_set(error, PRIO_ERR_MEMORY, "out of memory for a query point");

	params_copy_init(&made->copy, params);
	made->server = batch->server;
	made->secret = batch->secret;
	status = lagrange_init(&made->lagrange, params_points_log2(params->n_data));
	if (status == PRIO_OK)
		status = field_vector_init(&made->f_data, params_points(params->n_data));
	if (status == PRIO_OK)
		status = field_vector_init(&made->h_odd, params_points(params->n_data));
	if (status == PRIO_OK)
		status = prg_init(&made->prg);
	if (status == PRIO_OK)
		status = prg_seed(&made->prg, made->secret.bytes, made->copy.params.batch_id, params->prg);
	if (status != PRIO_OK)
		error_set(error, status, "%s", prio_status_sentence(status));
	else
		status = prio_query_next(made, error);

	if (status != PRIO_OK) {
		prio_query_free(made);
		return status;
	}
	*query = made;
	return PRIO_OK;
}

void prio_query_free(struct prio_query *query)
{
	if (query == NULL)
		return;
	lagrange_clear(&query->lagrange);
	field_vector_clear(&query->f_data, params_points(query->copy.params.n_data));
	field_vector_clear(&query->h_odd, params_points(query->copy.params.n_data));
	prg_clear(&query->prg);
	wipe(query, sizeof *query);
	free(query);
}

enum prio_status prio_query_commitment(const struct prio_query *query, uint8_t digest[32])
{
	static const uint8_t label[] = "prio-processor query commitment 1"; /* with its NUL, which ends it */
	const struct prio_params *params = &query->copy.params;
	uint8_t r[FIELD_BYTES], numbers[9];
	/* Everything but the batch id has a fixed length, and it comes last, so the parts cannot run into each other. */
	const struct prio_bytes parts[] = {{label, sizeof label}, {r, sizeof r}, {numbers, sizeof numbers}, params->batch_id};
	struct hmac *hmac;
	enum prio_status status;

	field_to_bytes(r, query->r);
	for (size_t i = 0; i < 4; i++) {
		numbers[i] = (uint8_t)(params->n_data >> (24 - 8 * i));
		numbers[4 + i] = (uint8_t)(params->precision >> (24 - 8 * i));
	}
	numbers[8] = (uint8_t)params->prg;

	status = hmac_new(&hmac, (struct prio_bytes){query->secret.bytes, sizeof query->secret.bytes});
	if (status == PRIO_OK)
		status = hmac_of(hmac, digest, parts, 4);
	hmac_free(hmac);
	wipe(r, sizeof r);
	return status;
}
