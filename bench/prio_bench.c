/* prio_bench: what one record costs, on one thread, with the table of kernels that runs here (PRIO_CPU forces one).
 *
 * Prints one JSON object: yardsticks of the same run (OpenSSL's X25519 and AES-128-CTR), then for each n_data the cost of
 * verify1 on A and B and of encoding. Every figure is the least of many repetitions, in nanoseconds a record; medians stand
 * beside it. All results are checked: the proofs of both servers must hold and the sums must be what was encoded; a wrong one
 * ends the program with 1. */
#include <inttypes.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <openssl/evp.h>

#include "cpu/cpu.h"
#include "prio/client.h"
#include "prio/server.h"
#include "prio/total.h"

enum { BATCH = 16, REPETITIONS_MAX = 2000, CTR_BYTES = 48000 };
static const double enough_s = 0.4; /* of repetitions for one figure */

static uint64_t now_ns(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (uint64_t)now.tv_sec * 1000000000 + (uint64_t)now.tv_nsec;
}

static void must(bool holds, const char *what)
{
	if (holds)
		return;
	fprintf(stderr, "prio_bench: wrong result: %s\n", what);
	exit(1);
}

/* Repetitions of one thing. */
struct series {
	double ns[REPETITIONS_MAX];
	size_t n;
	double sum_ns;
};

static bool wants_more(const struct series *series)
{
	return series->n < 5 || (series->n < REPETITIONS_MAX && series->sum_ns < enough_s * 1e9);
}

static void add(struct series *series, uint64_t begin_ns, uint64_t end_ns, double per)
{
	double ns = (double)(end_ns - begin_ns);

	series->sum_ns += ns;
	series->ns[series->n++] = ns / per;
}

static int by_value(const void *a, const void *b)
{
	double x = *(const double *)a;
	double y = *(const double *)b;

	return (x > y) - (x < y);
}

static void print_series(const char *name, struct series *series, const char *after)
{
	qsort(series->ns, series->n, sizeof series->ns[0], by_value);
	printf("\"%s\":{\"min_ns\":%.1f,\"median_ns\":%.1f}%s", name, series->ns[0], series->ns[series->n / 2], after);
	*series = (struct series){.n = 0};
}

static struct series series;

static void bench_x25519(void)
{
	EVP_PKEY *own = EVP_PKEY_Q_keygen(NULL, NULL, "X25519");
	EVP_PKEY *peer = EVP_PKEY_Q_keygen(NULL, NULL, "X25519");
	EVP_PKEY_CTX *context = EVP_PKEY_CTX_new(own, NULL);
	uint8_t shared[32];
	size_t n = sizeof shared;

	must(context != NULL && EVP_PKEY_derive_init(context) == 1 && EVP_PKEY_derive_set_peer(context, peer) == 1, "X25519");
	while (wants_more(&series)) {
		uint64_t begin_ns = now_ns();

		for (int i = 0; i < BATCH; i++)
			must(EVP_PKEY_derive(context, shared, &n) == 1, "X25519");
		add(&series, begin_ns, now_ns(), BATCH);
	}
	print_series("x25519", &series, ",");
	EVP_PKEY_CTX_free(context);
	EVP_PKEY_free(own);
	EVP_PKEY_free(peer);
}

static void bench_aes_ctr(void)
{
	static uint8_t bytes[CTR_BYTES];
	static const uint8_t zero[16];
	EVP_CIPHER_CTX *context = EVP_CIPHER_CTX_new();
	int n;

	must(context != NULL && EVP_EncryptInit_ex2(context, EVP_aes_128_ctr(), zero, zero, NULL) == 1, "AES-CTR");
	while (wants_more(&series)) {
		uint64_t begin_ns = now_ns();

		must(EVP_EncryptUpdate(context, bytes, &n, bytes, sizeof bytes) == 1, "AES-CTR");
		add(&series, begin_ns, now_ns(), 1);
	}
	print_series("aes_128_ctr_48kb", &series, ",");
	EVP_CIPHER_CTX_free(context);
}

/* One server of one size. */
struct server {
	struct prio_batch *batch;
	struct prio_query *query;
	struct prio_workspace *workspace;
	struct prio_tentative *sum;
	struct prio_mut sealed[BATCH];  /* as they came */
	struct prio_mut opened[BATCH];  /* copies, to be opened in place */
	struct prio_verify1_packet packets[BATCH];
	struct prio_state states[BATCH];
	struct prio_verify2_packet answers[BATCH];
};

static uint8_t *new_bytes(size_t n)
{
	uint8_t *p = malloc(n);

	must(p != NULL, "memory");
	return p;
}

static void server_new(struct server *server, const struct prio_params *params, enum prio_server_id id,
		       const struct prio_private_key *key, const struct prio_shared_secret *secret)
{
	must(prio_batch_new(&server->batch, params, id, key, secret, NULL) == PRIO_OK, "batch");
	must(prio_query_new(&server->query, server->batch, NULL) == PRIO_OK, "query");
	must(prio_workspace_new(&server->workspace, server->batch) == PRIO_OK, "workspace");
	must(prio_tentative_new(&server->sum, server->batch) == PRIO_OK, "sum");
	for (int i = 0; i < BATCH; i++) {
		size_t n = prio_sealed_bytes_max(params, id);

		server->sealed[i] = (struct prio_mut){new_bytes(n), n};
		server->opened[i] = (struct prio_mut){new_bytes(n), n};
	}
}

static void server_free(struct server *server)
{
	for (int i = 0; i < BATCH; i++) {
		free(server->sealed[i].p);
		free(server->opened[i].p);
	}
	prio_tentative_free(server->sum);
	prio_workspace_free(server->workspace);
	prio_query_free(server->query);
	prio_batch_free(server->batch);
}

