/* Records one at a time, as an online service takes them: a submission is opened when it comes, waits for the partner's
 * message, and is added to the running sum when both servers accept it. The third of the four below cheats.
 *
 * What a service must do besides: keep the ids that it has seen, for a record may be checked once only and at one query
 * point (SECURITY.md), and publish only sums of many records. */
#include <prio/client.h>
#include <prio/server.h>
#include <prio/total.h>
#include <stdio.h>
#include <stdlib.h>

enum { N_DATA = 4, N_SUBMISSIONS = 4 };

static const struct prio_params params = {.batch_id = {(const uint8_t *)"online", 6}, .n_data = N_DATA};

static void must(enum prio_status status)
{
	if (status != PRIO_OK) {
		fprintf(stderr, "%s\n", prio_status_sentence(status));
		exit(1);
	}
}

/* One organisation's service. */
struct service {
	struct prio_private_key key;
	struct prio_batch *batch;
	struct prio_query *query;
	struct prio_workspace *workspace;
	struct prio_tentative *sum; /* of the accepted records */
	uint64_t n_accepted;
};

/* A record between its arrival and the servers' agreement. Secret. */
struct pending {
	struct prio_state state;
	struct prio_tentative *share;
};

static void service_start(struct service *service, enum prio_server_id server, const struct prio_shared_secret *secret)
{
	must(prio_keygen(&service->key));
	must(prio_batch_new(&service->batch, &params, server, &service->key, secret, NULL));
	must(prio_query_new(&service->query, service->batch, NULL));
	must(prio_workspace_new(&service->workspace, service->batch));
	must(prio_tentative_new(&service->sum, service->batch));
	service->n_accepted = 0;
}

/* A share came: what to tell the partner. A refusal is the sender's doing; then nothing is pending. */
static enum prio_status service_receive(struct service *service, struct prio_mut sealed, struct pending *pending,
					struct prio_verify1_packet *to_partner)
{
	enum prio_status verdict;

	must(prio_tentative_new(&pending->share, service->batch));
	must(prio_verify1_many(service->batch, service->query, service->workspace, &sealed, 1, &verdict, to_partner,
			       &pending->state, pending->share));
	prio_workspace_wipe(service->workspace);
	if (verdict != PRIO_OK)
		prio_tentative_free(pending->share);
	return verdict;
}

/* Both servers' answers are there: count the record or forget it. */
static void service_finish(struct service *service, struct pending *pending, enum prio_status verdict)
{
	if (verdict == PRIO_OK) {
		must(prio_tentative_add(service->sum, pending->share));
		service->n_accepted++;
	}
	prio_tentative_free(pending->share);
	prio_wipe(&pending->state, sizeof pending->state);
}

static void service_stop(struct service *service, struct prio_total **total)
{
	must(prio_settle(total, service->sum, service->n_accepted));
	prio_tentative_free(service->sum);
	prio_workspace_free(service->workspace);
	prio_query_free(service->query);
	prio_batch_free(service->batch);
	prio_wipe(&service->key, sizeof service->key);
}

int main(void)
{
	static const uint8_t submissions[N_SUBMISSIONS][N_DATA] = {
		{1, 0, 1, 1}, {0, 0, 1, 1}, {200, 0, 0, 0}, {1, 0, 0, 1}};
	struct service services[2];
	struct prio_shared_secret secret;
	struct prio_client *client;
	struct prio_total *totals[2];
	uint64_t counts[N_DATA];

	must(prio_secret_new(&secret));
	service_start(&services[0], PRIO_SERVER_A, &secret);
	service_start(&services[1], PRIO_SERVER_B, &secret);
	must(prio_client_new(&client, &params, &services[0].key.public_key, &services[1].key.public_key, NULL));

	for (int i = 0; i < N_SUBMISSIONS; i++) {
		uint8_t room[2][1024]; /* each at least prio_sealed_bytes_max */
		struct prio_sealed_pair pair = {{room[0], sizeof room[0]}, {room[1], sizeof room[1]}};
		struct pending pending[2];
		struct prio_verify1_packet verify1[2];
		struct prio_verify2_packet verify2[2];
		enum prio_status opened[2], verdict;

		must(prio_encode_many(client, submissions[i], 1, &pair, NULL));
		opened[0] = service_receive(&services[0], pair.a, &pending[0], &verify1[0]);
		opened[1] = service_receive(&services[1], pair.b, &pending[1], &verify1[1]);
		verdict = opened[0] != PRIO_OK ? opened[0] : opened[1];
		if (verdict == PRIO_OK) {
			for (int s = 0; s < 2; s++) /* when the partner's verify1 packet has come */
				must(prio_verify2_many(&pending[s].state, &verify1[1 - s], 1, &verify2[s]));
			verdict = prio_accept(&verify2[0], &verify2[1]); /* each with what the partner has sent */
		}
		printf("submission %d: %s\n", i, prio_status_word(verdict));
		for (int s = 0; s < 2; s++)
			if (opened[s] == PRIO_OK)
				service_finish(&services[s], &pending[s], verdict);
	}

	prio_client_free(client);
	service_stop(&services[0], &totals[0]);
	service_stop(&services[1], &totals[1]);
	must(prio_publish(counts, totals[0], totals[1], NULL));
	for (int i = 0; i < N_DATA; i++)
		printf("%llu%c", (unsigned long long)counts[i], i + 1 < N_DATA ? ' ' : '\n'); /* 2 0 2 3 */
	prio_total_free(totals[0]);
	prio_total_free(totals[1]);
	return 0;
}
