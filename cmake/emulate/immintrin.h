/* immintrin: stands before the compiler's own <immintrin.h> where PRIO_EMULATE compiles the kernels of the tables avx512
 * and avx512ifma: SIMDe (Debian's libsimde-dev) makes their instructions of those that every CPU with AVX2 has. So they
 * run where the CPU lacks them, and under valgrind, which knows none of them.
 *
 * What SIMDe lacks or makes with a branch on data is here. Nothing below branches on a lane's value or on a mask that was
 * made of one, because a mask may be secret: else tests/ct would blame kernels for what only their emulation does. */
#ifndef EMULATE_IMMINTRIN_H
#define EMULATE_IMMINTRIN_H

#include_next <immintrin.h>

#include <stdint.h>
#include <string.h>

#define SIMDE_ENABLE_NATIVE_ALIASES
#include <simde/x86/avx512.h>

/* Kernels ask these which limbs to use. SIMDe must not see them. */
#define __AVX512F__ 1
#define __AVX512DQ__ 1
#define __AVX512BW__ 1
#define __AVX512VL__ 1
#ifdef PRIO_EMULATE_IFMA
#define __AVX512IFMA__ 1
#endif

#define EMULATE static inline __attribute__((always_inline))

union emulate_512 {
	__m512i v;
	__m256i half[2];
	__m128i quarter[4];
	uint64_t u64[8];
	int64_t i64[8];
	uint8_t u8[64];
};

EMULATE union emulate_512 emulate_of(__m512i v)
{
	union emulate_512 u;

	u.v = v;
	return u;
}

/* Do WHAT for eight lanes of r, a, b and c. */
#define EMULATE_LANES(WHAT)                                                                                                 \
	for (unsigned i = 0; i < 8; i++) {                                                                                  \
		WHAT;                                                                                                       \
	}

/* All ones if bit i of a mask is set, zero if not. The compiler is kept from seeing that there are but two cases. */
EMULATE uint64_t emulate_chosen(uint64_t mask, unsigned i)
{
	uint64_t chosen = 0 - (mask >> i & 1);

	__asm__("" : "+r"(chosen));
	return chosen;
}

/* Lane by lane: b where the mask has its bit, a where not. */
EMULATE __m512i emulate_blend64(__mmask8 mask, __m512i a, __m512i b)
{
	union emulate_512 r, x = emulate_of(a), y = emulate_of(b);

	EMULATE_LANES(uint64_t chosen = emulate_chosen(mask, i); r.u64[i] = (x.u64[i] & ~chosen) | (y.u64[i] & chosen))
	return r.v;
}

EMULATE __m512i emulate_blend8(uint64_t mask, __m512i a, __m512i b)
{
	union emulate_512 r, x = emulate_of(a), y = emulate_of(b);

	for (unsigned i = 0; i < 64; i++) {
		uint64_t chosen = emulate_chosen(mask, i);

		r.u8[i] = (uint8_t)((x.u8[i] & ~chosen) | (y.u8[i] & chosen));
	}
	return r.v;
}

/* By halves: what SIMDe makes of it takes three times as long, and X25519 does little else. */
EMULATE __m512i emulate_multiply32(__m512i a, __m512i b)
{
	union emulate_512 r, x = emulate_of(a), y = emulate_of(b);

	r.half[0] = _mm256_mul_epu32(x.half[0], y.half[0]);
	r.half[1] = _mm256_mul_epu32(x.half[1], y.half[1]);
	return r.v;
}

EMULATE __m512i emulate_multiply_signed32(__m512i a, __m512i b)
{
	union emulate_512 r, x = emulate_of(a), y = emulate_of(b);

	r.half[0] = _mm256_mul_epi32(x.half[0], y.half[0]);
	r.half[1] = _mm256_mul_epi32(x.half[1], y.half[1]);
	return r.v;
}

/* IFMA: 52 bits by 52. */
#define EMULATE_MASK52 ((UINT64_C(1) << 52) - 1)
__extension__ typedef unsigned __int128 emulate_u128;

EMULATE emulate_u128 emulate_product52(uint64_t a, uint64_t b)
{
	return (emulate_u128)(a & EMULATE_MASK52) * (b & EMULATE_MASK52);
}

EMULATE __m512i emulate_madd52lo(__m512i sum, __m512i a, __m512i b)
{
	union emulate_512 r = emulate_of(sum), x = emulate_of(a), y = emulate_of(b);

	EMULATE_LANES(r.u64[i] += (uint64_t)emulate_product52(x.u64[i], y.u64[i]) & EMULATE_MASK52)
	return r.v;
}

EMULATE __m512i emulate_madd52hi(__m512i sum, __m512i a, __m512i b)
{
	union emulate_512 r = emulate_of(sum), x = emulate_of(a), y = emulate_of(b);

	EMULATE_LANES(r.u64[i] += (uint64_t)(emulate_product52(x.u64[i], y.u64[i]) >> 52))
	return r.v;
}

