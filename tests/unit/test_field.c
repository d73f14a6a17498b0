/* The field against arithmetic that is too slow and too simple to be wrong, on all pairs of edge values and on many others. */
#include "tests/unit/cmocka_all.h"

#include "prio1/field/accumulate.h"
#include "prio1/field/dot.h"
#include "prio1/field/field.h"

static const u128 edges[] = {
	0, 1, 2, 3, FIELD_P - 1, FIELD_P - 2, FIELD_P / 2, FIELD_P / 2 + 1,
	(u128)1 << 19, ((u128)1 << 19) + 1, ((u128)1 << 19) - 1,
	UINT64_MAX, (u128)1 << 64, ((u128)1 << 64) + 1, (u128)1 << 63, UINT32_MAX,
	(u128)1 << 87, ((u128)1 << 87) - 1, ((u128)1 << 87) + 1, ((u128)1 << 87) + ((u128)1 << 19),
	(u128)1 << 86, ((u128)1 << 86) - 1, (u128)0x7fffff << 64, (u128)1 << 43, (u128)1 << 44,
};

static void assert_equal(u128 got, u128 want)
{
	if (got != want)
		fail_msg("%06llx%016llx instead of %06llx%016llx", (unsigned long long)(got >> 64),
			 (unsigned long long)got, (unsigned long long)(want >> 64), (unsigned long long)want);
}

static u128 random_element(uint64_t *state)
{
	u128 high = next_number(state);

	return (high << 64 | next_number(state)) % FIELD_P;
}

/* high * 2^128 + low modulo p, a bit at a time. */
static u128 slow_reduce(uint64_t high, u128 low)
{
	u128 x = 0;

	for (int bit = 191; bit >= 0; bit--) {
		u128 next = bit >= 128 ? (high >> (bit - 128)) & 1 : (low >> bit) & 1;

		x = (2 * x + next) % FIELD_P;
	}
	return x;
}

static u128 slow_mul(u128 a, u128 b)
{
	u128 x = 0;

	for (int bit = FIELD_BITS - 1; bit >= 0; bit--)
		x = (2 * x + ((b >> bit) & 1) * a) % FIELD_P;
	return x;
}

static void check_pair(u128 a, u128 b)
{
	assert_equal(field_add(a, b), (a + b) % FIELD_P);
	assert_equal(field_sub(a, b), (a + FIELD_P - b) % FIELD_P);
	assert_equal(field_mul(a, b), slow_mul(a, b));
}

static void check_one(u128 a)
{
	assert_equal(field_add(field_half(a), field_half(a)), a);
	assert_true(field_half(a) < FIELD_P);
	assert_equal(field_add(a, field_neg(a)), 0);
	assert_true(field_neg(a) < FIELD_P);
	assert_equal(slow_mul(a, field_inv(a)), a == 0 ? 0 : 1);
}

static void agrees_with_slow_arithmetic(void **unused)
{
	uint64_t state = 1;

	(void)unused;
	for (size_t i = 0; i < COUNT_OF(edges); i++) {
		check_one(edges[i]);
		for (size_t j = 0; j < COUNT_OF(edges); j++)
			check_pair(edges[i], edges[j]);
	}
	for (size_t i = 0; i < 2000; i++) {
		u128 a = random_element(&state);

		check_pair(a, random_element(&state));
		check_pair(a, edges[i % COUNT_OF(edges)]);
		if (i < 100)
			check_one(a);
	}
}

static void reduces_wide_numbers(void **unused)
{
	static const uint64_t highs[] = {0, 1, 2, UINT32_MAX, ((uint64_t)1 << 50) - 1, (uint64_t)1 << 49, 0x3ffff00000001};
	const u128 all = ~(u128)0;
	uint64_t state = 2;

	(void)unused;
	for (size_t i = 0; i < COUNT_OF(highs); i++) {
		for (size_t j = 0; j < COUNT_OF(edges); j++) {
			assert_equal(field_reduce_wide(highs[i], edges[j]), slow_reduce(highs[i], edges[j]));
			assert_equal(field_reduce_wide(highs[i], all - edges[j]), slow_reduce(highs[i], all - edges[j]));
		}
	}
	for (size_t i = 0; i < 2000; i++) {
		uint64_t high = next_number(&state) >> 14;
		u128 low = (u128)next_number(&state) << 64 | next_number(&state);

		assert_equal(field_reduce_wide(high, low), slow_reduce(high, low));
		assert_equal(field_reduce(low), low % FIELD_P);
	}
	for (u128 k = 1; k < 5; k++) {
		assert_equal(field_reduce(k * FIELD_P), 0);
		assert_equal(field_reduce(k * FIELD_P - 1), FIELD_P - 1);
	}
}

static void powers(void **unused)
{
	(void)unused;
	assert_equal(field_pow(0, 0), 1);
	assert_equal(field_pow(5, 1), 5);
	assert_equal(field_pow(2, 87), FIELD_P - 1 - ((u128)1 << 19)); /* 2^87 = -(2^19 + 1) */
	assert_equal(field_pow(3, FIELD_P - 1), 1);
}

