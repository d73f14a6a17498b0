/* Two servers and hand-made submissions: honest ones pass, others fail, each for its own reason. */
#include "tests/unit/submission.h"

#include "base/ct.h"
#include "prio/server.h"
#include "prio1/batch_internal.h"

static const struct prio_shared_secret secret = {{5, 6, 7}};

static void servers_new(struct test_server servers[2], const struct prio_params *params)
{
	for (int i = 0; i < 2; i++) {
		struct test_server *server = &servers[i];

		memset(server->key.bytes, 0x10 + i, sizeof server->key.bytes);
		ASSERT_OK(x25519_public(server->key.public_key.bytes, server->key.bytes));
		ASSERT_OK(prio_batch_new(&server->batch, params, (enum prio_server_id)i, &server->key, &secret, NULL));
		ASSERT_OK(prio_query_new(&server->query, server->batch, NULL));
		ASSERT_OK(prio_workspace_new(&server->workspace, server->batch));
		ASSERT_OK(prio_tentative_new(&server->sum, server->batch));
	}
}

static void servers_free(struct test_server servers[2])
{
	for (int i = 0; i < 2; i++) {
		prio_tentative_free(servers[i].sum);
		prio_workspace_free(servers[i].workspace);
		prio_query_free(servers[i].query);
		prio_batch_free(servers[i].batch);
	}
}

/* Both servers' whole work on one submission: the verdict. */
static enum prio_status run(struct test_server servers[2], const struct prio_params *params, const struct submission *made)
{
	struct prio_verify1_packet packets[2];
	struct prio_verify2_packet answers[2];
	struct prio_state states[2];

	for (int i = 0; i < 2; i++) {
		struct prio_mut sealed = submission_seal(made, params, (enum prio_server_id)i, &servers[i].key.public_key);
		enum prio_status verdict;

		ASSERT_OK(prio_verify1_many(servers[i].batch, servers[i].query, servers[i].workspace, &sealed, 1, &verdict,
					    &packets[i], &states[i], servers[i].sum));
		ASSERT_OK(verdict);
		assert_true(ct_is_zero(sealed.p + SEAL_TEXT_AT, sealed.n - SEAL_OVERHEAD_BYTES));
		free(sealed.p);
	}
	for (int i = 0; i < 2; i++)
		ASSERT_OK(prio_verify2_many(&states[i], &packets[1 - i], 1, &answers[i]));
	assert_int_equal(prio_accept(&answers[0], &answers[1]), prio_accept(&answers[1], &answers[0]));
	return prio_accept(&answers[0], &answers[1]);
}

static void honest_submissions_pass(void **unused)
{
	static const uint32_t sizes[] = {1, 2, 3, 4, 5, 7, 8, 15, 16, 20};

	(void)unused;
	for (size_t s = 0; s < COUNT_OF(sizes); s++) {
		for (int rule = PRIO_PRG_BATCH; rule <= PRIO_PRG_LEGACY; rule++) {
			const struct prio_params params = {.batch_id = {(const uint8_t *)"a\0b", 3}, .n_data = sizes[s],
							   .prg = (enum prio_prg_rule)rule, .allow_forgeable_size = true};
			struct test_server servers[2];

			servers_new(servers, &params);
			for (uint64_t number = 0; number < 3; number++) {
				u128 fields[20];
				struct submission made;

				for (size_t i = 0; i < sizes[s]; i++)
					fields[i] = number == 0 ? 0 : number == 1 ? 1 : i * i % 3 == 1;
				submission_new(&made, &params, fields, number);
				ASSERT_STATUS("honest", run(servers, &params, &made), PRIO_OK);
				submission_clear(&made);
			}
			/* The next draws are as good, if both servers move on. */
			for (int i = 0; i < 2; i++)
				ASSERT_OK(prio_query_next(servers[i].query, NULL));
			u128 ones[20];
			struct submission made;
			for (size_t i = 0; i < 20; i++)
				ones[i] = 1;
			submission_new(&made, &params, ones, 9);
			ASSERT_STATUS("next draw", run(servers, &params, &made), PRIO_OK);
			ASSERT_OK(prio_query_next(servers[1].query, NULL));
			ASSERT_STATUS("draws apart", run(servers, &params, &made), PRIO_REFUSED_PROOF_FAILED);
			submission_clear(&made);
			servers_free(servers);
		}
	}
}

