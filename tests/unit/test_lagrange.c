/* Coefficients against what they are for: the value of a known polynomial at r, from its values at roots of unity. */
#include "tests/unit/cmocka_all.h"

#include "prio1/field/dot.h"
#include "prio1/field/lagrange.h"

enum { LOG2_MAX = 6, N_MAX = 1 << LOG2_MAX };

static u128 horner(const u128 *coefficients, size_t n, u128 x)
{
	u128 value = 0;

	for (size_t i = n; i-- > 0;)
		value = field_add(field_mul(value, x), coefficients[i]);
	return value;
}

/* A polynomial of degree below n and an r, the same in every run. */
static u128 make_polynomial(u128 *coefficients, size_t n, uint64_t seed)
{
	u128 r;

	for (size_t i = 0; i < n; i++)
		coefficients[i] = ((u128)next_number(&seed) << 64 | next_number(&seed)) % FIELD_P;
	r = ((u128)next_number(&seed) << 64 | next_number(&seed)) % FIELD_P;
	assert_true(field_pow(r, (u128)1 << (LOG2_MAX + 1)) != 1);
	return r;
}

/* sum of L_j(r) poly(first step^j), j below n */
static u128 interpolate(const u128 *coefficients, size_t n_coefficients, size_t n, u128 r, unsigned log2_k, u128 first,
			u128 step)
{
	struct field_vector lagrange, values;
	u128 x = first, sum;

	ASSERT_OK(field_vector_init(&lagrange, n));
	ASSERT_OK(field_vector_init(&values, n));
	ASSERT_OK(field_lagrange(&lagrange, n, r, log2_k, first, step));
	for (size_t j = 0; j < n; j++, x = field_mul(x, step))
		field_vector_set(&values, j, horner(coefficients, n_coefficients, x));
	if (first == 1)
		assert_true(field_vector_get(&lagrange, 0) == field_lagrange_at_one(r, log2_k));
	sum = field_dot(&lagrange, &values, n);
	field_vector_clear(&lagrange, n);
	field_vector_clear(&values, n);
	return sum;
}

static void all_points(void **unused)
{
	(void)unused;
	for (unsigned k = 1; k <= LOG2_MAX; k++) {
		u128 coefficients[N_MAX];
		size_t n = (size_t)1 << k;
		u128 r = make_polynomial(coefficients, n, 100 + k);

		assert_true(interpolate(coefficients, n, n, r, k, 1, field_root(k)) == horner(coefficients, n, r));
	}
}

/* The points of h: even and odd powers of the root of order 2N are taken apart, and together give the value. */
static void even_and_odd_points(void **unused)
{
	(void)unused;
	for (unsigned k = 1; k <= LOG2_MAX; k++) {
		u128 coefficients[N_MAX];
		size_t n = (size_t)1 << k;
		u128 r = make_polynomial(coefficients, n, 200 + k), root = field_root(k), step = field_mul(root, root);
		u128 even = interpolate(coefficients, n, n / 2, r, k, 1, step);
		u128 odd = interpolate(coefficients, n, n / 2, r, k, root, step);

		assert_true(field_add(even, odd) == horner(coefficients, n, r));
	}
}

/* From the definition: L_i is the product of (r - x_j) / (x_i - x_j) over all other j. */
static void each_coefficient(void **unused)
{
	enum { K = 4, N = 1 << K };
	u128 coefficients[N], points[N], r = make_polynomial(coefficients, N, 300);
	struct field_vector lagrange;

	(void)unused;
	ASSERT_OK(field_vector_init(&lagrange, N));
	ASSERT_OK(field_lagrange(&lagrange, N, r, K, 1, field_root(K)));
	for (size_t i = 0; i < N; i++)
		points[i] = field_pow(field_root(K), i);
	for (size_t i = 0; i < N; i++) {
		u128 above = 1, below = 1;

		for (size_t j = 0; j < N; j++) {
			if (j == i)
				continue;
			above = field_mul(above, field_sub(r, points[j]));
			below = field_mul(below, field_sub(points[i], points[j]));
		}
		assert_true(field_mul(field_vector_get(&lagrange, i), below) == above);
	}
	field_vector_clear(&lagrange, N);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(all_points),
		cmocka_unit_test(even_and_odd_points),
		cmocka_unit_test(each_coefficient),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
