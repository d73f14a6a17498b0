/* Numbers stay unreduced from level to level: what a product leaves is below 3 p, so each level adds at most 3 p, and
 * after 19 levels they are below 2^94.
 *
 * To multiply x = x0 + 2^64 x1 by w, w 2^40 and v 2^40 are kept, where v = w 2^64 mod p: x0 w + x1 v is below 2^152,
 * and with those 40 bits more is cut at bit 88 by taking its third word. 2^88 = -(2^20 + 2) mod p, and one such step is
 * enough. */
#include "base/wipe.h"
#include "prio1/ntt/kernels.h"

enum { SHIFT = 128 - FIELD_BITS };

/* Below 3 p for any x below 2^94. */
static inline u128 times(u128 x, const uint64_t w[NTT_ENTRY_WORDS])
{
	const uint64_t fold = (1 << 20) + 2;
	uint64_t x0 = (uint64_t)x, x1 = (uint64_t)(x >> 64);
	u128 low = (u128)x0 * w[0] + (u128)x1 * w[2];
	u128 high = (u128)x0 * w[1] + (u128)x1 * w[3] + (low >> 64);

	low = (high << 64 | (uint64_t)low) >> SHIFT;
	return low + FIELD_P - (high >> 64) * fold;
}

/* What lies between the levels: a number in two whole words. */
static inline u128 words_get(const struct field_vector *x, size_t i)
{
	return (u128)x->hi[i] << 64 | x->lo[i];
}

static inline void words_set(struct field_vector *x, size_t i, u128 value)
{
	x->lo[i] = (uint64_t)value;
	x->hi[i] = (uint64_t)(value >> 64);
}

/* upper below 3 p */
static inline void butterfly(struct field_vector *x, size_t i, size_t half, u128 lower, u128 upper)
{
	words_set(x, i, lower + upper);
	words_set(x, i + half, lower + 3 * FIELD_P - upper);
}

void ntt_set_portable(uint64_t *words, unsigned log2_n, size_t k, u128 w)
{
	u128 v = field_mul(w, field_reduce((u128)1 << 64)) << SHIFT;

	(void)log2_n;
	words += NTT_ENTRY_WORDS * k;
	w <<= SHIFT;
	words[0] = (uint64_t)w;
	words[1] = (uint64_t)(w >> 64);
	words[2] = (uint64_t)v;
	words[3] = (uint64_t)(v >> 64);
}

/* The first level: from elements to numbers in words. */
static void begin(struct field_vector *x, const uint64_t *words, size_t half, bool plain)
{
	for (size_t i = 0; i < half; i++) {
		u128 lower = field_vector_get(x, i), upper = field_vector_get(x, i + half);

		if (!plain) {
			lower = times(lower, words);
			upper = times(upper, words + NTT_ENTRY_WORDS);
		}
		butterfly(x, i, half, lower, upper);
	}
}

/* Each number to its place, and to an element. */
static void finish(struct field_vector *x, size_t n)
{
	for (size_t i = 0, j = 0; i < n; i++, j = ntt_next_reversed(j, n)) {
		if (i > j)
			continue;
		u128 one = field_reduce(words_get(x, i)), other = field_reduce(words_get(x, j));

		field_vector_set(x, i, other);
		field_vector_set(x, j, one);
	}
}

void ntt_transform_portable(struct field_vector *x, const uint64_t *words, unsigned log2_n, bool plain)
{
	size_t n = (size_t)1 << log2_n;

	if (n == 1) {
		if (!plain)
			field_vector_set(x, 0, field_reduce(times(field_vector_get(x, 0), words)));
		return;
	}
	begin(x, words, n / 2, plain);
	for (size_t half = n / 4, m = 2; half > 0; half /= 2, m *= 2) {
		for (size_t b = 0; b < m; b++) {
			const uint64_t *w = words + NTT_ENTRY_WORDS * (m + b);
			size_t end = 2 * b * half + half;

			for (size_t i = 2 * b * half; i < end; i++)
				butterfly(x, i, half, words_get(x, i), times(words_get(x, i + half), w));
		}
	}
	finish(x, n);
}

void ntt_prove_portable(struct field_vector *f, const struct field_vector *at_data, const struct field_vector *at_first,
			u128 first, size_t n)
{
	uint64_t factor[NTT_ENTRY_WORDS];

	ntt_set_portable(factor, 0, 0, first);
	for (size_t i = 0; i < n; i++) {
		u128 value = field_vector_get(f, i);
		u128 g = value + FIELD_P - field_vector_get(at_data, i) + times(field_vector_get(at_first, i), factor);

		field_vector_set(f, i, field_mul(value, g)); /* g is below 5 p, which its reduction takes as well */
	}
	wipe(factor, sizeof factor);
}
