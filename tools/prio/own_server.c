#include "prio/own_server.h"

#include <string.h>

#include "base/error.h"
#include "base/wipe.h"
#include "record/base64.h"
#include "stage/opener.h"

/* The partner's public key is asked for, since scripts give it, and checked for the mistake that can be seen: one key
 * given twice. */
static enum prio_status check_partner(const struct server *server, const struct invocation *call, struct prio_error *error)
{
	struct prio_public_key partner;
	char where[CLI_WHERE_BYTES];
	enum prio_status status = cli_public_key(call, "public-key-hex-external", &partner, error);

	if (status == PRIO_OK && memcmp(partner.bytes, server->key.public_key.bytes, sizeof partner.bytes) == 0)
		return error_set(error, PRIO_ERR_KEY, "%s is this server's own public key; it must be the other server's",
				 cli_where(call, "public-key-hex-external", where));
	return status;
}

static void warn_of_order(const struct invocation *call)
{
	log_warn(cli_log(call),
		 "--query-order file: each record is checked at a query point that depends on its place in the file. Never run "
		 "this file twice in another order, or with records added or taken out: a record that is checked at two "
		 "query points no longer hides its values from the other server");
}

enum prio_status server_init(struct server *server, const struct invocation *call, bool with_query,
			     struct prio_error *error)
{
	*server = (struct server){0};
	enum prio_status status = cli_params(call, &server->params, error);

	if (status == PRIO_OK)
		status = cli_server_id(call, &server->id, error);
	if (status == PRIO_OK)
		status = cli_private_key(call, &server->key, error);
	if (status == PRIO_OK)
		status = check_partner(server, call, error);
	if (status == PRIO_OK)
		status = cli_shared_secret(call, &server->secret, error);
	if (status == PRIO_OK)
		status = prio_batch_new(&server->batch, &server->params, server->id, &server->key, &server->secret, error);
	if (status == PRIO_OK && with_query)
		status = prio_query_new(&server->query, server->batch, error);
	if (status != PRIO_OK)
		return status;

	server->is_order_of_file = strcmp(cli_string(call, "query-order"), "file") == 0;
	if (with_query && server->is_order_of_file)
		warn_of_order(call);
	status = prio_workspace_new(&server->workspace, server->batch);
	if (status == PRIO_OK)
		status = fingerprint_new(&server->fingerprint);
	if (status != PRIO_OK)
		error_set(error, status, "%s", prio_status_sentence(status));
	return status;
}

void server_clear(struct server *server)
{
	fingerprint_free(server->fingerprint);
	prio_workspace_free(server->workspace);
	prio_query_free(server->query);
	prio_batch_free(server->batch);
	wipe(server, sizeof *server);
}

size_t server_max_line_bytes(const struct server *server)
{
	return opener_max_line_bytes(&server->params, server->id);
}

enum prio_status server_unwrap(struct prio_mut *sealed, struct prio_mut payload)
{
	/* base64_decode may be promised more room than the text has: no byte is written that was not read first. */
	*sealed = (struct prio_mut){payload.p, base64_decoded_max(payload.n)};
	enum prio_status verdict = base64_decode(sealed, prio_bytes_of(payload));
	if (verdict != PRIO_OK)
		return verdict;
	return sealed->n < OPENER_ENVELOPE_BYTES ? PRIO_REFUSED_TRUNCATED : PRIO_OK;
}

enum prio_status server_check(struct server *server, struct prio_mut sealed, enum prio_status *verdict,
			      struct prio_verify1_packet *packet, struct prio_state *state, struct prio_error *error)
{
	enum prio_status status = PRIO_OK;

	/* Not before it is needed: the file may end here. */
	if (server->is_drawn)
		status = prio_query_next(server->query, error);
	if (status != PRIO_OK)
		return status;
	server->is_drawn = false;
	status = prio_verify1_many(server->batch, server->query, server->workspace, &sealed, 1, verdict, packet, state, NULL);
	if (status != PRIO_OK)
		error_set(error, status, "opening a share: %s", prio_status_sentence(status));
	return status;
}

void server_draw(struct server *server)
{
	server->is_drawn = server->is_order_of_file;
}

enum prio_status server_sum(struct server *server, struct prio_mut sealed, enum prio_status *verdict,
			    struct prio_tentative *sum, struct prio_error *error)
{
	enum prio_status status = prio_sum_many(server->batch, server->workspace, &sealed, 1, verdict, sum);

	if (status != PRIO_OK)
		error_set(error, status, "opening a share: %s", prio_status_sentence(status));
	return status;
}
