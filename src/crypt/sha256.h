/* sha256: SHA-256 with a kept context, because finding the algorithm anew for every hash costs more than a short hash. */
#ifndef CRYPT_SHA256_H
#define CRYPT_SHA256_H

#include "prio/bytes.h"
#include "prio/status.h"

enum { SHA256_BYTES = 32 };

/* A hasher, reusable any number of times. One thread at a time. */
struct sha256;

/* sha256_new: PRIO_OK, PRIO_ERR_MEMORY or PRIO_ERR_CRYPTO. sha256_free(NULL) is fine. */
PRIO_MUST_USE enum prio_status sha256_new(struct sha256 **sha);
void sha256_free(struct sha256 *sha);

/* sha256_of: the hash of n_parts views, one after another. PRIO_OK or PRIO_ERR_CRYPTO. CT: depends on lengths alone. */
PRIO_MUST_USE enum prio_status sha256_of(struct sha256 *sha, uint8_t digest[SHA256_BYTES], const struct prio_bytes *parts,
					 size_t n_parts);

/* sha256: one view, once. As sha256_new. */
PRIO_MUST_USE enum prio_status sha256(uint8_t digest[SHA256_BYTES], struct prio_bytes bytes);

/* For messages that come in pieces: begin, any number of adds, end (which makes it ready for the next begin). */
PRIO_MUST_USE enum prio_status sha256_begin(struct sha256 *sha);
PRIO_MUST_USE enum prio_status sha256_add(struct sha256 *sha, struct prio_bytes bytes);
PRIO_MUST_USE enum prio_status sha256_end(struct sha256 *sha, uint8_t digest[SHA256_BYTES]);

#endif
