/* hkdf: HKDF-SHA-256 (RFC 5869): keys for different uses from one secret. */
#ifndef CRYPT_HKDF_H
#define CRYPT_HKDF_H

#include "prio/bytes.h"
#include "prio/status.h"

enum { HKDF_OUT_BYTES_MAX = 255 * 32 };

/* hkdf_sha256: extract with salt (may be empty), expand with info (says what the key is for).
 *
 *   out        1 to HKDF_OUT_BYTES_MAX bytes, else PRIO_ERR_ARGUMENT. Wiped on failure.
 *
 * PRIO_OK; PRIO_ERR_ARGUMENT; PRIO_ERR_MEMORY; PRIO_ERR_CRYPTO. Thread-safe. CT: depends on lengths alone. */
PRIO_MUST_USE enum prio_status hkdf_sha256(struct prio_mut out, struct prio_bytes secret, struct prio_bytes salt,
					   struct prio_bytes info);

#endif
