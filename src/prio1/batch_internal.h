/* batch_internal: what is inside a batch, a query and a workspace. */
#ifndef PRIO1_BATCH_INTERNAL_H
#define PRIO1_BATCH_INTERNAL_H

#include "crypt/x25519.h"
#include "prio/batch.h"
#include "prio/server.h"
#include "prio1/field/vector.h"
#include "prio1/ntt/lagrange.h"
#include "prio1/params.h"
#include "prio1/prg/prg.h"
#include "prio1/seal/seal.h"

struct prio_batch {
	struct params_copy copy;
	enum prio_server_id server;
	struct prio_private_key key;
	struct prio_shared_secret secret;
};

/* f(r) = f_first f0 + sum of f_data[i] x_i;  h(r) = h_first h0 + sum of h_odd[j] h_j;
 * g(r) = f(r) + f_first (g0 - f0) - g_less, where g_less is the sum of f_data on server A and zero on B. */
struct prio_query {
	struct params_copy copy;
	enum prio_server_id server;
	struct prio_shared_secret secret;
	struct prg prg; /* stands behind the draw that r came from */
	u128 r;
	u128 f_first;
	u128 h_first;
	u128 g_less;
	struct lagrange lagrange;
	struct field_vector f_data; /* n_data, and behind them up to N those for zeros, of which the last is f_first */
	struct field_vector h_odd;  /* N */
};

enum { WORKSPACE_LANES = 64 }; /* envelopes whose X25519 is done together */

struct prio_workspace {
	enum prio_server_id server; /* whose key x25519 holds */
	struct x25519 *x25519;
	struct seal seal;
	struct prg prg;
	size_t n_data;
	size_t n_points;
	struct field_vector data; /* n_data and n_points shares of the last record, and what kernels spill behind them */
	struct field_vector h;
	struct x25519_shared dh[WORKSPACE_LANES];
};

#endif
