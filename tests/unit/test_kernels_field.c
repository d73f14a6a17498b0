/* Inner products and running sums: every version against the portable one, which test_field.c holds against slow
 * arithmetic. */
#include "tests/unit/kernels.h"

#include "prio1/field/accumulate.h"
#include "prio1/field/dot.h"
#include "prio1/field/kernels.h"

enum { N_SMALL = 200, N_LARGE = 40000 };

static void fill(struct field_vector *vector, size_t n, uint64_t *state)
{
	for (size_t i = 0; i < n; i++)
		field_vector_set(vector, i, any_element(state));
}

/* Every length, each time up to the guard page, so that all alignments of eight bytes occur too. */
static void dot_like_portable(void **unused)
{
	struct guarded_vector x = guarded_vector_new(N_LARGE), y = guarded_vector_new(N_LARGE);
	uint64_t state = 11;

	(void)unused;
	fill(&x.vector, N_LARGE, &state);
	fill(&y.vector, N_LARGE, &state);
	for (enum cpu_table table = CPU_PORTABLE; table <= cpu_best(); table++) {
		for (size_t n = 0; n <= N_LARGE; n = n < N_SMALL ? n + 1 : n < 4096 ? n + 487 : n + 11987) {
			struct field_vector x_end = field_vector_from(&x.vector, N_LARGE - n);
			struct field_vector y_end = field_vector_from(&y.vector, N_LARGE - n);

			u128 want = field_dot_portable(&x_end, &y_end, n);
			u128 got = field_kernels_of(table)->dot(&x_end, &y_end, n);
			if (got != want)
				fail_msg("%s, n = %zu", cpu_table_name(table), n);
		}
	}
	guarded_vector_free(&x);
	guarded_vector_free(&y);
}

/* The largest elements and parts of elements, at the largest size: nothing may overflow in any version. */
static void dot_has_room(void **unused)
{
	static const u128 values[] = {FIELD_P - 1, (u128)1 << 87, ((u128)1 << 87) - 1, FIELD_P - ((u128)1 << 48)};
	const size_t n = (size_t)1 << 19;
	struct field_vector x;

	(void)unused;
	ASSERT_OK(field_vector_init(&x, n));
	for (size_t v = 0; v < COUNT_OF(values); v++) {
		u128 want = field_mul(n, field_mul(values[v], values[v]));

		for (size_t i = 0; i < n; i++)
			field_vector_set(&x, i, values[v]);
		for (enum cpu_table table = CPU_PORTABLE; table <= cpu_best(); table++)
			assert_true(field_kernels_of(table)->dot(&x, &x, n) == want);
	}
	field_vector_clear(&x, n);
}

/* Sums at any value that a plane can have before it overflows; what stands behind them stays. */
static void accumulates_like_portable(void **unused)
{
	struct guarded_vector x = guarded_vector_new(N_SMALL), sums = guarded_vector_new(N_SMALL);
	struct guarded_vector want = guarded_vector_new(N_SMALL);
	uint64_t state = 12;

	(void)unused;
	for (enum cpu_table table = CPU_PORTABLE; table <= cpu_best(); table++) {
		for (size_t n = 0; n <= N_SMALL; n++) {
			struct field_vector x_end = field_vector_from(&x.vector, N_SMALL - n);
			struct field_vector sums_end = field_vector_from(&sums.vector, N_SMALL - n);
			struct field_vector want_end = field_vector_from(&want.vector, N_SMALL - n);

			fill(&x.vector, N_SMALL, &state);
			for (size_t i = 0; i < N_SMALL; i++) {
				want.vector.lo[i] = sums.vector.lo[i] = next_number(&state) - (FIELD_LO_MASK + 1);
				want.vector.hi[i] = sums.vector.hi[i] = next_number(&state) >> 8;
			}
			for (size_t i = 0; i < n; i++) {
				want_end.lo[i] += x_end.lo[i];
				want_end.hi[i] += x_end.hi[i];
			}
			field_kernels_of(table)->accumulate(&sums_end, &x_end, n);
			assert_memory_equal(sums.vector.lo, want.vector.lo, N_SMALL * 8);
			assert_memory_equal(sums.vector.hi, want.vector.hi, N_SMALL * 8);
			if (n > 0) { /* and a count that leaves some behind it */
				field_kernels_of(table)->accumulate(&sums_end, &x_end, n - 1);
				assert_int_equal(sums_end.lo[n - 1], want_end.lo[n - 1]);
				assert_int_equal(sums_end.hi[n - 1], want_end.hi[n - 1]);
			}
		}
	}
	guarded_vector_free(&x);
	guarded_vector_free(&sums);
	guarded_vector_free(&want);
}

/* The self-test passes for every version, and fails for versions that are wrong in one place. */
static u128 wrong_dot(const struct field_vector *x, const struct field_vector *y, size_t n)
{
	return field_add(field_dot_portable(x, y, n), 1);
}

static void wrong_accumulate(struct field_vector *sums, const struct field_vector *x, size_t n)
{
	field_accumulate_portable(sums, x, n + 1);
}

static void self_test_tells_right_from_wrong(void **unused)
{
	struct field_kernels bad_dot = {wrong_dot, field_accumulate_portable};
	struct field_kernels bad_accumulate = {field_dot_portable, wrong_accumulate};

	(void)unused;
	for (enum cpu_table table = CPU_PORTABLE; table <= cpu_best(); table++)
		assert_true(field_module.self_test(field_kernels_of(table)));
	assert_false(field_module.self_test(&bad_dot));
	assert_false(field_module.self_test(&bad_accumulate));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(dot_like_portable),
		cmocka_unit_test(dot_has_room),
		cmocka_unit_test(accumulates_like_portable),
		cmocka_unit_test(self_test_tells_right_from_wrong),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
