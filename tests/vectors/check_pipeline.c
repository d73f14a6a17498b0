/* pipeline.json as far as the library goes: what the original's `encode-shares` takes, and what the servers say to it.
 * Whole runs, of which the rest of the file consists, are for the tests of the programs. */
#include "prio/client.h"
#include "tests/vectors/totals.h"

/* A payload's first n_data values as bytes; false where a C caller could not even pass them. The original takes
 * booleans as numbers and looks at no more than n_data values. What it refuses here are values that are no bytes, and
 * fractions. */
static bool fields_of(uint8_t *fields, size_t n_data, const json_t *payload)
{
	for (size_t i = 0; i < n_data; i++) {
		const json_t *value = json_array_get(payload, i);
		double number = json_is_boolean(value) ? json_is_true(value) : vectors_number_in(value);

		if (number < 0 || number > 255)
			return false;
		fields[i] = (uint8_t)number;
	}
	return true;
}

/* Encode one vector, and let both servers judge it. */
static bool accepted(const struct prio_params *params, const uint8_t *fields)
{
	struct prio_sealed_pair pair = {{NULL, prio_sealed_bytes_max(params, PRIO_SERVER_A)},
					{NULL, prio_sealed_bytes_max(params, PRIO_SERVER_B)}};
	struct servers servers = {.params = *params};
	struct opened opened[2];
	struct prio_verify2_packet answers[2];
	struct prio_client *client;
	bool both;

	CHECK_STATUS(prio_secret_new(&servers.secret), PRIO_OK);
	for (size_t s = 0; s < 2; s++) {
		struct server *server = &servers.server[s];

		CHECK_STATUS(prio_keygen(&servers.keys[s]), PRIO_OK);
		CHECK_STATUS(prio_batch_new(&server->batch, params, s == 0 ? PRIO_SERVER_A : PRIO_SERVER_B,
					    &servers.keys[s], &servers.secret, NULL),
			     PRIO_OK);
		CHECK_STATUS(prio_workspace_new(&server->workspace, server->batch), PRIO_OK);
		server_start_query(server);
	}
	pair.a.p = vectors_hold(pair.a.n);
	pair.b.p = vectors_hold(pair.b.n);
	CHECK_STATUS(prio_client_new(&client, params, &servers.keys[0].public_key, &servers.keys[1].public_key, NULL),
		     PRIO_OK);
	CHECK_STATUS(prio_encode_many(client, fields, 1, &pair, NULL), PRIO_OK);
	prio_client_free(client);

	opened[0] = server_verify1(&servers.server[0], pair.a);
	opened[1] = server_verify1(&servers.server[1], pair.b);
	for (size_t s = 0; s < 2; s++) {
		CHECK_STATUS(opened[s].verdict, PRIO_OK);
		CHECK_STATUS(prio_verify2_many(&opened[s].state, &opened[1 - s].packet, 1, &answers[s]), PRIO_OK);
	}
	both = prio_accept(&answers[0], &answers[1]) == PRIO_OK;
	CHECK((prio_accept(&answers[1], &answers[0]) == PRIO_OK) == both);
	servers_close(&servers);
	return both;
}

static void check_encode(const json_t *record)
{
	const char *name = vectors_text(record, "name"), *last_line = vectors_text(record, "stderr_last_line");
	const json_t *payloads = vectors_get(record, "payloads"), *verdicts = vectors_get(record, "servers_accept"),
		     *payload;
	bool taken = vectors_number(record, "exit_code") == 0;
	struct prio_params params = {
		.batch_id = {(const uint8_t *)"test", 4},
		.n_data = (uint32_t)(int64_t)vectors_number(record, "n_data"),
		.allow_forgeable_size = true,
	};
	size_t n_lines = taken ? json_array_size(payloads) : 0, i;
	uint8_t fields[8];

	vectors_at("pipeline.json, encode_shares, %s", name);
	CHECK((size_t)vectors_number(record, "lines_a") == n_lines &&
	      (size_t)vectors_number(record, "lines_b") == n_lines);
	CHECK(json_array_size(verdicts) == n_lines);
	CHECK((strlen(last_line) == 0) == taken);
	if (prio_params_check(&params, NULL) != PRIO_OK) {
		CHECK(!taken && (strcmp(name, "n_too_big") == 0 || strcmp(name, "n_negative") == 0));
		return;
	}
	CHECK(params.n_data <= sizeof fields);
	/* The reader of the vectors makes no difference between 1 and 1.0, nor does C. */
	if (strcmp(name, "float") == 0) {
		CHECK(!taken);
		return;
	}
	json_array_foreach(payloads, i, payload) {
		if (fields_of(fields, params.n_data, payload))
			CHECK(taken && accepted(&params, fields) == json_is_true(json_array_get(verdicts, i)));
		else
			CHECK(!taken);
	}
}

static void encode_shares(void **unused)
{
	json_t *file = vectors_open("pipeline.json");
	const json_t *record;
	size_t i;

	(void)unused;
	json_array_foreach(vectors_get(file, "encode_shares"), i, record)
		check_encode(record);
	CHECK(i == 10);
	vectors_set_aside(file, "scenarios");
	vectors_all_read("pipeline.json");
}

int main(void)
{
	const struct CMUnitTest tests[] = {cmocka_unit_test_teardown(encode_shares, vectors_release)};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
