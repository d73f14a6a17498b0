/* The transforms, and that what a client uses (values at the odd roots) is the same polynomial. */
#include "prio1/ntt/ntt.h"
#include "tests/vectors/vectors.h"

static void same_as(const char *what, const struct field_vector *got, const json_t *want, size_t n)
{
	const json_t *value;
	size_t i;

	CHECK(json_array_size(want) == n);
	json_array_foreach(want, i, value)
		vectors_same_element(what, field_vector_get(got, i), vectors_element_in(value));
}

static void load(struct field_vector *vector, const json_t *elements)
{
	const json_t *value;
	size_t i;

	json_array_foreach(elements, i, value)
		field_vector_set(vector, i, vectors_element_in(value));
}

static void check_case(const json_t *record)
{
	const json_t *coefficients = vectors_get(record, "coeffs"), *value;
	size_t n = (size_t)vectors_number(record, "n"), i;
	struct field_vector vector;
	unsigned log2_n = 0;
	struct ntt ntt;
	u128 root;

	while ((size_t)1 << log2_n < n)
		log2_n++;
	CHECK(json_array_size(coefficients) == n);
	CHECK_STATUS(ntt_init(&ntt, log2_n), PRIO_OK);
	CHECK_STATUS(field_vector_init(&vector, n), PRIO_OK);

	root = 1;
	json_array_foreach(vectors_get(record, "roots"), i, value) {
		vectors_same_element("root", root, vectors_element_in(value));
		root = field_mul(root, field_root(log2_n));
	}
	CHECK(i == n && root == 1);

	load(&vector, coefficients);
	ntt_evaluate(&ntt, &vector);
	same_as("value", &vector, vectors_get(record, "evals"), n);
	ntt_interpolate(&ntt, &vector);
	same_as("coefficient again", &vector, coefficients, n);
	ntt_interpolate(&ntt, &vector);
	same_as("inverse", &vector, vectors_get(record, "inverse_of_coeffs"), n);

	/* Horner's rule at the odd roots. */
	load(&vector, vectors_get(record, "evals"));
	ntt_extend(&ntt, &vector);
	for (size_t j = 0; j < n; j++) {
		u128 point = field_pow(field_root(log2_n + 1), 2 * j + 1), want = 0;

		for (size_t k = n; k-- > 0;)
			want = field_add(field_mul(want, point), vectors_element_in(json_array_get(coefficients, k)));
		vectors_same_element("value at an odd root", field_vector_get(&vector, j), want);
	}

	field_vector_clear(&vector, n);
	ntt_clear(&ntt);
}

static void transforms(void **unused)
{
	const json_t *file = vectors_open("fft.json"), *record;
	size_t i;

	(void)unused;
	json_array_foreach(vectors_get(file, "cases"), i, record) {
		vectors_at("fft.json, case %zu", i);
		check_case(record);
	}
	assert_int_equal(i, 5);
	vectors_all_read("fft.json");
}

/* At the largest sizes: back and forth, and the values of X + 1 at every root. */
static void check_large(unsigned log2_n, bool extend)
{
	size_t n = (size_t)1 << log2_n;
	struct field_vector vector;
	struct ntt ntt;
	u128 point = 1;

	vectors_at("transform of 2^%u points", log2_n);
	CHECK_STATUS(ntt_init(&ntt, log2_n), PRIO_OK);
	CHECK_STATUS(field_vector_init(&vector, n), PRIO_OK);

	field_vector_set(&vector, 0, 1);
	field_vector_set(&vector, 1, 1);
	ntt_evaluate(&ntt, &vector);
	for (size_t j = 0; j < n; j++, point = field_mul(point, field_root(log2_n)))
		vectors_same_element("value", field_vector_get(&vector, j), field_add(point, 1));
	CHECK(point == 1);

	if (extend) {
		ntt_extend(&ntt, &vector);
		point = field_root(log2_n + 1);
		for (size_t j = 0; j < n; j++, point = field_mul(point, field_root(log2_n)))
			vectors_same_element("value at an odd root", field_vector_get(&vector, j), field_add(point, 1));
	} else {
		ntt_interpolate(&ntt, &vector);
		for (size_t k = 0; k < n; k++)
			vectors_same_element("coefficient", field_vector_get(&vector, k), k < 2);
	}

	field_vector_clear(&vector, n);
	ntt_clear(&ntt);
}

static void large_transforms(void **unused)
{
	(void)unused;
	check_large(11, true);
	check_large(FIELD_ROOT_LOG2_MAX - 1, true);
	check_large(FIELD_ROOT_LOG2_MAX, false);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_teardown(transforms, vectors_release),
		cmocka_unit_test(large_transforms),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
