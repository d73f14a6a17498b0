/* encode_client: a client's tables and working memory. For client.c, encode.c and encode_many.c. */
#ifndef PRIO1_ENCODE_CLIENT_H
#define PRIO1_ENCODE_CLIENT_H

#include "prio1/encode_internal.h"
#include "prio1/ntt/ntt.h"
#include "prio1/params.h"

struct prio_client {
	struct params_copy copy;
	struct prio_public_key keys[2]; /* by server */
	size_t sealed_bytes_max[2];
	struct ntt ntt;
	struct seal seal;
	struct prg prg;
	struct field_vector at_data;  /* P at the odd roots, N (encode.c) */
	struct field_vector at_first; /* L at the odd roots, N */
	struct field_vector work;     /* f, then h at the odd roots, N */
	struct field_vector masks;    /* server B's shares: n_data of the data, then N of h */
	uint8_t *bits;		      /* n_data, of integers */
};

/* The ephemeral keys of both envelopes, and what they share with the servers' keys. Secret. */
struct encode_ephemeral {
	uint8_t epk[2][X25519_KEY_BYTES];
	struct x25519_shared dh[2];
};

/* How many vectors get their ephemeral keys at a time: many, because a kernel for X25519 does many at once. */
enum { ENCODE_AGREE_MAX = 16 };

/* encode_agree: those of n vectors, n at most ENCODE_AGREE_MAX. PRIO_OK or PRIO_ERR_CRYPTO (then they are wiped).
 * encode_agreed: one vector with them, as encode_with; uses them up.
 * encode_has_room: is there as much as prio_sealed_bytes_max says? */
PRIO_MUST_USE enum prio_status encode_agree(struct encode_ephemeral *ephemeral, const struct prio_client *client,
					    const struct encode_random *random, size_t n);
PRIO_MUST_USE enum prio_status encode_agreed(struct prio_client *client, const uint8_t *fields,
					     const struct encode_random *random, struct encode_ephemeral *ephemeral,
					     struct prio_sealed_pair *out);
bool encode_has_room(const struct prio_client *client, const struct prio_sealed_pair *out);

#endif
