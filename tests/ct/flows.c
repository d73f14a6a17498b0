/* Whole ways of secrets: a client's data and randomness into shares; a server's keys, and all that they open, to what
 * it sends and stores. Only what is sent becomes known. */
#include "tests/ct/cases.h"

#include "crypt/random.h"
#include "prio/client.h"
#include "prio/server.h"
#include "prio/total.h"
#include "prio1/field/field.h"

enum {
	N_DATA = 100, /* 128 points */
	PRECISION = 5,
	N_RECORDS = 3,
	SHARE_BYTES = 4096,
};

static const uint8_t batch_id[] = "ct";

struct keys {
	struct prio_private_key server[2];
	struct prio_shared_secret secret;
};

static struct prio_params params_of(void)
{
	return (struct prio_params){.batch_id = {batch_id, sizeof batch_id}, .n_data = N_DATA, .precision = PRECISION};
}

/* Everything but the public halves is secret. */
static struct keys make_keys(void)
{
	struct keys keys;

	for (size_t s = 0; s < 2; s++) {
		CT_CHECK(prio_keygen(&keys.server[s]) == PRIO_OK);
		ct_secret(keys.server[s].bytes, sizeof keys.server[s].bytes);
		ct_send(&keys.server[s].public_key, sizeof keys.server[s].public_key);
	}
	CT_CHECK(prio_secret_new(&keys.secret) == PRIO_OK);
	ct_secret(&keys.secret, sizeof keys.secret);
	return keys;
}

/* Linked in random_bytes' place: what is drawn is secret, and the same in every run. */
enum prio_status __wrap_random_bytes(struct prio_mut out);
enum prio_status __wrap_random_bytes(struct prio_mut out)
{
	static uint64_t n_drawn;

	ct_random(out.p, out.n, ++n_drawn << 32);
	ct_secret(out.p, out.n);
	return PRIO_OK;
}

struct shares {
	uint8_t bytes[2][N_RECORDS][SHARE_BYTES];
	struct prio_sealed_pair pairs[N_RECORDS];
};

static void make_room(struct shares *shares)
{
	struct prio_params params = params_of();

	for (size_t i = 0; i < N_RECORDS; i++) {
		shares->pairs[i].a = (struct prio_mut){shares->bytes[0][i], SHARE_BYTES};
		shares->pairs[i].b = (struct prio_mut){shares->bytes[1][i], SHARE_BYTES};
	}
	CT_CHECK(prio_sealed_bytes_max(&params, PRIO_SERVER_A) <= SHARE_BYTES);
}

static void send_shares(struct shares *shares)
{
	for (size_t i = 0; i < N_RECORDS; i++) {
		CT_IS_SECRET(shares->pairs[i].a.p, shares->pairs[i].a.n);
		ct_send(shares->pairs[i].a.p, shares->pairs[i].a.n);
		ct_send(shares->pairs[i].b.p, shares->pairs[i].b.n);
	}
}

static struct prio_client *make_client(const struct keys *keys)
{
	struct prio_params params = params_of();
	struct prio_client *client;

	CT_CHECK(prio_client_new(&client, &params, &keys->server[0].public_key, &keys->server[1].public_key, NULL) ==
		 PRIO_OK);
	return client;
}

static void encode(struct shares *shares, const struct keys *keys)
{
	uint8_t fields[N_RECORDS][N_DATA];
	struct prio_client *client = make_client(keys);

	for (size_t i = 0; i < N_RECORDS; i++)
		for (size_t k = 0; k < N_DATA; k++)
			fields[i][k] = (i + k) % 3 == 0;
	ct_secret(fields, sizeof fields);
	make_room(shares);
	CT_CHECK(prio_encode_many(client, fields[0], N_RECORDS, shares->pairs, NULL) == PRIO_OK);
	send_shares(shares);
	prio_client_free(client);
}

static void client_of_bits(void)
{
	static struct shares shares;
	struct keys keys = make_keys();

	encode(&shares, &keys);
}

