/* aes_gcm: AES-GCM (SP 800-38D), in place, with 96-bit nonces and 128-bit tags.
 *
 * AES-128 for shares, AES-256 for our own checkpoints. One object serves both directions, and any key of its size. */
#ifndef CRYPT_AES_GCM_H
#define CRYPT_AES_GCM_H

#include "prio/bytes.h"
#include "prio/status.h"

enum {
	AES128_KEY_BYTES = 16,
	AES256_KEY_BYTES = 32,
	AES_GCM_IV_BYTES = 12,
	AES_GCM_TAG_BYTES = 16,
};

/* A reusable context. One thread at a time. */
struct aes_gcm;

/* aes_gcm_new: key_bytes: AES128_KEY_BYTES or AES256_KEY_BYTES. PRIO_OK, or PRIO_ERR_ARGUMENT, _MEMORY, _CRYPTO.
 * aes_gcm_free wipes; NULL is fine. aes_gcm_forget: wipe the key schedule of the last call. */
PRIO_MUST_USE enum prio_status aes_gcm_new(struct aes_gcm **gcm, size_t key_bytes);
void aes_gcm_free(struct aes_gcm *gcm);
void aes_gcm_forget(struct aes_gcm *gcm);

/* aes_gcm_open: check the tag and decrypt text in place. PRIO_OK; PRIO_REFUSED_BAD_TAG or PRIO_ERR_CRYPTO, after which text
 * is wiped. aes_gcm_seal: encrypt text in place and write its tag. PRIO_OK, or PRIO_ERR_CRYPTO, after which text is wiped.
 *
 *   key        as many bytes as aes_gcm_new was told.
 *   iv         never the same twice under one key, for sealing.
 *   aad        authenticated, not encrypted; may be empty. May not overlap text.
 *
 * CT: depends on lengths alone, and on whether the tag matched. */
PRIO_MUST_USE enum prio_status aes_gcm_open(struct aes_gcm *gcm, struct prio_mut text, const uint8_t tag[AES_GCM_TAG_BYTES],
					    const uint8_t *key, const uint8_t iv[AES_GCM_IV_BYTES], struct prio_bytes aad);
PRIO_MUST_USE enum prio_status aes_gcm_seal(struct aes_gcm *gcm, struct prio_mut text, uint8_t tag[AES_GCM_TAG_BYTES],
					    const uint8_t *key, const uint8_t iv[AES_GCM_IV_BYTES], struct prio_bytes aad);

#endif
