/* An element is lo + 2^64 hi, hi at most 2^23. Products of parts are summed by weight, and reduced when all are in:
 *
 *     weight 1:      lo lo', below 2^128 each: the carries are counted
 *     weight 2^64:   lo hi' + hi lo', below 2^88 each: 2^20 of them stay below 2^108
 *     weight 2^128:  hi hi', at most 2^46 each: 2^19 of them, and the carries, stay below 2^66 */
#include "prio1/field/dot.h"

u128 field_dot(const struct field_vector *x, const struct field_vector *y, size_t n)
{
	const u128 weight64 = (u128)1 << 64;
	u128 low = 0, middle = 0, high = 0;
	uint64_t carries = 0;

	for (size_t i = 0; i < n; i++) {
		u128 product = (u128)x->lo[i] * y->lo[i];

		low += product;
		carries += low < product;
		middle += (u128)x->lo[i] * y->hi[i];
		middle += (u128)x->hi[i] * y->lo[i];
		high += x->hi[i] * y->hi[i];
	}

	/* Horner's rule in 2^64. */
	u128 sum = field_reduce(high + carries);
	sum = field_add(field_mul(sum, weight64), field_reduce(middle));
	return field_add(field_mul(sum, weight64), field_reduce(low));
}