/* One number changed, by one, in any place of either server's share. */
static void anything_else_fails(void **unused)
{
	const struct prio_params params = {.batch_id = {(const uint8_t *)"batch", 5}, .n_data = 5};
	static const u128 bad_values[] = {2, 3, FIELD_P - 1, (u128)1 << 64};
	u128 fields[5] = {1, 0, 1, 1, 0};
	struct test_server servers[2];
	struct submission made;

	(void)unused;
	servers_new(servers, &params);
	for (size_t place = 0; place < 5; place++) {
		for (size_t v = 0; v < COUNT_OF(bad_values); v++) {
			u128 kept = fields[place];

			fields[place] = bad_values[v];
			submission_new(&made, &params, fields, 7);
			ASSERT_STATUS("not a bit", run(servers, &params, &made), PRIO_REFUSED_PROOF_FAILED);
			submission_clear(&made);
			fields[place] = kept;
		}
	}

	submission_new(&made, &params, fields, 8);
	ASSERT_STATUS("untouched", run(servers, &params, &made), PRIO_OK);
	u128 *const heads[] = {made.c, made.f0, made.g0, made.h0, made.a, made.b};
	for (size_t i = 0; i < COUNT_OF(heads); i++) {
		for (int server = 0; server < 2; server++) {
			heads[i][server] = field_add(heads[i][server], 1);
			ASSERT_STATUS("head", run(servers, &params, &made), PRIO_REFUSED_PROOF_FAILED);
			heads[i][server] = field_sub(heads[i][server], 1);
		}
	}
	for (size_t i = 0; i < made.n_data + made.n_points; i++) {
		u128 *place = i < made.n_data ? &made.data[i] : &made.h[i - made.n_data];

		*place = field_add(*place, 1);
		ASSERT_STATUS("array", run(servers, &params, &made), PRIO_REFUSED_PROOF_FAILED);
		*place = field_sub(*place, 1);
	}
	made.seed[15] ^= 1;
	ASSERT_STATUS("seed", run(servers, &params, &made), PRIO_REFUSED_PROOF_FAILED);
	made.seed[15] ^= 1;
	ASSERT_STATUS("as it was", run(servers, &params, &made), PRIO_OK);
	submission_clear(&made);
	servers_free(servers);
}

/* n_data 2^18 - 1, where N is 2^18 and h's points are the odd powers of the last root there is. f and h are zero, g is not. */
static void largest_size(void **unused)
{
	const struct prio_params params = {.batch_id = {(const uint8_t *)"large", 5}, .n_data = PRIO_N_DATA_MAX,
					   .allow_forgeable_size = true};
	u128 *zeros = calloc(params_points(params.n_data), sizeof *zeros);
	struct test_server servers[2];
	struct submission made;

	(void)unused;
	assert_non_null(zeros);
	servers_new(servers, &params);
	submission_split(&made, &params, zeros, zeros, 0, 17, 1);
	ASSERT_STATUS("all zero", run(servers, &params, &made), PRIO_OK);
	made.data[params.n_data - 1] = field_add(made.data[params.n_data - 1], 1);
	ASSERT_STATUS("last field", run(servers, &params, &made), PRIO_REFUSED_PROOF_FAILED);
	submission_clear(&made);
	servers_free(servers);
	free(zeros);
}

