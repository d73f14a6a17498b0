/* kernels: transforms and the product of polynomials' values, which have vector versions (cpu/cpu.h).
 *
 * A transform is the tree of divisions X^(2h) - z^2 = (X^h - z)(X^h + z), which takes a polynomial, coefficient by
 * coefficient, to its remainders, and in the end to its values. With m blocks of 2 h elements each, block b multiplies
 * its upper half by z, which is entry m + b of the table, adds it to the lower half and subtracts it from it:
 *
 *     x[j] + z x[j + h]        x[j] - z x[j + h]
 *
 * In all levels but the first, z is one number for a whole block, so lanes can share it. The values come out in the
 * order of reversed bits, and are put in their natural order on the way.
 *
 * The sums of powers that coefficients are (lagrange.h), 1 + y + ... + y^(N-1) for the N numbers y = t w^-i, are made
 * by levels, each of which quadruples their number M. If p is one of M's sums, at y^4, those of 4 M are p times 1 + y +
 * y^2 + y^3, for y = t^(N/(4M)) v^-i, v of order 4 M, and for y v^-M, y v^-2M and y v^-3M, which is y turned by the
 * fourth root of unity j = v^-M once, twice, and three times:
 *
 *     (p + p y^2) + (p y + p y^3)        (p - p y^2) + j (p y - p y^3)
 *     (p + p y^2) - (p y + p y^3)        (p - p y^2) - j (p y - p y^3)
 *
 * They stand M apart from each other. */
#ifndef PRIO1_NTT_KERNELS_H
#define PRIO1_NTT_KERNELS_H

#include <stdbool.h>

#include "cpu/cpu.h"
#include "prio1/ntt/ntt.h"

enum { NTT_ENTRY_WORDS = 4 };

/* Set entry k, 0 to 2^log2_n - 1, of a table. Entry 0 is what the first level multiplies its lower half by. */
typedef void ntt_set_kernel(uint64_t *words, unsigned log2_n, size_t k, u128 w);

/* The transform of 2^log2_n elements, in place, to elements. plain: entries 0 and 1 are both one, and left out. CT:
 * depends on log2_n alone. Wipes its stack but for register spills. */
typedef void ntt_transform_kernel(struct field_vector *x, const uint64_t *words, unsigned log2_n, bool plain);

/* ntt_prove, of n elements, a multiple of 2^log2_n_min. */
typedef void ntt_prove_kernel(struct field_vector *f, const struct field_vector *at_data,
			      const struct field_vector *at_first, u128 first, size_t n);

/* out[i] = scale times the sum of the powers 0 to N - 1 of t w^-i, i below N = 2^log2_n, as elements. */
struct ntt_sums {
	struct field_vector *out;
	u128 powers[FIELD_ROOT_LOG2_MAX]; /* t^(2^k), k below log2_n */
	u128 scale;
};
enum { NTT_SUMS = 2 };

/* Several sets at once, because a set alone has to wait for each of its products before the next.
 *
 *   roots      v^-i at M + i, i below M, for M = N/4, N/16, ...
 *   log2_n     at least 1.
 *
 * CT: depends on log2_n alone. Wipes its stack but for register spills. */
typedef void ntt_lagrange_kernel(const struct ntt_sums sums[NTT_SUMS], const struct field_vector *roots,
				 unsigned log2_n);

struct ntt_kernels {
	ntt_set_kernel *set;
	ntt_transform_kernel *transform;
	ntt_prove_kernel *prove;
	unsigned log2_n_min; /* below this those above cannot be used, and the portable ones are */
	ntt_lagrange_kernel *lagrange;
};

extern struct cpu_module ntt_module;

/* ntt_kernels: those that run. ntt_kernels_of: those of one table, for tests; only to be called if cpu_best() is at
 * least that. Thread-safe. */
static inline const struct ntt_kernels *ntt_kernels(void)
{
	return cpu_kernels(&ntt_module);
}
static inline const struct ntt_kernels *ntt_kernels_of(enum cpu_table table)
{
	return ntt_module.tables[table];
}

ntt_set_kernel ntt_set_portable;
ntt_transform_kernel ntt_transform_portable;
ntt_prove_kernel ntt_prove_portable;
ntt_lagrange_kernel ntt_lagrange_portable;
#ifndef PRIO_PORTABLE_ONLY
ntt_set_kernel ntt_set_avx512ifma;
ntt_transform_kernel ntt_transform_avx512ifma;
ntt_prove_kernel ntt_prove_avx512ifma;
enum { NTT_LOG2_MIN_AVX512IFMA = 6 };
ntt_lagrange_kernel ntt_lagrange_avx2, ntt_lagrange_avx512, ntt_lagrange_avx512ifma;
#endif

/* The inverse of the root of order 4: what numbers are turned by. */
#define NTT_FOURTH_ROOT ((u128)0x35dbe9 << 64 | 0x5730bed0669969ad)

/* ntt_lagrange_begin: for kernels, which need whole registers: the first levels of ntt_lagrange_portable, until each
 * set has 2^log2_least numbers or more, or all. Returns the log2 of how many there are. */
unsigned ntt_lagrange_begin(const struct ntt_sums sums[NTT_SUMS], const struct field_vector *roots, unsigned log2_n,
			    unsigned log2_least);

/* ntt_next_reversed: i + 1 in reversed bits from i in reversed bits, where all are below n, a power of two. */
static inline size_t ntt_next_reversed(size_t reversed, size_t n)
{
	size_t bit = n / 2;

	for (; (reversed & bit) != 0; bit /= 2)
		reversed ^= bit;
	return reversed | bit;
}

#endif
