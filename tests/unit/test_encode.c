/* The encoder against both servers: what it makes of bits they accept, what it makes of anything else they refuse. */
#include "tests/unit/cmocka_all.h"

#include "prio/client.h"
#include "prio/server.h"
#include "prio/total.h"

enum { N_VECTORS = 3 };

/* A batch with its client and both servers. */
struct setup {
	struct prio_params params;
	struct prio_private_key keys[2];
	struct prio_client *client;
	struct prio_batch *batch[2];
	struct prio_query *query[2];
	struct prio_workspace *workspace[2];
	struct prio_sealed_pair pairs[N_VECTORS];
	size_t room[2]; /* of each share */
};

static struct prio_params params_of(uint32_t n_data, uint32_t precision, enum prio_prg_rule rule)
{
	return (struct prio_params){
		.batch_id = {(const uint8_t *)"a batch", 7},
		.n_data = n_data,
		.precision = precision,
		.prg = rule,
		.allow_forgeable_size = true,
	};
}

static void setup_pairs(struct setup *setup)
{
	for (size_t i = 0; i < N_VECTORS; i++) {
		setup->pairs[i].a.n = setup->room[0];
		setup->pairs[i].b.n = setup->room[1];
	}
}

static void setup_new(struct setup *setup, const struct prio_params *params)
{
	struct prio_shared_secret secret;

	memset(setup, 0, sizeof *setup);
	setup->params = *params;
	ASSERT_OK(prio_secret_new(&secret));
	for (size_t s = 0; s < 2; s++) {
		enum prio_server_id server = s == 0 ? PRIO_SERVER_A : PRIO_SERVER_B;

		ASSERT_OK(prio_keygen(&setup->keys[s]));
		ASSERT_OK(prio_batch_new(&setup->batch[s], params, server, &setup->keys[s], &secret, NULL));
		ASSERT_OK(prio_query_new(&setup->query[s], setup->batch[s], NULL));
		ASSERT_OK(prio_workspace_new(&setup->workspace[s], setup->batch[s]));
		setup->room[s] = prio_sealed_bytes_max(params, server);
	}
	ASSERT_OK(
		prio_client_new(&setup->client, params, &setup->keys[0].public_key, &setup->keys[1].public_key, NULL));
	for (size_t i = 0; i < N_VECTORS; i++) {
		setup->pairs[i].a.p = malloc(setup->room[0]);
		setup->pairs[i].b.p = malloc(setup->room[1]);
		assert_true(setup->pairs[i].a.p != NULL && setup->pairs[i].b.p != NULL);
	}
	setup_pairs(setup);
}

static void setup_free(struct setup *setup)
{
	prio_client_free(setup->client);
	for (size_t s = 0; s < 2; s++) {
		prio_query_free(setup->query[s]);
		prio_workspace_free(setup->workspace[s]);
		prio_batch_free(setup->batch[s]);
	}
	for (size_t i = 0; i < N_VECTORS; i++) {
		free(setup->pairs[i].a.p);
		free(setup->pairs[i].b.p);
	}
}

/* Both servers, from the sealed pairs to verdicts and totals over all of them, accepted or not. */
static void serve(struct setup *setup, bool accepted[N_VECTORS], struct prio_total *totals[2])
{
	struct prio_verify1_packet packets[2][N_VECTORS];
	struct prio_verify2_packet answers[2][N_VECTORS];
	struct prio_state states[2][N_VECTORS];

	for (size_t s = 0; s < 2; s++) {
		enum prio_status verdicts[N_VECTORS];
		struct prio_mut sealed[N_VECTORS];
		struct prio_tentative *sum;

		for (size_t i = 0; i < N_VECTORS; i++) {
			sealed[i] = s == 0 ? setup->pairs[i].a : setup->pairs[i].b;
			assert_true(sealed[i].n <= setup->room[s]);
			/* An element in 256 is a byte shorter, so most of the room is used. */
			assert_true(sealed[i].n + setup->room[s] / 50 + 12 > setup->room[s]);
		}
		ASSERT_OK(prio_tentative_new(&sum, setup->batch[s]));
		ASSERT_OK(prio_verify1_many(setup->batch[s], setup->query[s], setup->workspace[s], sealed, N_VECTORS,
					    verdicts, packets[s], states[s], sum));
		for (size_t i = 0; i < N_VECTORS; i++)
			ASSERT_OK(verdicts[i]);
		ASSERT_OK(prio_settle(&totals[s], sum, N_VECTORS));
		prio_tentative_free(sum);
	}
	for (size_t s = 0; s < 2; s++)
		ASSERT_OK(prio_verify2_many(states[s], packets[1 - s], N_VECTORS, answers[s]));
	for (size_t i = 0; i < N_VECTORS; i++)
		accepted[i] = prio_accept(&answers[0][i], &answers[1][i]) == PRIO_OK;
}

