#include "bench/parts.h"

#include <stdlib.h>
#include <string.h>

#include "bench/yardsticks.h"
#include "prio/client.h"
#include "prio/server.h"
#include "prio/total.h"

enum {
	BATCH_MAX = 32,
	LANES = 16,	       /* X25519 goes in groups of so many */
	BATCH_BYTES = 1 << 20, /* what one batch of shares may take: about one L2 cache */
	FIGURES_PER_TABLE = 5,
};

/* One server of one size under one table. */
struct server {
	struct prio_batch *batch;
	struct prio_query *query;
	struct prio_workspace *workspace;
	struct prio_tentative *sum;
	const struct prio_mut *sealed;	   /* as they came */
	struct prio_mut opened[BATCH_MAX]; /* copies, to be opened in place */
	size_t n;
	struct prio_verify1_packet packets[BATCH_MAX];
	struct prio_state states[BATCH_MAX];
	struct prio_verify2_packet answers[BATCH_MAX];
};

/* One client of one size under one table, and what it made. */
struct sender {
	struct prio_client *client;
	struct prio_params params;
	const uint8_t *fields;
	size_t n;
	struct prio_sealed_pair room[BATCH_MAX];
	struct prio_sealed_pair pairs[BATCH_MAX];
};

/* All of one size. */
struct size {
	struct prio_params params;
	struct prio_private_key keys[2];
	struct prio_shared_secret secret;
	uint8_t *fields;
	size_t n_batch[2]; /* records opened together */
	struct prio_mut sealed[2][BATCH_MAX];
	struct server servers[CPU_TABLES][2];
	struct sender senders[CPU_TABLES];
};

static void ok(enum prio_status status, const char *what)
{
	must(status == PRIO_OK, what);
}

static struct prio_mut new_bytes(size_t n)
{
	return (struct prio_mut){must_alloc(n), n};
}

/* Whole groups of lanes, or what fits where a share is large. */
static size_t batch_of(const struct prio_params *params, enum prio_server_id id)
{
	size_t fit = BATCH_BYTES / prio_sealed_bytes_max(params, id);

	if (fit >= BATCH_MAX)
		return BATCH_MAX;
	return fit >= LANES ? LANES : fit == 0 ? 1 : fit;
}

static void server_init(struct server *server, const struct size *size, enum prio_server_id id)
{
	ok(prio_batch_new(&server->batch, &size->params, id, &size->keys[id], &size->secret, NULL), "batch");
	ok(prio_query_new(&server->query, server->batch, NULL), "query");
	ok(prio_workspace_new(&server->workspace, server->batch), "workspace");
	ok(prio_tentative_new(&server->sum, server->batch), "sum");
	server->sealed = size->sealed[id];
	server->n = size->n_batch[id];
	for (size_t i = 0; i < BATCH_MAX; i++)
		server->opened[i] = new_bytes(prio_sealed_bytes_max(&size->params, id));
}

static void server_clear(struct server *server)
{
	for (size_t i = 0; i < BATCH_MAX; i++)
		free(server->opened[i].p);
	prio_tentative_free(server->sum);
	prio_workspace_free(server->workspace);
	prio_query_free(server->query);
	prio_batch_free(server->batch);
}

static void sender_init(struct sender *sender, const struct size *size)
{
	sender->params = size->params;
	sender->fields = size->fields;
	sender->n = size->n_batch[PRIO_SERVER_A];
	ok(prio_client_new(&sender->client, &size->params, &size->keys[0].public_key, &size->keys[1].public_key, NULL),
	   "client");
	for (size_t i = 0; i < BATCH_MAX; i++)
		sender->room[i] =
			(struct prio_sealed_pair){new_bytes(prio_sealed_bytes_max(&size->params, PRIO_SERVER_A)),
						  new_bytes(prio_sealed_bytes_max(&size->params, PRIO_SERVER_B))};
}

static void sender_clear(struct sender *sender)
{
	for (size_t i = 0; i < BATCH_MAX; i++) {
		free(sender->room[i].a.p);
		free(sender->room[i].b.p);
	}
	prio_client_free(sender->client);
}

static void encode(struct sender *sender, size_t n)
{
	memcpy(sender->pairs, sender->room, sizeof sender->pairs);
	ok(prio_encode_many(sender->client, sender->fields, n, sender->pairs, NULL), "encode");
}