/* A text with a hole in it, and what goes into the hole, for every way of being refused after the tag matched. */
static const struct {
	const char *what;
	enum prio_server_id server;
	size_t cut_from; /* offset into the honest text, or from its end (below) */
	bool from_end;
	size_t cut_bytes;
	const char *insert; /* hexadecimal */
	enum prio_status want;
} texts[] = {
	/* The honest text: a3 "abc" (4), six heads of ab and 11 bytes (72), id (1), then 93, 3 x 12, 94, 4 x 12, or b0 seed. */
	{"as made, A", PRIO_SERVER_A, 0, false, 0, "", PRIO_OK},
	{"as made, B", PRIO_SERVER_B, 0, false, 0, "", PRIO_OK},
	{"something behind, A", PRIO_SERVER_A, 0, true, 0, "c1ff", PRIO_OK},
	{"something behind, B", PRIO_SERVER_B, 0, true, 0, "c1ff", PRIO_OK},
	{"str8 batch id", PRIO_SERVER_A, 0, false, 1, "d903", PRIO_OK},
	{"array32", PRIO_SERVER_A, 77, false, 1, "dd00000003", PRIO_OK},
	{"id as uint64", PRIO_SERVER_B, 76, false, 1, "cf0000000000000001", PRIO_OK},
	{"other batch", PRIO_SERVER_A, 3, false, 1, "64", PRIO_REFUSED_OTHER_BATCH},
	{"shorter batch id", PRIO_SERVER_B, 0, false, 4, "a26162", PRIO_REFUSED_OTHER_BATCH},
	{"batch id with a NUL", PRIO_SERVER_B, 0, false, 4, "a461626300", PRIO_REFUSED_OTHER_BATCH},
	{"bin batch id", PRIO_SERVER_A, 0, false, 1, "c403", PRIO_REFUSED_BAD_STRUCTURE},
	{"empty text", PRIO_SERVER_A, 0, false, SIZE_MAX, "", PRIO_REFUSED_BAD_STRUCTURE},
	{"other server", PRIO_SERVER_A, 76, false, 1, "01", PRIO_REFUSED_OTHER_SERVER},
	{"other server, B", PRIO_SERVER_B, 76, false, 1, "00", PRIO_REFUSED_OTHER_SERVER},
	{"third server", PRIO_SERVER_B, 76, false, 1, "02", PRIO_REFUSED_OTHER_SERVER},
	{"2^32, which a C int cuts to 0", PRIO_SERVER_A, 76, false, 1, "cf0000000100000000", PRIO_REFUSED_OTHER_SERVER},
	{"2^32 + 1, which a C int cuts to 1", PRIO_SERVER_B, 76, false, 1, "cf0000000100000001", PRIO_REFUSED_OTHER_SERVER},
	{"-1", PRIO_SERVER_B, 76, false, 1, "ff", PRIO_REFUSED_OTHER_SERVER},
	{"boolean id", PRIO_SERVER_B, 76, false, 1, "c3", PRIO_REFUSED_BAD_STRUCTURE},
	{"a is p", PRIO_SERVER_A, 4, false, 12, "ab8000000000000000080001", PRIO_REFUSED_NOT_IN_FIELD},
	{"h0 is empty", PRIO_SERVER_B, 64, false, 12, "a0", PRIO_REFUSED_NOT_IN_FIELD},
	{"first data share is p", PRIO_SERVER_A, 78, false, 12, "ab8000000000000000080001", PRIO_REFUSED_NOT_IN_FIELD},
	{"last h-point is 2^88 - 1", PRIO_SERVER_A, 12, true, 12, "abffffffffffffffffffffff", PRIO_REFUSED_NOT_IN_FIELD},
	{"one data share less", PRIO_SERVER_A, 77, false, 13, "92", PRIO_REFUSED_WRONG_LENGTH},
	{"one data share more", PRIO_SERVER_A, 77, false, 1, "94a101", PRIO_REFUSED_WRONG_LENGTH},
	{"no data share", PRIO_SERVER_A, 77, false, 37, "90", PRIO_REFUSED_WRONG_LENGTH},
	{"one h-point less", PRIO_SERVER_A, 114, false, 13, "93", PRIO_REFUSED_WRONG_LENGTH},
	{"one h-point more", PRIO_SERVER_A, 114, false, 1, "95a101", PRIO_REFUSED_WRONG_LENGTH},
	{"one h-point less, the last broken", PRIO_SERVER_A, 114, false, 26, "93c1", PRIO_REFUSED_BAD_STRUCTURE},
	{"one h-point more than is there", PRIO_SERVER_A, 114, false, 1, "95", PRIO_REFUSED_BAD_STRUCTURE},
	{"four billion data shares", PRIO_SERVER_A, 77, false, 1, "ddffffffff", PRIO_REFUSED_BAD_STRUCTURE},
	{"cut in the last h-point", PRIO_SERVER_A, 1, true, 1, "", PRIO_REFUSED_BAD_STRUCTURE},
	{"no h-points", PRIO_SERVER_A, 114, false, SIZE_MAX, "", PRIO_REFUSED_BAD_STRUCTURE},
	{"map for an array", PRIO_SERVER_A, 77, false, 1, "83", PRIO_REFUSED_BAD_STRUCTURE},
	{"B's seed in A's share", PRIO_SERVER_A, 77, false, SIZE_MAX, "b000000000000000000000000000000000",
	 PRIO_REFUSED_BAD_STRUCTURE},
	{"seed of 15 bytes", PRIO_SERVER_B, 77, false, 2, "af", PRIO_REFUSED_BAD_STRUCTURE},
	{"seed of 17 bytes", PRIO_SERVER_B, 77, false, 1, "b100", PRIO_REFUSED_BAD_STRUCTURE},
	{"seed as bin", PRIO_SERVER_B, 77, false, 1, "c410", PRIO_REFUSED_BAD_STRUCTURE},
	{"seed cut", PRIO_SERVER_B, 1, true, 1, "", PRIO_REFUSED_BAD_STRUCTURE},
	{"A's arrays in B's share", PRIO_SERVER_B, 77, false, 17, "91a101", PRIO_REFUSED_BAD_STRUCTURE},
};

