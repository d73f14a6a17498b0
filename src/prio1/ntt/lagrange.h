/* lagrange: the values at r of polynomials that are given at roots of unity are inner products; these are their
 * coefficients, for the polynomials of a proof (FORMAT.md 5.2). Depends on field.
 *
 * For the K points x_i = v^i, v of order K = 2^k, and any r at all:
 *
 *     L_i(r) = 1/K * (1 + y + y^2 + ... + y^(K-1)),   y = r / x_i,   which is 1/K * (1 + y)(1 + y^2)(1 + y^4) ...
 *
 * Points with the same fourth power have all factors but the first two in common, and what these have in common is the
 * coefficient of that power, at r^4, among K/4 points. So all are made from one, that of a single point: from K/4
 * coefficients four each, by five products. No inversion, and 5/3 products a coefficient.
 *
 * That is folding, read backwards. To fold N values in halves, out[i] = (a + b) + (a - b) r / x_i, over and over until
 * one is left, takes the same products, and takes them for each vector of values anew; coefficients serve all that is
 * evaluated at r. */
#ifndef PRIO1_NTT_LAGRANGE_H
#define PRIO1_NTT_LAGRANGE_H

#include "prio1/field/vector.h"

struct ntt_kernels;

/* The roots for one N. Immutable, so threads may share it. */
struct lagrange {
	unsigned log2_n;
	u128 n_inverse;
	u128 powers[FIELD_ROOT_LOG2_MAX]; /* u^-(2^k), u the root of order 2 N */
	struct field_vector roots;	  /* N/2, as kernels take them (kernels.h) */
};

/* lagrange_init: log2_n 1 to FIELD_ROOT_LOG2_MAX - 1. PRIO_OK or PRIO_ERR_MEMORY. lagrange_clear: also after that, and
 * fine on a zeroed struct. */
PRIO_MUST_USE enum prio_status lagrange_init(struct lagrange *lagrange, unsigned log2_n);
void lagrange_clear(struct lagrange *lagrange);

/* lagrange_at: the coefficients at r.
 *
 *   whole      out, N: of the N points w^i; first that of w, and last that of w^N = 1.
 *   odd        out, N: of those of the 2 N points u^i where i is odd, in their order.
 *   r          any element.
 *
 * Returns r^N. CT: depends on N alone. */
u128 lagrange_at(const struct lagrange *lagrange, struct field_vector *whole, struct field_vector *odd, u128 r);

/* lagrange_at_by: with the kernels of a table of one's choice, for tests; only if the CPU has them (kernels.h). */
u128 lagrange_at_by(const struct ntt_kernels *kernels, const struct lagrange *lagrange, struct field_vector *whole,
		    struct field_vector *odd, u128 r);

#endif
