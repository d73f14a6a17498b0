/* hmac: HMAC-SHA-256 (RFC 2104) with a kept key. */
#ifndef CRYPT_HMAC_H
#define CRYPT_HMAC_H

#include "crypt/sha256.h"
#include "prio/bytes.h"
#include "prio/status.h"

enum { HMAC_BYTES = SHA256_BYTES };

/* A keyed hasher, reusable any number of times. One thread at a time. */
struct hmac;

/* hmac_new: key: any length. PRIO_OK, PRIO_ERR_MEMORY or PRIO_ERR_CRYPTO. hmac_free wipes; NULL is fine. */
PRIO_MUST_USE enum prio_status hmac_new(struct hmac **hmac, struct prio_bytes key);
void hmac_free(struct hmac *hmac);

/* hmac_of: the code of n_parts views, one after another. PRIO_OK or PRIO_ERR_CRYPTO. CT: depends on lengths alone. */
PRIO_MUST_USE enum prio_status hmac_of(struct hmac *hmac, uint8_t code[HMAC_BYTES], const struct prio_bytes *parts,
				       size_t n_parts);

/* hmac_sha256: one view under one key, once. */
PRIO_MUST_USE enum prio_status hmac_sha256(uint8_t code[HMAC_BYTES], struct prio_bytes key, struct prio_bytes bytes);

#endif