static void refusals_have_reasons(void **unused)
{
	const struct prio_params params = {.batch_id = {(const uint8_t *)"abc", 3}, .n_data = 3, .allow_forgeable_size = true};
	const u128 fields[3] = {1, 0, 1};
	struct test_server servers[2];
	struct submission made;

	(void)unused;
	servers_new(servers, &params);
	submission_new(&made, &params, fields, 3);
	for (size_t i = 0; i < COUNT_OF(texts); i++) {
		struct test_server *server = &servers[texts[i].server];
		uint64_t count = prio_tentative_count(server->sum);
		uint8_t honest[400], text[500];
		struct codec_writer writer = codec_writer_of((struct prio_mut){honest, sizeof honest});
		struct prio_verify1_packet packet;
		struct prio_state state;
		enum prio_status verdict;

		submission_write(&writer, &made, &params, texts[i].server);
		assert_int_equal(writer.n, texts[i].server == PRIO_SERVER_A ? 163 : 94); /* no element happens to be short */
		size_t from = texts[i].from_end ? writer.n - texts[i].cut_from : texts[i].cut_from;
		size_t cut = texts[i].cut_bytes < writer.n - from ? texts[i].cut_bytes : writer.n - from;
		memcpy(text, honest, from);
		size_t n = from + unhex(text + from, texts[i].insert);
		memcpy(text + n, honest + from + cut, writer.n - from - cut);
		n += writer.n - from - cut;

		/* Twice: with the proof, and for the sum alone. The verdict is the same, and nothing is left behind. */
		for (int alone = 0; alone < 2; alone++) {
			struct prio_mut sealed = seal_text((struct prio_bytes){text, n}, &server->key.public_key, (uint8_t)i);

			if (alone)
				ASSERT_OK(prio_sum_many(server->batch, server->workspace, &sealed, 1, &verdict, server->sum));
			else
				ASSERT_OK(prio_verify1_many(server->batch, server->query, server->workspace, &sealed, 1,
							    &verdict, &packet, &state, server->sum));
			ASSERT_STATUS(texts[i].what, verdict, texts[i].want);
			assert_true(ct_is_zero(sealed.p + SEAL_TEXT_AT, sealed.n - SEAL_OVERHEAD_BYTES));
			free(sealed.p);
		}
		struct prio_mut sealed = seal_text((struct prio_bytes){text, n}, &server->key.public_key, (uint8_t)i);
		ASSERT_OK(prio_sum_many(server->batch, server->workspace, &sealed, 1, &verdict, NULL)); /* no sum is wanted */
		ASSERT_STATUS(texts[i].what, verdict, texts[i].want);
		free(sealed.p);
		assert_int_equal(prio_tentative_count(server->sum), count + (texts[i].want == PRIO_OK ? 2 : 0));
	}
	submission_clear(&made);
	servers_free(servers);
}

