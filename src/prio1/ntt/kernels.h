/* kernels: transforms and the product of polynomials' values, which have vector versions (cpu/cpu.h).
 *
 * A transform is the tree of divisions X^(2h) - z^2 = (X^h - z)(X^h + z), which takes a polynomial, coefficient by
 * coefficient, to its remainders, and in the end to its values. With m blocks of 2 h elements each, block b multiplies
 * its upper half by z, which is entry m + b of the table, adds it to the lower half and subtracts it from it:
 *
 *     x[j] + z x[j + h]        x[j] - z x[j + h]
 *
 * In all levels but the first, z is one number for a whole block, so lanes can share it. The values come out in the
 * order of reversed bits, and are put in their natural order on the way. */
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

struct ntt_kernels {
	ntt_set_kernel *set;
	ntt_transform_kernel *transform;
	ntt_prove_kernel *prove;
	unsigned log2_n_min; /* below this they cannot be used, and the portable ones are */
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
#ifndef PRIO_PORTABLE_ONLY
ntt_set_kernel ntt_set_avx512ifma;
ntt_transform_kernel ntt_transform_avx512ifma;
ntt_prove_kernel ntt_prove_avx512ifma;
enum { NTT_LOG2_MIN_AVX512IFMA = 6 };
#endif

/* ntt_next_reversed: i + 1 in reversed bits from i in reversed bits, where all are below n, a power of two. */
static inline size_t ntt_next_reversed(size_t reversed, size_t n)
{
	size_t bit = n / 2;

	for (; (reversed & bit) != 0; bit /= 2)
		reversed ^= bit;
	return reversed | bit;
}

#endif
