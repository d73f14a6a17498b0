#include <immintrin.h>

#include "prio1/field/kernels.h"

enum { LANES = 4 };

static void add_plane(uint64_t *sums, const uint64_t *x, size_t n)
{
	size_t i = 0;

	for (; n - i >= LANES; i += LANES) {
		__m256i sum = _mm256_loadu_si256((const __m256i *)(const void *)(sums + i));

		sum = _mm256_add_epi64(sum, _mm256_loadu_si256((const __m256i *)(const void *)(x + i)));
		_mm256_storeu_si256((__m256i *)(void *)(sums + i), sum);
	}
	for (; i < n; i++)
		sums[i] += x[i];
}

void field_accumulate_avx2(struct field_vector *sums, const struct field_vector *x, size_t n)
{
	add_plane(sums->lo, x->lo, n);
	add_plane(sums->hi, x->hi, n);
}