/* More than one group of X25519, good and bad mixed: every verdict at its own place, packets as when alone. */
static void many_are_like_one(void **unused)
{
	enum { N = 2 * WORKSPACE_LANES + 5 };
	const struct prio_params params = {.batch_id = {(const uint8_t *)"abc", 3}, .n_data = 4};
	const u128 fields[4] = {1, 0, 1, 1};
	struct test_server servers[2];
	struct submission made[3];
	static struct prio_mut sealed[N];
	static enum prio_status verdicts[N];
	static struct prio_verify1_packet packets[N], alone[3];
	static struct prio_state states[N], alone_states[3];

	(void)unused;
	servers_new(servers, &params);
	for (int server = 0; server < 2; server++) {
		struct test_server *own = &servers[server];

		for (uint64_t k = 0; k < 3; k++) {
			struct prio_mut share;

			submission_new(&made[k], &params, fields, k + 20);
			share = submission_seal(&made[k], &params, (enum prio_server_id)server, &own->key.public_key);
			ASSERT_OK(prio_verify1_many(own->batch, own->query, own->workspace, &share, 1, verdicts, &alone[k],
						    &alone_states[k], NULL));
			free(share.p);
		}
		for (size_t i = 0; i < N; i++) {
			sealed[i] = submission_seal(&made[i % 3], &params, (enum prio_server_id)server, &own->key.public_key);
			if (i % 5 == 1)
				sealed[i].n = 59;
			else if (i % 5 == 2)
				memset(sealed[i].p, 0, SEAL_EPK_BYTES);
			else if (i % 5 == 3)
				sealed[i].p[sealed[i].n - 1] ^= 1;
		}
		ASSERT_OK(prio_verify1_many(own->batch, own->query, own->workspace, sealed, N, verdicts, packets, states,
					    own->sum));
		size_t n_good = 0;
		for (size_t i = 0; i < N; i++) {
			static const enum prio_status wants[] = {PRIO_OK, PRIO_REFUSED_TRUNCATED, PRIO_REFUSED_LOW_ORDER_KEY,
								 PRIO_REFUSED_BAD_TAG, PRIO_OK};

			ASSERT_STATUS("many", verdicts[i], wants[i % 5]);
			n_good += verdicts[i] == PRIO_OK;
			if (verdicts[i] == PRIO_OK) {
				assert_memory_equal(&packets[i], &alone[i % 3], sizeof packets[i]);
				assert_memory_equal(&states[i], &alone_states[i % 3], sizeof states[i]);
			}
			free(sealed[i].p);
		}
		assert_int_equal(prio_tentative_count(own->sum), n_good);
		for (size_t k = 0; k < 3; k++)
			submission_clear(&made[k]);
		ASSERT_OK(prio_verify1_many(own->batch, own->query, own->workspace, sealed, 0, NULL, NULL, NULL, NULL));
	}
	servers_free(servers);
}

static void packets_and_states(void **unused)
{
	struct prio_verify1_packet one, again;
	struct prio_verify2_packet two, zero;
	struct prio_state state;
	uint8_t wire[64];

	(void)unused;
	/* Any encoding of the same numbers is the same packet. */
	size_t n = unhex(wire, "a105" "d90200ff" "c1");
	ASSERT_OK(prio_verify1_read(&one, (struct prio_bytes){wire, n}));
	assert_int_equal(one.n_bytes, 4);
	assert_bytes(one.bytes, "a105a1ff");
	ASSERT_STATUS("one element", prio_verify1_read(&one, (struct prio_bytes){wire, 2}), PRIO_REFUSED_PARTNER_PACKET);
	ASSERT_STATUS("empty", prio_verify1_read(&one, (struct prio_bytes){NULL, 0}), PRIO_REFUSED_PARTNER_PACKET);
	ASSERT_OK(prio_verify2_read(&two, (struct prio_bytes){wire, n}));
	assert_int_equal(two.n_bytes, 2);
	n = unhex(wire, "ab8000000000000000080001" "a100");
	ASSERT_STATUS("p", prio_verify1_read(&again, (struct prio_bytes){wire, n}), PRIO_REFUSED_PARTNER_PACKET);
	ASSERT_STATUS("p", prio_verify2_read(&zero, (struct prio_bytes){wire, n}), PRIO_REFUSED_PARTNER_PACKET);

	/* a = 1, b = 2, c = 3, h = 4, d = 5, e = 255; the partner's d and e the same: d + d = 10, e + e = 510. */
	memset(&state, 0, sizeof state);
	for (uint8_t i = 0; i < 6; i++)
		state.bytes[i * FIELD_BYTES + FIELD_BYTES - 1] = i < 5 ? (uint8_t)(i + 1) : 255;
	ASSERT_OK(prio_state_packet(&again, &state));
	assert_memory_equal(&again, &one, 4);
	ASSERT_OK(prio_verify2_many(&state, &one, 1, &two));
	/* 10 * 510 / 2 + 10 * 2 + 510 * 1 + 3 - 4 = 3079 */
	assert_int_equal(two.n_bytes, 3);
	assert_bytes(two.bytes, "a20c07");

	n = unhex(wire, "ab7ffffffffffffffffff3fa"); /* not the negative */
	ASSERT_OK(prio_verify2_read(&zero, (struct prio_bytes){wire, n}));
	ASSERT_STATUS("no", prio_accept(&two, &zero), PRIO_REFUSED_PROOF_FAILED);
	n = unhex(wire, "ab800000000000000007f3fa"); /* p - 3079 */
	ASSERT_OK(prio_verify2_read(&zero, (struct prio_bytes){wire, n}));
	ASSERT_STATUS("yes", prio_accept(&two, &zero), PRIO_OK);

	struct prio_verify1_packet broken = one;
	broken.n_bytes = 3;
	ASSERT_STATUS("cut packet", prio_verify2_many(&state, &broken, 1, &two), PRIO_ERR_FORMAT);
	broken.n_bytes = 255; /* more than there is */
	ASSERT_OK(prio_verify2_many(&state, &broken, 1, &two));
	memset(state.bytes, 0xff, FIELD_BYTES);
	ASSERT_STATUS("broken state", prio_verify2_many(&state, &one, 1, &two), PRIO_ERR_FORMAT);
	ASSERT_STATUS("broken state", prio_state_packet(&again, &state), PRIO_ERR_FORMAT);
}

