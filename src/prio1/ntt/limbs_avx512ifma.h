/* limbs: eight numbers modulo p in two registers, x = x0 + 2^44 x1, for the kernels of this folder.
 *
 * IFMA multiplies 52 bits by 52. If one factor's limbs are moved up by 8 bits, its upper half falls on a limb, and its
 * lower half, moved down by 8 again, too. Two limbs are 88 bits, and 2^88 = -(2^20 + 2) mod p is a short factor: that
 * is why the cut is at 44 and not at 48, where vectors have it.
 *
 * Limbs are never carried from one to the other before the end; x1 then reaches a little beyond p, too. Tame: x0 below
 * 2^51, x1 below 2^50. A product: x0 below 2^46, x1 below 2^45. */
#ifndef PRIO1_NTT_LIMBS_AVX512IFMA_H
#define PRIO1_NTT_LIMBS_AVX512IFMA_H

#ifdef __AVX512IFMA__

#include <immintrin.h>

#include "prio1/ntt/kernels.h"

enum {
	LANES = 8,
	LIMB_BITS = 44,
	HIGH_BITS = 8, /* by which one factor is moved up */
	TOP_BITS = 87 - LIMB_BITS,
};

#define LIMB_MASK (((uint64_t)1 << LIMB_BITS) - 1)
#define P_LOW (((uint64_t)1 << 19) + 1) /* p = P_LOW + 2^87 */

struct limbs {
	__m512i x0;
	__m512i x1;
};

static inline __attribute__((always_inline)) __m512i all(uint64_t x)
{
	return _mm512_set1_epi64((long long)x);
}

static inline __attribute__((always_inline)) __m512i limb_of(__m512i x)
{
	return _mm512_and_si512(x, all(LIMB_MASK));
}

static inline __attribute__((always_inline)) struct limbs limbs_add(struct limbs x, struct limbs y)
{
	return (struct limbs){_mm512_add_epi64(x.x0, y.x0), _mm512_add_epi64(x.x1, y.x1)};
}

/* x - y + 4 p, y a product or an element. 2^44 of the upper limb's 4 p are lent to the lower one four times. */
static inline __attribute__((always_inline)) struct limbs limbs_sub(struct limbs x, struct limbs y)
{
	const __m512i p0 = all(4 * P_LOW + ((uint64_t)4 << LIMB_BITS)), p1 = all(((uint64_t)4 << TOP_BITS) - 4);

	return (struct limbs){_mm512_sub_epi64(_mm512_add_epi64(x.x0, p0), y.x0),
			      _mm512_sub_epi64(_mm512_add_epi64(x.x1, p1), y.x1)};
}

/* s a + t b, where s and t are single limbs, and either they or both a and b are moved up; what is not moved up is
 * tame. A product. */
static inline __attribute__((always_inline)) struct limbs limbs_combine(__m512i s, struct limbs a, __m512i t,
									struct limbs b)
{
	const __m512i zero = _mm512_setzero_si512(), fold = all((((uint64_t)1 << 20) + 2) << HIGH_BITS);
	/* p, of which one of the upper limb's is lent to the lower one. */
	const __m512i p0 = all((P_LOW + ((uint64_t)1 << LIMB_BITS)) << HIGH_BITS);
	const __m512i p1 = all(((uint64_t)1 << TOP_BITS) - 1);
	__m512i low0 = _mm512_madd52lo_epu64(_mm512_madd52lo_epu64(p0, s, a.x0), t, b.x0);
	__m512i low1 = _mm512_madd52lo_epu64(_mm512_madd52lo_epu64(zero, s, a.x1), t, b.x1);
	__m512i high1 = _mm512_madd52hi_epu64(_mm512_madd52hi_epu64(zero, s, a.x0), t, b.x0);
	__m512i high2 = _mm512_madd52hi_epu64(_mm512_madd52hi_epu64(zero, s, a.x1), t, b.x1);
	__m512i c1 = _mm512_add_epi64(high1, _mm512_srli_epi64(low1, HIGH_BITS));
	__m512i c2 = _mm512_add_epi64(high2, _mm512_srli_epi64(c1, LIMB_BITS)); /* below 2^52 */
	struct limbs r;

	r.x0 = _mm512_sub_epi64(low0, _mm512_madd52lo_epu64(zero, c2, fold));
	r.x0 = _mm512_srli_epi64(r.x0, HIGH_BITS);
	r.x1 = _mm512_sub_epi64(_mm512_add_epi64(limb_of(c1), p1), _mm512_madd52hi_epu64(zero, c2, fold));
	return r;
}

