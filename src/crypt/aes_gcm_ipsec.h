/* aes_gcm_ipsec: AES-128-GCM by libipsec-mb, four times as fast as OpenSSL 3.0 where the CPU has VAES. For
 * aes_gcm.c and kernels.c alone. The library is optional at build time; without it (no PRIO_IPSEC_MB) nothing here is
 * ever used. */
#ifndef CRYPT_AES_GCM_IPSEC_H
#define CRYPT_AES_GCM_IPSEC_H

#include <stdbool.h>

#include "crypt/aes_gcm.h"

/* One thread at a time. */
struct aes_gcm_ipsec;

#ifdef PRIO_IPSEC_MB
enum { AES_GCM_HAS_IPSEC = true };

/* aes_gcm_ipsec_new: PRIO_OK; PRIO_ERR_MEMORY; PRIO_ERR_CRYPTO if the library does not know this CPU's VAES.
 * aes_gcm_ipsec_free wipes. aes_gcm_ipsec_forget: wipe the key schedule of the last call. NULL is fine for both. */
PRIO_MUST_USE enum prio_status aes_gcm_ipsec_new(struct aes_gcm_ipsec **gcm);
void aes_gcm_ipsec_free(struct aes_gcm_ipsec *gcm);
void aes_gcm_ipsec_forget(struct aes_gcm_ipsec *gcm);

/* aes_gcm_ipsec_decrypt: decrypt text in place, whoever made it, and tell which tag it should have. aad not empty. CT:
 * depends on lengths alone. */
void aes_gcm_ipsec_decrypt(struct aes_gcm_ipsec *gcm, struct prio_mut text, uint8_t tag[AES_GCM_TAG_BYTES],
			   const uint8_t key[AES128_KEY_BYTES], const uint8_t iv[AES_GCM_IV_BYTES],
			   struct prio_bytes aad);

/* aes_gcm_ipsec_encrypt: encrypt text in place and write its tag. Otherwise as above. */
void aes_gcm_ipsec_encrypt(struct aes_gcm_ipsec *gcm, struct prio_mut text, uint8_t tag[AES_GCM_TAG_BYTES],
			   const uint8_t key[AES128_KEY_BYTES], const uint8_t iv[AES_GCM_IV_BYTES],
			   struct prio_bytes aad);

/* aes_gcm_ipsec_is_right: do both give their known answers? */
bool aes_gcm_ipsec_is_right(void);
#else
enum { AES_GCM_HAS_IPSEC = false };

PRIO_MUST_USE static inline enum prio_status aes_gcm_ipsec_new(struct aes_gcm_ipsec **gcm)
{
	*gcm = NULL;
	return PRIO_ERR_CRYPTO;
}
static inline void aes_gcm_ipsec_free(struct aes_gcm_ipsec *gcm)
{
	(void)gcm;
}
static inline void aes_gcm_ipsec_forget(struct aes_gcm_ipsec *gcm)
{
	(void)gcm;
}
static inline void aes_gcm_ipsec_decrypt(struct aes_gcm_ipsec *gcm, struct prio_mut text, uint8_t *tag,
					 const uint8_t *key, const uint8_t *iv, struct prio_bytes aad)
{
	(void)gcm, (void)text, (void)tag, (void)key, (void)iv, (void)aad;
}
static inline void aes_gcm_ipsec_encrypt(struct aes_gcm_ipsec *gcm, struct prio_mut text, uint8_t *tag,
					 const uint8_t *key, const uint8_t *iv, struct prio_bytes aad)
{
	(void)gcm, (void)text, (void)tag, (void)key, (void)iv, (void)aad;
}
static inline bool aes_gcm_ipsec_is_right(void)
{
	return false;
}
#endif

#endif