static void verify1(struct server *server, struct prio_tentative *sum)
{
	enum prio_status verdicts[BATCH];

	must(prio_verify1_many(server->batch, server->query, server->workspace, server->opened, BATCH, verdicts,
			       server->packets, server->states, sum) == PRIO_OK,
	     "verify1");
	for (int i = 0; i < BATCH; i++)
		must(verdicts[i] == PRIO_OK, "a good share is refused");
}

static void copy_sealed(struct server *server)
{
	for (int i = 0; i < BATCH; i++) {
		memcpy(server->opened[i].p, server->sealed[i].p, server->sealed[i].n);
		server->opened[i].n = server->sealed[i].n;
	}
}

static void bench_verify1(struct server *server, const char *name, const char *after)
{
	while (wants_more(&series)) {
		copy_sealed(server);
		uint64_t begin_ns = now_ns();
		verify1(server, server->sum);
		add(&series, begin_ns, now_ns(), BATCH);
	}
	print_series(name, &series, after);
}

/* Both servers once over the same records, and the sums against what was encoded. */
static void check_all(struct server servers[2], const uint8_t *fields, uint32_t n_data)
{
	struct prio_tentative *sums[2];
	struct prio_total *totals[2];
	uint64_t *counts = (uint64_t *)(void *)new_bytes(n_data * sizeof *counts);

	for (int s = 0; s < 2; s++) {
		must(prio_tentative_new(&sums[s], servers[s].batch) == PRIO_OK, "sum");
		copy_sealed(&servers[s]);
		verify1(&servers[s], sums[s]);
	}
	for (int s = 0; s < 2; s++) {
		must(prio_verify2_many(servers[s].states, servers[1 - s].packets, BATCH, servers[s].answers) == PRIO_OK,
		     "verify2");
		must(prio_settle(&totals[s], sums[s], BATCH) == PRIO_OK, "settle");
	}
	for (int i = 0; i < BATCH; i++)
		must(prio_accept(&servers[0].answers[i], &servers[1].answers[i]) == PRIO_OK, "a good proof does not hold");
	must(prio_publish(counts, totals[0], totals[1], NULL) == PRIO_OK, "publish");
	for (uint32_t i = 0; i < n_data; i++) {
		uint64_t truth = 0;

		for (size_t j = 0; j < BATCH; j++)
			truth += fields[j * n_data + i];
		must(counts[i] == truth, "a sum");
	}
	for (int s = 0; s < 2; s++) {
		prio_tentative_free(sums[s]);
		prio_total_free(totals[s]);
	}
	free(counts);
}

static void bench_size(uint32_t n_data, const char *after)
{
	static const uint8_t name[] = "bench";
	const struct prio_params params = {.batch_id = {name, sizeof name - 1}, .n_data = n_data};
	struct prio_private_key keys[2];
	struct prio_shared_secret secret;
	struct prio_client *client;
	struct prio_sealed_pair pairs[BATCH];
	struct server servers[2];
	uint8_t *fields = new_bytes((size_t)BATCH * n_data);

	for (size_t i = 0; i < (size_t)BATCH * n_data; i++)
		fields[i] = (uint8_t)(i * 2654435761U >> 16 & 1);
	must(prio_keygen(&keys[0]) == PRIO_OK && prio_keygen(&keys[1]) == PRIO_OK && prio_secret_new(&secret) == PRIO_OK,
	     "keys");
	must(prio_client_new(&client, &params, &keys[0].public_key, &keys[1].public_key, NULL) == PRIO_OK, "client");
	server_new(&servers[0], &params, PRIO_SERVER_A, &keys[0], &secret);
	server_new(&servers[1], &params, PRIO_SERVER_B, &keys[1], &secret);

	printf("\"%" PRIu32 "\":{", n_data);
	while (wants_more(&series)) {
		for (int i = 0; i < BATCH; i++) {
			pairs[i].a = (struct prio_mut){servers[0].sealed[i].p, prio_sealed_bytes_max(&params, PRIO_SERVER_A)};
			pairs[i].b = (struct prio_mut){servers[1].sealed[i].p, prio_sealed_bytes_max(&params, PRIO_SERVER_B)};
		}
		uint64_t begin_ns = now_ns();
		must(prio_encode_many(client, fields, BATCH, pairs, NULL) == PRIO_OK, "encode");
		add(&series, begin_ns, now_ns(), BATCH);
	}
	for (int i = 0; i < BATCH; i++) {
		servers[0].sealed[i].n = pairs[i].a.n;
		servers[1].sealed[i].n = pairs[i].b.n;
	}
	print_series("encode", &series, ",");
	check_all(servers, fields, n_data);
	bench_verify1(&servers[0], "verify1_a", ",");
	bench_verify1(&servers[1], "verify1_b", "");
	printf("}%s", after);

	server_free(&servers[0]);
	server_free(&servers[1]);
	prio_client_free(client);
	free(fields);
}

/* Exit code 3: PRIO_CPU names a table that this CPU or build lacks, so there is nothing to measure. */
enum { EXIT_NO_TABLE = 3 };

int main(void)
{
	static const uint32_t sizes[] = {100, 441, 2000, 2046};

	if (cpu_check_choice(NULL) != PRIO_OK)
		return EXIT_NO_TABLE;
	printf("{");
	bench_x25519();
	bench_aes_ctr();
	printf("\"records\":{");
	for (size_t i = 0; i < sizeof sizes / sizeof sizes[0]; i++)
		bench_size(sizes[i], i + 1 < sizeof sizes / sizeof sizes[0] ? "," : "");
	printf("}}\n");
	return 0;
}
