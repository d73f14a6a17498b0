#include <immintrin.h>

#include "prio1/prg/kernels.h"

/* Each word of a round key is the sum (exclusive or) of all words up to it of the one before, and of one more that is
 * made from its last word: that one stands in all words of `more`. */
static inline __m128i next_key(__m128i key, __m128i more)
{
	key = _mm_xor_si128(key, _mm_slli_si128(key, 4));
	key = _mm_xor_si128(key, _mm_slli_si128(key, 8));
	return _mm_xor_si128(key, _mm_shuffle_epi32(more, 0xff));
}

/* The round's constant must be part of the instruction. */
#define ROUND(i, constant) keys[i] = next_key(keys[(i)-1], _mm_aeskeygenassist_si128(keys[(i)-1], constant))

void prg_schedule_avx2(uint8_t schedule[PRG_SCHEDULE_BYTES], const uint8_t key[AES_CTR_KEY_BYTES])
{
	__m128i keys[PRG_SCHEDULE_BYTES / 16];

	keys[0] = _mm_loadu_si128((const __m128i *)(const void *)key);
	ROUND(1, 0x01);
	ROUND(2, 0x02);
	ROUND(3, 0x04);
	ROUND(4, 0x08);
	ROUND(5, 0x10);
	ROUND(6, 0x20);
	ROUND(7, 0x40);
	ROUND(8, 0x80);
	ROUND(9, 0x1b);
	ROUND(10, 0x36);
	for (size_t i = 0; i < PRG_SCHEDULE_BYTES / 16; i++)
		_mm_storeu_si128((__m128i *)(void *)(schedule + 16 * i), keys[i]);
}
