/* Unsigned integers: bits on the wire, put together after aggregation. */
#include "tests/vectors/totals.h"

/* values of a record, and the bits that they are. */
static void check_values(const json_t *record, uint32_t precision)
{
	const json_t *values = vectors_get(record, "values"), *value;
	const char *bits = vectors_text(record, "bits");
	size_t i;

	CHECK(strlen(bits) == json_array_size(values) * precision);
	json_array_foreach(values, i, value)
		for (uint32_t k = 0; k < precision; k++)
			CHECK(bits[i * precision + k] - '0' ==
			      (int)((uint64_t)vectors_number_in(value) >> (precision - 1 - k) & 1));
}

/* Through our own encoder: the sums of the same values. */
static void check_encoder(struct servers *servers, const json_t *records, const json_t *sums)
{
	size_t n = json_array_size(records), n_values = servers->params.n_data / servers->params.precision, i, k;
	uint64_t *values = vectors_hold(n * n_values * sizeof *values),
		 *counts = vectors_hold(n_values * sizeof *counts);
	struct prio_sealed_pair *pairs = vectors_hold(n * sizeof *pairs);
	struct prio_total *totals[2];
	struct prio_client *client;
	const json_t *record, *value;

	json_array_foreach(records, i, record) {
		json_array_foreach(vectors_get(record, "values"), k, value)
			values[i * n_values + k] = (uint64_t)vectors_number_in(value);
		CHECK(k == n_values);
		pairs[i].a.n = prio_sealed_bytes_max(&servers->params, PRIO_SERVER_A);
		pairs[i].a.p = vectors_hold(pairs[i].a.n);
		pairs[i].b.n = prio_sealed_bytes_max(&servers->params, PRIO_SERVER_B);
		pairs[i].b.p = vectors_hold(pairs[i].b.n);
	}
	CHECK_STATUS(prio_client_new(&client, &servers->params, &servers->keys[0].public_key,
				     &servers->keys[1].public_key, NULL),
		     PRIO_OK);
	CHECK_STATUS(prio_encode_uint_many(client, values, n, pairs, NULL), PRIO_OK);
	prio_client_free(client);

	for (size_t s = 0; s < 2; s++) {
		struct prio_tentative *sum;
		enum prio_status verdict;

		CHECK_STATUS(prio_tentative_new(&sum, servers->server[s].batch), PRIO_OK);
		for (i = 0; i < n; i++) {
			CHECK_STATUS(prio_sum_many(servers->server[s].batch, servers->server[s].workspace,
						   s == 0 ? &pairs[i].a : &pairs[i].b, 1, &verdict, sum),
				     PRIO_OK);
			CHECK_STATUS(verdict, PRIO_OK);
		}
		CHECK_STATUS(prio_settle(&totals[s], sum, n), PRIO_OK);
		CHECK_STATUS(prio_total_recombine(totals[s]), PRIO_OK);
		prio_tentative_free(sum);
	}
	CHECK_STATUS(prio_publish(counts, totals[0], totals[1], NULL), PRIO_OK);
	json_array_foreach(sums, i, value)
		CHECK(counts[i] == (uint64_t)vectors_number_in(value));
	prio_total_free(totals[0]);
	prio_total_free(totals[1]);
}

/* A total over integers has as many entries as there are integers, so it can be read as one of a batch of that many
 * fields, and of the batch itself only if these are the same number. */
static void check_readable(const struct servers *servers, const struct prio_total *total, const json_t *aggregate)
{
	struct prio_params fewer = servers->params;
	struct prio_bytes bytes = total_written(total, false);
	struct prio_total *read;

	fewer.n_data /= fewer.precision;
	fewer.precision = 0;
	CHECK((prio_total_read(&read, &servers->params, bytes, NULL) == PRIO_OK) ==
	      vectors_bool(aggregate, "total_share_uint_readable_with_the_n_data_config"));
	prio_total_free(read);
	CHECK((prio_total_read(&read, &fewer, bytes, NULL) == PRIO_OK) ==
	      vectors_bool(aggregate, "total_share_uint_readable_with_a_config_of_n_uints_fields"));
	prio_total_free(read);
}

static void check_batch(const json_t *batch, enum prio_prg_rule rule, const char *where)
{
	uint32_t precision = (uint32_t)vectors_number(batch, "precision");
	struct prio_params params = vectors_params(batch, rule, (uint32_t)vectors_number(batch, "n_data"), precision);
	const json_t *records = vectors_get(batch, "records"), *aggregate = vectors_get(batch, "aggregate"), *record;
	struct prio_total *totals[2];
	struct servers servers;
	bool *accepted;
	size_t i;

	vectors_at("%s", where);
	CHECK((uint32_t)vectors_number(batch, "n_uints") * precision == params.n_data);
	servers_open(&servers, batch, &params);
	json_array_foreach(records, i, record)
		check_values(record, precision);
	CHECK(i == 6);
	records_check(&servers, records, true, where);

	vectors_at("%s, aggregate", where);
	accepted = records_accepted(records, "spark");
	totals_check(&servers, records, accepted, totals, vectors_get(aggregate, "server_write"),
		     vectors_get(aggregate, "total_share_bits"), vectors_get(aggregate, "bit_counts"));
	for (size_t s = 0; s < 2; s++) {
		struct prio_mut want = vectors_base64(vectors_get(aggregate, "total_share_uint"), vectors_server(s));

		CHECK_STATUS(prio_total_recombine(totals[s]), PRIO_OK);
		vectors_same_bytes("total of integers", total_written(totals[s], false), prio_bytes_of(want));
		CHECK_STATUS(prio_total_recombine(totals[s]), PRIO_ERR_CONFIG);
		check_readable(&servers, totals[s], aggregate);
	}
	totals_check_counts((const struct prio_total *const[]){totals[0], totals[1]}, vectors_get(aggregate, "sums"));
	check_encoder(&servers, records, vectors_get(aggregate, "sums"));

	prio_total_free(totals[0]);
	prio_total_free(totals[1]);
	servers_close(&servers);
}

