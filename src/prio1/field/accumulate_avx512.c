#include <immintrin.h>

#include "prio1/field/kernels.h"

enum { LANES = 8 };

static void add_plane(uint64_t *sums, const uint64_t *x, size_t n)
{
	size_t i = 0;

	for (; n - i >= LANES; i += LANES)
		_mm512_storeu_si512(sums + i,
				    _mm512_add_epi64(_mm512_loadu_si512(sums + i), _mm512_loadu_si512(x + i)));
	for (; i < n; i++)
		sums[i] += x[i];
}

void field_accumulate_avx512(struct field_vector *sums, const struct field_vector *x, size_t n)
{
	add_plane(sums->lo, x->lo, n);
	add_plane(sums->hi, x->hi, n);
}