static void roots_have_their_order(void **unused)
{
	(void)unused;
	assert_equal(field_root(0), 1);
	assert_equal(field_root(1), FIELD_P - 1);
	assert_equal(field_root(19), (u128)0x2597c1 << 64 | 0x4f48d5b65ed8dcca);
	for (unsigned k = 1; k <= FIELD_ROOT_LOG2_MAX; k++) {
		assert_equal(field_pow(field_root(k), (u128)1 << (k - 1)), FIELD_P - 1);
		assert_equal(field_mul(field_root(k), field_root(k)), field_root(k - 1));
	}
}

static void bytes_and_back(void **unused)
{
	uint8_t bytes[FIELD_BYTES], p[FIELD_BYTES], all[FIELD_BYTES];
	u128 x;

	(void)unused;
	unhex(bytes, "0102030405060708090a0b");
	assert_true(field_from_bytes(&x, bytes));
	assert_equal(x, (u128)0x010203 << 64 | 0x0405060708090a0b);

	unhex(p, "8000000000000000080001");
	assert_false(field_from_bytes(&x, p));
	p[FIELD_BYTES - 1] = 0;
	assert_true(field_from_bytes(&x, p));
	assert_equal(x, FIELD_P - 1);
	memset(all, 0xff, sizeof all);
	assert_false(field_from_bytes(&x, all));

	for (size_t i = 0; i < COUNT_OF(edges); i++) {
		field_to_bytes(bytes, edges[i]);
		assert_true(field_from_bytes(&x, bytes));
		assert_equal(x, edges[i]);
	}
}

static void dot_is_the_sum_of_products(void **unused)
{
	enum { N = 1000 };
	struct field_vector x, y;
	uint64_t state = 3;
	u128 want = 0;

	(void)unused;
	ASSERT_OK(field_vector_init(&x, N));
	ASSERT_OK(field_vector_init(&y, N));
	assert_equal(field_dot(&x, &y, 0), 0);
	for (size_t i = 0; i < N; i++) {
		u128 a = i % 3 == 0 ? edges[i % COUNT_OF(edges)] : random_element(&state);
		u128 b = i % 5 == 0 ? edges[i / 5 % COUNT_OF(edges)] : random_element(&state);

		field_vector_set(&x, i, a);
		field_vector_set(&y, i, b);
		assert_equal(field_vector_get(&x, i), a);
		want = (want + slow_mul(a, b)) % FIELD_P;
		assert_equal(field_dot(&x, &y, i + 1), want);
	}
	field_vector_clear(&x, N);
	field_vector_clear(&y, N);
	assert_null(x.lo);
}

/* Every product at its largest, at the largest size: no accumulator may overflow. (p - 1)^2 = 1, (2^87)^2 = 2^174. */
static void dot_has_room(void **unused)
{
	const size_t n = (size_t)1 << 19;
	static const u128 values[] = {FIELD_P - 1, (u128)1 << 87, ((u128)1 << 87) - 1};
	struct field_vector x;

	(void)unused;
	ASSERT_OK(field_vector_init(&x, n));
	for (size_t v = 0; v < COUNT_OF(values); v++) {
		for (size_t i = 0; i < n; i++)
			field_vector_set(&x, i, values[v]);
		assert_equal(field_dot(&x, &x, n), slow_mul(n, slow_mul(values[v], values[v])));
	}
	field_vector_clear(&x, n);
}

static void sums_add_up(void **unused)
{
	enum { N = COUNT_OF(edges), TIMES = 1000 };
	struct field_vector sums, x;

	(void)unused;
	ASSERT_OK(field_vector_init(&sums, N));
	ASSERT_OK(field_vector_init(&x, N));
	for (size_t i = 0; i < N; i++)
		field_vector_set(&x, i, edges[i]);
	for (size_t t = 0; t < TIMES; t++)
		field_accumulate(&sums, &x, N);
	for (size_t i = 0; i < N; i++)
		assert_equal(field_vector_get(&sums, i), TIMES * edges[i]); /* unreduced, carries and all */
	field_accumulate_reduce(&sums, N);
	for (size_t i = 0; i < N; i++)
		assert_equal(field_vector_get(&sums, i), TIMES * edges[i] % FIELD_P);

	/* The largest sum that the count allows still fits, and is reduced rightly. */
	u128 largest = (FIELD_P - 1) * ((u128)FIELD_ACCUMULATE_MAX + 1);
	assert_true(largest / (FIELD_P - 1) == (u128)FIELD_ACCUMULATE_MAX + 1);
	field_vector_set(&sums, 0, largest);
	field_accumulate_reduce(&sums, 1);
	assert_equal(field_vector_get(&sums, 0), FIELD_P - ((u128)FIELD_ACCUMULATE_MAX + 1));
	field_vector_clear(&sums, N);
	field_vector_clear(&x, N);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(agrees_with_slow_arithmetic), cmocka_unit_test(reduces_wide_numbers),
		cmocka_unit_test(powers),                      cmocka_unit_test(roots_have_their_order),
		cmocka_unit_test(bytes_and_back),              cmocka_unit_test(dot_is_the_sum_of_products),
		cmocka_unit_test(dot_has_room),                cmocka_unit_test(sums_add_up),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
