/* AVX2 multiplies 32 bits by 32, four at a time. Each element is cut into limbs of 29 bits, the last of which reaches
 * 2^29 for elements from 2^87 on, so that products are at most 2^58. Column k adds up the products of limbs i and k -
 * i, three a step at most: after 16 steps it is below 2^64, and is cut at bit 32 and added to the wide column. Those
 * overflow after 2^31 elements. */
#include <immintrin.h>

#include "prio1/field/kernels.h"

enum {
	LANES = 4,
	LIMBS = 3,
	BLOCK_STEPS = 16,
};

struct limbs {
	__m256i limb[LIMBS];
};

/* The lower and upper 32 bits of what was added up, in 64-bit lanes. */
struct columns {
	__m256i low[FIELD_DOT_COLUMNS];
	__m256i high[FIELD_DOT_COLUMNS];
};

static inline struct limbs limbs_at(const struct field_vector *x, size_t i)
{
	const __m256i mask = _mm256_set1_epi64x((1 << FIELD_DOT_LIMB_BITS) - 1);
	__m256i lo = _mm256_loadu_si256((const __m256i *)(const void *)(x->lo + i));
	__m256i hi = _mm256_loadu_si256((const __m256i *)(const void *)(x->hi + i));
	struct limbs limbs;

	/* Bits 29 to 57 are the last 19 of lo and the first 10 of hi. */
	limbs.limb[0] = _mm256_and_si256(lo, mask);
	limbs.limb[1] = _mm256_and_si256(_mm256_or_si256(_mm256_srli_epi64(lo, 29), _mm256_slli_epi64(hi, 19)), mask);
	limbs.limb[2] = _mm256_srli_epi64(hi, 10);
	return limbs;
}

static inline void add_block(struct columns *sums, const struct field_vector *x, const struct field_vector *y, size_t i,
			     size_t n_steps)
{
	const __m256i mask = _mm256_set1_epi64x(UINT32_MAX);
	__m256i c0 = _mm256_setzero_si256(), c1 = c0, c2 = c0, c3 = c0, c4 = c0;

	for (size_t step = 0; step < n_steps; step++, i += LANES) {
		struct limbs a = limbs_at(x, i), b = limbs_at(y, i);

		c0 = _mm256_add_epi64(c0, _mm256_mul_epu32(a.limb[0], b.limb[0]));
		c1 = _mm256_add_epi64(c1, _mm256_mul_epu32(a.limb[0], b.limb[1]));
		c1 = _mm256_add_epi64(c1, _mm256_mul_epu32(a.limb[1], b.limb[0]));
		c2 = _mm256_add_epi64(c2, _mm256_mul_epu32(a.limb[0], b.limb[2]));
		c2 = _mm256_add_epi64(c2, _mm256_mul_epu32(a.limb[1], b.limb[1]));
		c2 = _mm256_add_epi64(c2, _mm256_mul_epu32(a.limb[2], b.limb[0]));
		c3 = _mm256_add_epi64(c3, _mm256_mul_epu32(a.limb[1], b.limb[2]));
		c3 = _mm256_add_epi64(c3, _mm256_mul_epu32(a.limb[2], b.limb[1]));
		c4 = _mm256_add_epi64(c4, _mm256_mul_epu32(a.limb[2], b.limb[2]));
	}

	const __m256i columns[FIELD_DOT_COLUMNS] = {c0, c1, c2, c3, c4};
	for (size_t k = 0; k < FIELD_DOT_COLUMNS; k++) {
		sums->low[k] = _mm256_add_epi64(sums->low[k], _mm256_and_si256(columns[k], mask));
		sums->high[k] = _mm256_add_epi64(sums->high[k], _mm256_srli_epi64(columns[k], 32));
	}
}

static uint64_t sum_of_lanes(__m256i x)
{
	__m128i half = _mm_add_epi64(_mm256_castsi256_si128(x), _mm256_extracti128_si256(x, 1));

	return (uint64_t)_mm_cvtsi128_si64(half) + (uint64_t)_mm_extract_epi64(half, 1);
}

u128 field_dot_avx2(const struct field_vector *x, const struct field_vector *y, size_t n)
{
	struct columns sums;
	u128 columns[FIELD_DOT_COLUMNS];
	size_t i = 0, end = n / LANES * LANES;

	for (size_t k = 0; k < FIELD_DOT_COLUMNS; k++)
		sums.low[k] = sums.high[k] = _mm256_setzero_si256();
	for (; end - i >= LANES * BLOCK_STEPS; i += LANES * BLOCK_STEPS)
		add_block(&sums, x, y, i, BLOCK_STEPS);
	add_block(&sums, x, y, i, (end - i) / LANES);

	for (size_t k = 0; k < FIELD_DOT_COLUMNS; k++)
		columns[k] = sum_of_lanes(sums.low[k]) + ((u128)sum_of_lanes(sums.high[k]) << 32);

	struct field_vector x_rest = field_vector_from(x, end), y_rest = field_vector_from(y, end);
	return field_add(field_dot_join29(columns), field_dot_portable(&x_rest, &y_rest, n - end));
}
