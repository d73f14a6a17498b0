/* prio/keys.h: the servers' key pairs and the secret they share.
 *
 * Source: FORMAT.md 2; RFC 7748. Private keys and secrets are the caller's to wipe (prio_wipe). */
#ifndef PRIO_KEYS_H
#define PRIO_KEYS_H

#include "prio/bytes.h"
#include "prio/status.h"

#ifdef __cplusplus
extern "C" {
#endif

enum {
	PRIO_KEY_BYTES = 32,
	PRIO_KEY_HEX_DIGITS = 64,
	PRIO_SECRET_BYTES = 16,
};

struct prio_public_key {
	uint8_t bytes[PRIO_KEY_BYTES];
};

/* A private key together with its public half, which is always the one computed from it. */
struct prio_private_key {
	uint8_t bytes[PRIO_KEY_BYTES];
	struct prio_public_key public_key;
};

/* What both servers, and no one else, know: the seed of their query points. */
struct prio_shared_secret {
	uint8_t bytes[PRIO_SECRET_BYTES];
};

/* prio_keygen, prio_secret_new: fresh ones from the system's random source.
 * Return PRIO_OK, PRIO_ERR_RANDOM or PRIO_ERR_CRYPTO. Thread-safe. */
PRIO_API PRIO_MUST_USE enum prio_status prio_keygen(struct prio_private_key *key);
PRIO_API PRIO_MUST_USE enum prio_status prio_secret_new(struct prio_shared_secret *secret);

/* prio_public_key_from_hex: read 64 hexadecimal digits of either case, and nothing more.
 * Returns PRIO_OK, or PRIO_ERR_KEY with what is wrong in error. Thread-safe. */
PRIO_API PRIO_MUST_USE enum prio_status prio_public_key_from_hex(struct prio_public_key *key, struct prio_bytes hex,
								 struct prio_error *error);

/* prio_private_key_from_hex: read a private key and compute its public half.
 *
 *   expected   the public key that it must belong to, or NULL. The original system does not compare them (SECURITY.md).
 *
 * Returns PRIO_OK; PRIO_ERR_KEY (not 64 digits, or not the private half of expected), never quoting the key;
 * PRIO_ERR_CRYPTO. On failure *key is wiped. Thread-safe. CT: timing depends on the digits' validity alone. */
PRIO_API PRIO_MUST_USE enum prio_status prio_private_key_from_hex(struct prio_private_key *key, struct prio_bytes hex,
								  const struct prio_public_key *expected,
								  struct prio_error *error);

/* prio_key_to_hex: 64 upper-case digits and a NUL. Works for either half of a pair. CT: yes. */
PRIO_API void prio_key_to_hex(char hex[PRIO_KEY_HEX_DIGITS + 1], const uint8_t bytes[PRIO_KEY_BYTES]);

/* prio_secret_from_bytes: a secret from exactly 16 bytes; any other length is PRIO_ERR_KEY. */
PRIO_API PRIO_MUST_USE enum prio_status prio_secret_from_bytes(struct prio_shared_secret *secret, struct prio_bytes bytes,
							       struct prio_error *error);

/* prio_wipe: overwrite n bytes at p in a way that no compiler removes. p may be NULL if n is 0. */
PRIO_API void prio_wipe(void *p, size_t n);

#ifdef __cplusplus
}
#endif

#endif
