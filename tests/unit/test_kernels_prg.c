/* Expanding seeds: every version against the stream and the draws of the portable one, which test_prg.c holds against
 * the generator's description. */
#include "tests/unit/kernels.h"

#include "prio1/prg/kernels.h"

enum { N_MAX = 9000 };

/* What the elements of a key's stream are, draw by draw, the slow way: want[k] is from draw number from[k]. */
static void slow_elements(const uint8_t key[AES_CTR_KEY_BYTES], uint64_t first, u128 *want, uint64_t *from, size_t n)
{
	struct aes_ctr *ctr;
	uint8_t draw[PRG_DRAW_BYTES];

	ASSERT_OK(aes_ctr_new(&ctr));
	ASSERT_OK(aes_ctr_start(ctr, key, first / 4 * 3));
	for (uint64_t number = first / 4 * 4; n > 0; number++) {
		u128 x;

		ASSERT_OK(aes_ctr_next(ctr, (struct prio_mut){draw, sizeof draw}));
		draw[0] = draw[11];
		if (!field_from_bytes(&x, draw) || number < first)
			continue;
		*want++ = x;
		*from++ = number;
		n--;
	}
	aes_ctr_free(ctr);
}

/* The elements from draw `first` on, n_most of them and any smaller number; the draw behind the last is told exactly.
 * Nothing is written behind the slack. */
static void expands_from(const uint8_t key[AES_CTR_KEY_BYTES], uint64_t first, size_t n_most)
{
	const uint64_t untouched = 0x5a5a5a5a5a5a5a5a;
	u128 *want = calloc(n_most, sizeof *want);
	uint64_t *from = calloc(n_most, sizeof *from);
	struct field_vector out;

	assert_true(want != NULL && from != NULL);
	ASSERT_OK(field_vector_init(&out, n_most + 1));
	slow_elements(key, first, want, from, n_most);
	for (enum cpu_table table = CPU_PORTABLE; table <= cpu_best(); table++) {
		const struct prg_kernels *kernels = prg_kernels_of(table);
		uint8_t schedule[PRG_SCHEDULE_BYTES];

		if (kernels->schedule == NULL)
			continue;
		kernels->schedule(schedule, key);
		for (size_t n = 1; n <= n_most; n = n < 200 ? n + 1 : n + 2933) {
			out.lo[n + FIELD_VECTOR_SLACK] = out.hi[n + FIELD_VECTOR_SLACK] = untouched;
			assert_int_equal(kernels->expand(schedule, first, &out, n), from[n - 1] + 1);
			for (size_t i = 0; i < n; i++)
				if (field_vector_get(&out, i) != want[i] || out.lo[i] > FIELD_LO_MASK)
					fail_msg("%s, from draw %llu, element %zu of %zu", cpu_table_name(table),
						 (unsigned long long)first, i, n);
			assert_int_equal(out.lo[n + FIELD_VECTOR_SLACK], untouched);
			assert_int_equal(out.hi[n + FIELD_VECTOR_SLACK], untouched);
		}
	}
	field_vector_clear(&out, n_most + 1);
	free(want);
	free(from);
}

/* Near the beginning and where the counter needs more than 32 bits. */
static void expands_like_the_stream(void **unused)
{
	static const uint64_t firsts[] = {
		0, 1, 2, 3, 4, 5, 31, 32, 1001, ((uint64_t)1 << 33) / 3 * 4 - 7, (uint64_t)1 << 40};
	uint64_t state = 31;

	(void)unused;
	for (size_t f = 0; f < COUNT_OF(firsts); f++) {
		uint8_t key[AES_CTR_KEY_BYTES];

		for (size_t i = 0; i < sizeof key; i++)
			key[i] = (uint8_t)next_number(&state);
		expands_from(key, firsts[f], N_MAX);
	}
}

/* One draw in 2^40 has the upper part of p, so that the lower one decides. This is the first of this key; it was
 * searched for, and is above p. */
static void a_draw_with_the_upper_part_of_p_is_refused(void **unused)
{
	const uint64_t rare = 493224597647;
	const u128 upper_of_p = FIELD_P >> FIELD_LO_BITS;
	uint8_t key[AES_CTR_KEY_BYTES], draw[PRG_DRAW_BYTES];
	struct aes_ctr *ctr;
	u128 x;

	(void)unused;
	for (uint8_t i = 0; i < sizeof key; i++)
		key[i] = i;
	ASSERT_OK(aes_ctr_new(&ctr));
	ASSERT_OK(aes_ctr_start(ctr, key, rare / 4 * 3));
	for (uint64_t number = rare / 4 * 4; number <= rare; number++)
		ASSERT_OK(aes_ctr_next(ctr, (struct prio_mut){draw, sizeof draw}));
	aes_ctr_free(ctr);
	draw[0] = draw[11];
	assert_false(field_from_bytes(&x, draw));
	assert_true(x >> FIELD_LO_BITS == upper_of_p);

	for (uint64_t before = 0; before < 70; before++)
		expands_from(key, rare - before, 100);
}