/* The deployed library's query points of draws 0, 1 and 2. */
static void query_points_are_the_reference_s(void **unused)
{
	static const struct {
		uint32_t n_data;
		const char *points[3];
	} wants[] = {
		{8, {"14c3a923ef3ab50593b83d", "569b42e3fc41a9801795c7", "088db9fc1e6f6894134ed1"}},
		{100, {"14c3a923ef3ab50593b899", "569b42e3fc41a980179623", "088db9fc1e6f6894134f2d"}},
	};
	const struct prio_private_key key = {{1}, {{0}}};
	struct prio_shared_secret shared;

	(void)unused;
	unhex(shared.bytes, "a4dec8e41917578fcb0ebc82d57e5c13");
	for (size_t i = 0; i < COUNT_OF(wants); i++) {
		const struct prio_params params = {.batch_id = {(const uint8_t *)"test", 4}, .n_data = wants[i].n_data};
		struct prio_batch *batch;
		struct prio_query *query;

		ASSERT_OK(prio_batch_new(&batch, &params, PRIO_SERVER_B, &key, &shared, NULL));
		ASSERT_OK(prio_query_new(&query, batch, NULL));
		for (size_t draw = 0; draw < COUNT_OF(wants[i].points); draw++) {
			uint8_t r[FIELD_BYTES];

			if (draw > 0)
				ASSERT_OK(prio_query_next(query, NULL));
			field_to_bytes(r, query->r);
			assert_bytes(r, wants[i].points[draw]);
		}
		prio_query_free(query);
		prio_batch_free(batch);
	}
}

/* The commitment is equal for both servers of a batch, and differs when anything differs that they must agree on. */
static void commitments(void **unused)
{
	struct prio_params params = {.batch_id = {(const uint8_t *)"abcd", 4}, .n_data = 24, .precision = 8};
	struct prio_shared_secret other_secret = {{5, 6, 8}};
	struct prio_private_key key = {{3}, {{0}}};
	uint8_t digests[8][32];
	size_t n = 0;

	(void)unused;
	for (int variant = 0; variant < 7; variant++) {
		struct prio_params varied = params;
		struct prio_batch *batch;
		struct prio_query *query;

		if (variant == 2)
			varied.n_data = 32;
		if (variant == 3)
			varied.precision = 4;
		if (variant == 4)
			varied.prg = PRIO_PRG_LEGACY;
		if (variant == 5)
			varied.batch_id.n = 3;
		ASSERT_OK(prio_batch_new(&batch, &varied, variant == 1 ? PRIO_SERVER_B : PRIO_SERVER_A, &key,
					 variant == 6 ? &other_secret : &secret, NULL));
		ASSERT_OK(prio_query_new(&query, batch, NULL));
		ASSERT_OK(prio_query_commitment(query, digests[n++]));
		if (variant == 0) {
			ASSERT_OK(prio_query_next(query, NULL));
			ASSERT_OK(prio_query_commitment(query, digests[7]));
		}
		prio_query_free(query);
		prio_batch_free(batch);
	}
	assert_memory_equal(digests[0], digests[1], 32);
	for (size_t i = 2; i < 8; i++)
		for (size_t j = 0; j < i; j++)
			assert_memory_not_equal(digests[i], digests[j], 32);
}

