/* What a query holds, at every draw: the coefficients by their definition, at sizes on both sides of powers of two. */
#include "tests/unit/cmocka_all.h"

#include "prio1/batch_internal.h"

/* L of the point x among the K with x^K = 1: L K (r - x) = (r^K - 1) x. */
static void check_coefficient(u128 coefficient, u128 x, u128 k, u128 r)
{
	assert_true(field_is_element(coefficient));
	assert_true(field_mul(field_mul(coefficient, k), field_sub(r, x)) ==
		    field_mul(field_sub(field_pow(r, k), 1), x));
}

static void check_query(const struct prio_query *query)
{
	size_t n_data = query->copy.params.n_data;
	unsigned log2_n = params_points_log2(query->copy.params.n_data);
	u128 n = (u128)1 << log2_n, w = field_root(log2_n), x = w, sum = 0;

	check_coefficient(query->f_first, 1, n, query->r);
	check_coefficient(query->h_first, 1, 2 * n, query->r);
	for (size_t i = 0; i < n_data; i++, x = field_mul(x, w)) {
		check_coefficient(field_vector_get(&query->f_data, i), x, n, query->r);
		sum = field_add(sum, field_vector_get(&query->f_data, i));
	}
	assert_true(query->g_less == (query->server == PRIO_SERVER_A ? sum : 0));
	x = field_root(log2_n + 1);
	for (size_t i = 0; i < n; i++, x = field_mul(x, w))
		check_coefficient(field_vector_get(&query->h_odd, i), x, 2 * n, query->r);
}

static void coefficients_of_every_draw(void **unused)
{
	static const uint32_t sizes[] = {1,  2,	 3,  4,	  5,   6,   7,	  8,	9,    10,   15,	  16,	17,
					 31, 63, 64, 100, 441, 511, 1023, 1024, 2000, 2046, 2047, 2048, 2049};
	const struct prio_shared_secret secret = {{4, 4, 4}};
	const struct prio_private_key key = {{1}, {{0}}};

	(void)unused;
	for (size_t i = 0; i < COUNT_OF(sizes); i++) {
		const struct prio_params params = {
			.batch_id = {(const uint8_t *)"test", 4}, .n_data = sizes[i], .allow_forgeable_size = true};

		for (int s = 0; s < 2; s++) {
			struct prio_batch *batch;
			struct prio_query *query;
			u128 points[3];

			ASSERT_OK(prio_batch_new(&batch, &params, (enum prio_server_id)s, &key, &secret, NULL));
			ASSERT_OK(prio_query_new(&query, batch, NULL));
			for (size_t draw = 0; draw < COUNT_OF(points); draw++) {
				if (draw > 0)
					ASSERT_OK(prio_query_next(query, NULL));
				points[draw] = query->r;
				check_query(query);
			}
			assert_true(points[0] != points[1] && points[1] != points[2]);
			prio_query_free(query);
			prio_batch_free(batch);
		}
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(coefficients_of_every_draw),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
