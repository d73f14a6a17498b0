#include "crypt/aes_gcm.h"

#include <stdlib.h>

#include <openssl/evp.h>

#include "base/ct.h"
#include "base/wipe.h"
#include "crypt/aes_gcm_ipsec.h"
#include "crypt/kernels.h"

enum { STEP_BYTES = 1 << 30 }; /* OpenSSL counts in int */

struct aes_gcm {
	EVP_CIPHER *algorithm;
	EVP_CIPHER_CTX *context;
	size_t key_bytes;
	struct aes_gcm_ipsec *ipsec; /* works, where it is there; NULL: OpenSSL does */
};

enum prio_status aes_gcm_new(struct aes_gcm **gcm, size_t key_bytes)
{
	struct aes_gcm *made;

	*gcm = NULL;
	if (key_bytes != AES128_KEY_BYTES && key_bytes != AES256_KEY_BYTES)
		return PRIO_ERR_ARGUMENT;

	made = calloc(1, sizeof *made);
	if (made == NULL)
		return PRIO_ERR_MEMORY;
	made->key_bytes = key_bytes;
	made->algorithm = EVP_CIPHER_fetch(NULL, key_bytes == AES128_KEY_BYTES ? "AES-128-GCM" : "AES-256-GCM", NULL);
	made->context = EVP_CIPHER_CTX_new();
	if (made->algorithm == NULL || made->context == NULL ||
	    EVP_DecryptInit_ex2(made->context, made->algorithm, NULL, NULL, NULL) != 1) {
		aes_gcm_free(made);
		return PRIO_ERR_CRYPTO;
	}
	if (key_bytes == AES128_KEY_BYTES && crypt_kernels()->ipsec_gcm && aes_gcm_ipsec_new(&made->ipsec) != PRIO_OK) {
		aes_gcm_free(made);
		return PRIO_ERR_MEMORY; /* it was there when the kernels were tested */
	}
	*gcm = made;
	return PRIO_OK;
}

void aes_gcm_free(struct aes_gcm *gcm)
{
	if (gcm == NULL)
		return;
	EVP_CIPHER_CTX_free(gcm->context); /* wipes the key schedule */
	EVP_CIPHER_free(gcm->algorithm);
	aes_gcm_ipsec_free(gcm->ipsec);
	free(gcm);
}

void aes_gcm_forget(struct aes_gcm *gcm)
{
	static const uint8_t zeros[AES256_KEY_BYTES]; /* a key and a nonce that tell nothing */

	/* Whether this works does not matter to the caller, who is done with the key. */
	(void)EVP_DecryptInit_ex2(gcm->context, NULL, zeros, zeros, NULL);
	aes_gcm_ipsec_forget(gcm->ipsec);
}

/* A direction's text, in steps that OpenSSL can count. NULL out: the bytes are authenticated only. */
static bool update(EVP_CIPHER_CTX *context, uint8_t *out, const uint8_t *in, size_t n)
{
	for (size_t done = 0; done < n;) {
		size_t step = n - done < STEP_BYTES ? n - done : STEP_BYTES;
		int written;

		if (EVP_CipherUpdate(context, out == NULL ? NULL : out + done, &written, in + done, (int)step) != 1 ||
		    (size_t)written != step)
			return false;
		done += step;
	}
	return true;
}

static enum prio_status open_by_ipsec(struct aes_gcm *gcm, struct prio_mut text, const uint8_t tag[AES_GCM_TAG_BYTES],
				      const uint8_t *key, const uint8_t iv[AES_GCM_IV_BYTES], struct prio_bytes aad)
{
	uint8_t expected[AES_GCM_TAG_BYTES] = {0};

	aes_gcm_ipsec_decrypt(gcm->ipsec, text, expected, key, iv, aad);
	if (ct_equal(expected, tag, sizeof expected))
		return PRIO_OK;
	wipe(text.p, text.n);
	return PRIO_REFUSED_BAD_TAG;
}

enum prio_status aes_gcm_open(struct aes_gcm *gcm, struct prio_mut text, const uint8_t tag[AES_GCM_TAG_BYTES],
			      const uint8_t *key, const uint8_t iv[AES_GCM_IV_BYTES], struct prio_bytes aad)
{
	uint8_t expected[AES_GCM_TAG_BYTES], nothing[1];
	enum prio_status status = PRIO_ERR_CRYPTO;
	int written;

	if (gcm->ipsec != NULL && text.n > 0 && aad.n > 0)
		return open_by_ipsec(gcm, text, tag, key, iv, aad);
	for (size_t i = 0; i < AES_GCM_TAG_BYTES; i++)
		expected[i] = tag[i]; /* OpenSSL wants it writable */

	if (EVP_DecryptInit_ex2(gcm->context, NULL, key, iv, NULL) != 1 ||
	    !update(gcm->context, NULL, aad.p, aad.n) || !update(gcm->context, text.p, text.p, text.n) ||
	    EVP_CIPHER_CTX_ctrl(gcm->context, EVP_CTRL_AEAD_SET_TAG, AES_GCM_TAG_BYTES, expected) != 1)
		goto out;

	/* Everything went well that can fail by itself, so a failure now is the tag's. */
	status = EVP_DecryptFinal_ex(gcm->context, nothing, &written) == 1 ? PRIO_OK : PRIO_REFUSED_BAD_TAG;
out:
	if (status != PRIO_OK)
		wipe(text.p, text.n);
	return status;
}

enum prio_status aes_gcm_seal(struct aes_gcm *gcm, struct prio_mut text, uint8_t tag[AES_GCM_TAG_BYTES], const uint8_t *key,
			      const uint8_t iv[AES_GCM_IV_BYTES], struct prio_bytes aad)
{
	uint8_t nothing[1];
	int written;

	if (gcm->ipsec != NULL && text.n > 0 && aad.n > 0) {
		aes_gcm_ipsec_encrypt(gcm->ipsec, text, tag, key, iv, aad);
		return PRIO_OK;
	}
	if (EVP_EncryptInit_ex2(gcm->context, NULL, key, iv, NULL) == 1 && update(gcm->context, NULL, aad.p, aad.n) &&
	    update(gcm->context, text.p, text.p, text.n) &&
	    EVP_EncryptFinal_ex(gcm->context, nothing, &written) == 1 &&
	    EVP_CIPHER_CTX_ctrl(gcm->context, EVP_CTRL_AEAD_GET_TAG, AES_GCM_TAG_BYTES, tag) == 1)
		return PRIO_OK;

	wipe(text.p, text.n);
	return PRIO_ERR_CRYPTO;
}