/* A number that is too large is an error, which shows; otherwise nothing does. */
static void client_of_numbers(void)
{
	static struct shares shares;
	struct keys keys = make_keys();
	struct prio_client *client = make_client(&keys);
	uint64_t values[N_RECORDS][N_DATA / PRECISION] = {{0}};

	for (size_t i = 0; i < N_DATA / PRECISION; i++)
		values[0][i] = i;
	ct_secret(values, sizeof values);
	make_room(&shares);
	CT_CHECK(prio_encode_uint_many(client, values[0], N_RECORDS, shares.pairs, NULL) == PRIO_OK);
	send_shares(&shares);

	values[1][3] = 1 << PRECISION;
	ct_secret(values, sizeof values);
	make_room(&shares);
	CT_CHECK(prio_encode_uint_many(client, values[0], N_RECORDS, shares.pairs, NULL) == PRIO_ERR_ARGUMENT);
	prio_client_free(client);
}

/* One server's side of a batch. */
struct server {
	struct prio_batch *batch;
	struct prio_query *query;
	struct prio_workspace *workspace;
	struct prio_tentative *sum;
	struct prio_state states[N_RECORDS];
	struct prio_verify1_packet verify1[N_RECORDS];
	struct prio_verify2_packet verify2[N_RECORDS];
	struct prio_total *total;
};

static void open_all(struct server *server, const struct keys *keys, enum prio_server_id id, struct shares *shares)
{
	struct prio_params params = params_of();
	struct prio_mut sealed[N_RECORDS];
	enum prio_status verdicts[N_RECORDS];

	CT_CHECK(prio_batch_new(&server->batch, &params, id, &keys->server[id], &keys->secret, NULL) == PRIO_OK);
	CT_CHECK(prio_query_new(&server->query, server->batch, NULL) == PRIO_OK);
	CT_CHECK(prio_workspace_new(&server->workspace, server->batch) == PRIO_OK);
	CT_CHECK(prio_tentative_new(&server->sum, server->batch) == PRIO_OK);
	for (size_t i = 0; i < N_RECORDS; i++)
		sealed[i] = id == PRIO_SERVER_A ? shares->pairs[i].a : shares->pairs[i].b;
	sealed[N_RECORDS - 1].p[60] ^= 1;
	CT_CHECK(prio_verify1_many(server->batch, server->query, server->workspace, sealed, N_RECORDS, verdicts,
				   server->verify1, server->states, server->sum) == PRIO_OK);
	CT_CHECK(verdicts[N_RECORDS - 1] == PRIO_REFUSED_BAD_TAG);
	for (size_t i = 0; i < N_RECORDS - 1; i++) {
		CT_CHECK(verdicts[i] == PRIO_OK);
		CT_IS_SECRET(&server->states[i], sizeof server->states[i]);
		CT_IS_SECRET(server->verify1[i].bytes + 1, FIELD_BYTES);
		ct_send(&server->verify1[i], sizeof server->verify1[i]);
	}
}

static void answer_all(struct server *server, const struct server *partner)
{
	struct prio_verify1_packet again;

	for (size_t i = 0; i < N_RECORDS - 1; i++) {
		CT_CHECK(prio_state_packet(&again, &server->states[i]) == PRIO_OK);
		ct_send(&again, sizeof again);
		CT_CHECK(memcmp(&again, &server->verify1[i], sizeof again) == 0);
	}
	CT_CHECK(prio_verify2_many(server->states, partner->verify1, N_RECORDS - 1, server->verify2) == PRIO_OK);
	CT_IS_SECRET(server->verify2[0].bytes + 1, FIELD_BYTES);
	ct_send(server->verify2, sizeof server->verify2);
}

