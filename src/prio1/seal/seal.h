/* seal: the envelope around one share.
 *
 * A sealed share is  epk (32) || iv (12) || ciphertext || tag (16):  an ephemeral X25519 public key, a nonce, and
 * AES-128-GCM under a key that only the holder of the matching private key can derive (FORMAT.md 2). This floor knows
 * bytes and keys; what the plaintext means is codec's business. X25519 is done by the caller, for many envelopes at once.
 *
 * Depends on base and crypt. Allocates nothing per envelope. */
#ifndef PRIO1_SEAL_H
#define PRIO1_SEAL_H

#include "crypt/aes_gcm.h"
#include "crypt/sha256.h"
#include "crypt/x25519.h"
#include "prio/bytes.h"
#include "prio/status.h"

enum {
	SEAL_EPK_BYTES = X25519_KEY_BYTES,
	SEAL_IV_BYTES = AES_GCM_IV_BYTES,
	SEAL_TAG_BYTES = AES_GCM_TAG_BYTES,
	SEAL_TEXT_AT = SEAL_EPK_BYTES + SEAL_IV_BYTES, /* where the text stands in an envelope */
	SEAL_OVERHEAD_BYTES = SEAL_TEXT_AT + SEAL_TAG_BYTES,
};

/* The contexts that opening and closing need. Members are seal's own. One thread at a time. */
struct seal {
	struct sha256 *sha;
	struct aes_gcm *gcm;
};

/* seal_init: PRIO_OK, or PRIO_ERR_MEMORY, _CRYPTO (then it need not be cleared). seal_clear: wipe and give back; fine on
 * a zeroed struct. seal_wipe: wipe the last key; usable again at once. */
PRIO_MUST_USE enum prio_status seal_init(struct seal *seal);
void seal_clear(struct seal *seal);
void seal_wipe(struct seal *seal);

/* seal_open: authenticate one sealed share and decrypt it in place.
 *
 *   sealed     the whole envelope; at least SEAL_OVERHEAD_BYTES, else PRIO_REFUSED_TRUNCATED. Writable: on PRIO_OK the
 *              plaintext stands at sealed.p + SEAL_TEXT_AT, for the caller to wipe; otherwise it holds no plaintext.
 *   dh         the X25519 result for this envelope's epk. The all-zero result of a low-order epk is
 *              PRIO_REFUSED_LOW_ORDER_KEY. Wiped here.
 *   plaintext  out: a view into sealed, valid as long as sealed is.
 *
 * Returns PRIO_OK; PRIO_REFUSED_TRUNCATED, _LOW_ORDER_KEY, _BAD_TAG (the sender's fault); or PRIO_ERR_CRYPTO (ours).
 * CT: timing depends on sealed.n alone, and on whether the tag matched.
 * Source: SP 800-38D; ANSI X9.63 key derivation with SHA-256. */
PRIO_MUST_USE enum prio_status seal_open(struct seal *seal, struct prio_mut sealed, struct x25519_shared *dh,
					 struct prio_mut *plaintext);

/* seal_close: encrypt the text that stands at sealed.p + SEAL_TEXT_AT in place, and write the rest of the envelope around it.
 *
 *   sealed     exactly SEAL_OVERHEAD_BYTES longer than the text.
 *   dh         the X25519 result of the ephemeral private key and the server's public key (x25519_agree). Wiped here. All
 *              zero is PRIO_ERR_KEY: the server's key has low order.
 *   epk        the ephemeral public key (x25519_public).
 *   iv         any, since an ephemeral key is used once.
 *
 * Returns PRIO_OK; PRIO_ERR_ARGUMENT (sealed too short); PRIO_ERR_KEY; PRIO_ERR_CRYPTO. On failure the text is wiped.
 * CT: yes. */
PRIO_MUST_USE enum prio_status seal_close(struct seal *seal, struct prio_mut sealed, struct x25519_shared *dh,
					  const uint8_t epk[SEAL_EPK_BYTES], const uint8_t iv[SEAL_IV_BYTES]);

#endif