/* VAES: a round for each quarter. */
EMULATE __m512i emulate_aesenc(__m512i a, __m512i key)
{
	union emulate_512 r, x = emulate_of(a), k = emulate_of(key);

	for (unsigned i = 0; i < 4; i++)
		r.quarter[i] = _mm_aesenc_si128(x.quarter[i], k.quarter[i]);
	return r.v;
}

EMULATE __m512i emulate_aesenclast(__m512i a, __m512i key)
{
	union emulate_512 r, x = emulate_of(a), k = emulate_of(key);

	for (unsigned i = 0; i < 4; i++)
		r.quarter[i] = _mm_aesenclast_si128(x.quarter[i], k.quarter[i]);
	return r.v;
}

/* Loads under a mask read nothing behind it. What a load leaves out depends on lengths, so these may branch. */
EMULATE __m512i emulate_load64(__mmask8 mask, const void *p)
{
	union emulate_512 r = {.u64 = {0}};

	EMULATE_LANES(if (mask >> i & 1) memcpy(&r.u64[i], (const uint8_t *)p + 8 * i, 8))
	return r.v;
}

EMULATE __m512i emulate_load8(uint64_t mask, const void *p)
{
	union emulate_512 r = {.u64 = {0}};

	for (unsigned i = 0; i < 64; i++)
		if (mask >> i & 1)
			r.u8[i] = ((const uint8_t *)p)[i];
	return r.v;
}

EMULATE long long emulate_sum(__m512i a)
{
	union emulate_512 x = emulate_of(a);
	uint64_t sum = 0;

	EMULATE_LANES(sum += x.u64[i])
	return (long long)sum;
}

/* Numbers below 2^63, as all are that kernels compare so. */
EMULATE unsigned long long emulate_largest(__m512i a)
{
	union emulate_512 x = emulate_of(a);
	uint64_t largest = 0;

	EMULATE_LANES(uint64_t less = emulate_chosen((largest - x.u64[i]) >> 63, 0);
		      largest = (largest & ~less) | (x.u64[i] & less))
	return largest;
}

EMULATE __m512i emulate_mask_max(__m512i otherwise, __mmask8 mask, __m512i a, __m512i b)
{
	union emulate_512 r, x = emulate_of(a), y = emulate_of(b);

	EMULATE_LANES(uint64_t less = emulate_chosen((x.u64[i] - y.u64[i]) >> 63, 0);
		      r.u64[i] = (x.u64[i] & ~less) | (y.u64[i] & less))
	return emulate_blend64(mask, otherwise, r.v);
}

/* Also of numbers below 2^63: bit i where a <= b. */
EMULATE __mmask8 emulate_cmple(__m512i a, __m512i b)
{
	union emulate_512 x = emulate_of(a), y = emulate_of(b);
	unsigned mask = 0;

	EMULATE_LANES(mask |= (unsigned)(1 ^ ((y.u64[i] - x.u64[i]) >> 63)) << i)
	return (__mmask8)mask;
}

/* Bit i where a lane of a & b is not zero. */
EMULATE __mmask8 emulate_test(__m512i a, __m512i b)
{
	union emulate_512 x = emulate_of(a), y = emulate_of(b);
	unsigned mask = 0;

	EMULATE_LANES(mask |= (unsigned)((x.u64[i] & y.u64[i]) != 0) << i)
	return (__mmask8)mask;
}

EMULATE __mmask8 emulate_testn(__m512i a, __m512i b)
{
	return (__mmask8)(emulate_test(a, b) ^ 0xff);
}

EMULATE __mmask8 emulate_signs(__m512i a)
{
	union emulate_512 x = emulate_of(a);
	unsigned mask = 0;

	EMULATE_LANES(mask |= (unsigned)(x.u64[i] >> 63) << i)
	return (__mmask8)mask;
}

EMULATE __m512i emulate_movm(__mmask8 mask)
{
	union emulate_512 r;

	EMULATE_LANES(r.u64[i] = emulate_chosen(mask, i))
	return r.v;
}

/* By halves, in which signs are flipped before and put back behind. */
EMULATE __m256i emulate_srai_half(__m256i a, unsigned n)
{
	const __m256i lowest = _mm256_set1_epi64x(INT64_MIN);
	const __m128i count = _mm_cvtsi32_si128((int)n);

	return _mm256_sub_epi64(_mm256_srl_epi64(_mm256_xor_si256(a, lowest), count), _mm256_srl_epi64(lowest, count));
}

EMULATE __m512i emulate_srai(__m512i a, unsigned n)
{
	union emulate_512 r, x = emulate_of(a);

	r.half[0] = emulate_srai_half(x.half[0], n);
	r.half[1] = emulate_srai_half(x.half[1], n);
	return r.v;
}

