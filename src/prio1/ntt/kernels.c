#include "prio1/ntt/kernels.h"

#include "prio1/ntt/lagrange.h"

static const struct ntt_kernels portable = {
	.set = ntt_set_portable,
	.transform = ntt_transform_portable,
	.prove = ntt_prove_portable,
	.lagrange = ntt_lagrange_portable,
};

#ifndef PRIO_PORTABLE_ONLY
static const struct ntt_kernels avx2 = {
	.set = ntt_set_portable,
	.transform = ntt_transform_portable,
	.prove = ntt_prove_portable,
	.lagrange = ntt_lagrange_avx2,
};

static const struct ntt_kernels avx512 = {
	.set = ntt_set_portable,
	.transform = ntt_transform_portable,
	.prove = ntt_prove_portable,
	.lagrange = ntt_lagrange_avx512,
};

static const struct ntt_kernels avx512ifma = {
	.set = ntt_set_avx512ifma,
	.transform = ntt_transform_avx512ifma,
	.prove = ntt_prove_avx512ifma,
	.log2_n_min = NTT_LOG2_MIN_AVX512IFMA,
	.lagrange = ntt_lagrange_avx512ifma,
};
#endif

/* An even and an odd number of levels before the last three, tiles that stay and tiles that change places. */
enum { TEST_LOG2_MIN = 7, TEST_LOG2_MAX = 8, TEST_ELEMENTS = 1 << TEST_LOG2_MAX };

static u128 next_element(u128 *state, u128 i)
{
	*state = field_add(field_mul(*state, field_root(FIELD_ROOT_LOG2_MAX)), i);
	return *state;
}

static void fill(struct field_vector *x, size_t n, u128 state)
{
	for (size_t i = 0; i < n; i++)
		field_vector_set(x, i, i % 4 == 3 ? FIELD_P - 1 - i : next_element(&state, i));
}

/* By Horner's rule; false: not all are elements. */
static bool sum_up(u128 *sum, const struct field_vector *x, size_t n)
{
	bool good = true;

	for (size_t i = 0; i < n; i++) {
		good &= field_vector_get(x, i) < FIELD_P && x->lo[i] <= FIELD_LO_MASK;
		*sum = field_add(field_mul(*sum, 3), field_vector_get(x, i));
	}
	return good;
}

/* Elements that look random, and among them some next to p, extended and then multiplied. */
static bool test_transforms(const struct ntt_kernels *kernels, unsigned log2_n, struct field_vector *x,
			    struct field_vector *y, u128 answer)
{
	struct ntt ntt;
	u128 sum = 0;
	bool good = true;

	if (ntt_init_by(kernels, &ntt, log2_n) != PRIO_OK)
		return false;
	fill(x, ntt.n, 1);
	fill(y, ntt.n, 2);
	ntt_extend(&ntt, x);
	good &= sum_up(&sum, x, ntt.n);
	ntt_prove(&ntt, x, y, y, FIELD_P - 5);
	good &= sum_up(&sum, x, ntt.n) && sum == answer;
	ntt_clear(&ntt);
	return good;
}

/* Both sets of coefficients at p - 5. */
static bool test_lagrange(const struct ntt_kernels *kernels, unsigned log2_n, struct field_vector *x,
			  struct field_vector *y, u128 answer)
{
	size_t n = (size_t)1 << log2_n;
	struct lagrange lagrange;
	u128 sum = 0;
	bool good = true;

	if (lagrange_init(&lagrange, log2_n) == PRIO_OK) {
		sum = lagrange_at_by(kernels, &lagrange, x, y, FIELD_P - 5);
		good &= sum_up(&sum, x, n);
		good &= sum_up(&sum, y, n);
	}
	lagrange_clear(&lagrange);
	return good && sum == answer;
}

/* The answers were computed apart from this code, by the definitions. */
static bool self_test(const void *table)
{
	static const u128 transformed[] = {(u128)0x763771 << 64 | 0x8684e062a231bc,
					   (u128)0x1c7bf1 << 64 | 0x4aaf113cfd826894};
	static const u128 coefficients[] = {(u128)0x69e923 << 64 | 0x4a6c4ecbec1f64b2,
					    (u128)0x6d82e1 << 64 | 0x2a86d675d552be27};
	uint64_t planes[4][TEST_ELEMENTS];
	struct field_vector x = {planes[0], planes[1]}, y = {planes[2], planes[3]};
	bool good = true;

	for (unsigned log2_n = TEST_LOG2_MIN; log2_n <= TEST_LOG2_MAX; log2_n++) {
		good &= test_transforms(table, log2_n, &x, &y, transformed[log2_n - TEST_LOG2_MIN]);
		good &= test_lagrange(table, log2_n, &x, &y, coefficients[log2_n - TEST_LOG2_MIN]);
	}
	return good;
}

struct cpu_module ntt_module = {
	.name = "ntt",
	.tables =
		{
			[CPU_PORTABLE] = &portable,
#ifndef PRIO_PORTABLE_ONLY
			[CPU_AVX2] = &avx2,
			[CPU_AVX512] = &avx512,
			[CPU_AVX512IFMA] = &avx512ifma,
#endif
		},
	.self_test = self_test,
};
