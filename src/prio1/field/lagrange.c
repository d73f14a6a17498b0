/* One inversion for all points (Montgomery): with q_j = (r - x_0) ... (r - x_j), going down from 1 / q_(n-1),
 *
 *     1 / (r - x_j) = (1 / q_j) q_(j-1)        and        1 / q_(j-1) = (1 / q_j) (r - x_j). */
#include "prio1/field/lagrange.h"

/* (r^K - 1) / K */
static u128 scale_of(u128 r, unsigned log2_k)
{
	u128 k = (u128)1 << log2_k;

	return field_mul(field_sub(field_pow(r, k), 1), field_inv(k));
}

u128 field_lagrange_at_one(u128 r, unsigned log2_k)
{
	return field_mul(scale_of(r, log2_k), field_inv(field_sub(r, 1)));
}

enum prio_status field_lagrange(struct field_vector *out, size_t n, u128 r, unsigned log2_k, u128 first, u128 step)
{
	struct field_vector points;
	enum prio_status status = field_vector_init(&points, n);
	u128 x = first, product = 1;

	if (status != PRIO_OK)
		return status;

	for (size_t j = 0; j < n; j++) {
		field_vector_set(&points, j, x);
		field_vector_set(out, j, product); /* q_(j-1) */
		product = field_mul(product, field_sub(r, x));
		x = field_mul(x, step);
	}

	u128 inverse = field_inv(product);
	u128 scale = scale_of(r, log2_k);

	for (size_t j = n; j-- > 0;) {
		x = field_vector_get(&points, j);
		u128 one_over = field_mul(inverse, field_vector_get(out, j));

		inverse = field_mul(inverse, field_sub(r, x));
		field_vector_set(out, j, field_mul(scale, field_mul(x, one_over)));
	}

	field_vector_clear(&points, n);
	return PRIO_OK;
}
