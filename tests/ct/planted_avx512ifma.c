/* As limbs of transforms are made, and then what must never be done with them. */
#include <immintrin.h>

#include "tests/ct/cases.h"

static __m512i squares(const uint64_t *lanes)
{
	__m512i x = _mm512_loadu_si512(lanes);

	return _mm512_madd52hi_epu64(_mm512_setzero_si512(), x, x);
}

unsigned planted_branch_avx512ifma(const uint64_t lanes[8])
{
	__mmask8 negative = _mm512_movepi64_mask(_mm512_slli_epi64(squares(lanes), 12));
	volatile unsigned n = 0;

	if (negative != 0)
		n++;
	return n;
}

unsigned planted_index_avx512ifma(const uint64_t lanes[8])
{
	static const volatile uint8_t table[256] = {3, 1, 2};

	return table[_mm512_reduce_add_epi64(squares(lanes)) & 0xff];
}
