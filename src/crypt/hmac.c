/* HMAC(key, message) = H(key ^ 5c.. || H(key ^ 36.. || message)), the key padded with zeros to one block of the hash. Made
 * here from the hash, because in OpenSSL 3.0 starting anew under a kept key allocates. */
#include "crypt/hmac.h"

#include <stdlib.h>
#include <string.h>

#include "base/wipe.h"

enum { BLOCK_BYTES = 64 };

struct hmac {
	struct sha256 *sha;
	uint8_t inner[BLOCK_BYTES];
	uint8_t outer[BLOCK_BYTES];
};

enum prio_status hmac_new(struct hmac **hmac, struct prio_bytes key)
{
	uint8_t block[BLOCK_BYTES] = {0};
	enum prio_status status = PRIO_ERR_MEMORY;
	struct hmac *made = calloc(1, sizeof *made);

	*hmac = NULL;
	if (made == NULL)
		goto out;
	status = sha256_new(&made->sha);
	if (status != PRIO_OK)
		goto free_made;

	if (key.n > BLOCK_BYTES)
		status = sha256_of(made->sha, block, &key, 1);
	else if (key.n > 0)
		memcpy(block, key.p, key.n);
	if (status != PRIO_OK)
		goto free_made;

	for (size_t i = 0; i < BLOCK_BYTES; i++) {
		made->inner[i] = block[i] ^ 0x36;
		made->outer[i] = block[i] ^ 0x5c;
	}
	*hmac = made;
	goto out;

free_made:
	hmac_free(made);
out:
	wipe(block, sizeof block);
	return status;
}

void hmac_free(struct hmac *hmac)
{
	if (hmac == NULL)
		return;
	sha256_free(hmac->sha);
	wipe(hmac, sizeof *hmac);
	free(hmac);
}

enum prio_status hmac_of(struct hmac *hmac, uint8_t code[HMAC_BYTES], const struct prio_bytes *parts, size_t n_parts)
{
	uint8_t digest[SHA256_BYTES];
	const struct prio_bytes last[] = {{hmac->outer, BLOCK_BYTES}, {digest, sizeof digest}};
	enum prio_status status = sha256_begin(hmac->sha);

	if (status == PRIO_OK)
		status = sha256_add(hmac->sha, (struct prio_bytes){hmac->inner, BLOCK_BYTES});
	for (size_t i = 0; i < n_parts && status == PRIO_OK; i++)
		status = sha256_add(hmac->sha, parts[i]);
	if (status == PRIO_OK)
		status = sha256_end(hmac->sha, digest);
	if (status == PRIO_OK)
		status = sha256_of(hmac->sha, code, last, 2);

	wipe(digest, sizeof digest);
	return status;
}

enum prio_status hmac_sha256(uint8_t code[HMAC_BYTES], struct prio_bytes key, struct prio_bytes bytes)
{
	struct hmac *hmac;
	enum prio_status status = hmac_new(&hmac, key);

	if (status == PRIO_OK)
		status = hmac_of(hmac, code, &bytes, 1);
	hmac_free(hmac);
	return status;
}
