/* vec64: as many 64-bit lanes as the widest register of the instruction set that a file is compiled for. For kernel
 * files. */
#ifndef CPU_VEC64_H
#define CPU_VEC64_H

#ifdef __AVX2__

#include <immintrin.h>
#include <stddef.h>
#include <stdint.h>

#include "cpu/in_register.h"

#define VEC64_INLINE static inline __attribute__((always_inline))

/* A loop over i, from one constant up to another, at most 16 turns, written out: arrays indexed by i become registers.
 */
#define EACH_UNROLLED(i, from, to) _Pragma("GCC unroll 16") for (size_t i = (from); i < (to); i++)

/* vec64_multiply: the lanes' low halves, multiplied to 64 bits. vec64_shift_right: by the same number in every lane.
 * vec64_multiply_signed, vec64_shift_right_signed: the same of signed numbers.
 * vec64_is_zero: a lane mask, all ones or zero. vec64_select: lane by lane, b where the mask is all ones, a where it is
 * zero. */
#ifdef __AVX512F__
enum { VEC64_LANES = 8 };
typedef __m512i vec64;

VEC64_INLINE vec64 vec64_load(const uint64_t lanes[VEC64_LANES])
{
	return _mm512_loadu_si512(lanes);
}
VEC64_INLINE void vec64_store(uint64_t lanes[VEC64_LANES], vec64 a)
{
	_mm512_storeu_si512(lanes, a);
}
VEC64_INLINE vec64 vec64_all(uint64_t x)
{
	return _mm512_set1_epi64((long long)x);
}
VEC64_INLINE vec64 vec64_add(vec64 a, vec64 b)
{
	return _mm512_add_epi64(a, b);
}
VEC64_INLINE vec64 vec64_subtract(vec64 a, vec64 b)
{
	return _mm512_sub_epi64(a, b);
}
VEC64_INLINE vec64 vec64_multiply(vec64 a, vec64 b)
{
	return _mm512_mul_epu32(a, b);
}
VEC64_INLINE vec64 vec64_multiply_signed(vec64 a, vec64 b)
{
	return _mm512_mul_epi32(a, b);
}
VEC64_INLINE vec64 vec64_and(vec64 a, vec64 b)
{
	return _mm512_and_si512(a, b);
}
VEC64_INLINE vec64 vec64_or(vec64 a, vec64 b)
{
	return _mm512_or_si512(a, b);
}
VEC64_INLINE vec64 vec64_xor(vec64 a, vec64 b)
{
	return _mm512_xor_si512(a, b);
}
VEC64_INLINE vec64 vec64_shift_left(vec64 a, unsigned n)
{
	return _mm512_sll_epi64(a, _mm_cvtsi32_si128((int)n));
}
VEC64_INLINE vec64 vec64_shift_right(vec64 a, unsigned n)
{
	return _mm512_srl_epi64(a, _mm_cvtsi32_si128((int)n));
}
VEC64_INLINE vec64 vec64_shift_right_signed(vec64 a, unsigned n)
{
	return _mm512_srai_epi64(a, n);
}
VEC64_INLINE vec64 vec64_is_zero(vec64 a)
{
	return _mm512_movm_epi64(_mm512_testn_epi64_mask(a, a));
}
VEC64_INLINE vec64 vec64_select(vec64 mask, vec64 a, vec64 b)
{
	return _mm512_ternarylogic_epi64(mask, b, a, 0xca);
}
#else
enum { VEC64_LANES = 4 };
typedef __m256i vec64;

VEC64_INLINE vec64 vec64_load(const uint64_t lanes[VEC64_LANES])
{
	return _mm256_loadu_si256((const __m256i *)(const void *)lanes);
}
VEC64_INLINE void vec64_store(uint64_t lanes[VEC64_LANES], vec64 a)
{
	_mm256_storeu_si256((__m256i *)(void *)lanes, a);
}
VEC64_INLINE vec64 vec64_all(uint64_t x)
{
	return _mm256_set1_epi64x((long long)x);
}
VEC64_INLINE vec64 vec64_add(vec64 a, vec64 b)
{
	return _mm256_add_epi64(a, b);
}
VEC64_INLINE vec64 vec64_subtract(vec64 a, vec64 b)
{
	return _mm256_sub_epi64(a, b);
}
VEC64_INLINE vec64 vec64_multiply(vec64 a, vec64 b)
{
	return _mm256_mul_epu32(a, b);
}
VEC64_INLINE vec64 vec64_multiply_signed(vec64 a, vec64 b)
{
	return _mm256_mul_epi32(a, b);
}
VEC64_INLINE vec64 vec64_and(vec64 a, vec64 b)
{
	return _mm256_and_si256(a, b);
}
VEC64_INLINE vec64 vec64_or(vec64 a, vec64 b)
{
	return _mm256_or_si256(a, b);
}
VEC64_INLINE vec64 vec64_xor(vec64 a, vec64 b)
{
	return _mm256_xor_si256(a, b);
}
VEC64_INLINE vec64 vec64_shift_left(vec64 a, unsigned n)
{
	return _mm256_sll_epi64(a, _mm_cvtsi32_si128((int)n));
}
VEC64_INLINE vec64 vec64_shift_right(vec64 a, unsigned n)
{
	return _mm256_srl_epi64(a, _mm_cvtsi32_si128((int)n));
}
/* Made of unsigned ones: 2^63 is added before, and what has become of it taken off behind. */
VEC64_INLINE vec64 vec64_shift_right_signed(vec64 a, unsigned n)
{
	const vec64 lowest = vec64_all(UINT64_C(1) << 63);

	return vec64_subtract(vec64_shift_right(vec64_xor(a, lowest), n), vec64_shift_right(lowest, n));
}
VEC64_INLINE vec64 vec64_is_zero(vec64 a)
{
	return _mm256_cmpeq_epi64(a, _mm256_setzero_si256());
}
VEC64_INLINE vec64 vec64_select(vec64 mask, vec64 a, vec64 b)
{
	return _mm256_blendv_epi8(a, b, mask);
}
#endif

#endif
#endif
