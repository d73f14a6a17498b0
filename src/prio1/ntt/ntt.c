#include "prio1/ntt/ntt.h"

#include <stdlib.h>

#include "prio1/ntt/kernels.h"

/* Entry m + b of the inverse transform, with m blocks: a root for every b below m, in the order of reversed bits, the
 * same at each level. */
static void fill_inverse(const struct ntt *ntt, u128 root)
{
	u128 power = 1;
	size_t reversed = 0;

	ntt->kernels->set(ntt->inverse.words, ntt->log2_n, 0, 1);
	for (size_t j = 0; j < ntt->n / 2; j++) {
		for (size_t m = 1; m < ntt->n; m *= 2)
			if (m > reversed)
				ntt->kernels->set(ntt->inverse.words, ntt->log2_n, m + reversed, power);
		power = field_mul(power, root);
		reversed = ntt_next_reversed(reversed, ntt->n / 2);
	}
}

/* X^N + 1 is the half of X^(2N) - 1 that has the odd powers, so entry k is entry k of the tree for 2 N. What comes out
 * of the inverse is N times too large; the first level of this one makes it right. */
static void fill_odd(const struct ntt *ntt, u128 root)
{
	u128 power = 1, n_inverse = field_inv((u128)ntt->n);
	size_t reversed = 0;

	for (size_t j = 0; j < ntt->n; j++) {
		ntt->kernels->set(ntt->odd.words, ntt->log2_n, reversed,
				  reversed <= 1 ? field_mul(power, n_inverse) : power);
		power = field_mul(power, root);
		reversed = ntt_next_reversed(reversed, ntt->n);
	}
}

static enum prio_status table_init(struct ntt_table *table, size_t n)
{
	size_t n_bytes = n * NTT_ENTRY_WORDS * sizeof *table->words;

	n_bytes = (n_bytes + FIELD_VECTOR_ALIGN - 1) / FIELD_VECTOR_ALIGN * FIELD_VECTOR_ALIGN;
	table->words = aligned_alloc(FIELD_VECTOR_ALIGN, n_bytes);
	return table->words == NULL ? PRIO_ERR_MEMORY : PRIO_OK;
}

enum prio_status ntt_init_by(const struct ntt_kernels *kernels, struct ntt *ntt, unsigned log2_n)
{
	bool has_odd = log2_n < FIELD_ROOT_LOG2_MAX;
	enum prio_status status;

	if (log2_n < kernels->log2_n_min)
		kernels = ntt_kernels_of(CPU_PORTABLE);
	*ntt = (struct ntt){.n = (size_t)1 << log2_n, .log2_n = log2_n, .kernels = kernels};
	status = table_init(&ntt->inverse, ntt->n);
	if (status == PRIO_OK && has_odd)
		status = table_init(&ntt->odd, ntt->n);
	if (status != PRIO_OK) {
		ntt_clear(ntt);
		return status;
	}

	fill_inverse(ntt, field_inv(field_root(log2_n)));
	if (has_odd)
		fill_odd(ntt, field_root(log2_n + 1));
	return PRIO_OK;
}

enum prio_status ntt_init(struct ntt *ntt, unsigned log2_n)
{
	return ntt_init_by(ntt_kernels(), ntt, log2_n);
}

void ntt_clear(struct ntt *ntt)
{
	free(ntt->inverse.words);
	free(ntt->odd.words);
	ntt->inverse.words = ntt->odd.words = NULL;
}

static void invert(const struct ntt *ntt, struct field_vector *vector)
{
	ntt->kernels->transform(vector, ntt->inverse.words, ntt->log2_n, true);
}

/* The inverse root's powers are the root's from behind. */
void ntt_evaluate(const struct ntt *ntt, struct field_vector *vector)
{
	invert(ntt, vector);
	for (size_t i = 1, j = ntt->n - 1; i < j; i++, j--) {
		u128 x = field_vector_get(vector, i);

		field_vector_set(vector, i, field_vector_get(vector, j));
		field_vector_set(vector, j, x);
	}
}

void ntt_interpolate(const struct ntt *ntt, struct field_vector *vector)
{
	u128 n_inverse = field_inv((u128)ntt->n);

	invert(ntt, vector);
	for (size_t i = 0; i < ntt->n; i++)
		field_vector_set(vector, i, field_mul(field_vector_get(vector, i), n_inverse));
}

void ntt_extend(const struct ntt *ntt, struct field_vector *vector)
{
	invert(ntt, vector);
	ntt->kernels->transform(vector, ntt->odd.words, ntt->log2_n, false);
}

void ntt_prove(const struct ntt *ntt, struct field_vector *f, const struct field_vector *at_data,
	       const struct field_vector *at_first, u128 first)
{
	ntt->kernels->prove(f, at_data, at_first, first, ntt->n);
}
