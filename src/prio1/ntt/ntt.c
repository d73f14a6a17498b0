/* Two passes that undo each other's order: `scatter` takes the natural order to that of reversed bits (decimation in
 * frequency, Gentleman-Sande), `gather` the other way round (in time, Cooley-Tukey). Going down and up again, as extend
 * does, no element need ever be moved to its place. */
#include "prio1/ntt/ntt.h"

static size_t reverse_bits(size_t i, unsigned n_bits)
{
	size_t reversed = 0;

	for (unsigned bit = 0; bit < n_bits; bit++, i >>= 1)
		reversed = reversed << 1 | (i & 1);
	return reversed;
}

/* out[j] = root^j */
static void fill_powers(struct field_vector *out, size_t n, u128 root)
{
	u128 power = 1;

	for (size_t j = 0; j < n; j++) {
		field_vector_set(out, j, power);
		power = field_mul(power, root);
	}
}

static void fill_twist(struct ntt *ntt)
{
	u128 root = field_root(ntt->log2_n + 1), power = field_inv((u128)ntt->n);

	for (size_t j = 0; j < ntt->n; j++) {
		field_vector_set(&ntt->twist, reverse_bits(j, ntt->log2_n), power);
		power = field_mul(power, root);
	}
}

enum prio_status ntt_init(struct ntt *ntt, unsigned log2_n)
{
	u128 root = field_root(log2_n);
	enum prio_status status;

	*ntt = (struct ntt){.n = (size_t)1 << log2_n, .log2_n = log2_n};
	status = field_vector_init(&ntt->roots, ntt->n / 2);
	if (status == PRIO_OK)
		status = field_vector_init(&ntt->inverse, ntt->n / 2);
	if (status == PRIO_OK && log2_n < FIELD_ROOT_LOG2_MAX)
		status = field_vector_init(&ntt->twist, ntt->n);
	if (status != PRIO_OK) {
		ntt_clear(ntt);
		return status;
	}

	fill_powers(&ntt->roots, ntt->n / 2, root);
	fill_powers(&ntt->inverse, ntt->n / 2, field_inv(root));
	if (log2_n < FIELD_ROOT_LOG2_MAX)
		fill_twist(ntt);
	return PRIO_OK;
}

void ntt_clear(struct ntt *ntt)
{
	field_vector_clear(&ntt->roots, ntt->n / 2);
	field_vector_clear(&ntt->inverse, ntt->n / 2);
	field_vector_clear(&ntt->twist, ntt->n);
}

static void scatter(struct field_vector *vector, size_t n, const struct field_vector *roots)
{
	for (size_t half = n / 2; half > 0; half /= 2) {
		size_t stride = n / 2 / half;

		for (size_t block = 0; block < n; block += 2 * half) {
			for (size_t j = block, k = 0; k < half; j++, k++) {
				u128 upper = field_vector_get(vector, j), lower = field_vector_get(vector, j + half);
				u128 root = field_vector_get(roots, k * stride);

				field_vector_set(vector, j, field_add(upper, lower));
				field_vector_set(vector, j + half, field_mul(field_sub(upper, lower), root));
			}
		}
	}
}

static void gather(struct field_vector *vector, size_t n, const struct field_vector *roots)
{
	for (size_t half = 1; half < n; half *= 2) {
		size_t stride = n / 2 / half;

		for (size_t block = 0; block < n; block += 2 * half) {
			for (size_t j = block, k = 0; k < half; j++, k++) {
				u128 root = field_vector_get(roots, k * stride);
				u128 upper = field_vector_get(vector, j);
				u128 lower = field_mul(field_vector_get(vector, j + half), root);

				field_vector_set(vector, j, field_add(upper, lower));
				field_vector_set(vector, j + half, field_sub(upper, lower));
			}
		}
	}
}

static void put_in_order(const struct ntt *ntt, struct field_vector *vector)
{
	for (size_t i = 0; i < ntt->n; i++) {
		size_t j = reverse_bits(i, ntt->log2_n);
		u128 x = field_vector_get(vector, i);

		if (i < j) {
			field_vector_set(vector, i, field_vector_get(vector, j));
			field_vector_set(vector, j, x);
		}
	}
}

void ntt_evaluate(const struct ntt *ntt, struct field_vector *vector)
{
	scatter(vector, ntt->n, &ntt->roots);
	put_in_order(ntt, vector);
}

void ntt_interpolate(const struct ntt *ntt, struct field_vector *vector)
{
	u128 n_inverse = field_inv((u128)ntt->n);

	scatter(vector, ntt->n, &ntt->inverse);
	put_in_order(ntt, vector);
	for (size_t i = 0; i < ntt->n; i++)
		field_vector_set(vector, i, field_mul(field_vector_get(vector, i), n_inverse));
}

void ntt_extend(const struct ntt *ntt, struct field_vector *vector)
{
	/* With c_k times v^k for c_k, the values at w^j become those at v w^j = v^(2j+1). */
	scatter(vector, ntt->n, &ntt->inverse);
	for (size_t i = 0; i < ntt->n; i++)
		field_vector_set(vector, i, field_mul(field_vector_get(vector, i), field_vector_get(&ntt->twist, i)));
	gather(vector, ntt->n, &ntt->roots);
}
