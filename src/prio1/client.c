#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "base/wipe.h"
#include "prio1/encode_client.h"

static enum prio_status init_tables(struct prio_client *client)
{
	size_t n_data = client->copy.params.n_data, n_points = params_points(client->copy.params.n_data);
	enum prio_status status = ntt_init(&client->ntt, params_points_log2(client->copy.params.n_data));

	if (status == PRIO_OK)
		status = field_vector_init(&client->at_data, n_points);
	if (status == PRIO_OK)
		status = field_vector_init(&client->at_first, n_points);
	if (status == PRIO_OK)
		status = field_vector_init(&client->work, n_points);
	if (status == PRIO_OK)
		status = field_vector_init(&client->masks, n_points);
	if (status != PRIO_OK)
		return status;

	field_vector_set(&client->at_first, 0, 1);
	for (size_t i = 1; i <= n_data; i++)
		field_vector_set(&client->at_data, i, 1);
	ntt_extend(&client->ntt, &client->at_first);
	ntt_extend(&client->ntt, &client->at_data);
	return PRIO_OK;
}

enum prio_status prio_client_new(struct prio_client **client, const struct prio_params *params,
				 const struct prio_public_key *key_a, const struct prio_public_key *key_b,
				 struct prio_error *error)
{
	enum prio_status status = prio_params_check(params, error);

	*client = NULL;
	if (status != PRIO_OK)
		return status;

	struct prio_client *made = calloc(1, sizeof *made);
	if (made == NULL)
		return error_set(error, PRIO_ERR_MEMORY, "out of memory for a client");

	params_copy_init(&made->copy, params);
	made->keys[PRIO_SERVER_A] = *key_a;
	made->keys[PRIO_SERVER_B] = *key_b;
	made->sealed_bytes_max[PRIO_SERVER_A] = prio_sealed_bytes_max(params, PRIO_SERVER_A);
	made->sealed_bytes_max[PRIO_SERVER_B] = prio_sealed_bytes_max(params, PRIO_SERVER_B);
	status = init_tables(made);
	if (status == PRIO_OK)
		status = prg_init(&made->prg);
	if (status == PRIO_OK)
		status = seal_init(&made->seal);
	made->bits = calloc(params->n_data, 1);
	if (status == PRIO_OK && made->bits == NULL)
		status = PRIO_ERR_MEMORY;
	if (status != PRIO_OK) {
		prio_client_free(made);
		return error_set(error, status, "a client could not be made: %s", prio_status_sentence(status));
	}
	*client = made;
	return PRIO_OK;
}

void encode_wipe(struct prio_client *client)
{
	field_vector_wipe(&client->work, client->ntt.n);
	field_vector_wipe(&client->masks, client->ntt.n);
	prg_wipe(&client->prg);
	seal_wipe(&client->seal);
	wipe(client->bits, client->copy.params.n_data);
}

void prio_client_free(struct prio_client *client)
{
	if (client == NULL)
		return;
	field_vector_clear(&client->at_data, client->ntt.n);
	field_vector_clear(&client->at_first, client->ntt.n);
	field_vector_clear(&client->work, client->ntt.n);
	field_vector_clear(&client->masks, client->ntt.n);
	ntt_clear(&client->ntt);
	prg_clear(&client->prg);
	seal_clear(&client->seal);
	if (client->bits != NULL)
		wipe(client->bits, client->copy.params.n_data);
	free(client->bits);
	wipe(client, sizeof *client);
	free(client);
}