/* Random bits at one size; any difference in proof or sum is a failure. */
static void check_size(uint32_t n_data, enum prio_prg_rule rule, uint64_t *random)
{
	struct prio_params params = params_of(n_data, 0, rule);
	uint8_t *fields = malloc(n_data * N_VECTORS);
	uint64_t *sums = malloc(n_data * sizeof *sums);
	struct prio_total *totals[2];
	bool accepted[N_VECTORS];
	struct setup setup;

	assert_true(fields != NULL && sums != NULL);
	for (size_t i = 0; i < n_data * N_VECTORS; i++)
		fields[i] = next_number(random) >> 40 & 1;
	setup_new(&setup, &params);
	ASSERT_OK(prio_encode_many(setup.client, fields, N_VECTORS, setup.pairs, NULL));
	serve(&setup, accepted, totals);
	for (size_t i = 0; i < N_VECTORS; i++)
		if (!accepted[i])
			fail_msg("n_data %u, vector %zu was refused", n_data, i);
	ASSERT_OK(prio_publish(sums, totals[0], totals[1], NULL));
	for (size_t i = 0; i < n_data; i++)
		assert_int_equal(sums[i], fields[i] + fields[n_data + i] + fields[2 * n_data + i]);

	prio_total_free(totals[0]);
	prio_total_free(totals[1]);
	setup_free(&setup);
	free(fields);
	free(sums);
}

static void bits_at_many_sizes(void **unused)
{
	static const uint32_t larger[] = {441, 1023, 1024, 2046, 2047, 65535, 70000};
	uint64_t random = 1;

	(void)unused;
	for (uint32_t n_data = 1; n_data <= 300; n_data++)
		check_size(n_data, n_data % 2 == 0 ? PRIO_PRG_BATCH : PRIO_PRG_LEGACY, &random);
	for (size_t i = 0; i < COUNT_OF(larger); i++)
		check_size(larger[i], PRIO_PRG_BATCH, &random);
}

static void bits_at_the_largest_size(void **unused)
{
	uint64_t random = 2;

	(void)unused;
	check_size(PRIO_N_DATA_MAX, PRIO_PRG_BATCH, &random);
}

/* One field that is no bit, anywhere, of any value. The size is not a forgeable one, at which these could be made to
 * pass. */
static void other_values_are_refused(void **unused)
{
	enum { N_DATA = 20 };
	struct prio_params params = params_of(N_DATA, 0, PRIO_PRG_BATCH);
	struct setup setup;

	(void)unused;
	setup_new(&setup, &params);
	for (unsigned value = 2; value <= 255; value++) {
		uint8_t fields[N_VECTORS * N_DATA] = {0};
		struct prio_total *totals[2];
		bool accepted[N_VECTORS];
		uint64_t sums[N_DATA];

		memset(fields, (int)value, N_DATA);
		fields[N_DATA + value % N_DATA] = (uint8_t)value;
		fields[2 * N_DATA + value % N_DATA] = 1;
		setup_pairs(&setup);
		ASSERT_OK(prio_encode_many(setup.client, fields, N_VECTORS, setup.pairs, NULL));
		serve(&setup, accepted, totals);
		assert_true(!accepted[0] && !accepted[1] && accepted[2]);

		/* Encoded as they are: the sum, which nobody would publish, has them. */
		ASSERT_OK(prio_publish(sums, totals[0], totals[1], NULL));
		assert_int_equal(sums[value % N_DATA], 2 * value + 1);
		prio_total_free(totals[0]);
		prio_total_free(totals[1]);
	}
	setup_free(&setup);
}

static void integers(void **unused)
{
	static const uint32_t precisions[] = {1, 2, 7, 8, 31, 32, 33, PRIO_PRECISION_MAX};
	enum { N_VALUES = 5 };
	uint64_t random = 3;

	(void)unused;
	for (size_t k = 0; k < COUNT_OF(precisions); k++) {
		struct prio_params params = params_of(precisions[k] * N_VALUES, precisions[k], PRIO_PRG_BATCH);
		uint64_t largest = ((uint64_t)1 << precisions[k]) - 1, values[N_VECTORS * N_VALUES], sums[N_VALUES];
		struct prio_total *totals[2];
		bool accepted[N_VECTORS];
		struct setup setup;

		for (size_t i = 0; i < N_VECTORS * N_VALUES; i++)
			values[i] = next_number(&random) & largest;
		values[0] = largest;
		values[1] = 0;
		setup_new(&setup, &params);
		ASSERT_OK(prio_encode_uint_many(setup.client, values, N_VECTORS, setup.pairs, NULL));
		serve(&setup, accepted, totals);
		assert_true(accepted[0] && accepted[1] && accepted[2]);
		ASSERT_OK(prio_total_recombine(totals[0]));
		ASSERT_OK(prio_total_recombine(totals[1]));
		ASSERT_OK(prio_publish(sums, totals[0], totals[1], NULL));
		for (size_t i = 0; i < N_VALUES; i++)
			assert_int_equal(sums[i], values[i] + values[N_VALUES + i] + values[2 * N_VALUES + i]);
		prio_total_free(totals[0]);
		prio_total_free(totals[1]);

		values[N_VALUES + 1] = largest + 1;
		setup_pairs(&setup);
		ASSERT_STATUS("one bit too many",
			      prio_encode_uint_many(setup.client, values, N_VECTORS, setup.pairs, NULL),
			      PRIO_ERR_ARGUMENT);
		setup_free(&setup);
	}
}

