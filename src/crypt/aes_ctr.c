#include "crypt/aes_ctr.h"

#include <stdlib.h>

#include <openssl/evp.h>

struct aes_ctr {
	EVP_CIPHER *algorithm;
	EVP_CIPHER_CTX *context;
};

enum prio_status aes_ctr_new(struct aes_ctr **ctr)
{
	struct aes_ctr *made = calloc(1, sizeof *made);

	*ctr = NULL;
	if (made == NULL)
		return PRIO_ERR_MEMORY;

	made->algorithm = EVP_CIPHER_fetch(NULL, "AES-128-CTR", NULL);
	made->context = EVP_CIPHER_CTX_new();
	if (made->algorithm == NULL || made->context == NULL ||
	    EVP_EncryptInit_ex2(made->context, made->algorithm, NULL, NULL, NULL) != 1) {
		aes_ctr_free(made);
		return PRIO_ERR_CRYPTO;
	}
	*ctr = made;
	return PRIO_OK;
}

void aes_ctr_free(struct aes_ctr *ctr)
{
	if (ctr == NULL)
		return;
	EVP_CIPHER_CTX_free(ctr->context); /* wipes the key schedule */
	EVP_CIPHER_free(ctr->algorithm);
	free(ctr);
}

enum prio_status aes_ctr_start(struct aes_ctr *ctr, const uint8_t key[AES_CTR_KEY_BYTES], uint64_t block)
{
	uint8_t counter[AES_CTR_BLOCK_BYTES] = {0};

	for (size_t i = 0; i < sizeof block; i++)
		counter[sizeof counter - 1 - i] = (uint8_t)(block >> (8 * i));
	return EVP_EncryptInit_ex2(ctr->context, NULL, key, counter, NULL) == 1 ? PRIO_OK : PRIO_ERR_CRYPTO;
}

enum prio_status aes_ctr_next(struct aes_ctr *ctr, struct prio_mut out)
{
	static const uint8_t zeros[8192]; /* the stream is what zeros are encrypted to */

	for (size_t done = 0; done < out.n;) {
		size_t n = out.n - done < sizeof zeros ? out.n - done : sizeof zeros;
		int written;

		if (EVP_EncryptUpdate(ctr->context, out.p + done, &written, zeros, (int)n) != 1 || (size_t)written != n)
			return PRIO_ERR_CRYPTO;
		done += n;
	}
	return PRIO_OK;
}
