#include "prio1/field/kernels.h"

static const struct field_kernels portable = {
	.dot = field_dot_portable,
	.accumulate = field_accumulate_portable,
};

#ifndef PRIO_PORTABLE_ONLY
static const struct field_kernels avx2 = {
	.dot = field_dot_avx2,
	.accumulate = field_accumulate_avx2,
};

static const struct field_kernels avx512 = {
	.dot = field_dot_avx512,
	.accumulate = field_accumulate_avx512,
};

static const struct field_kernels avx512ifma = {
	.dot = field_dot_avx512ifma,
	.accumulate = field_accumulate_avx512,
};
#endif

/* Whole blocks, whole steps and a rest, for every kernel. */
enum { TEST_ELEMENTS = 301 };

static u128 next_element(u128 *state, u128 i)
{
	*state = field_add(field_mul(*state, field_root(FIELD_ROOT_LOG2_MAX)), i);
	return *state;
}

/* Elements that look random, and among them some from both ends of [2^87, p). The answer was computed apart from this
 * code. */
static bool self_test(const void *table)
{
	static const u128 answer = (u128)0x28c475 << 64 | 0x51614098b30744da;
	const struct field_kernels *kernels = table;
	uint64_t planes[6][TEST_ELEMENTS];
	struct field_vector x = {planes[0], planes[1]}, y = {planes[2], planes[3]}, sums = {planes[4], planes[5]};
	u128 state = 1;
	bool good = true;

	for (size_t i = 0; i < TEST_ELEMENTS; i++) {
		if (i % 4 == 3) {
			field_vector_set(&x, i, FIELD_P - 1 - i);
			field_vector_set(&y, i, ((u128)1 << 87) + i);
		} else {
			field_vector_set(&x, i, next_element(&state, i));
			field_vector_set(&y, i, next_element(&state, i));
		}
		field_vector_set(&sums, i, i);
	}
	good &= kernels->dot(&x, &y, TEST_ELEMENTS) == answer;

	kernels->accumulate(&sums, &x, TEST_ELEMENTS - 1);
	for (size_t i = 0; i < TEST_ELEMENTS - 1; i++)
		good &= sums.lo[i] == x.lo[i] + i && sums.hi[i] == x.hi[i];
	good &= field_vector_get(&sums, TEST_ELEMENTS - 1) == TEST_ELEMENTS - 1;
	return good;
}

struct cpu_module field_module = {
	.name = "field",
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
