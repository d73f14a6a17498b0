/* accepted: the set of accepted records as a count and a digest: the sum modulo 2^256 of HMAC-SHA-256(key, length of the batch id
 * (8 bytes) || batch id || id) over the accepted ids, under a key derived from the shared secret. Equal on both servers if they
 * accepted the same records, whatever their order. Finds crashes, lost files and wrong configurations, not malice. */
#ifndef PIPELINE_ACCEPTED_H
#define PIPELINE_ACCEPTED_H

#include "crypt/hmac.h"
#include "pipeline/run.h"

enum { ACCEPTED_DIGEST_BYTES = 32 };

struct accepted {
	struct hmac *hmac;
	struct prio_bytes batch_id; /* the batch's */
	uint64_t n;
	uint8_t digest[ACCEPTED_DIGEST_BYTES]; /* big-endian */
};

PRIO_MUST_USE enum prio_status accepted_init(struct accepted *accepted, const struct run *run, const struct batch_run *batch,
					     struct prio_error *error);
void accepted_clear(struct accepted *accepted);

/* accepted_term: the term of one id. accepted_add: count one id, and add its term. */
PRIO_MUST_USE enum prio_status accepted_term(struct accepted *accepted, uint8_t term[ACCEPTED_DIGEST_BYTES],
					     struct prio_bytes id, struct prio_error *error);
PRIO_MUST_USE enum prio_status accepted_add(struct accepted *accepted, struct prio_bytes id, struct prio_error *error);

/* accepted_merge: add what another one of the same batch counted. */
void accepted_merge(struct accepted *accepted, const struct accepted *more);

/* accepted_compare: does the partner's manifest of its aggregate say the same set? If not, the batch ends (BATCH_NOT_PUBLISHED),
 * saying how many differ, which id if it is a single one among our opened records, and what follows.
 *
 *   theirs   the batch's entry in that manifest; NULL: nothing is known, nothing is done.
 *   follows  one or more sentences, without the last full stop. */
PRIO_MUST_USE enum prio_status accepted_compare(struct run *run, struct batch_run *batch, const json_t *theirs,
						const uint8_t ours[ACCEPTED_DIGEST_BYTES], const char *follows,
						struct prio_error *error);

#endif
