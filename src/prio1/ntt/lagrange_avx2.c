#include "prio1/ntt/lagrange_lanes.h"

void ntt_lagrange_avx2(struct field_vector *out, const struct field_vector *roots, unsigned log2_n, const u128 *powers,
		     u128 scale)
{
	lagrange_lanes(out, roots, log2_n, powers, scale);
}
