/* Transforms and proofs: every version against the portable one, and that one against the definition. */
#include "tests/unit/kernels.h"

#include "prio1/ntt/kernels.h"

enum { LOG2_MAX = 14, LOG2_DEFINITION = 6 };

/* What fills a vector. */
enum filling { RANDOM, EDGES, LARGEST, ZEROS, BITS, SINGLE, FILLINGS };

static void fill(struct field_vector *x, size_t n, enum filling filling, uint64_t *state)
{
	for (size_t i = 0; i < n; i++) {
		u128 value = 0;

		if (filling == RANDOM)
			value = any_element(state);
		else if (filling == EDGES)
			value = edge_elements[next_number(state) % COUNT_OF(edge_elements)];
		else if (filling == LARGEST)
			value = FIELD_P - 1;
		else if (filling == BITS)
			value = next_number(state) >> 40 & 1;
		field_vector_set(x, i, value);
	}
	if (filling == SINGLE)
		field_vector_set(x, next_number(state) % n, FIELD_P - 1);
}

static void copy(struct field_vector *to, const struct field_vector *from, size_t n)
{
	memcpy(to->lo, from->lo, n * sizeof *to->lo);
	memcpy(to->hi, from->hi, n * sizeof *to->hi);
}

static void same(const char *what, enum cpu_table table, unsigned log2_n, enum filling filling,
		 const struct field_vector *got, const struct field_vector *want)
{
	for (size_t i = 0; i < (size_t)1 << log2_n; i++)
		if (got->lo[i] != want->lo[i] || got->hi[i] != want->hi[i])
			fail_msg("%s, %s, 2^%u elements, filling %d: element %zu", what, cpu_table_name(table), log2_n,
				 (int)filling, i);
}

typedef void transform(const struct ntt *ntt, struct field_vector *vector);

static void compare(enum cpu_table table, unsigned log2_n, uint64_t *state)
{
	static const struct {
		const char *what;
		transform *run;
	} transforms[] = {{"evaluate", ntt_evaluate}, {"interpolate", ntt_interpolate}, {"extend", ntt_extend}};
	size_t n = (size_t)1 << log2_n, n_transforms = log2_n < FIELD_ROOT_LOG2_MAX ? 3 : 2;

	if (ntt_kernels_of(table) == ntt_kernels_of(CPU_PORTABLE))
		return;
	struct guarded_vector x = guarded_vector_new(n), data = guarded_vector_new(n), first = guarded_vector_new(n);
	struct field_vector start, want;
	struct ntt ntt, portable;

	ASSERT_OK(field_vector_init(&start, n));
	ASSERT_OK(field_vector_init(&want, n));
	ASSERT_OK(ntt_init_by(ntt_kernels_of(table), &ntt, log2_n));
	ASSERT_OK(ntt_init_by(ntt_kernels_of(CPU_PORTABLE), &portable, log2_n));
	for (enum filling filling = RANDOM; filling < FILLINGS; filling++) {
		fill(&start, n, filling, state);
		for (size_t t = 0; t < n_transforms; t++) {
			copy(&x.vector, &start, n);
			copy(&want, &start, n);
			transforms[t].run(&ntt, &x.vector);
			transforms[t].run(&portable, &want);
			same(transforms[t].what, table, log2_n, filling, &x.vector, &want);
		}
		for (size_t factor = 0; factor < FILLINGS; factor += log2_n < 11 ? 1 : 3) {
			u128 by = factor == 0 ? FIELD_P - 1 : any_element(state);

			copy(&x.vector, &start, n);
			copy(&want, &start, n);
			fill(&data.vector, n, (filling + factor) % FILLINGS, state);
			fill(&first.vector, n, factor % FILLINGS, state);
			ntt_prove(&ntt, &x.vector, &data.vector, &first.vector, by);
			ntt_prove(&portable, &want, &data.vector, &first.vector, by);
			same("prove", table, log2_n, filling, &x.vector, &want);
		}
	}
	ntt_clear(&ntt);
	ntt_clear(&portable);
	field_vector_clear(&start, n);
	field_vector_clear(&want, n);
	guarded_vector_free(&x);
	guarded_vector_free(&data);
	guarded_vector_free(&first);
}

static void all_like_portable(void **unused)
{
	uint64_t state = 31;

	(void)unused;
	for (enum cpu_table table = CPU_PORTABLE; table <= cpu_best(); table++)
		for (unsigned log2_n = 0; log2_n <= LOG2_MAX; log2_n++)
			for (unsigned times = 0; times < (log2_n < 11 ? 4U : 1U); times++)
				compare(table, log2_n, &state);
}

