/* ntt: polynomials between coefficients and values at roots of unity (FORMAT.md 5). Depends on field.
 *
 * The N-point transform takes coefficients c_0 ... c_(N-1) to the values at w^0 ... w^(N-1), where w is the root of
 * unity of order N that is a power of the deployed generator; both in their natural order. */
#ifndef PRIO1_NTT_H
#define PRIO1_NTT_H

#include "prio1/field/vector.h"

/* The roots for one N. Immutable, so threads may share it. */
struct ntt {
	size_t n;                    /* N, 2^log2_n */
	unsigned log2_n;
	struct field_vector roots;   /* w^j, j below N / 2 */
	struct field_vector inverse; /* w^-j, j below N / 2 */
	struct field_vector twist;   /* v^j / N in the order of reversed bits, v of order 2 N; empty if there is no v */
};

/* ntt_init: log2_n 0 to FIELD_ROOT_LOG2_MAX. PRIO_OK or PRIO_ERR_MEMORY (then it need not be cleared).
 * ntt_clear: fine on a zeroed struct. */
PRIO_MUST_USE enum prio_status ntt_init(struct ntt *ntt, unsigned log2_n);
void ntt_clear(struct ntt *ntt);

/* Each works in place on N elements. CT: depends on N alone.
 *
 * ntt_evaluate: coefficients to values.
 * ntt_interpolate: values to coefficients.
 * ntt_extend: values at the powers of w to the values of the same polynomial at the odd powers v^(2j+1) of the root of
 * order 2 N, whose square is w. Only for log2_n below FIELD_ROOT_LOG2_MAX. */
void ntt_evaluate(const struct ntt *ntt, struct field_vector *vector);
void ntt_interpolate(const struct ntt *ntt, struct field_vector *vector);
void ntt_extend(const struct ntt *ntt, struct field_vector *vector);

#endif
