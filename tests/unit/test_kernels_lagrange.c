/* Coefficients: what every version makes is what the definition says, and, where there is none, what the portable one
 * makes. */
#include "tests/unit/kernels.h"

#include "prio1/field/dot.h"
#include "prio1/ntt/kernels.h"
#include "prio1/ntt/lagrange.h"

enum { LOG2_MAX = FIELD_ROOT_LOG2_MAX - 1 };

/* The coefficients for one N. */
struct setup {
	struct lagrange lagrange;
	size_t n;
	struct guarded_vector whole, odd;
};

static struct setup setup_new(unsigned log2_n)
{
	size_t n = (size_t)1 << log2_n;
	struct setup made = {.n = n, .whole = guarded_vector_new(n), .odd = guarded_vector_new(n)};

	ASSERT_OK(lagrange_init(&made.lagrange, log2_n));
	return made;
}

static void setup_free(struct setup *setup)
{
	lagrange_clear(&setup->lagrange);
	guarded_vector_free(&setup->whole);
	guarded_vector_free(&setup->odd);
}

/* The coefficient of point x among K, all points that have x^K = 1, at r:
 *
 *     L K (r - x) = (r^K - 1) x        and where r = x, L = 1. */
static void check_coefficient(const struct field_vector *vector, size_t i, u128 x, u128 k, u128 r, u128 r_to_k)
{
	u128 coefficient = field_vector_get(vector, i);

	assert_true(vector->lo[i] <= FIELD_LO_MASK && field_is_element(coefficient));
	if (r == x)
		assert_true(coefficient == 1);
	else
		assert_true(field_mul(field_mul(coefficient, k), field_sub(r, x)) ==
			    field_mul(field_sub(r_to_k, 1), x));
}

static void check_all(enum cpu_table table, struct setup *setup, u128 r)
{
	u128 w = field_root(setup->lagrange.log2_n), u = field_root(setup->lagrange.log2_n + 1), n = setup->n, x = w;
	u128 r_to_n =
		lagrange_at_by(ntt_kernels_of(table), &setup->lagrange, &setup->whole.vector, &setup->odd.vector, r);

	assert_true(r_to_n == field_pow(r, n));
	for (size_t i = 0; i < setup->n; i++, x = field_mul(x, w))
		check_coefficient(&setup->whole.vector, i, x, n, r, r_to_n);
	x = u;
	for (size_t i = 0; i < setup->n; i++, x = field_mul(x, w))
		check_coefficient(&setup->odd.vector, i, x, 2 * n, r, field_mul(r_to_n, r_to_n));
}

/* At any r, the points themselves included. */
static void all_by_definition(void **unused)
{
	uint64_t state = 51;

	(void)unused;
	for (unsigned log2_n = 1; log2_n <= 13; log2_n++) {
		struct setup setup = setup_new(log2_n);
		u128 u = field_root(log2_n + 1);

		for (enum cpu_table table = CPU_PORTABLE; table <= cpu_best(); table++) {
			for (size_t i = 0; i < COUNT_OF(edge_elements) && (i < 4 || log2_n < 9); i++)
				check_all(table, &setup, edge_elements[i]);
			for (size_t i = 0; i < 4; i++)
				check_all(table, &setup, any_element(&state));
			for (size_t i = 0; i < 4; i++)
				check_all(table, &setup, field_pow(u, next_number(&state) % (2 * setup.n)));
			check_all(table, &setup, u);
			check_all(table, &setup, field_root(log2_n));
		}
		setup_free(&setup);
	}
}

static void largest_by_definition(void **unused)
{
	struct setup setup = setup_new(LOG2_MAX);
	uint64_t state = 52;

	(void)unused;
	for (enum cpu_table table = CPU_PORTABLE; table <= cpu_best(); table++)
		check_all(table, &setup, any_element(&state));
	setup_free(&setup);
}

static u128 horner(const u128 *coefficients, size_t n, u128 x)
{
	u128 value = 0;

	for (size_t i = n; i-- > 0;)
		value = field_add(field_mul(value, x), coefficients[i]);
	return value;
}

/* What they are for: the value at r of polynomials, from their values. Even and odd powers of u together give that of
 * one with 2 N coefficients; those of the even ones are (1 + r^N) / 2 times what they are among themselves. */
