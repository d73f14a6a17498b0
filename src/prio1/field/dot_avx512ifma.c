/* IFMA multiplies 52 bits by 52 and adds the lower or the upper 52 bits of the product to 64. The planes fit that as
 * they are; Karatsuba's rule (dot.c) takes six such steps for eight elements. Each is below 2^52, so 2^12 of them fit a
 * lane. */
#include <immintrin.h>

#include "prio1/field/kernels.h"

enum {
	LANES = 8,
	BLOCK_ELEMENTS = LANES << 12,
	PRODUCT_BITS = 52, /* where IFMA cuts */
};

/* One of Karatsuba's three products, added up: lower and upper halves. */
struct product {
	__m512i low;
	__m512i high;
};

struct products {
	struct product low;
	struct product high;
	struct product both;
};

static inline __attribute__((always_inline)) void add_product(struct product *sum, __m512i x, __m512i y)
{
	sum->low = _mm512_madd52lo_epu64(sum->low, x, y);
	sum->high = _mm512_madd52hi_epu64(sum->high, x, y);
}

static inline __attribute__((always_inline)) void step(struct products *sums, const struct field_vector *x,
						       const struct field_vector *y, size_t i, __mmask8 lanes)
{
	__m512i x_lo = _mm512_maskz_loadu_epi64(lanes, x->lo + i), x_hi = _mm512_maskz_loadu_epi64(lanes, x->hi + i);
	__m512i y_lo = _mm512_maskz_loadu_epi64(lanes, y->lo + i), y_hi = _mm512_maskz_loadu_epi64(lanes, y->hi + i);

	add_product(&sums->low, x_lo, y_lo);
	add_product(&sums->high, x_hi, y_hi);
	add_product(&sums->both, _mm512_add_epi64(x_lo, x_hi), _mm512_add_epi64(y_lo, y_hi));
}

static u128 sum_of_lanes(__m512i x)
{
	__m512i low = _mm512_and_si512(x, _mm512_set1_epi64(UINT32_MAX)), high = _mm512_srli_epi64(x, 32);

	return (uint64_t)_mm512_reduce_add_epi64(low) + ((u128)(uint64_t)_mm512_reduce_add_epi64(high) << 32);
}

/* Both sets together are at most 2^12 steps. */
static u128 product_of(const struct product *even, const struct product *odd)
{
	return sum_of_lanes(_mm512_add_epi64(even->low, odd->low)) +
	       (sum_of_lanes(_mm512_add_epi64(even->high, odd->high)) << PRODUCT_BITS);
}

/* n at most BLOCK_ELEMENTS. Two sets of sums, because a step has to wait for the one before it on the same set. */
static u128 dot_block(const struct field_vector *x, const struct field_vector *y, size_t n)
{
	const struct product zero = {_mm512_setzero_si512(), _mm512_setzero_si512()};
	struct products even = {zero, zero, zero}, odd = {zero, zero, zero};
	size_t i = 0;

	for (; n - i >= 2 * LANES; i += 2 * LANES) {
		step(&even, x, y, i, 0xff);
		step(&odd, x, y, i + LANES, 0xff);
	}
	if (n - i >= LANES) {
		step(&even, x, y, i, 0xff);
		i += LANES;
	}
	if (n > i)
		step(&odd, x, y, i, (__mmask8)((1u << (n - i)) - 1));

	u128 low = product_of(&even.low, &odd.low), high = product_of(&even.high, &odd.high);
	return field_dot_join(low, product_of(&even.both, &odd.both) - low - high, high);
}

u128 field_dot_avx512ifma(const struct field_vector *x, const struct field_vector *y, size_t n)
{
	u128 sum = 0;

	for (size_t i = 0; i < n;) {
		size_t part = n - i < BLOCK_ELEMENTS ? n - i : BLOCK_ELEMENTS;
		struct field_vector x_part = field_vector_from(x, i), y_part = field_vector_from(y, i);

		sum = field_add(sum, dot_block(&x_part, &y_part, part));
		i += part;
	}
	return sum;
}
