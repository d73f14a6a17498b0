/* x25519: RFC 7748. Private keys are any 32 bytes (clamped inside); the high bit of a public key is ignored. */
#ifndef CRYPT_X25519_H
#define CRYPT_X25519_H

#include "prio/bytes.h"
#include "prio/status.h"

enum { X25519_KEY_BYTES = 32, X25519_SHARED_BYTES = 32 };

/* A Diffie-Hellman result. All zero: the public key had low order, and the result is known to everyone. Secret. */
struct x25519_shared {
	uint8_t bytes[X25519_SHARED_BYTES];
};

/* One private key, ready for use with many public keys. One thread at a time. */
struct x25519;

/* x25519_new: PRIO_OK, PRIO_ERR_MEMORY or PRIO_ERR_CRYPTO. x25519_free wipes; NULL is fine. */
PRIO_MUST_USE enum prio_status x25519_new(struct x25519 **x25519, const uint8_t private_key[X25519_KEY_BYTES]);
void x25519_free(struct x25519 *x25519);

/* x25519_many: the results with n public keys.
 *
 *   public_keys  n pointers to X25519_KEY_BYTES bytes each.
 *   shared       out, n.
 *
 * PRIO_OK whatever the keys; PRIO_ERR_CRYPTO, after which shared is wiped. CT: depends on n, and on which results are
 * zero. */
PRIO_MUST_USE enum prio_status x25519_many(struct x25519 *x25519, struct x25519_shared *shared,
					   const uint8_t *const *public_keys, size_t n);

/* x25519_public: the public half of a private key. PRIO_OK or PRIO_ERR_CRYPTO. Thread-safe. CT: yes. */
PRIO_MUST_USE enum prio_status x25519_public(uint8_t public_key[X25519_KEY_BYTES],
					     const uint8_t private_key[X25519_KEY_BYTES]);

/* x25519_ephemeral: what a sender needs for n recipients with a fresh key for each.
 *
 *   own           out, n: the public halves of private_keys.
 *   shared        out, n: the result of each private key with the public key beside it.
 *   private_keys  n pointers to X25519_KEY_BYTES bytes each; public_keys likewise.
 *
 * As x25519_many. Thread-safe. */
PRIO_MUST_USE enum prio_status x25519_ephemeral(uint8_t (*own)[X25519_KEY_BYTES], struct x25519_shared *shared,
						const uint8_t *const *private_keys, const uint8_t *const *public_keys,
						size_t n);

/* x25519_agree: one private and one public key, once, always by OpenSSL. As x25519_many. Thread-safe. */
PRIO_MUST_USE enum prio_status x25519_agree(struct x25519_shared *shared, const uint8_t private_key[X25519_KEY_BYTES],
					    const uint8_t public_key[X25519_KEY_BYTES]);

#endif