/* Each bit of the result is that of `function` numbered by the bits of a, b and c, as for the instruction. */
EMULATE __m512i emulate_ternary(__m512i a, __m512i b, __m512i c, unsigned function)
{
	union emulate_512 r, x = emulate_of(a), y = emulate_of(b), z = emulate_of(c);

	EMULATE_LANES(r.u64[i] = 0)
	for (unsigned k = 0; k < 8; k++)
		EMULATE_LANES(r.u64[i] |= (k & 4 ? x.u64[i] : ~x.u64[i]) & (k & 2 ? y.u64[i] : ~y.u64[i]) &
					  (k & 1 ? z.u64[i] : ~z.u64[i]) & emulate_chosen(function, k))
	return r.v;
}

EMULATE __m512i emulate_shuffle128(__m512i a, __m512i b, unsigned which)
{
	union emulate_512 r, x = emulate_of(a), y = emulate_of(b);

	r.quarter[0] = x.quarter[which & 3];
	r.quarter[1] = x.quarter[which >> 2 & 3];
	r.quarter[2] = y.quarter[which >> 4 & 3];
	r.quarter[3] = y.quarter[which >> 6 & 3];
	return r.v;
}

#undef _mm512_madd_epi16
#undef _mm512_mul_epi32
#undef _mm512_mul_epu32
#undef _mm512_madd52lo_epu64
#undef _mm512_madd52hi_epu64
#undef _mm512_aesenc_epi128
#undef _mm512_aesenclast_epi128
#undef _mm512_maskz_loadu_epi64
#undef _mm512_maskz_loadu_epi8
#undef _mm_maskz_loadu_epi8
#undef _mm512_reduce_add_epi64
#undef _mm512_reduce_max_epu64
#undef _mm512_max_epu64
#undef _mm512_mask_max_epu64
#undef _mm512_cmple_epu64_mask
#undef _mm512_test_epi64_mask
#undef _mm512_testn_epi64_mask
#undef _mm512_movepi64_mask
#undef _mm512_movm_epi64
#undef _mm512_srai_epi64
#undef _mm512_ternarylogic_epi64
#undef _mm512_shuffle_i64x2
#undef _mm512_mask_add_epi64
#undef _mm512_mask_mov_epi64
#undef _mm512_mask_set1_epi64
#undef _mm512_mask_set1_epi8
#undef _mm512_maskz_set1_epi64
/* SIMDe's own alias of this one takes the wrong arguments. */
#define _mm512_madd_epi16(a, b) simde_mm512_madd_epi16(a, b)
#define _mm512_mul_epu32(a, b) emulate_multiply32(a, b)
#define _mm512_mul_epi32(a, b) emulate_multiply_signed32(a, b)
#define _mm512_madd52lo_epu64(sum, a, b) emulate_madd52lo(sum, a, b)
#define _mm512_madd52hi_epu64(sum, a, b) emulate_madd52hi(sum, a, b)
#define _mm512_aesenc_epi128(a, key) emulate_aesenc(a, key)
#define _mm512_aesenclast_epi128(a, key) emulate_aesenclast(a, key)
#define _mm512_maskz_loadu_epi64(mask, p) emulate_load64(mask, p)
#define _mm512_maskz_loadu_epi8(mask, p) emulate_load8(mask, p)
#define _mm_maskz_loadu_epi8(mask, p) _mm512_castsi512_si128(emulate_load8((uint16_t)(mask), p))
#define _mm512_reduce_add_epi64(a) emulate_sum(a)
#define _mm512_reduce_max_epu64(a) emulate_largest(a)
#define _mm512_max_epu64(a, b) emulate_mask_max(a, 0xff, a, b)
#define _mm512_mask_max_epu64(otherwise, mask, a, b) emulate_mask_max(otherwise, mask, a, b)
#define _mm512_cmple_epu64_mask(a, b) emulate_cmple(a, b)
#define _mm512_test_epi64_mask(a, b) emulate_test(a, b)
#define _mm512_testn_epi64_mask(a, b) emulate_testn(a, b)
#define _mm512_movepi64_mask(a) emulate_signs(a)
#define _mm512_movm_epi64(mask) emulate_movm(mask)
#define _mm512_srai_epi64(a, n) emulate_srai(a, n)
#define _mm512_ternarylogic_epi64(a, b, c, function) emulate_ternary(a, b, c, function)
#define _mm512_shuffle_i64x2(a, b, which) emulate_shuffle128(a, b, which)
#define _mm512_mask_add_epi64(otherwise, mask, a, b) emulate_blend64(mask, otherwise, _mm512_add_epi64(a, b))
#define _mm512_mask_mov_epi64(otherwise, mask, a) emulate_blend64(mask, otherwise, a)
#define _mm512_mask_set1_epi64(otherwise, mask, x) emulate_blend64(mask, otherwise, _mm512_set1_epi64(x))
#define _mm512_mask_set1_epi8(otherwise, mask, x) emulate_blend8(mask, otherwise, _mm512_set1_epi8(x))
#define _mm512_maskz_set1_epi64(mask, x) emulate_blend64(mask, _mm512_setzero_si512(), _mm512_set1_epi64(x))

#endif