/* Objects of different batches handed in together are noticed before anything is read. */
static void mixed_up_arguments(void **unused)
{
	const struct prio_params small = {.batch_id = {(const uint8_t *)"abc", 3}, .n_data = 4};
	const struct prio_params large = {.batch_id = {(const uint8_t *)"abc", 3}, .n_data = 5};
	struct test_server s[2], l[2];
	struct prio_mut share = {NULL, 0};
	struct prio_verify1_packet packet;
	struct prio_state state;
	enum prio_status verdict;

	(void)unused;
	servers_new(s, &small);
	servers_new(l, &large);
#define CALL(b, q, w, t) prio_verify1_many(b.batch, q.query, w.workspace, &share, 1, &verdict, &packet, &state, t.sum)
	ASSERT_OK(CALL(s[0], s[0], s[0], s[0]));
	ASSERT_STATUS("query of another size", CALL(s[0], l[0], s[0], s[0]), PRIO_ERR_ARGUMENT);
	ASSERT_STATUS("query of the other server", CALL(s[0], s[1], s[0], s[0]), PRIO_ERR_ARGUMENT);
	ASSERT_STATUS("workspace of another size", CALL(s[0], s[0], l[0], s[0]), PRIO_ERR_ARGUMENT);
	ASSERT_STATUS("workspace of the other server", CALL(s[0], s[0], s[1], s[0]), PRIO_ERR_ARGUMENT);
	ASSERT_STATUS("sum of another size", CALL(s[0], s[0], s[0], l[0]), PRIO_ERR_ARGUMENT);
	ASSERT_STATUS("sum of the other server", CALL(s[0], s[0], s[0], s[1]), PRIO_ERR_ARGUMENT);
	ASSERT_STATUS("sum alone", prio_sum_many(s[0].batch, s[0].workspace, &share, 1, &verdict, l[0].sum),
		      PRIO_ERR_ARGUMENT);
	servers_free(s);
	servers_free(l);
	prio_workspace_wipe(NULL);
}

/* After a wipe nothing of the last share is left, and the workspace works as before. */
static void workspace_wipes(void **unused)
{
	const struct prio_params params = {.batch_id = {(const uint8_t *)"abc", 3}, .n_data = 4};
	const u128 fields[4] = {1, 1, 1, 0};
	struct test_server servers[2];
	struct submission made;

	(void)unused;
	servers_new(servers, &params);
	submission_new(&made, &params, fields, 1);
	ASSERT_STATUS("before", run(servers, &params, &made), PRIO_OK);
	for (int i = 0; i < 2; i++) {
		struct prio_workspace *w = servers[i].workspace;

		assert_false(ct_is_zero(w->data.lo, 4 * sizeof(uint64_t)));
		prio_workspace_wipe(w);
		assert_true(ct_is_zero(w->data.lo, (4 + FIELD_VECTOR_SLACK) * sizeof(uint64_t)));
		assert_true(ct_is_zero(w->data.hi, (4 + FIELD_VECTOR_SLACK) * sizeof(uint64_t)));
		assert_true(ct_is_zero(w->h.lo, (8 + FIELD_VECTOR_SLACK) * sizeof(uint64_t)));
		assert_true(ct_is_zero(w->prg.stream, sizeof w->prg.stream));
		assert_true(ct_is_zero(w->dh, sizeof w->dh));
	}
	ASSERT_STATUS("after", run(servers, &params, &made), PRIO_OK);
	submission_clear(&made);
	servers_free(servers);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(honest_submissions_pass), cmocka_unit_test(anything_else_fails),
		cmocka_unit_test(largest_size),            cmocka_unit_test(refusals_have_reasons),
		cmocka_unit_test(many_are_like_one),       cmocka_unit_test(packets_and_states),
		cmocka_unit_test(commitments),             cmocka_unit_test(mixed_up_arguments),
		cmocka_unit_test(workspace_wipes),         cmocka_unit_test(query_points_are_the_reference_s),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
