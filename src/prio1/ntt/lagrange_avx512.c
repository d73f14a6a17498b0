#include "prio1/ntt/lagrange_lanes.h"

void ntt_lagrange_avx512(const struct ntt_sums sums[NTT_SUMS], const struct field_vector *roots, unsigned log2_n)
{
	lagrange_lanes(sums, roots, log2_n);
}
