#include "prio1/field/accumulate.h"

void field_accumulate(struct field_vector *sums, const struct field_vector *x, size_t n)
{
	uint64_t *restrict sums_lo = sums->lo, *restrict sums_hi = sums->hi;
	const uint64_t *restrict x_lo = x->lo, *restrict x_hi = x->hi;

	for (size_t i = 0; i < n; i++) {
		uint64_t lo = sums_lo[i] + x_lo[i];

		sums_hi[i] += x_hi[i] + (lo < x_lo[i]);
		sums_lo[i] = lo;
	}
}

void field_accumulate_reduce(struct field_vector *sums, size_t n)
{
	for (size_t i = 0; i < n; i++)
		field_vector_set(sums, i, field_reduce(field_vector_get(sums, i)));
}
