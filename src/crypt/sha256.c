#include "crypt/sha256.h"

#include <stdlib.h>

#include <openssl/evp.h>

struct sha256 {
	EVP_MD *algorithm;
	EVP_MD_CTX *context;
};

enum prio_status sha256_new(struct sha256 **sha)
{
	struct sha256 *made = calloc(1, sizeof *made);

	*sha = NULL;
	if (made == NULL)
		return PRIO_ERR_MEMORY;

	made->algorithm = EVP_MD_fetch(NULL, "SHA256", NULL);
	made->context = EVP_MD_CTX_new();
	if (made->algorithm == NULL || made->context == NULL) {
		sha256_free(made);
		return PRIO_ERR_CRYPTO;
	}
	*sha = made;
	return PRIO_OK;
}

void sha256_free(struct sha256 *sha)
{
	if (sha == NULL)
		return;
	EVP_MD_CTX_free(sha->context); /* wipes its state */
	EVP_MD_free(sha->algorithm);
	free(sha);
}

enum prio_status sha256_begin(struct sha256 *sha)
{
	return EVP_DigestInit_ex2(sha->context, sha->algorithm, NULL) == 1 ? PRIO_OK : PRIO_ERR_CRYPTO;
}

enum prio_status sha256_add(struct sha256 *sha, struct prio_bytes bytes)
{
	return EVP_DigestUpdate(sha->context, bytes.p, bytes.n) == 1 ? PRIO_OK : PRIO_ERR_CRYPTO;
}

enum prio_status sha256_end(struct sha256 *sha, uint8_t digest[SHA256_BYTES])
{
	return EVP_DigestFinal_ex(sha->context, digest, NULL) == 1 ? PRIO_OK : PRIO_ERR_CRYPTO;
}

enum prio_status sha256_of(struct sha256 *sha, uint8_t digest[SHA256_BYTES], const struct prio_bytes *parts, size_t n_parts)
{
	enum prio_status status = sha256_begin(sha);

	for (size_t i = 0; i < n_parts && status == PRIO_OK; i++)
		status = sha256_add(sha, parts[i]);
	return status == PRIO_OK ? sha256_end(sha, digest) : status;
}

enum prio_status sha256(uint8_t digest[SHA256_BYTES], struct prio_bytes bytes)
{
	struct sha256 *sha;
	enum prio_status status = sha256_new(&sha);

	if (status == PRIO_OK)
		status = sha256_of(sha, digest, &bytes, 1);
	sha256_free(sha);
	return status;
}
