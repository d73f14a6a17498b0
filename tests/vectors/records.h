/* records: all that the vectors say of honest and dishonest records, checked in both orders of draws.
 *
 * "spark": every record at draw 0. "cli": the k-th record at draw k. */
#ifndef TESTS_VECTORS_RECORDS_H
#define TESTS_VECTORS_RECORDS_H

#include "prio1/encode_internal.h"
#include "prio1/open.h"
#include "tests/vectors/servers.h"

/* Packets, evaluations and verdicts of one record in one order; query says at which point it was opened. */
static inline void record_check_order(const json_t *order, const struct opened opened[2],
				      const struct prio_query *query)
{
	const json_t *verify1 = vectors_get(order, "verify1"), *verify2 = vectors_get(order, "verify2");
	const json_t *valid = vectors_get(order, "valid"), *evals = vectors_try(order, "evals");
	struct prio_verify1_packet packet;
	struct prio_verify2_packet answer[2], partners_answer;

	vectors_same_element("query point", query->r, vectors_element(order, "query_point"));
	for (size_t s = 0; s < 2; s++) {
		const struct prio_state *state = &opened[s].state;
		const char *name = vectors_server(s), *partner = vectors_server(1 - s);

		CHECK_STATUS(opened[s].verdict, PRIO_OK);
		vectors_same_bytes("verify1", verify1_bytes(&opened[s].packet),
				   prio_bytes_of(vectors_base64(verify1, name)));
		CHECK_STATUS(prio_state_packet(&packet, state), PRIO_OK);
		vectors_same_bytes("verify1 from state", verify1_bytes(&packet), verify1_bytes(&opened[s].packet));

		CHECK_STATUS(prio_verify1_read(&packet, prio_bytes_of(vectors_base64(verify1, partner))), PRIO_OK);
		CHECK_STATUS(prio_verify2_many(state, &packet, 1, &answer[s]), PRIO_OK);
		vectors_same_bytes("verify2", verify2_bytes(&answer[s]), prio_bytes_of(vectors_base64(verify2, name)));

		if (evals != NULL) {
			const json_t *eval = vectors_get(evals, name);
			u128 f = field_add(state_element(state, STATE_D), state_element(state, STATE_A));
			u128 g = field_add(state_element(state, STATE_E), state_element(state, STATE_B));

			vectors_same_element("f(r)", f, vectors_element(eval, "f_r"));
			vectors_same_element("g(r)", g, vectors_element(eval, "g_r"));
			vectors_same_element("h(r)", state_element(state, STATE_H), vectors_element(eval, "h_r"));
		}
	}
	for (size_t s = 0; s < 2; s++) {
		struct prio_mut wire = vectors_base64(verify2, vectors_server(1 - s));

		CHECK_STATUS(prio_verify2_read(&partners_answer, prio_bytes_of(wire)), PRIO_OK);
		CHECK((prio_accept(&answer[s], &partners_answer) == PRIO_OK) == vectors_bool(valid, vectors_server(s)));
	}
}

/* The sealed shares of one server, as new copies, of the records that are chosen (all where chosen is NULL). */
static inline size_t records_sealed(struct prio_mut **sealed, const json_t *records, size_t server, const bool *chosen)
{
	const json_t *record;
	size_t i, n = 0;

	*sealed = vectors_hold(json_array_size(records) * sizeof **sealed);
	json_array_foreach(records, i, record)
		if (chosen == NULL || chosen[i])
			(*sealed)[n++] = vectors_base64(record, vectors_server(server));
	return n;
}

/* All records in one call a server, at draw 0. */
static inline void records_check_spark(struct servers *servers, const json_t *records, const char *where)
{
	size_t n = json_array_size(records), i;
	enum prio_status *verdicts = vectors_hold(n * sizeof *verdicts);
	struct prio_verify1_packet *packets = vectors_hold(n * sizeof *packets);
	struct prio_state *states = vectors_hold(n * sizeof *states);
	struct opened(*opened)[2] = vectors_hold(n * sizeof *opened);
	const json_t *record;
	struct prio_mut *sealed;

	for (size_t s = 0; s < 2; s++) {
		struct server *server = &servers->server[s];

		vectors_at("%s, server %s, all at once", where, vectors_server(s));
		server_start_query(server);
		CHECK(records_sealed(&sealed, records, s, NULL) == n);
		CHECK_STATUS(prio_verify1_many(server->batch, server->query, server->workspace, sealed, n, verdicts,
					       packets, states, NULL),
			     PRIO_OK);
		for (i = 0; i < n; i++)
			opened[i][s] = (struct opened){verdicts[i], packets[i], states[i]};
	}
	json_array_foreach(records, i, record) {
		vectors_at("%s, record %zu, spark", where, i);
		record_check_order(vectors_get(record, "spark"), opened[i], servers->server[0].query);
	}
}

