/* rsa: signatures that Google's token endpoint asks for: RSASSA-PKCS1-v1_5 with SHA-256 ("RS256", RFC 7518, section 3.3). */
#ifndef CRYPT_RSA_H
#define CRYPT_RSA_H

#include "prio/bytes.h"
#include "prio/status.h"

enum { RSA_SIGNATURE_BYTES_MAX = 1024 }; /* of a key of 8192 bits */

struct rsa_key;

/* rsa_key_new: from a private key in PEM form, not encrypted, of 2048 to 8192 bits.
 *
 * PRIO_OK; PRIO_ERR_KEY (it is none). rsa_key_free wipes; NULL is fine. */
PRIO_MUST_USE enum prio_status rsa_key_new(struct rsa_key **key, struct prio_bytes pem);
void rsa_key_free(struct rsa_key *key);

/* rsa_sign: *n_signature bytes of signature. PRIO_OK or PRIO_ERR_CRYPTO. Thread-safe for one key. CT: OpenSSL's, with blinding. */
PRIO_MUST_USE enum prio_status rsa_sign(const struct rsa_key *key, uint8_t signature[RSA_SIGNATURE_BYTES_MAX],
					size_t *n_signature, struct prio_bytes message);

#endif
