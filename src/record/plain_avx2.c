#include <immintrin.h>

#include "record/kernels.h"

enum { STEP_BYTES = 32 };

/* Bytes of 32 that are not plain are set. As signed numbers those beyond ASCII are below the space too. */
static inline __m256i others_at(const uint8_t *p)
{
	__m256i c = _mm256_loadu_si256((const __m256i *)(const void *)p);
	__m256i below = _mm256_cmpgt_epi8(_mm256_set1_epi8(' '), c);
	__m256i delete = _mm256_cmpeq_epi8(c, _mm256_set1_epi8(0x7f));
	__m256i quote = _mm256_cmpeq_epi8(c, _mm256_set1_epi8('"'));
	__m256i backslash = _mm256_cmpeq_epi8(c, _mm256_set1_epi8('\\'));

	return _mm256_or_si256(_mm256_or_si256(below, delete), _mm256_or_si256(quote, backslash));
}

size_t plain_length_avx2(const uint8_t *p, size_t n)
{
	size_t at = 0;

	for (; n - at >= 2 * STEP_BYTES; at += 2 * STEP_BYTES) {
		__m256i first = others_at(p + at), second = others_at(p + at + STEP_BYTES),
			both = _mm256_or_si256(first, second);

		if (!_mm256_testz_si256(both, both)) {
			uint64_t mask = (uint32_t)_mm256_movemask_epi8(first);

			mask |= (uint64_t)(uint32_t)_mm256_movemask_epi8(second) << STEP_BYTES;
			return at + (size_t)__builtin_ctzll(mask);
		}
	}
	return at + plain_length_portable(p + at, n - at);
}