static void fresh_randomness(void **unused)
{
	struct prio_params params = params_of(2, 0, PRIO_PRG_BATCH);
	const uint8_t fields[2 * N_VECTORS] = {1, 0, 1, 0, 1, 0};
	struct setup setup;

	(void)unused;
	setup_new(&setup, &params);
	ASSERT_OK(prio_encode_many(setup.client, fields, N_VECTORS, setup.pairs, NULL));
	for (size_t i = 0; i < N_VECTORS; i++) {
		assert_memory_not_equal(setup.pairs[i].a.p, setup.pairs[i].b.p, 32);
		for (size_t j = 0; j < i; j++) {
			assert_memory_not_equal(setup.pairs[i].a.p, setup.pairs[j].a.p, 32);
			assert_memory_not_equal(setup.pairs[i].b.p, setup.pairs[j].b.p, 32);
			assert_memory_not_equal(setup.pairs[i].a.p + 32, setup.pairs[j].a.p + 32, 12);
		}
	}
	setup_free(&setup);
}

static void arguments_are_checked(void **unused)
{
	struct prio_params params = params_of(3, 0, PRIO_PRG_BATCH);
	const uint8_t fields[3 * N_VECTORS] = {0};
	const uint64_t values[3 * N_VECTORS] = {0};
	struct prio_error error;
	struct prio_client *client;
	struct setup setup;

	(void)unused;
	setup_new(&setup, &params);
	for (size_t s = 0; s < 2; s++) {
		struct prio_mut *last = s == 0 ? &setup.pairs[N_VECTORS - 1].a : &setup.pairs[N_VECTORS - 1].b;

		memset(setup.pairs[0].a.p, 0x55, setup.room[0]);
		last->n--;
		ASSERT_STATUS("a byte short", prio_encode_many(setup.client, fields, N_VECTORS, setup.pairs, &error),
			      PRIO_ERR_ARGUMENT);
		assert_int_equal(error.status, PRIO_ERR_ARGUMENT);
		for (size_t i = 0; i < setup.room[0]; i++) /* nothing was begun */
			assert_int_equal(setup.pairs[0].a.p[i], 0x55);
		setup_pairs(&setup);
	}
	ASSERT_STATUS("no precision", prio_encode_uint_many(setup.client, values, 1, setup.pairs, NULL),
		      PRIO_ERR_ARGUMENT);
	ASSERT_OK(prio_encode_many(setup.client, fields, 0, NULL, NULL));

	params.allow_forgeable_size = false;
	ASSERT_STATUS("forgeable",
		      prio_client_new(&client, &params, &setup.keys[0].public_key, &setup.keys[1].public_key, &error),
		      PRIO_ERR_FORGEABLE_SIZE);
	assert_null(client);
	prio_client_free(client);
	setup_free(&setup);
}

/* Sealed to a key of low order, a share could be read by anyone: none leaves, nor does the other server's. */
static void low_order_keys(void **unused)
{
	struct prio_params params = params_of(5, 0, PRIO_PRG_BATCH);
	const struct prio_public_key zero = {{0}};
	const uint8_t fields[5] = {1, 1, 1, 1, 1};
	struct prio_client *client;
	struct setup setup;

	(void)unused;
	setup_new(&setup, &params);
	for (size_t s = 0; s < 2; s++) {
		ASSERT_OK(prio_client_new(&client, &params, s == 0 ? &zero : &setup.keys[0].public_key,
					  s == 1 ? &zero : &setup.keys[1].public_key, NULL));
		setup_pairs(&setup);
		ASSERT_STATUS("low order", prio_encode_many(client, fields, 1, setup.pairs, NULL), PRIO_ERR_KEY);
		for (size_t i = 0; i < setup.room[0]; i++)
			assert_int_equal(setup.pairs[0].a.p[i], 0);
		for (size_t i = 0; i < setup.room[1]; i++)
			assert_int_equal(setup.pairs[0].b.p[i], 0);
		prio_client_free(client);
	}
	setup_free(&setup);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(bits_at_many_sizes),       cmocka_unit_test(bits_at_the_largest_size),
		cmocka_unit_test(other_values_are_refused), cmocka_unit_test(integers),
		cmocka_unit_test(fresh_randomness),         cmocka_unit_test(arguments_are_checked),
		cmocka_unit_test(low_order_keys),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