static void give_values(void **unused)
{
	enum { N_MAX = 64 };
	uint64_t state = 53;

	(void)unused;
	for (unsigned log2_n = 1; 1 << log2_n <= N_MAX; log2_n++) {
		struct setup setup = setup_new(log2_n);
		u128 coefficients[2 * N_MAX], u = field_root(log2_n + 1), r = any_element(&state) | 2;
		struct field_vector even, odd;

		ASSERT_OK(field_vector_init(&even, setup.n));
		ASSERT_OK(field_vector_init(&odd, setup.n));
		for (size_t i = 0; i < 2 * setup.n; i++)
			coefficients[i] = any_element(&state);
		u128 r_to_n = lagrange_at(&setup.lagrange, &setup.whole.vector, &setup.odd.vector, r);

		for (size_t i = 0; i < setup.n; i++)
			field_vector_set(&even, i, horner(coefficients, setup.n, field_pow(u, 2 * i + 2)));
		assert_true(field_dot(&setup.whole.vector, &even, setup.n) == horner(coefficients, setup.n, r));

		for (size_t i = 0; i < setup.n; i++) {
			field_vector_set(&even, i, horner(coefficients, 2 * setup.n, field_pow(u, 2 * i + 2)));
			field_vector_set(&odd, i, horner(coefficients, 2 * setup.n, field_pow(u, 2 * i + 1)));
		}
		u128 sum = field_mul(field_dot(&setup.whole.vector, &even, setup.n), field_half(field_add(1, r_to_n)));
		sum = field_add(sum, field_dot(&setup.odd.vector, &odd, setup.n));
		assert_true(sum == horner(coefficients, 2 * setup.n, r));
		field_vector_clear(&even, setup.n);
		field_vector_clear(&odd, setup.n);
		setup_free(&setup);
	}
}

/* Numbers that no r gives: where limbs are largest, all at once. */
static void compare(enum cpu_table table, unsigned log2_n, bool edges, uint64_t *state)
{
	struct setup setup = setup_new(log2_n);
	struct ntt_sums sums[NTT_SUMS] = {{.out = &setup.whole.vector}, {.out = &setup.odd.vector}}, want[NTT_SUMS];
	struct field_vector vectors[NTT_SUMS];

	for (size_t s = 0; s < NTT_SUMS; s++) {
		sums[s].scale = any_element(state);
		for (unsigned k = 0; k < log2_n; k++)
			sums[s].powers[k] = edges ? edge_elements[next_number(state) % COUNT_OF(edge_elements)]
						  : any_element(state);
		if (edges)
			sums[s].scale = edge_elements[next_number(state) % COUNT_OF(edge_elements)];
		ASSERT_OK(field_vector_init(&vectors[s], setup.n));
		want[s] = sums[s];
		want[s].out = &vectors[s];
	}
	ntt_kernels_of(table)->lagrange(sums, &setup.lagrange.roots, log2_n);
	ntt_lagrange_portable(want, &setup.lagrange.roots, log2_n);
	for (size_t s = 0; s < NTT_SUMS; s++) {
		for (size_t i = 0; i < setup.n; i++)
			if (sums[s].out->lo[i] != vectors[s].lo[i] || sums[s].out->hi[i] != vectors[s].hi[i])
				fail_msg("%s, 2^%u, set %zu: element %zu", cpu_table_name(table), log2_n, s, i);
		field_vector_clear(&vectors[s], setup.n);
	}
	setup_free(&setup);
}

static void all_like_portable(void **unused)
{
	uint64_t state = 54;

	(void)unused;
	for (enum cpu_table table = CPU_AVX2; table <= cpu_best(); table++) {
		for (unsigned log2_n = 1; log2_n <= 12; log2_n++)
			for (unsigned times = 0; times < (log2_n < 9 ? 100U : 8U); times++)
				compare(table, log2_n, times % 2 == 0, &state);
		compare(table, LOG2_MAX, true, &state);
		compare(table, LOG2_MAX - 1, true, &state);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(all_by_definition),
		cmocka_unit_test(largest_by_definition),
		cmocka_unit_test(give_values),
		cmocka_unit_test(all_like_portable),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
