/* encode_internal: the encoder with its randomness as an argument, so that the deployed clients' shares can be made
 * again. */
#ifndef PRIO1_ENCODE_INTERNAL_H
#define PRIO1_ENCODE_INTERNAL_H

#include "prio/client.h"
#include "prio1/field/field.h"
#include "prio1/prg/prg.h"
#include "prio1/seal/seal.h"

/* Everything random in one submission; pairs are server A's and server B's share. What is not here follows: c of B from
 * c = a b, h0 of B from h0 = f0 g0, and A's data shares and h-points from those that B expands from its seed.
 * Secret. */
struct encode_random {
	u128 a[2], b[2], c_of_a;
	u128 f0[2], g0[2], h0_of_a;
	uint8_t seed[PRG_SEED_BYTES];
	uint8_t ephemeral[2][X25519_KEY_BYTES]; /* private keys, of no use to anyone afterwards */
	uint8_t iv[2][SEAL_IV_BYTES];
};

/* encode_random_new: uniform and fresh. PRIO_OK, or PRIO_ERR_RANDOM (then it is wiped). */
PRIO_MUST_USE enum prio_status encode_random_new(struct encode_random *random);

/* encode_with: one vector of n_data fields, as prio_encode_many. Never twice with the same randomness.
 * PRIO_OK; PRIO_ERR_ARGUMENT (no room), _CRYPTO, _KEY: then out holds no plaintext. CT: as prio_encode_many.
 * encode_wipe: wipe what the last vectors left in the client's working memory; usable again at once. */
PRIO_MUST_USE enum prio_status encode_with(struct prio_client *client, const uint8_t *fields,
					   const struct encode_random *random, struct prio_sealed_pair *out);
void encode_wipe(struct prio_client *client);

#endif
