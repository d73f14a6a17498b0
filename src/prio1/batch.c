#include <string.h>

#include "base/error.h"
#include "base/secret_alloc.h"
#include "base/wipe.h"
#include "prio1/batch_internal.h"

enum prio_status prio_batch_new(struct prio_batch **batch, const struct prio_params *params, enum prio_server_id server,
				const struct prio_private_key *key, const struct prio_shared_secret *secret,
				struct prio_error *error)
{
	enum prio_status status = prio_params_check(params, error);

	*batch = NULL;
	if (status != PRIO_OK)
		return status;
	if (server != PRIO_SERVER_A && server != PRIO_SERVER_B)
		return error_set(error, PRIO_ERR_CONFIG, "a server is A (0) or B (1), not %d", (int)server);

	struct prio_batch *made = secret_alloc(sizeof *made);
	if (made == NULL)
		return error_set(error, PRIO_ERR_MEMORY, "out of memory for a batch");

	params_copy_init(&made->copy, params);
	made->server = server;
	made->key = *key;
	made->secret = *secret;
	*batch = made;
	return PRIO_OK;
}

void prio_batch_free(struct prio_batch *batch)
{
	secret_free(batch, sizeof *batch);
}

const struct prio_params *prio_batch_params(const struct prio_batch *batch)
{
	return &batch->copy.params;
}

enum prio_server_id prio_batch_server(const struct prio_batch *batch)
{
	return batch->server;
}

enum prio_status prio_workspace_new(struct prio_workspace **workspace, const struct prio_batch *batch)
{
	struct prio_workspace *made = secret_alloc(sizeof *made);
	enum prio_status status = PRIO_ERR_MEMORY;

	*workspace = NULL;
	if (made == NULL)
		return status;

	made->server = batch->server;
	made->n_data = batch->copy.params.n_data;
	made->n_points = params_points(batch->copy.params.n_data);
	status = field_vector_init(&made->data, made->n_data);
	if (status == PRIO_OK)
		status = field_vector_init(&made->h, made->n_points);
	if (status == PRIO_OK)
		status = prg_init(&made->prg);
	if (status == PRIO_OK)
		status = seal_init(&made->seal);
	if (status == PRIO_OK)
		status = x25519_new(&made->x25519, batch->key.bytes);
	if (status != PRIO_OK) {
		prio_workspace_free(made);
		return status;
	}
	*workspace = made;
	return PRIO_OK;
}

void prio_workspace_wipe(struct prio_workspace *workspace)
{
	if (workspace == NULL)
		return;
	field_vector_wipe(&workspace->data, workspace->n_data);
	field_vector_wipe(&workspace->h, workspace->n_points);
	prg_wipe(&workspace->prg);
	seal_wipe(&workspace->seal);
	wipe(workspace->dh, sizeof workspace->dh);
}

void prio_workspace_free(struct prio_workspace *workspace)
{
	if (workspace == NULL)
		return;
	field_vector_clear(&workspace->data, workspace->n_data);
	field_vector_clear(&workspace->h, workspace->n_points);
	prg_clear(&workspace->prg);
	seal_clear(&workspace->seal);
	x25519_free(workspace->x25519);
	secret_free(workspace, sizeof *workspace);
}
