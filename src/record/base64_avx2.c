/* 32 characters a step. Which of the alphabet's five ranges a character is in follows from its upper four bits, but for
 * '/', which shares them with '+': what has to be added to it to get its value is looked up by them. Whether it is of
 * the alphabet at all: each lower half has a set of upper halves that it must not go with, one bit each. Then 4 x 6
 * bits are joined by two multiplications, and 24 bytes packed.
 *
 *     upper half    2: + /    3: 0-9    4, 5: A-Z    6, 7: a-z    other: none */
#include <immintrin.h>

#include "record/kernels.h"

enum {
	STEP_CHARACTERS = 32,
	STEP_BYTES = 24,
	/* A step writes 32 bytes: there must be room for them. */
	NEEDED_CHARACTERS = 44,
};

/* Bits for upper halves in whose rows a lower half does not stand. */
enum {
	ROW_2 = 1,
	ROW_3 = 2,
	ROW_4_6 = 4,
	ROW_5_7 = 8,
	NO_ROW = 16,
};

static inline __m256i both_halves(const int8_t table[16])
{
	return _mm256_broadcastsi128_si256(_mm_loadu_si128((const __m128i *)(const void *)table));
}

/* Six bits in every byte to 24 bytes, and eight bytes of zeros. */
static inline __m256i pack(__m256i values)
{
	const __m256i order = _mm256_setr_epi8(2, 1, 0, 6, 5, 4, 10, 9, 8, 14, 13, 12, -1, -1, -1, -1, /**/
					       2, 1, 0, 6, 5, 4, 10, 9, 8, 14, 13, 12, -1, -1, -1, -1);
	__m256i pairs = _mm256_maddubs_epi16(values, _mm256_set1_epi32(0x01400140)); /* 64 a + b */
	__m256i groups = _mm256_madd_epi16(pairs, _mm256_set1_epi32(0x00011000));    /* 4096 ab + cd */

	return _mm256_permutevar8x32_epi32(_mm256_shuffle_epi8(groups, order),
					   _mm256_setr_epi32(0, 1, 2, 4, 5, 6, 3, 7));
}

size_t base64_decode_avx2(uint8_t *out, struct prio_bytes text)
{
	/* By upper half; 1 is for '/' alone. */
	static const int8_t to_value[16] = {0, 63 - '/', 62 - '+', 52 - '0', -'A', -'A', 26 - 'a', 26 - 'a'};
	static const int8_t row_of[16] = {NO_ROW, NO_ROW, ROW_2,  ROW_3,  ROW_4_6, ROW_5_7, ROW_4_6, ROW_5_7,
					  NO_ROW, NO_ROW, NO_ROW, NO_ROW, NO_ROW,  NO_ROW,  NO_ROW,  NO_ROW};
	/* By lower half: 0 stands in rows 3, 5 and 7; 1 to 9 in all but 2; and so on. */
	static const int8_t rows_without[16] = {NO_ROW | ROW_2 | ROW_4_6,
						NO_ROW | ROW_2,
						NO_ROW | ROW_2,
						NO_ROW | ROW_2,
						NO_ROW | ROW_2,
						NO_ROW | ROW_2,
						NO_ROW | ROW_2,
						NO_ROW | ROW_2,
						NO_ROW | ROW_2,
						NO_ROW | ROW_2,
						NO_ROW | ROW_2 | ROW_3,
						NO_ROW | ROW_3 | ROW_5_7,
						NO_ROW | ROW_2 | ROW_3 | ROW_5_7,
						NO_ROW | ROW_2 | ROW_3 | ROW_5_7,
						NO_ROW | ROW_2 | ROW_3 | ROW_5_7,
						NO_ROW | ROW_3 | ROW_5_7};
	const __m256i values = both_halves(to_value), rows = both_halves(row_of), without = both_halves(rows_without);
	const __m256i four_bits = _mm256_set1_epi8(0x0f), slash = _mm256_set1_epi8('/');
	size_t at = 0;

	for (; text.n - at >= NEEDED_CHARACTERS; at += STEP_CHARACTERS, out += STEP_BYTES) {
		__m256i c = _mm256_loadu_si256((const __m256i *)(const void *)(text.p + at));
		__m256i upper = _mm256_and_si256(_mm256_srli_epi16(c, 4), four_bits),
			lower = _mm256_and_si256(c, four_bits);

		if (!_mm256_testz_si256(_mm256_shuffle_epi8(rows, upper), _mm256_shuffle_epi8(without, lower)))
			break;
		upper = _mm256_add_epi8(upper, _mm256_cmpeq_epi8(c, slash)); /* less one */
		c = _mm256_add_epi8(c, _mm256_shuffle_epi8(values, upper));
		_mm256_storeu_si256((__m256i *)(void *)out, pack(c));
	}
	return at;
}