/* The sum goes to the disk and comes back, is added to and taken from, and becomes a total, which is sent. */
static void settle_all(struct server *server)
{
	static uint8_t stored[8 + N_DATA * FIELD_BYTES], sent[2048];
	struct prio_mut wire = {sent, sizeof sent};
	struct prio_tentative *again;

	CT_CHECK(prio_tentative_bytes(server->sum) == sizeof stored);
	CT_CHECK(prio_tentative_new(&again, server->batch) == PRIO_OK);
	prio_tentative_write(server->sum, (struct prio_mut){stored, sizeof stored});
	CT_IS_SECRET(stored + 8, sizeof stored - 8);
	CT_CHECK(prio_tentative_read(again, (struct prio_bytes){stored, sizeof stored}) == PRIO_OK);
	CT_CHECK(prio_tentative_add(again, server->sum) == PRIO_OK);
	CT_CHECK(prio_tentative_subtract(again, server->sum) == PRIO_OK);

	CT_CHECK(prio_settle(&server->total, again, N_RECORDS) == PRIO_ERR_UNSETTLED);
	CT_CHECK(prio_settle(&server->total, again, N_RECORDS - 1) == PRIO_OK);
	CT_CHECK(prio_total_write(server->total, &wire) == PRIO_OK);
	CT_IS_SECRET(sent + 5, FIELD_BYTES);
	ct_send(sent, sizeof sent);
	prio_tentative_free(again);
	prio_total_free(server->total);

	struct prio_params params = params_of();
	CT_CHECK(prio_total_read(&server->total, &params, prio_bytes_of(wire), NULL) == PRIO_OK);
}

static void close_all(struct server *server)
{
	prio_total_free(server->total);
	prio_tentative_free(server->sum);
	prio_workspace_free(server->workspace);
	prio_query_free(server->query);
	prio_batch_free(server->batch);
}

static void two_servers(void)
{
	static struct shares shares;
	static struct server servers[2];
	struct keys keys = make_keys();
	uint64_t sums[N_DATA];

	encode(&shares, &keys);
	open_all(&servers[0], &keys, PRIO_SERVER_A, &shares);
	open_all(&servers[1], &keys, PRIO_SERVER_B, &shares);
	for (size_t s = 0; s < 2; s++)
		answer_all(&servers[s], &servers[1 - s]);
	for (size_t i = 0; i < N_RECORDS - 1; i++)
		CT_CHECK(prio_accept(&servers[0].verify2[i], &servers[1].verify2[i]) == PRIO_OK);
	for (size_t s = 0; s < 2; s++)
		settle_all(&servers[s]);

	/* And it was the real thing: records 0 and 1, where (i + k) % 3 == 0. */
	CT_CHECK(prio_publish(sums, servers[0].total, servers[1].total, NULL) == PRIO_OK);
	for (size_t k = 0; k < N_DATA; k++)
		CT_CHECK(sums[k] == (k % 3 == 1 ? 0 : 1));
	for (size_t s = 0; s < 2; s++)
		close_all(&servers[s]);
}

/* Adding again what was opened, without the proof. */
static void sums_alone(void)
{
	static struct shares shares;
	struct prio_params params = params_of();
	struct keys keys = make_keys();

	encode(&shares, &keys);
	for (size_t s = 0; s < 2; s++) {
		struct server server;
		struct prio_mut sealed[N_RECORDS];
		enum prio_status verdicts[N_RECORDS];

		CT_CHECK(prio_batch_new(&server.batch, &params, s == 0 ? PRIO_SERVER_A : PRIO_SERVER_B, &keys.server[s],
					&keys.secret, NULL) == PRIO_OK);
		CT_CHECK(prio_workspace_new(&server.workspace, server.batch) == PRIO_OK);
		CT_CHECK(prio_tentative_new(&server.sum, server.batch) == PRIO_OK);
		for (size_t i = 0; i < N_RECORDS; i++)
			sealed[i] = s == 0 ? shares.pairs[i].a : shares.pairs[i].b;
		CT_CHECK(prio_sum_many(server.batch, server.workspace, sealed, N_RECORDS, verdicts, server.sum) ==
			 PRIO_OK);
		CT_CHECK(prio_tentative_count(server.sum) == N_RECORDS);
		prio_tentative_free(server.sum);
		prio_workspace_free(server.workspace);
		prio_batch_free(server.batch);
	}
}

const struct ct_case ct_flows[] = {
	{"a client's bits", client_of_bits, false, CPU_PORTABLE},
	{"a client's numbers", client_of_numbers, false, CPU_PORTABLE},
	{"two servers, from sealed shares to totals", two_servers, false, CPU_PORTABLE},
	{"sums without proofs", sums_alone, false, CPU_PORTABLE},
	{NULL, NULL, false, CPU_PORTABLE},
};
