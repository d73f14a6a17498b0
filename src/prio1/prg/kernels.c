#include "prio1/prg/kernels.h"

#include <string.h>

static const struct prg_kernels portable = {.take = prg_take_portable};
#ifndef PRIO_PORTABLE_ONLY
static const struct prg_kernels avx512 = {
	.schedule = prg_schedule_avx2,
	.expand = prg_expand_avx512,
	.take = prg_take_avx512,
};

static const struct prg_kernels avx512ifma = {
	.schedule = prg_schedule_avx2,
	.expand = prg_expand_avx512ifma,
	.take = prg_take_avx512ifma,
};
#endif

enum { TEST_ELEMENTS = 300 };

/* 300 elements of the stream of key 00 01 ... 0f, from draws at two places of a block on, folded into one number each.
 * The answers were computed apart from this code. */
static bool expands(const struct prg_kernels *kernels)
{
	static const struct {
		uint64_t first, next;
		u128 folded;
	} answers[] = {
		{0, 610, (u128)0x6c43c4 << 64 | 0x0f27100d02109cce},
		{5, 618, (u128)0x21deb4 << 64 | 0x38671f455e6f1837},
	};
	uint8_t key[AES_CTR_KEY_BYTES], schedule[PRG_SCHEDULE_BYTES];
	uint64_t planes[2][TEST_ELEMENTS + FIELD_VECTOR_SLACK];
	struct field_vector out = {planes[0], planes[1]};
	bool good = true;

	for (uint8_t i = 0; i < sizeof key; i++)
		key[i] = i;
	kernels->schedule(schedule, key);
	for (size_t i = 0; i < sizeof answers / sizeof answers[0]; i++) {
		u128 folded = 0;

		good &= kernels->expand(schedule, answers[i].first, &out, TEST_ELEMENTS) == answers[i].next;
		for (size_t k = 0; k < TEST_ELEMENTS; k++)
			folded = field_add(field_mul(folded, 3), field_vector_get(&out, k));
		good &= folded == answers[i].folded;
	}
	return good;
}

/* Draws around p, which no stream shows in our lifetime. */
static bool takes(const struct prg_kernels *kernels)
{
	const u128 one = 1;
	const u128 draws[PRG_TAKE_DRAWS] = {5,
					    FIELD_P - 1,
					    FIELD_P,
					    FIELD_P + 1,
					    (one << 87) - 1,
					    one << 87,
					    (one << 88) - 1,
					    FIELD_P + (one << 48)};
	uint8_t stream[PRG_TAKE_DRAWS * PRG_DRAW_BYTES];
	uint64_t planes[2][PRG_TAKE_DRAWS + 1];
	struct field_vector out = {planes[0], planes[1]};
	size_t n = 0, got;

	memset(stream, 0xff, sizeof stream);
	for (size_t i = 0; i < PRG_TAKE_DRAWS; i++) {
		stream[i * PRG_DRAW_BYTES + 11] = (uint8_t)(draws[i] >> 80);
		for (unsigned k = 1; k < FIELD_BYTES; k++)
			stream[i * PRG_DRAW_BYTES + k] = (uint8_t)(draws[i] >> (80 - 8 * k));
	}
	got = kernels->take(&out, stream);
	for (size_t i = 0; i < PRG_TAKE_DRAWS; i++)
		if (field_is_element(draws[i]) && (n >= got || field_vector_get(&out, n++) != draws[i]))
			return false;
	return n == got;
}

static bool self_test(const void *table)
{
	const struct prg_kernels *kernels = table;

	return takes(kernels) && (kernels->schedule == NULL || expands(kernels));
}

struct cpu_module prg_module = {
	.name = "prg",
	.tables =
		{
			[CPU_PORTABLE] = &portable,
#ifndef PRIO_PORTABLE_ONLY
			[CPU_AVX2] = &portable,
			[CPU_AVX512] = &avx512,
			[CPU_AVX512IFMA] = &avx512ifma,
#endif
		},
	.self_test = self_test,
};
