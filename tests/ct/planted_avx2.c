#include <immintrin.h>

#include "tests/ct/cases.h"

static __m256i twice(const uint64_t *lanes)
{
	__m256i x = _mm256_loadu_si256((const __m256i *)(const void *)lanes);

	return _mm256_add_epi64(x, x);
}

unsigned planted_branch_avx2(const uint64_t lanes[4])
{
	__m256i x = twice(lanes);
	volatile unsigned n = 0;

	if (!_mm256_testz_si256(x, _mm256_set1_epi64x(2)))
		n++;
	return n;
}

unsigned planted_index_avx2(const uint64_t lanes[4])
{
	static const volatile uint8_t table[16] = {3, 1, 2};

	return table[_mm256_movemask_pd(_mm256_castsi256_pd(twice(lanes)))];
}
