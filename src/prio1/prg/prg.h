/* prg: the generator that expands a seed into field elements (FORMAT.md 4). Depends on crypt and field.
 *
 * AES-128-CTR key stream; a draw below m takes B bytes (B: byte length of m - 1) and one more, which REPLACES the first;
 * bits above the top bit of m - 1 are masked away; a number not below m is thrown away with all its B + 1 bytes. */
#ifndef PRIO1_PRG_H
#define PRIO1_PRG_H

#include <stdbool.h>

#include "crypt/aes_ctr.h"
#include "crypt/sha256.h"
#include "prio/batch.h"
#include "prio1/field/vector.h"

enum {
	PRG_SEED_BYTES = 16,
	PRG_DRAW_BYTES = FIELD_BYTES + 1,        /* of the stream, for one try below p */
	PRG_PIECE_BYTES = 512 * PRG_DRAW_BYTES,  /* the stream is made in pieces that stay in the L1 cache */
	PRG_SCHEDULE_BYTES = 11 * 16,            /* round keys of AES-128, for kernels */
};

/* A stream. Secret. Members are prg's own. One thread at a time. */
struct prg {
	struct aes_ctr *ctr;
	struct sha256 *sha;
	uint64_t used;    /* bytes of the key's stream that were used */
	uint64_t ctr_at;  /* byte of the stream that ctr gives next */
	bool ctr_started; /* false: ctr does not have the key yet, or no longer goes on where it has to */
	size_t at;        /* first byte of stream that was not used yet */
	size_t end;       /* bytes in stream */
	uint8_t key[AES_CTR_KEY_BYTES];
	uint8_t schedule[PRG_SCHEDULE_BYTES]; /* where there are kernels */
	uint8_t stream[PRG_PIECE_BYTES];
};

/* prg_init: get the contexts; seed it before use. PRIO_OK, or PRIO_ERR_MEMORY, _CRYPTO (then it need not be cleared).
 * prg_clear: wipe and give them back; fine on a zeroed struct. prg_wipe: wipe the stream; seed again before use. */
PRIO_MUST_USE enum prio_status prg_init(struct prg *prg);
void prg_clear(struct prg *prg);
void prg_wipe(struct prg *prg);

/* prg_seed: begin the stream of a seed, as often as wanted. Returns PRIO_OK or PRIO_ERR_CRYPTO. CT: yes. */
PRIO_MUST_USE enum prio_status prg_seed(struct prg *prg, const uint8_t seed[PRG_SEED_BYTES], struct prio_bytes batch_id,
					enum prio_prg_rule rule);

/* prg_bytes: the next n bytes of the stream as they are.
 * prg_below: one draw below m, 1 to 2^120. prg_below_p: below p.
 * prg_fill: n draws below p, the same as n times prg_below_p. May write up to FIELD_VECTOR_SLACK elements behind out[n - 1].
 * Return PRIO_OK or PRIO_ERR_CRYPTO. CT: timing reveals which tries were refused, hence only discarded draws. */
PRIO_MUST_USE enum prio_status prg_bytes(struct prg *prg, uint8_t *out, size_t n);
PRIO_MUST_USE enum prio_status prg_below(struct prg *prg, u128 m, u128 *x);
PRIO_MUST_USE enum prio_status prg_below_p(struct prg *prg, u128 *x);
PRIO_MUST_USE enum prio_status prg_fill(struct prg *prg, struct field_vector *out, size_t n);

#endif