static void verify1(struct server *server, struct prio_tentative *sum, size_t n)
{
	enum prio_status verdicts[BATCH_MAX];

	ok(prio_verify1_many(server->batch, server->query, server->workspace, server->opened, n, verdicts,
			     server->packets, server->states, sum),
	   "verify1");
	for (size_t i = 0; i < n; i++)
		ok(verdicts[i], "a good share is refused");
}

static void copy_sealed(struct server *server, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		memcpy(server->opened[i].p, server->sealed[i].p, server->sealed[i].n);
		server->opened[i].n = server->sealed[i].n;
	}
}

/* Both servers of one table over the shares at hand: do all proofs hold, and are the sums what was encoded? */
static void check_servers(struct server servers[2], const struct size *size)
{
	struct prio_tentative *sums[2];
	struct prio_total *totals[2];
	uint32_t n_data = size->params.n_data;
	uint64_t *counts = must_alloc(n_data * sizeof *counts);

	for (int s = 0; s < 2; s++) {
		ok(prio_tentative_new(&sums[s], servers[s].batch), "sum");
		copy_sealed(&servers[s], BATCH_MAX);
		verify1(&servers[s], sums[s], BATCH_MAX);
	}
	for (int s = 0; s < 2; s++) {
		ok(prio_verify2_many(servers[s].states, servers[1 - s].packets, BATCH_MAX, servers[s].answers),
		   "verify2");
		ok(prio_settle(&totals[s], sums[s], BATCH_MAX), "settle");
	}
	for (int i = 0; i < BATCH_MAX; i++)
		ok(prio_accept(&servers[0].answers[i], &servers[1].answers[i]), "a good proof does not hold");
	ok(prio_publish(counts, totals[0], totals[1], NULL), "publish");
	for (uint32_t i = 0; i < n_data; i++) {
		uint64_t truth = 0;

		for (size_t j = 0; j < BATCH_MAX; j++)
			truth += size->fields[j * n_data + i];
		must(counts[i] == truth, "a sum");
	}
	for (int s = 0; s < 2; s++) {
		prio_tentative_free(sums[s]);
		prio_total_free(totals[s]);
	}
	free(counts);
}

static void check_equal(const struct server *one, const struct server *other)
{
	for (size_t i = 0; i < BATCH_MAX; i++) {
		must(one->packets[i].n_bytes == other->packets[i].n_bytes &&
			     memcmp(one->packets[i].bytes, other->packets[i].bytes, one->packets[i].n_bytes) == 0,
		     "a table gives another packet");
		must(memcmp(&one->states[i], &other->states[i], sizeof one->states[i]) == 0,
		     "a table gives another state");
	}
}

/* What each table's client encodes, under each table's servers. The last client's shares stay. */
static void check_all(struct size *size, unsigned tables)
{
	for (enum cpu_table from = 0; from < CPU_TABLES; from++) {
		struct server *first = NULL;

		if ((tables >> from & 1) == 0)
			continue;
		use_table(from);
		encode(&size->senders[from], BATCH_MAX);
		for (size_t i = 0; i < BATCH_MAX; i++) {
			size->sealed[0][i] = size->senders[from].pairs[i].a;
			size->sealed[1][i] = size->senders[from].pairs[i].b;
		}
		for (enum cpu_table table = 0; table < CPU_TABLES; table++) {
			struct server *servers = size->servers[table];

			if ((tables >> table & 1) == 0)
				continue;
			use_table(table);
			check_servers(servers, size);
			if (first == NULL)
				first = servers;
			check_equal(&first[0], &servers[0]);
			check_equal(&first[1], &servers[1]);
		}
	}
	/* Encoding is measured into the same rooms. */
	for (int s = 0; s < 2; s++)
		for (size_t i = 0; i < BATCH_MAX; i++) {
			struct prio_mut kept = new_bytes(size->sealed[s][i].n);

			memcpy(kept.p, size->sealed[s][i].p, kept.n);
			size->sealed[s][i] = kept;
		}
}

