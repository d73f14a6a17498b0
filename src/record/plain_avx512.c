#include <immintrin.h>

#include "record/kernels.h"

enum { STEP_BYTES = 64 };

/* One bit for each of 64 bytes that is not plain. */
static inline __mmask64 others_in(__m512i c)
{
	const __m512i space = _mm512_set1_epi8(' ');
	__mmask64 unprintable = _mm512_cmpgt_epu8_mask(_mm512_sub_epi8(c, space), _mm512_set1_epi8('~' - ' '));
	__mmask64 quote = _mm512_cmpeq_epi8_mask(c, _mm512_set1_epi8('"'));
	__mmask64 backslash = _mm512_cmpeq_epi8_mask(c, _mm512_set1_epi8('\\'));

	return unprintable | quote | backslash;
}

size_t plain_length_avx512(const uint8_t *p, size_t n)
{
	size_t at = 0;

	for (; n - at >= STEP_BYTES; at += STEP_BYTES) {
		__mmask64 others = others_in(_mm512_loadu_si512(p + at));

		if (others != 0)
			return at + (size_t)__builtin_ctzll(others);
	}
	if (at == n)
		return n;

	/* Bytes that are not loaded are zero, which ends the text. */
	__mmask64 rest = ((uint64_t)1 << (n - at)) - 1;
	return at + (size_t)__builtin_ctzll(others_in(_mm512_maskz_loadu_epi8(rest, p + at)));
}
