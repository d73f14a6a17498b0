/* Three vectors of five bits, encoded by clients and added up by both servers, all in one process. Real servers are
 * two organisations: each has only its own private key and its own shares, and they send each other what is marked
 * below. */
#include <prio/client.h>
#include <prio/server.h>
#include <prio/total.h>
#include <stdio.h>
#include <stdlib.h>

enum { N = 3, N_DATA = 5 };

static void must(enum prio_status status)
{
	if (status != PRIO_OK) {
		fprintf(stderr, "%s\n", prio_status_sentence(status));
		exit(1);
	}
}

int main(void)
{
	static const uint8_t fields[N * N_DATA] = {1, 0, 0, 1, 1, 0, 0, 0, 1, 1, 0, 0, 1, 1, 0};
	static uint8_t room[2][N][1024]; /* each at least prio_sealed_bytes_max */
	const struct prio_params params = {.batch_id = {(const uint8_t *)"example", 7}, .n_data = N_DATA};
	struct prio_private_key key[2];
	struct prio_shared_secret secret;
	struct prio_client *client;
	struct prio_sealed_pair pairs[N];
	struct prio_verify1_packet verify1[2][N];
	struct prio_verify2_packet verify2[2][N];
	struct prio_tentative *sum[2];
	struct prio_total *total[2];
	uint64_t counts[N_DATA];

	must(prio_keygen(&key[0]));
	must(prio_keygen(&key[1]));
	must(prio_secret_new(&secret));

	for (int i = 0; i < N; i++)
		pairs[i] = (struct prio_sealed_pair){{room[0][i], sizeof room[0][i]}, {room[1][i], sizeof room[1][i]}};
	must(prio_client_new(&client, &params, &key[0].public_key, &key[1].public_key, NULL));
	must(prio_encode_many(client, fields, N, pairs, NULL)); /* .a to server A, .b to server B */
	prio_client_free(client);

	struct prio_state states[2][N];
	for (int s = 0; s < 2; s++) {
		struct prio_batch *batch;
		struct prio_query *query;
		struct prio_workspace *workspace;
		enum prio_status verdicts[N];
		struct prio_mut sealed[N];

		for (int i = 0; i < N; i++)
			sealed[i] = s == 0 ? pairs[i].a : pairs[i].b;
		must(prio_batch_new(&batch, &params, s == 0 ? PRIO_SERVER_A : PRIO_SERVER_B, &key[s], &secret, NULL));
		must(prio_query_new(&query, batch, NULL));
		must(prio_workspace_new(&workspace, batch));
		must(prio_tentative_new(&sum[s], batch));
		must(prio_verify1_many(batch, query, workspace, sealed, N, verdicts, verify1[s], states[s], sum[s]));
		for (int i = 0; i < N; i++)
			must(verdicts[i]);
		prio_workspace_free(workspace);
		prio_query_free(query);
		prio_batch_free(batch);
	}
	for (int s = 0; s < 2; s++) /* verify1: each to the other */
		must(prio_verify2_many(states[s], verify1[1 - s], N, verify2[s]));
	for (int i = 0; i < N; i++) /* verify2: each to the other */
		must(prio_accept(&verify2[0][i], &verify2[1][i]));
	for (int s = 0; s < 2; s++) {
		must(prio_settle(&total[s], sum[s], N)); /* prio_total_write: each to the other */
		prio_tentative_free(sum[s]);
		prio_wipe(states[s], sizeof states[s]);
		prio_wipe(&key[s], sizeof key[s]);
	}
	must(prio_publish(counts, total[0], total[1], NULL));
	for (int i = 0; i < N_DATA; i++)
		printf("%llu%c", (unsigned long long)counts[i], i + 1 < N_DATA ? ' ' : '\n'); /* 1 0 1 3 2 */
	prio_total_free(total[0]);
	prio_total_free(total[1]);
	return 0;
}