/* FIPS 197, appendix A.1. */
static void schedule_is_that_of_aes(void **unused)
{
	uint8_t key[AES_CTR_KEY_BYTES], schedule[PRG_SCHEDULE_BYTES];

	(void)unused;
	unhex(key, "2b7e151628aed2a6abf7158809cf4f3c");
	for (enum cpu_table table = CPU_PORTABLE; table <= cpu_best(); table++) {
		if (prg_kernels_of(table)->schedule == NULL)
			continue;
		prg_kernels_of(table)->schedule(schedule, key);
		assert_memory_equal(schedule, key, sizeof key);
		assert_bytes(schedule + 16, "a0fafe1788542cb123a339392a6c7605");
		assert_bytes(schedule + 160, "d014f9a8c9ee2589e13f0cc8b6630ca6");
	}
}

/* Draws at the edges of acceptance and random ones, mixed, in exactly the memory that they take. */
static void takes_like_portable(void **unused)
{
	static const u128 edges[] = {0,
				     1,
				     FIELD_P - 1,
				     FIELD_P,
				     FIELD_P + 1,
				     (u128)1 << 87,
				     ((u128)1 << 87) - 1,
				     ((u128)1 << 87) + ((u128)1 << 19),
				     ((u128)1 << 87) + ((u128)1 << 20),
				     ((u128)1 << 87) + ((u128)1 << 48),
				     ((u128)1 << 87) + ((u128)1 << 48) - 1,
				     ((u128)1 << 88) - 1,
				     ((u128)1 << 48) - 1,
				     FIELD_P - ((u128)1 << 48)};
	struct guarded memory = guarded_new(PRG_TAKE_DRAWS * PRG_DRAW_BYTES);
	uint8_t *draws = memory.end - PRG_TAKE_DRAWS * PRG_DRAW_BYTES;
	uint64_t planes[4][PRG_TAKE_DRAWS + 1], state = 32;
	struct field_vector got = {planes[0], planes[1]}, want = {planes[2], planes[3]};

	(void)unused;
	for (size_t round = 0; round < 20000; round++) {
		for (size_t i = 0; i < PRG_TAKE_DRAWS; i++) {
			u128 high = next_number(&state), x = edges[next_number(&state) % COUNT_OF(edges)];
			uint8_t *draw = draws + i * PRG_DRAW_BYTES;

			if (next_number(&state) % 2 == 0)
				x = (high << 64 | next_number(&state)) >> 40;
			/* As it stands in the stream. */
			draw[0] = (uint8_t)next_number(&state);
			draw[11] = (uint8_t)(x >> 80);
			for (unsigned k = 1; k < FIELD_BYTES; k++)
				draw[k] = (uint8_t)(x >> (80 - 8 * k));
		}
		size_t n = prg_take_portable(&want, draws);
		for (enum cpu_table table = CPU_PORTABLE; table <= cpu_best(); table++) {
			assert_int_equal(prg_kernels_of(table)->take(&got, draws), n);
			assert_memory_equal(got.lo, want.lo, n * 8);
			assert_memory_equal(got.hi, want.hi, n * 8);
		}
	}
	guarded_free(&memory);
}

static size_t takes_below_2_to_87(struct field_vector *out, const uint8_t draws[PRG_TAKE_DRAWS * PRG_DRAW_BYTES])
{
	uint8_t fewer[PRG_TAKE_DRAWS * PRG_DRAW_BYTES];

	memcpy(fewer, draws, sizeof fewer);
	for (size_t i = 0; i < PRG_TAKE_DRAWS; i++)
		if (fewer[i * PRG_DRAW_BYTES + 11] >= 0x80)
			memset(fewer + i * PRG_DRAW_BYTES, 0xff, PRG_DRAW_BYTES);
	return prg_take_portable(out, fewer);
}

static void self_test_tells_right_from_wrong(void **unused)
{
	const struct prg_kernels bad_take = {.take = takes_below_2_to_87};

	(void)unused;
	for (enum cpu_table table = CPU_PORTABLE; table <= cpu_best(); table++)
		assert_true(prg_module.self_test(prg_kernels_of(table)));
	assert_false(prg_module.self_test(&bad_take));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(expands_like_the_stream),
		cmocka_unit_test(a_draw_with_the_upper_part_of_p_is_refused),
		cmocka_unit_test(schedule_is_that_of_aes),
		cmocka_unit_test(takes_like_portable),
		cmocka_unit_test(self_test_tells_right_from_wrong),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