/* Where numbers grow most before they are reduced. */
static void largest_like_portable(void **unused)
{
	uint64_t state = 32;

	(void)unused;
	for (enum cpu_table table = CPU_AVX2; table <= cpu_best(); table++)
		compare(table, FIELD_ROOT_LOG2_MAX, &state);
}

/* The polynomial at a point, by Horner's rule. */
static u128 value_at(const struct field_vector *coefficients, size_t n, u128 point)
{
	u128 value = 0;

	for (size_t k = n; k-- > 0;)
		value = field_add(field_mul(value, point), field_vector_get(coefficients, k));
	return value;
}

static void portable_by_definition(void **unused)
{
	uint64_t state = 33;

	(void)unused;
	for (unsigned log2_n = 0; log2_n <= LOG2_DEFINITION; log2_n++) {
		size_t n = (size_t)1 << log2_n;
		struct field_vector coefficients, x, data, first;
		struct ntt ntt;

		ASSERT_OK(ntt_init_by(ntt_kernels_of(CPU_PORTABLE), &ntt, log2_n));
		ASSERT_OK(field_vector_init(&coefficients, n));
		ASSERT_OK(field_vector_init(&x, n));
		ASSERT_OK(field_vector_init(&data, n));
		ASSERT_OK(field_vector_init(&first, n));
		for (enum filling filling = RANDOM; filling < FILLINGS; filling++) {
			u128 by = any_element(&state);

			fill(&coefficients, n, filling, &state);
			copy(&x, &coefficients, n);
			ntt_evaluate(&ntt, &x);
			for (size_t j = 0; j < n; j++)
				assert_true(field_vector_get(&x, j) ==
					    value_at(&coefficients, n, field_pow(field_root(log2_n), j)));
			ntt_extend(&ntt, &x);
			for (size_t j = 0; j < n; j++)
				assert_true(field_vector_get(&x, j) ==
					    value_at(&coefficients, n, field_pow(field_root(log2_n + 1), 2 * j + 1)));
			ntt_evaluate(&ntt, &coefficients);
			ntt_interpolate(&ntt, &coefficients);
			copy(&data, &coefficients, n);
			ntt_evaluate(&ntt, &data);
			ntt_interpolate(&ntt, &data);
			same("back and forth", CPU_PORTABLE, log2_n, filling, &data, &coefficients);

			fill(&data, n, RANDOM, &state);
			fill(&first, n, EDGES, &state);
			ntt_prove(&ntt, &x, &data, &first, by);
			for (size_t j = 0; j < n; j++) {
				u128 f = value_at(&coefficients, n, field_pow(field_root(log2_n + 1), 2 * j + 1));
				u128 g = field_sub(f, field_vector_get(&data, j));

				g = field_add(g, field_mul(by, field_vector_get(&first, j)));
				assert_true(field_vector_get(&x, j) == field_mul(f, g));
			}
		}
		ntt_clear(&ntt);
		field_vector_clear(&coefficients, n);
		field_vector_clear(&x, n);
		field_vector_clear(&data, n);
		field_vector_clear(&first, n);
	}
}

static void wrong_transform(struct field_vector *x, const uint64_t *words, unsigned log2_n, bool plain)
{
	ntt_transform_portable(x, words, log2_n, plain);
	x->lo[0] ^= 1;
}

static void wrong_proof(struct field_vector *f, const struct field_vector *at_data, const struct field_vector *at_first,
			u128 first, size_t n)
{
	ntt_prove_portable(f, at_data, at_first, first, n - 1);
}

static void wrong_sums(const struct ntt_sums sums[NTT_SUMS], const struct field_vector *roots, unsigned log2_n)
{
	ntt_lagrange_portable(sums, roots, log2_n);
	sums[1].out->hi[((size_t)1 << log2_n) - 1] ^= 1;
}

static void self_test_tells_right_from_wrong(void **unused)
{
	struct ntt_kernels bad_transform = *ntt_kernels_of(CPU_PORTABLE), bad_proof = bad_transform;
	struct ntt_kernels bad_sums = bad_transform;

	(void)unused;
	bad_transform.transform = wrong_transform;
	bad_proof.prove = wrong_proof;
	bad_sums.lagrange = wrong_sums;
	for (enum cpu_table table = CPU_PORTABLE; table <= cpu_best(); table++)
		assert_true(ntt_module.self_test(ntt_kernels_of(table)));
	assert_false(ntt_module.self_test(&bad_transform));
	assert_false(ntt_module.self_test(&bad_proof));
	assert_false(ntt_module.self_test(&bad_sums));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(all_like_portable),
		cmocka_unit_test(largest_like_portable),
		cmocka_unit_test(portable_by_definition),
		cmocka_unit_test(self_test_tells_right_from_wrong),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
