/* own_server: what verify1, verify2 and aggregate have in common: one server of one batch, and one share at a time.
 *
 * Which draw of the query point a share is checked at (FORMAT.md 4.3): under --query-order batch always the first; under
 * --query-order file the next one after each share that server_draw was called for, as the original tool does it. */
#ifndef TOOLS_PRIO_OWN_SERVER_H
#define TOOLS_PRIO_OWN_SERVER_H

#include <stdbool.h>

#include "cli/cli.h"
#include "pipeline/fingerprint.h"
#include "prio/server.h"

struct server {
	struct prio_params params;
	enum prio_server_id id;
	struct prio_private_key key;
	struct prio_shared_secret secret;
	struct prio_batch *batch;
	struct prio_query *query; /* NULL: this command evaluates no proof */
	struct prio_workspace *workspace;
	struct fingerprint *fingerprint;
	bool is_order_of_file;
	bool is_drawn; /* the query point at hand was used up */
};

/* server_init: read the options of ROWS_SERVER (prio/rows.h). with_query: the command evaluates proofs; then it warns of
 * what the order of the file asks for. server_clear wipes; also after a failure, and of {0}. */
PRIO_MUST_USE enum prio_status server_init(struct server *server, const struct invocation *call, bool with_query,
					   struct prio_error *error);
void server_clear(struct server *server);

/* server_max_line_bytes: the longest line of raw shares that is read. */
size_t server_max_line_bytes(const struct server *server);

/* server_unwrap: base64 to a sealed share, in place. PRIO_OK, BAD_BASE64 or TRUNCATED. */
PRIO_MUST_USE enum prio_status server_unwrap(struct prio_mut *sealed, struct prio_mut payload);

/* server_check: open one sealed share in place and evaluate its proof. *verdict: PRIO_OK, with packet and state, or why not.
 * server_sum: open it and add its data to sum. Errors are the library's or ours. */
PRIO_MUST_USE enum prio_status server_check(struct server *server, struct prio_mut sealed, enum prio_status *verdict,
					    struct prio_verify1_packet *packet, struct prio_state *state,
					    struct prio_error *error);
PRIO_MUST_USE enum prio_status server_sum(struct server *server, struct prio_mut sealed, enum prio_status *verdict,
					  struct prio_tentative *sum, struct prio_error *error);

/* server_draw: the share that was just checked counts as one that drew a query point. */
void server_draw(struct server *server);

#endif