/* One record after the other, the query point going on after each, which every one of them opens. */
static inline void records_check_cli(struct servers *servers, const json_t *records, const char *where)
{
	const json_t *record;
	size_t i;

	for (size_t s = 0; s < 2; s++)
		server_start_query(&servers->server[s]);
	json_array_foreach(records, i, record) {
		const json_t *order = vectors_get(record, "cli");
		struct opened opened[2];

		vectors_at("%s, record %zu, cli", where, i);
		CHECK(vectors_number(order, "draw_index") == (int64_t)i);
		for (size_t s = 0; s < 2; s++)
			opened[s] = server_verify1(&servers->server[s], vectors_base64(record, vectors_server(s)));
		record_check_order(order, opened, servers->server[0].query);
		for (size_t s = 0; s < 2; s++)
			CHECK_STATUS(prio_query_next(servers->server[s].query, NULL), PRIO_OK);
	}
}

static inline void record_check_plaintexts(struct servers *servers, const json_t *record,
					   struct prio_bytes plaintexts[2])
{
	const json_t *plaintext = vectors_try(record, "plaintext");

	for (size_t s = 0; s < 2; s++) {
		struct prio_mut sealed = vectors_base64(record, vectors_server(s)), text;
		struct x25519_shared dh;

		CHECK_STATUS(x25519_agree(&dh, servers->keys[s].bytes, sealed.p), PRIO_OK);
		CHECK_STATUS(seal_open(&servers->server[s].workspace->seal, sealed, &dh, &text), PRIO_OK);
		plaintexts[s] = prio_bytes_of(text);
		if (plaintext != NULL)
			vectors_same_bytes("plaintext", plaintexts[s],
					   prio_bytes_of(vectors_hex(plaintext, s == 0 ? "a_hex" : "b_hex")));
	}
}

static inline void record_check_array(const char *what, const struct field_vector *got, size_t n, const json_t *want)
{
	const json_t *value;
	size_t i;

	CHECK(json_array_size(want) == n);
	json_array_foreach(want, i, value)
		vectors_same_element(what, field_vector_get(got, i), vectors_element_in(value));
}

/* A share as numbers, against the packet's, for the server whose workspace holds the arrays. */
static inline void record_check_packet(const struct servers *servers, size_t s, const struct share *share,
				       const json_t *packets)
{
	const json_t *packet = vectors_get(packets, vectors_server(s));
	const json_t *arrays = s == 0 ? packet : vectors_get(packets, "b_expanded");
	const struct prio_workspace *workspace = servers->server[s].workspace;

	vectors_same_element("a", share->a, vectors_element(packet, "a"));
	vectors_same_element("b", share->b, vectors_element(packet, "b"));
	vectors_same_element("c", share->c, vectors_element(packet, "c"));
	vectors_same_element("f0", share->f0, vectors_element(packet, "f0"));
	vectors_same_element("g0", share->g0, vectors_element(packet, "g0"));
	vectors_same_element("h0", share->h0, vectors_element(packet, "h0"));
	CHECK((size_t)vectors_number(packet, "server") == s);
	record_check_array("data share", &workspace->data, workspace->n_data, vectors_get(arrays, "data_shares"));
	record_check_array("h-point", &workspace->h, workspace->n_points, vectors_get(arrays, "h_points"));
}

