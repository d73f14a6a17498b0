/* Eight elements are 24 words of 32 bits, three each: words 1 and 2 of an element hold plane lo, words 0 and 1 the
 * header and plane hi. A permutation of words brings them into the element's lane, a shuffle of bytes there into their
 * order. */
#include "prio1/codec/read_lanes.h"

static inline __attribute__((always_inline)) struct eight take_apart(const uint8_t *p)
{
	const __m512i lo_words = _mm512_setr_epi32(1, 2, 4, 5, 7, 8, 10, 11, 13, 14, 16, 17, 19, 20, 22, 23);
	const __m512i hi_words = _mm512_setr_epi32(0, 1, 3, 4, 6, 7, 9, 10, 12, 13, 15, 16, 18, 19, 21, 22);
	const __m512i lo_bytes =
		_mm512_broadcast_i32x4(_mm_setr_epi8(7, 6, 5, 4, 3, 2, -1, -1, 15, 14, 13, 12, 11, 10, -1, -1));
	const __m512i hi_bytes =
		_mm512_broadcast_i32x4(_mm_setr_epi8(5, 4, 3, 2, 1, 0, -1, -1, 13, 12, 11, 10, 9, 8, -1, -1));
	__m512i first = _mm512_loadu_si512(p);
	__m512i last = _mm512_castsi256_si512(_mm256_loadu_si256((const __m256i *)(const void *)(p + 64)));
	struct eight x;

	x.lo = _mm512_shuffle_epi8(_mm512_permutex2var_epi32(first, lo_words, last), lo_bytes);
	x.hi = _mm512_shuffle_epi8(_mm512_permutex2var_epi32(first, hi_words, last), hi_bytes);
	return x;
}

size_t codec_read_avx512(struct codec_reader *reader, struct field_vector *out, size_t n, bool *in_field)
{
	return read_lanes(take_apart, reader, out, n, in_field);
}
