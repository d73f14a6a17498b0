/* As dot_avx2.c, eight elements a step: limbs of 29 bits, five columns of 64 bits, emptied into wide ones every 16
 * steps. */
#include <immintrin.h>

#include "prio1/field/kernels.h"

enum {
	LANES = 8,
	LIMBS = 3,
	BLOCK_STEPS = 16,
	A_OR_B_AND_C = 0xf8, /* a | (b & c), as ternary logic counts its functions */
};

struct limbs {
	__m512i limb[LIMBS];
};

/* The lower and upper 32 bits of what was added up, in 64-bit lanes. */
struct columns {
	__m512i low[FIELD_DOT_COLUMNS];
	__m512i high[FIELD_DOT_COLUMNS];
};

static inline struct limbs limbs_at(const struct field_vector *x, size_t i, __mmask8 lanes)
{
	const __m512i mask = _mm512_set1_epi64((1 << FIELD_DOT_LIMB_BITS) - 1);
	__m512i lo = _mm512_maskz_loadu_epi64(lanes, x->lo + i), hi = _mm512_maskz_loadu_epi64(lanes, x->hi + i);
	struct limbs limbs;

	limbs.limb[0] = _mm512_and_si512(lo, mask);
	limbs.limb[1] =
		_mm512_ternarylogic_epi64(_mm512_srli_epi64(lo, 29), _mm512_slli_epi64(hi, 19), mask, A_OR_B_AND_C);
	limbs.limb[2] = _mm512_srli_epi64(hi, 10);
	return limbs;
}

static inline __attribute__((always_inline)) void add_block(struct columns *sums, const struct field_vector *x,
							    const struct field_vector *y, size_t i, size_t n_steps,
							    __mmask8 lanes)
{
	const __m512i mask = _mm512_set1_epi64(UINT32_MAX);
	__m512i c0 = _mm512_setzero_si512(), c1 = c0, c2 = c0, c3 = c0, c4 = c0;

	for (size_t step = 0; step < n_steps; step++, i += LANES) {
		struct limbs a = limbs_at(x, i, lanes), b = limbs_at(y, i, lanes);

		c0 = _mm512_add_epi64(c0, _mm512_mul_epu32(a.limb[0], b.limb[0]));
		c1 = _mm512_add_epi64(c1, _mm512_mul_epu32(a.limb[0], b.limb[1]));
		c1 = _mm512_add_epi64(c1, _mm512_mul_epu32(a.limb[1], b.limb[0]));
		c2 = _mm512_add_epi64(c2, _mm512_mul_epu32(a.limb[0], b.limb[2]));
		c2 = _mm512_add_epi64(c2, _mm512_mul_epu32(a.limb[1], b.limb[1]));
		c2 = _mm512_add_epi64(c2, _mm512_mul_epu32(a.limb[2], b.limb[0]));
		c3 = _mm512_add_epi64(c3, _mm512_mul_epu32(a.limb[1], b.limb[2]));
		c3 = _mm512_add_epi64(c3, _mm512_mul_epu32(a.limb[2], b.limb[1]));
		c4 = _mm512_add_epi64(c4, _mm512_mul_epu32(a.limb[2], b.limb[2]));
	}

	const __m512i columns[FIELD_DOT_COLUMNS] = {c0, c1, c2, c3, c4};
	for (size_t k = 0; k < FIELD_DOT_COLUMNS; k++) {
		sums->low[k] = _mm512_add_epi64(sums->low[k], _mm512_and_si512(columns[k], mask));
		sums->high[k] = _mm512_add_epi64(sums->high[k], _mm512_srli_epi64(columns[k], 32));
	}
}

u128 field_dot_avx512(const struct field_vector *x, const struct field_vector *y, size_t n)
{
	struct columns sums;
	u128 columns[FIELD_DOT_COLUMNS];
	size_t i = 0, end = n / LANES * LANES;

	for (size_t k = 0; k < FIELD_DOT_COLUMNS; k++)
		sums.low[k] = sums.high[k] = _mm512_setzero_si512();
	for (; end - i >= LANES * BLOCK_STEPS; i += LANES * BLOCK_STEPS)
		add_block(&sums, x, y, i, BLOCK_STEPS, 0xff);
	add_block(&sums, x, y, i, (end - i) / LANES, 0xff);
	add_block(&sums, x, y, end, 1, (__mmask8)((1u << (n - end)) - 1));

	for (size_t k = 0; k < FIELD_DOT_COLUMNS; k++)
		columns[k] = (uint64_t)_mm512_reduce_add_epi64(sums.low[k]) +
			     ((u128)(uint64_t)_mm512_reduce_add_epi64(sums.high[k]) << 32);
	return field_dot_join29(columns);
}
