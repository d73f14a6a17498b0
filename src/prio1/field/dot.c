/* An element is lo + 2^48 hi. Three products an element, by Karatsuba's rule, each below 2^98, so that 2^19 of them add
 * up in 128 bits, and one reduction when all are in:
 *
 *     low = sum of lo lo'      high = sum of hi hi'      both = sum of (lo + hi) (lo' + hi')
 *     the sum of products = low + 2^48 (both - low - high) + 2^96 high */
#include "prio1/field/dot.h"

#include "prio1/field/kernels.h"

u128 field_dot_portable(const struct field_vector *x, const struct field_vector *y, size_t n)
{
	u128 low = 0, high = 0, both = 0;

	for (size_t i = 0; i < n; i++) {
		low += (u128)x->lo[i] * y->lo[i];
		high += (u128)x->hi[i] * y->hi[i];
		both += (u128)(x->lo[i] + x->hi[i]) * (y->lo[i] + y->hi[i]);
	}
	return field_dot_join(low, both - low - high, high);
}

u128 field_dot_join(u128 low, u128 middle, u128 high)
{
	const u128 weight = (u128)1 << FIELD_LO_BITS;
	u128 sum = field_reduce(high);

	/* Horner's rule. */
	sum = field_add(field_mul(sum, weight), field_reduce(middle));
	return field_add(field_mul(sum, weight), field_reduce(low));
}

u128 field_dot_join29(const u128 columns[FIELD_DOT_COLUMNS])
{
	u128 sum = 0;

	for (size_t k = FIELD_DOT_COLUMNS; k-- > 0;)
		sum = field_add(field_mul(sum, (u128)1 << FIELD_DOT_LIMB_BITS), field_reduce(columns[k]));
	return sum;
}

u128 field_dot(const struct field_vector *x, const struct field_vector *y, size_t n)
{
	return field_kernels()->dot(x, y, n);
}
