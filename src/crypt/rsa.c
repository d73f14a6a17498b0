#include "crypt/rsa.h"

#include <limits.h>
#include <stdlib.h>

#include <openssl/bio.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/pem.h>

enum { BITS_MIN = 2048, BITS_MAX = 8 * RSA_SIGNATURE_BYTES_MAX };

struct rsa_key {
	EVP_PKEY *pkey;
};

/* For an encrypted key, in place of OpenSSL's own, which asks at the terminal. */
static int no_password(char *out, int size, int is_writing, void *unused)
{
	(void)out, (void)size, (void)is_writing, (void)unused;
	return -1;
}

enum prio_status rsa_key_new(struct rsa_key **key, struct prio_bytes pem)
{
	struct rsa_key *made = calloc(1, sizeof *made);
	BIO *bio = pem.n > INT_MAX ? NULL : BIO_new_mem_buf(pem.p, (int)pem.n);
	enum prio_status status = PRIO_ERR_KEY;

	*key = NULL;
	if (made == NULL || bio == NULL)
		goto out;
	made->pkey = PEM_read_bio_PrivateKey(bio, NULL, no_password, NULL);
	if (made->pkey == NULL || EVP_PKEY_get_base_id(made->pkey) != EVP_PKEY_RSA ||
	    EVP_PKEY_get_bits(made->pkey) < BITS_MIN || EVP_PKEY_get_bits(made->pkey) > BITS_MAX)
		goto out;
	*key = made;
	made = NULL;
	status = PRIO_OK;
out:
	ERR_clear_error(); /* of this thread; the next user of OpenSSL would take it for its own */
	BIO_free(bio);
	rsa_key_free(made);
	return status;
}

void rsa_key_free(struct rsa_key *key)
{
	if (key == NULL)
		return;
	EVP_PKEY_free(key->pkey); /* wipes */
	free(key);
}

enum prio_status rsa_sign(const struct rsa_key *key, uint8_t signature[RSA_SIGNATURE_BYTES_MAX], size_t *n_signature,
			  struct prio_bytes message)
{
	EVP_MD_CTX *context = EVP_MD_CTX_new();
	enum prio_status status = PRIO_ERR_CRYPTO;

	*n_signature = RSA_SIGNATURE_BYTES_MAX;
	if (context != NULL && EVP_DigestSignInit(context, NULL, EVP_sha256(), NULL, key->pkey) == 1 &&
	    EVP_DigestSign(context, signature, n_signature, message.p, message.n) == 1)
		status = PRIO_OK;
	else
		ERR_clear_error();
	EVP_MD_CTX_free(context);
	return status;
}
