/* Clients and servers that do not agree on the number of fields. Server B cannot see it: its share is a seed. */
#include "tests/vectors/differences.h"
#include "tests/vectors/servers.h"

static void check_case(const json_t *file, const json_t *record)
{
	int client = (int)vectors_number(record, "client_n_data"),
	    server = (int)vectors_number(record, "server_n_data");
	struct prio_params params = vectors_params(file, vectors_prg_rule(file), (uint32_t)server, 0);
	const json_t *results = vectors_get(record, "result");
	struct servers servers;

	vectors_at("n_mismatch.json, client %d, server %d", client, server);
	CHECK(strlen(vectors_text(record, "bits")) == (size_t)client);
	CHECK((size_t)vectors_number(record, "client_n_h_points") == vectors_n_points((size_t)client));
	CHECK((size_t)vectors_number(record, "server_n_h_points") == vectors_n_points((size_t)server));
	for (size_t s = 0; s < 2; s++) { /* read, also where there is no server to give them to */
		vectors_get(record, vectors_server(s));
		vectors_get(vectors_get(results, vectors_server(s)), "set_data_ok");
		vectors_get(vectors_get(results, vectors_server(s)), "verify1");
	}
	if (vectors_differs("n_mismatch.json", "client %d, server %d", client, server)) {
		CHECK_STATUS(prio_params_check(&params, NULL), PRIO_ERR_CONFIG);
		return;
	}

	servers_open(&servers, file, &params);
	for (size_t s = 0; s < 2; s++) {
		const json_t *result = vectors_get(results, vectors_server(s));
		struct opened opened = server_verify1(&servers.server[s], vectors_base64(record, vectors_server(s)));

		if (vectors_bool(result, "set_data_ok")) {
			CHECK_STATUS(opened.verdict, PRIO_OK);
			vectors_same_bytes("verify1", verify1_bytes(&opened.packet),
					   prio_bytes_of(vectors_base64(result, "verify1")));
		} else {
			CHECK_STATUS(opened.verdict, PRIO_REFUSED_WRONG_LENGTH);
			CHECK(json_is_null(vectors_get(result, "verify1")));
		}
	}
	servers_close(&servers);
}

static void mismatches(void **unused)
{
	const json_t *file = vectors_open("n_mismatch.json"), *record;
	size_t i;

	(void)unused;
	json_array_foreach(vectors_get(file, "cases"), i, record)
		check_case(file, record);
	CHECK(i == 10);
	vectors_all_differences_met("n_mismatch.json");
	vectors_all_read("n_mismatch.json");
}

int main(void)
{
	const struct CMUnitTest tests[] = {cmocka_unit_test_teardown(mismatches, vectors_release)};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