/* The original is told the number of integers, and multiplies; here n_data is given. */
static void check_config(const json_t *limit)
{
	int64_t precision = vectors_number(limit, "precision"), n_uints = vectors_number(limit, "n_uints");
	const json_t *n_data = vectors_get(limit, "n_data");
	struct prio_params params = {
		.batch_id = {(const uint8_t *)"test", 4},
		.n_data = json_is_null(n_data) ? (uint32_t)(n_uints * precision) : (uint32_t)vectors_number_in(n_data),
		.precision = (uint32_t)precision,
		.allow_forgeable_size = true,
	};
	bool ok = vectors_bool(limit, "config_ok");

	/* A precision of 0 means bits here, so that such a batch is not one of integers. */
	if (precision == 0) {
		CHECK(!ok && vectors_number(limit, "max_uint_entries") == 0);
		params.n_data = 1;
		struct prio_private_key key;
		struct prio_client *client;
		struct prio_sealed_pair none = {{NULL, 0}, {NULL, 0}};

		CHECK_STATUS(prio_keygen(&key), PRIO_OK);
		CHECK_STATUS(prio_client_new(&client, &params, &key.public_key, &key.public_key, NULL), PRIO_OK);
		CHECK_STATUS(prio_encode_uint_many(client, &(uint64_t){0}, 1, &none, NULL), PRIO_ERR_ARGUMENT);
		prio_client_free(client);
		return;
	}
	CHECK(prio_params_check(&params, NULL) == (ok ? PRIO_OK : PRIO_ERR_CONFIG));
	CHECK(!ok || n_uints * precision == (int64_t)params.n_data);
	if (precision > 0 && precision <= PRIO_PRECISION_MAX)
		CHECK(vectors_number(limit, "max_uint_entries") == PRIO_N_DATA_MAX / precision);
	else
		CHECK(vectors_number(limit, "max_uint_entries") == 0);
}

/* Values that an encoder takes; -1 is what a C program would make of it, a very large number. */
static void check_encode(const json_t *limit)
{
	const json_t *values = vectors_get(limit, "values"), *n_data = vectors_try(limit, "n_data"), *value;
	uint32_t precision = (uint32_t)vectors_number(limit, "precision");
	struct prio_params params = {
		.batch_id = {(const uint8_t *)"test", 4},
		.n_data = n_data != NULL ? (uint32_t)vectors_number_in(n_data)
					 : (uint32_t)json_array_size(values) * precision,
		.precision = precision,
		.allow_forgeable_size = true,
	};
	uint64_t numbers[4] = {0};
	struct prio_private_key key;
	struct prio_client *client;
	enum prio_status status;
	size_t i;

	json_array_foreach(values, i, value) {
		CHECK(i < VECTORS_COUNT(numbers));
		numbers[i] = (uint64_t)(int64_t)vectors_number_in(value);
	}
	CHECK_STATUS(prio_keygen(&key), PRIO_OK);
	status = prio_client_new(&client, &params, &key.public_key, &key.public_key, NULL);
	if (status == PRIO_OK) {
		struct prio_sealed_pair pair = {{NULL, prio_sealed_bytes_max(&params, PRIO_SERVER_A)},
						{NULL, prio_sealed_bytes_max(&params, PRIO_SERVER_B)}};

		pair.a.p = vectors_hold(pair.a.n);
		pair.b.p = vectors_hold(pair.b.n);
		status = prio_encode_uint_many(client, numbers, 1, &pair, NULL);
		CHECK(status == PRIO_OK || status == PRIO_ERR_ARGUMENT);
		prio_client_free(client);
	} else {
		CHECK_STATUS(status, PRIO_ERR_CONFIG);
		CHECK(n_data != NULL);
	}
	CHECK((status == PRIO_OK) == vectors_bool(limit, "encode_ok"));
}

static void integers(void **unused)
{
	const json_t *file = vectors_open("uint.json"), *value;
	char where[128];
	size_t i;

	(void)unused;
	json_array_foreach(vectors_get(file, "batches"), i, value) {
		snprintf(where, sizeof where, "uint.json, batch %zu", i);
		check_batch(value, vectors_prg_rule(file), where);
	}
	CHECK(i == 5);
	json_array_foreach(vectors_get(file, "config_limits"), i, value) {
		vectors_at("uint.json, config limit %zu", i);
		check_config(value);
	}
	CHECK(i == 9);
	json_array_foreach(vectors_get(file, "encode_limits"), i, value) {
		vectors_at("uint.json, encode limit %zu", i);
		check_encode(value);
	}
	CHECK(i == 6);
	vectors_all_read("uint.json");
}

int main(void)
{
	const struct CMUnitTest tests[] = {cmocka_unit_test_teardown(integers, vectors_release)};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
