/* open: from a sealed share to numbers (FORMAT.md 2 and 3). */
#ifndef PRIO1_OPEN_H
#define PRIO1_OPEN_H

#include "prio1/batch_internal.h"

/* What stands in a share beside the two arrays, which go to workspace->data and workspace->h. Secret. */
struct share {
	u128 a, b, c;    /* shares of the triple */
	u128 f0, g0, h0; /* shares of the random first values */
};

/* open_begin: X25519 for the first envelopes, at most WORKSPACE_LANES of them; *n_begun are then ready for open_share.
 * n at least 1. PRIO_OK or PRIO_ERR_CRYPTO. */
PRIO_MUST_USE enum prio_status open_begin(struct prio_workspace *workspace, const struct prio_mut *sealed, size_t n,
					  size_t *n_begun);

/* open_share: open the i-th of the envelopes that open_begin was given. sealed is wiped of all plaintext.
 *
 *   want_h     false: workspace->h may be left as it was (a share is refused for the same reasons either way).
 *
 * PRIO_OK; a refusal as in prio_verify1_many; PRIO_ERR_CRYPTO. CT: as prio_verify1_many. */
PRIO_MUST_USE enum prio_status open_share(struct share *share, const struct prio_batch *batch,
					  struct prio_workspace *workspace, struct prio_mut sealed, size_t i, bool want_h);

#endif
