/* lanes: what both expansions by AVX-512 do with eight draws once their planes are apart, and how they find their
 * place. */
#ifndef PRIO1_PRG_LANES_H
#define PRIO1_PRG_LANES_H

#include <immintrin.h>

#include "base/ct.h"
#include "prio1/prg/kernels.h"

/* Eight draws, whatever their values: 48 and 40 bits. */
struct eight {
	__m512i lo;
	__m512i hi;
};

/* Which of them are below p: those where hi, and one more where lo is at least p's, is at most p's. */
static inline __attribute__((always_inline)) unsigned below_p(struct eight x)
{
	const __m512i to_carry =
		_mm512_set1_epi64((long long)(FIELD_LO_MASK + 1 - (uint64_t)(FIELD_P & FIELD_LO_MASK)));
	const __m512i largest = _mm512_set1_epi64((long long)(uint64_t)(FIELD_P >> FIELD_LO_BITS));
	__m512i carry = _mm512_srli_epi64(_mm512_add_epi64(x.lo, to_carry), FIELD_LO_BITS);

	return (unsigned)ct_reveal(_mm512_cmple_epu64_mask(_mm512_add_epi64(x.hi, carry), largest));
}

/* Write the draws of a mask one after another at lo, hi; eight are written, the others as zeros. */
static inline __attribute__((always_inline)) void put(uint64_t *lo, uint64_t *hi, struct eight x, unsigned mask)
{
	_mm512_storeu_si512(lo, _mm512_maskz_compress_epi64((__mmask8)mask, x.lo));
	_mm512_storeu_si512(hi, _mm512_maskz_compress_epi64((__mmask8)mask, x.hi));
}

/* The number of draws up to the n-th that a mask accepts, n from 1. */
static inline unsigned draws_up_to(uint32_t mask, unsigned n)
{
	return (unsigned)__builtin_ctz(_pdep_u32(1u << (n - 1), mask)) + 1;
}

#endif
