/* The smallest and the largest number of fields. */
#include "tests/vectors/differences.h"
#include "tests/vectors/servers.h"

static void check_config(const json_t *config)
{
	int64_t n_data = vectors_number(config, "n_data");
	const json_t *server_new_ok = vectors_get(config, "server_new_ok");
	struct prio_params params = {
		.batch_id = {(const uint8_t *)"test", 4}, .n_data = (uint32_t)n_data, .allow_forgeable_size = true};
	struct prio_shared_secret secret = {{0}};
	bool expected = json_is_true(server_new_ok);
	struct prio_private_key key;
	struct prio_batch *batch;

	vectors_at("limits.json, n_data %d", (int)n_data);
	CHECK(expected ? vectors_bool(config, "config_ok") : true);
	vectors_try(config, "config_ok");
	if (vectors_differs("limits.json", "config/%d", (int)n_data)) {
		CHECK(expected);
		expected = false;
	}
	CHECK_STATUS(prio_keygen(&key), PRIO_OK);
	CHECK_STATUS(prio_params_check(&params, NULL), expected ? PRIO_OK : PRIO_ERR_CONFIG);
	CHECK_STATUS(prio_batch_new(&batch, &params, PRIO_SERVER_A, &key, &secret, NULL),
		     expected ? PRIO_OK : PRIO_ERR_CONFIG);
	prio_batch_free(batch);
}

/* A batch of no fields is refused before there is anything to look at, so that all its members count as read. */
static void check_no_fields(const json_t *batch)
{
	struct prio_params params = vectors_params(batch, PRIO_PRG_BATCH, (uint32_t)vectors_number(batch, "n_data"), 0);

	vectors_at("limits.json, batch of no fields");
	CHECK(vectors_differs("limits.json", "n_data_zero_batch"));
	CHECK(params.n_data == 0);
	CHECK_STATUS(prio_params_check(&params, NULL), PRIO_ERR_CONFIG);
}

static void limits(void **unused)
{
	const json_t *file = vectors_open("limits.json"), *config;
	size_t i;

	(void)unused;
	CHECK(vectors_number(file, "max_data_fields") == PRIO_N_DATA_MAX);
	json_array_foreach(vectors_get(file, "config"), i, config)
		check_config(config);
	assert_int_equal(i, 5);
	check_no_fields(vectors_get(file, "n_data_zero_batch"));
	vectors_all_differences_met("limits.json");
	vectors_set_aside(vectors_json, "n_data_zero_batch");
	vectors_all_read("limits.json");
}

int main(void)
{
	const struct CMUnitTest tests[] = {cmocka_unit_test_teardown(limits, vectors_release)};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