static void size_init(struct size *size, uint32_t n_data, unsigned tables)
{
	static const uint8_t name[] = "bench";

	size->params = (struct prio_params){.batch_id = {name, sizeof name - 1}, .n_data = n_data};
	ok(prio_keygen(&size->keys[0]), "key");
	ok(prio_keygen(&size->keys[1]), "key");
	ok(prio_secret_new(&size->secret), "secret");
	size->n_batch[0] = batch_of(&size->params, PRIO_SERVER_A);
	size->n_batch[1] = batch_of(&size->params, PRIO_SERVER_B);
	size->fields = must_alloc((size_t)BATCH_MAX * n_data);
	for (size_t i = 0; i < (size_t)BATCH_MAX * n_data; i++)
		size->fields[i] = (uint8_t)(i * 2654435761U >> 16 & 1);
	for (enum cpu_table table = 0; table < CPU_TABLES; table++) {
		if ((tables >> table & 1) == 0)
			continue;
		use_table(table);
		server_init(&size->servers[table][0], size, PRIO_SERVER_A);
		server_init(&size->servers[table][1], size, PRIO_SERVER_B);
		sender_init(&size->senders[table], size);
	}
	check_all(size, tables);
}

static void size_clear(struct size *size, unsigned tables)
{
	for (enum cpu_table table = 0; table < CPU_TABLES; table++) {
		if ((tables >> table & 1) == 0)
			continue;
		server_clear(&size->servers[table][0]);
		server_clear(&size->servers[table][1]);
		sender_clear(&size->senders[table]);
	}
	for (int s = 0; s < 2; s++)
		for (size_t i = 0; i < BATCH_MAX; i++)
			free(size->sealed[s][i].p);
	free(size->fields);
	free(size);
}

static void prepare_verify1(void *context)
{
	struct server *server = context;

	copy_sealed(server, server->n);
}

static void run_verify1(void *context)
{
	struct server *server = context;

	verify1(server, server->sum, server->n);
}

static void run_encode(void *context)
{
	struct sender *sender = context;

	encode(sender, sender->n);
}

static void run_query(void *context)
{
	struct server *server = context;

	prio_query_free(server->query);
	ok(prio_query_new(&server->query, server->batch, NULL), "query");
}

static void run_next_query(void *context)
{
	struct server *server = context;

	ok(prio_query_next(server->query, NULL), "query");
}

static size_t add_figures(struct figure *figures, struct size *size, enum cpu_table table)
{
	struct server *servers = size->servers[table];
	struct sender *sender = &size->senders[table];
	const struct figure made[FIGURES_PER_TABLE] = {
		{.what = "verify1_a",
		 .prepare = prepare_verify1,
		 .run = run_verify1,
		 .context = &servers[0],
		 .per = (double)servers[0].n},
		{.what = "verify1_b",
		 .prepare = prepare_verify1,
		 .run = run_verify1,
		 .context = &servers[1],
		 .per = (double)servers[1].n},
		{.what = "encode", .run = run_encode, .context = sender, .per = (double)sender->n},
		{.what = "coefficients", .run = run_query, .context = &servers[0], .per = 1},
		{.what = "next_query", .run = run_next_query, .context = &servers[0], .per = 1},
	};

	for (size_t i = 0; i < FIGURES_PER_TABLE; i++) {
		figures[i] = made[i];
		figures[i].table = table;
		figures[i].n_data = size->params.n_data;
	}
	return FIGURES_PER_TABLE;
}

void bench_records(const struct effort *effort, const uint32_t *sizes, size_t n_sizes, unsigned tables)
{
	static struct figure figures[3 + CPU_TABLES * FIGURES_PER_TABLE];

	for (size_t i = 0; i < n_sizes; i++) {
		struct size *size = must_alloc(sizeof *size);
		size_t n = 0;

		size_init(size, sizes[i], tables);
		figures[n++] = yardstick_x25519();
		figures[n++] = yardstick_aes_ctr("openssl_aes_128_ctr_48kb", NULL, 48000);
		for (enum cpu_table table = 0; table < CPU_TABLES; table++)
			if ((tables >> table & 1) != 0)
				n += add_figures(figures + n, size, table);
		for (size_t k = 0; k < n; k++)
			figures[k].n_data = sizes[i];
		figures_measure(figures, n, effort->rounds, effort->slice_s);
		figures_print(figures, n, effort->rounds, i == 0);
		size_clear(size, tables);
	}
}
