/* The query point r = (n + 1) + draw below (p - (n + 1)), n = n_data + 1, and the coefficients that make f(r), g(r) and h(r)
 * inner products (FORMAT.md 4 and 5). */
#include <stdlib.h>
#include <string.h>

#include "base/ct.h"
#include "base/error.h"
#include "base/wipe.h"
#include "crypt/hmac.h"
#include "prio1/batch_internal.h"
#include "prio1/field/lagrange.h"

/* The coefficients for query->r. */
static enum prio_status compute(struct prio_query *query)
{
	size_t n_data = query->copy.params.n_data;
	unsigned log2_n = params_points_log2(query->copy.params.n_data);
	u128 root_n = field_root(log2_n), root_2n = field_root(log2_n + 1), sum = 0;
	enum prio_status status;

	query->f_first = field_lagrange_at_one(query->r, log2_n);
	query->h_first = field_lagrange_at_one(query->r, log2_n + 1);
	status = field_lagrange(&query->f_data, n_data, query->r, log2_n, root_n, root_n);
	if (status == PRIO_OK)
		status = field_lagrange(&query->h_odd, params_points(query->copy.params.n_data), query->r, log2_n + 1,
					root_2n, root_n);

	/* Server A takes 1 off each share for g, which takes the sum of the coefficients off g(r). */
	for (size_t i = 0; i < n_data && query->server == PRIO_SERVER_A; i++)
		sum = field_add(sum, field_vector_get(&query->f_data, i));
	query->g_less = sum;
	return status;
}

enum prio_status prio_query_next(struct prio_query *query, struct prio_error *error)
{
	u128 least = (u128)query->copy.params.n_data + 2;
	unsigned log2_2n = params_points_log2(query->copy.params.n_data) + 1;
	u128 draw;
	enum prio_status status = prg_below(&query->prg, FIELD_P - least, &draw);

	if (status != PRIO_OK)
		return error_set(error, status, "the query point could not be drawn");

	/* At a 2N-th root of unity f(r), g(r) or h(r) would be a client's value itself. */
	query->r = field_add(least, draw);
	if (ct_reveal(field_pow(query->r, (u128)1 << log2_2n) == 1))
		return error_set(error, PRIO_ERR_QUERY_POINT,
				 "the shared secret gives an unusable query point for this batch; agree on another secret");

	status = compute(query);
	if (status != PRIO_OK)
		return error_set(error, status, "no memory for the coefficients of a query point");
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
	status = field_vector_init(&made->f_data, params->n_data);
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
	field_vector_clear(&query->f_data, query->copy.params.n_data);
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