/* 2^44 x, x tame. Tame: at most x's bounds and 2^46 more. */
static inline __attribute__((always_inline)) struct limbs limbs_up(struct limbs x)
{
	const __m512i zero = _mm512_setzero_si512(), fold = all((((uint64_t)1 << 20) + 2) << HIGH_BITS);
	struct limbs r;

	r.x0 = _mm512_srli_epi64(_mm512_madd52lo_epu64(zero, x.x1, fold), HIGH_BITS);
	r.x0 = _mm512_sub_epi64(all(P_LOW + ((uint64_t)1 << LIMB_BITS)), r.x0);
	r.x1 = _mm512_sub_epi64(all(((uint64_t)1 << TOP_BITS) - 1), _mm512_madd52hi_epu64(zero, x.x1, fold));
	r.x1 = _mm512_add_epi64(r.x1, x.x0);
	return r;
}

/* x times y, y an element, x tame, x0 below 2^49. up: limbs_up(x). */
static inline __attribute__((always_inline)) struct limbs limbs_mul(struct limbs x, struct limbs up, struct limbs y)
{
	return limbs_combine(_mm512_slli_epi64(y.x0, HIGH_BITS), x, _mm512_slli_epi64(y.x1, HIGH_BITS), up);
}

/* A constant factor, the same or another one in each lane: w = w0 + 2^44 w1 and 2^44 w mod p, elements moved up. */
struct limbs_entry {
	struct limbs w;
	struct limbs up;
};

static inline __attribute__((always_inline)) struct limbs_entry limbs_entry_of(u128 w)
{
	u128 up = field_mul(w, (u128)1 << LIMB_BITS);

	return (struct limbs_entry){
		{all(((uint64_t)w & LIMB_MASK) << HIGH_BITS), all((uint64_t)(w >> LIMB_BITS) << HIGH_BITS)},
		{all(((uint64_t)up & LIMB_MASK) << HIGH_BITS), all((uint64_t)(up >> LIMB_BITS) << HIGH_BITS)}};
}

/* x z, x tame. A product. */
static inline __attribute__((always_inline)) struct limbs limbs_times(struct limbs x, const struct limbs_entry *z)
{
	return limbs_combine(x.x0, z->w, x.x1, z->up);
}

/* Tame to an element. */
static inline __attribute__((always_inline)) struct limbs limbs_reduce(struct limbs x)
{
	const __m512i top_mask = all(((uint64_t)1 << TOP_BITS) - 1);
	__m512i x0 = limb_of(x.x0), x1 = _mm512_add_epi64(x.x1, _mm512_srli_epi64(x.x0, LIMB_BITS));
	__m512i above = _mm512_srli_epi64(x1, TOP_BITS);
	__mmask8 negative;

	/* above 2^87 = -above (2^19 + 1), which is small: at most one limb becomes negative, and then the whole, too.
	 */
	x1 = _mm512_and_si512(x1, top_mask);
	x0 = _mm512_sub_epi64(x0, _mm512_add_epi64(above, _mm512_slli_epi64(above, 19)));
	x1 = _mm512_add_epi64(x1, _mm512_srai_epi64(x0, 63));
	x0 = limb_of(x0);
	negative = _mm512_movepi64_mask(x1);
	x0 = _mm512_mask_add_epi64(x0, negative, x0, all(P_LOW));
	x1 = _mm512_mask_add_epi64(x1, negative, x1, all((uint64_t)1 << TOP_BITS));
	x1 = _mm512_add_epi64(x1, _mm512_srli_epi64(x0, LIMB_BITS));
	return (struct limbs){limb_of(x0), x1};
}

/* From and to the planes of a vector: limbs as they are, for between levels. limbs_load, limbs_store: elements. */
static inline __attribute__((always_inline)) struct limbs limbs_get(const struct field_vector *x, size_t i)
{
	return (struct limbs){_mm512_loadu_si512(x->lo + i), _mm512_loadu_si512(x->hi + i)};
}

static inline __attribute__((always_inline)) void limbs_set(struct field_vector *x, size_t i, struct limbs y)
{
	_mm512_storeu_si512(x->lo + i, y.x0);
	_mm512_storeu_si512(x->hi + i, y.x1);
}

static inline __attribute__((always_inline)) struct limbs limbs_load(const struct field_vector *x, size_t i)
{
	__m512i lo = _mm512_loadu_si512(x->lo + i), hi = _mm512_loadu_si512(x->hi + i);

	hi = _mm512_or_si512(_mm512_slli_epi64(hi, FIELD_LO_BITS - LIMB_BITS), _mm512_srli_epi64(lo, LIMB_BITS));
	return (struct limbs){limb_of(lo), hi};
}

static inline __attribute__((always_inline)) void limbs_store(struct field_vector *x, size_t i, struct limbs y)
{
	__m512i lo = _mm512_or_si512(y.x0, _mm512_slli_epi64(y.x1, LIMB_BITS));

	_mm512_storeu_si512(x->lo + i, _mm512_and_si512(lo, all(FIELD_LO_MASK)));
	_mm512_storeu_si512(x->hi + i, _mm512_srli_epi64(y.x1, FIELD_LO_BITS - LIMB_BITS));
}

#endif
#endif
