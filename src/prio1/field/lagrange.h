/* lagrange: the value at r of a polynomial given at roots of unity is an inner product; these are its coefficients.
 *
 * For the K points x_i = w^i, w of order K = 2^k:  L_i(r) = (r^K - 1) / K * x_i / (r - x_i). */
#ifndef PRIO1_FIELD_LAGRANGE_H
#define PRIO1_FIELD_LAGRANGE_H

#include "prio1/field/vector.h"

/* field_lagrange: out[j] = L at point x_j = first * step^j, j below n.
 *
 *   log2_k     K = 2^log2_k; every x_j has x_j^K = 1.
 *   r          r^K must not be 1 (the caller has checked).
 *   out        room for n; used as scratch too.
 *
 * n more elements of scratch are allocated: PRIO_OK or PRIO_ERR_MEMORY. CT: depends on n and log2_k alone. */
PRIO_MUST_USE enum prio_status field_lagrange(struct field_vector *out, size_t n, u128 r, unsigned log2_k, u128 first,
					      u128 step);

/* field_lagrange_at_one: L at the point 1 alone. */
u128 field_lagrange_at_one(u128 r, unsigned log2_k);

#endif
