/* ntt: polynomials between coefficients and values at roots of unity (FORMAT.md 5). Depends on field.
 *
 * The N-point transform takes coefficients c_0 ... c_(N-1) to the values at w^0 ... w^(N-1), where w is the root of
 * unity of order N that is a power of the deployed generator; both in their natural order. */
#ifndef PRIO1_NTT_H
#define PRIO1_NTT_H

#include "prio1/field/vector.h"

struct ntt_kernels;

/* What one transform multiplies by: 4 N words, in a form that is the kernel's own. */
struct ntt_table {
	uint64_t *words;
};

/* The roots for one N. Immutable, so threads may share it. */
struct ntt {
	size_t n; /* N, 2^log2_n */
	unsigned log2_n;
	const struct ntt_kernels *kernels; /* whose tables these are */
	struct ntt_table inverse;	   /* values at the powers of w to N times the coefficients */
	struct ntt_table odd; /* those to the values at the odd powers of the root of order 2 N, if there is one */
};

/* ntt_init: log2_n 0 to FIELD_ROOT_LOG2_MAX. PRIO_OK or PRIO_ERR_MEMORY (then it need not be cleared).
 * ntt_clear: fine on a zeroed struct. */
PRIO_MUST_USE enum prio_status ntt_init(struct ntt *ntt, unsigned log2_n);
void ntt_clear(struct ntt *ntt);

/* ntt_init_by: with the kernels of a table of one's choice, for tests; only if the CPU has them (kernels.h). */
PRIO_MUST_USE enum prio_status ntt_init_by(const struct ntt_kernels *kernels, struct ntt *ntt, unsigned log2_n);

/* Each works in place on N elements. CT: depends on N alone.
 *
 * ntt_evaluate: coefficients to values.
 * ntt_interpolate: values to coefficients.
 * ntt_extend: values at the powers of w to the values of the same polynomial at the odd powers v^(2j+1) of the root of
 * order 2 N, whose square is w. Only for log2_n below FIELD_ROOT_LOG2_MAX. */
void ntt_evaluate(const struct ntt *ntt, struct field_vector *vector);
void ntt_interpolate(const struct ntt *ntt, struct field_vector *vector);
void ntt_extend(const struct ntt *ntt, struct field_vector *vector);

/* ntt_prove: f[j] times g[j], where g = f - at_data + first * at_first, in place of f, j below N. CT: as above. */
void ntt_prove(const struct ntt *ntt, struct field_vector *f, const struct field_vector *at_data,
	       const struct field_vector *at_first, u128 first);

#endif