/* Make both shares again from their randomness and the bits. */
static inline void record_check_encoding(struct servers *servers, const json_t *record, const struct share shares[2],
					 const struct prio_bytes plaintexts[2])
{
	const char *bits = vectors_text(record, "bits");
	uint8_t *fields = vectors_hold(servers->params.n_data);
	struct prio_sealed_pair pair = {{NULL, prio_sealed_bytes_max(&servers->params, PRIO_SERVER_A)},
					{NULL, prio_sealed_bytes_max(&servers->params, PRIO_SERVER_B)}};
	struct encode_random random = {.c_of_a = shares[0].c, .h0_of_a = shares[0].h0};
	struct prio_client *client;

	CHECK(strlen(bits) == servers->params.n_data);
	for (size_t i = 0; i < servers->params.n_data; i++)
		fields[i] = bits[i] == '1';
	for (size_t s = 0; s < 2; s++) {
		random.a[s] = shares[s].a;
		random.b[s] = shares[s].b;
		random.f0[s] = shares[s].f0;
		random.g0[s] = shares[s].g0;
		memset(random.ephemeral[s], 7 + (int)s, sizeof random.ephemeral[s]);
		memset(random.iv[s], 9, sizeof random.iv[s]);
	}
	memcpy(random.seed, plaintexts[1].p + plaintexts[1].n - PRG_SEED_BYTES, PRG_SEED_BYTES);

	pair.a.p = vectors_hold(pair.a.n);
	pair.b.p = vectors_hold(pair.b.n);
	CHECK_STATUS(prio_client_new(&client, &servers->params, &servers->keys[0].public_key,
				     &servers->keys[1].public_key, NULL),
		     PRIO_OK);
	CHECK_STATUS(encode_with(client, fields, &random, &pair), PRIO_OK);
	prio_client_free(client);

	const struct prio_mut made[2] = {pair.a, pair.b};
	for (size_t s = 0; s < 2; s++) {
		struct x25519_shared dh;
		struct prio_mut text;

		CHECK_STATUS(x25519_agree(&dh, servers->keys[s].bytes, made[s].p), PRIO_OK);
		CHECK_STATUS(seal_open(&servers->server[s].workspace->seal, made[s], &dh, &text), PRIO_OK);
		vectors_same_bytes("plaintext made again", prio_bytes_of(text), plaintexts[s]);
	}
}

/* What is inside the shares. encodes: can they be made again from the bits by an honest client under the batch's
 * rule? */
static inline void records_check_inside(struct servers *servers, const json_t *records, bool encodes, const char *where)
{
	const json_t *record;
	size_t i, n_begun;

	json_array_foreach(records, i, record) {
		const json_t *packet = vectors_try(record, "packet");
		struct prio_bytes plaintexts[2];
		struct share shares[2];

		vectors_at("%s, record %zu, inside", where, i);
		record_check_plaintexts(servers, record, plaintexts);
		for (size_t s = 0; s < 2; s++) {
			const struct server *server = &servers->server[s];
			struct prio_mut sealed = vectors_base64(record, vectors_server(s));

			CHECK_STATUS(open_begin(server->workspace, &sealed, 1, &n_begun), PRIO_OK);
			CHECK_STATUS(open_share(&shares[s], server->batch, server->workspace, sealed, 0, true),
				     PRIO_OK);
			if (packet != NULL)
				record_check_packet(servers, s, &shares[s], packet);
		}
		if (packet != NULL)
			vectors_same_bytes(
				"seed",
				(struct prio_bytes){plaintexts[1].p + plaintexts[1].n - PRG_SEED_BYTES, PRG_SEED_BYTES},
				prio_bytes_of(vectors_hex(vectors_get(packet, "b"), "seed_hex")));
		if (encodes)
			record_check_encoding(servers, record, shares, plaintexts);
	}
}

static inline void records_check(struct servers *servers, const json_t *records, bool encodes, const char *where)
{
	records_check_inside(servers, records, encodes, where);
	records_check_spark(servers, records, where);
	records_check_cli(servers, records, where);
}

/* Which records both servers accept, by the vector. */
static inline bool *records_accepted(const json_t *records, const char *order)
{
	bool *accepted = vectors_hold(json_array_size(records) * sizeof *accepted);
	const json_t *record;
	size_t i;

	json_array_foreach(records, i, record) {
		const json_t *valid = vectors_get(vectors_get(record, order), "valid");

		CHECK(vectors_bool(valid, "a") == vectors_bool(valid, "b"));
		accepted[i] = vectors_bool(valid, "a");
	}
	return accepted;
}

#endif
