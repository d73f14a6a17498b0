/* servers: both servers of a batch, set up as a vector says. */
#ifndef TESTS_VECTORS_SERVERS_H
#define TESTS_VECTORS_SERVERS_H

#include "prio/server.h"
#include "prio/total.h"
#include "prio1/batch_internal.h"
#include "tests/vectors/vectors.h"

struct server {
	struct prio_batch *batch;
	struct prio_query *query;
	struct prio_workspace *workspace;
};

struct servers {
	struct prio_params params;
	struct prio_private_key keys[2];
	struct prio_shared_secret secret;
	struct server server[2];
};

static inline struct prio_private_key vectors_key_pair(const json_t *pair)
{
	const char *private_hex = vectors_text(pair, "private_key"), *public_hex = vectors_text(pair, "public_key");
	struct prio_public_key public_key;
	struct prio_private_key key;

	CHECK_STATUS(prio_public_key_from_hex(
			     &public_key, (struct prio_bytes){(const uint8_t *)public_hex, strlen(public_hex)}, NULL),
		     PRIO_OK);
	CHECK_STATUS(prio_private_key_from_hex(&key,
					       (struct prio_bytes){(const uint8_t *)private_hex, strlen(private_hex)},
					       &public_key, NULL),
		     PRIO_OK);
	return key;
}

static inline enum prio_prg_rule vectors_prg_rule(const json_t *file)
{
	const char *mode = vectors_text(vectors_get(file, "header"), "prg_mode");

	CHECK(strcmp(mode, "batch") == 0 || strcmp(mode, "legacy") == 0);
	return strcmp(mode, "batch") == 0 ? PRIO_PRG_BATCH : PRIO_PRG_LEGACY;
}

/* Number of points of f, g and h on the wire. */
static inline size_t vectors_n_points(size_t n_data)
{
	size_t n = 1;

	while (n < n_data + 1)
		n *= 2;
	return n;
}

/* The batch id lives in held memory. Forgeable sizes are allowed: the vectors have many. */
static inline struct prio_params vectors_params(const json_t *batch, enum prio_prg_rule rule, uint32_t n_data,
						uint32_t precision)
{
	struct prio_params params = {
		.batch_id = prio_bytes_of(vectors_hex(batch, "batch_id_hex")),
		.n_data = n_data,
		.precision = precision,
		.prg = rule,
		.allow_forgeable_size = true,
	};

	return params;
}

/* A query at draw 0, in the place of the one before. */
static inline void server_start_query(struct server *server)
{
	prio_query_free(server->query);
	CHECK_STATUS(prio_query_new(&server->query, server->batch, NULL), PRIO_OK);
}

/* For a batch object with keys and shared_secret. */
static inline void servers_open(struct servers *servers, const json_t *batch, const struct prio_params *params)
{
	const json_t *keys = vectors_get(batch, "keys");
	struct prio_mut secret = vectors_base64(batch, "shared_secret");

	*servers = (struct servers){.params = *params};
	CHECK_STATUS(prio_secret_from_bytes(&servers->secret, prio_bytes_of(secret), NULL), PRIO_OK);
	for (size_t s = 0; s < 2; s++) {
		struct server *server = &servers->server[s];

		servers->keys[s] = vectors_key_pair(vectors_get(keys, vectors_server(s)));
		CHECK_STATUS(prio_batch_new(&server->batch, params, s == 0 ? PRIO_SERVER_A : PRIO_SERVER_B,
					    &servers->keys[s], &servers->secret, NULL),
			     PRIO_OK);
		CHECK_STATUS(prio_workspace_new(&server->workspace, server->batch), PRIO_OK);
		server_start_query(server);
	}
}

static inline void servers_close(struct servers *servers)
{
	for (size_t s = 0; s < 2; s++) {
		prio_query_free(servers->server[s].query);
		prio_workspace_free(servers->server[s].workspace);
		prio_batch_free(servers->server[s].batch);
	}
}

/* What one server makes of one sealed share (which is used up). */
struct opened {
	enum prio_status verdict;
	struct prio_verify1_packet packet;
	struct prio_state state;
};

static inline struct opened server_verify1(const struct server *server, struct prio_mut sealed)
{
	struct opened opened;

	CHECK_STATUS(prio_verify1_many(server->batch, server->query, server->workspace, &sealed, 1, &opened.verdict,
				       &opened.packet, &opened.state, NULL),
		     PRIO_OK);
	return opened;
}

static inline struct prio_bytes verify1_bytes(const struct prio_verify1_packet *packet)
{
	return (struct prio_bytes){packet->bytes, packet->n_bytes};
}

static inline struct prio_bytes verify2_bytes(const struct prio_verify2_packet *packet)
{
	return (struct prio_bytes){packet->bytes, packet->n_bytes};
}

/* The i-th of the elements that stand in a state: shares of a, b, c, h(r), then d and e. */
enum state_element { STATE_A, STATE_B, STATE_C, STATE_H, STATE_D, STATE_E };
static inline u128 state_element(const struct prio_state *state, enum state_element i)
{
	u128 x;

	CHECK(field_from_bytes(&x, state->bytes + (size_t)i * FIELD_BYTES));
	return x;
}

#endif
