#include "prio1/ntt/limbs_avx512ifma.h"

static struct limbs same_in_all(u128 x)
{
	return (struct limbs){all((uint64_t)x & LIMB_MASK), all((uint64_t)(x >> LIMB_BITS))};
}

void ntt_prove_avx512ifma(struct field_vector *f, const struct field_vector *at_data,
			  const struct field_vector *at_first, u128 first, size_t n)
{
	struct limbs factor = same_in_all(first), factor_up = limbs_up(factor);

	for (size_t i = 0; i < n; i += LANES) {
		struct limbs value = limbs_load(f, i);
		struct limbs g = limbs_sub(value, limbs_load(at_data, i));

		g = limbs_add(g, limbs_mul(factor, factor_up, limbs_load(at_first, i)));
		limbs_store(f, i, limbs_reduce(limbs_mul(g, limbs_up(g), value)));
	}
}
