#include "prio1/field/accumulate.h"

#include "prio1/field/kernels.h"

/* In steps of eight, which compilers make vector code of. */
static void add_plane(uint64_t *restrict sums, const uint64_t *restrict x, size_t n)
{
	for (; n >= 8; sums += 8, x += 8, n -= 8)
		for (size_t i = 0; i < 8; i++)
			sums[i] += x[i];
	for (size_t i = 0; i < n; i++)
		sums[i] += x[i];
}

void field_accumulate_portable(struct field_vector *sums, const struct field_vector *x, size_t n)
{
	add_plane(sums->lo, x->lo, n);
	add_plane(sums->hi, x->hi, n);
}

void field_accumulate(struct field_vector *sums, const struct field_vector *x, size_t n)
{
	field_kernels()->accumulate(sums, x, n);
}

void field_accumulate_reduce(struct field_vector *sums, size_t n)
{
	for (size_t i = 0; i < n; i++)
		field_vector_set(sums, i, field_reduce(field_vector_get(sums, i)));
}
