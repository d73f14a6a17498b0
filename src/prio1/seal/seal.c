#include "prio1/seal/seal.h"

#include <string.h>

#include "base/ct.h"
#include "base/wipe.h"

static const uint8_t label[] = {'P', 'r', 'i', 'o', 'P', 'a', 'c', 'k', 'e', 't'}; /* no NUL: FORMAT.md 2 */

enum { AAD_BYTES = sizeof label + SEAL_EPK_BYTES + SEAL_IV_BYTES };

enum prio_status seal_init(struct seal *seal)
{
	enum prio_status status;

	seal->gcm = NULL;
	status = sha256_new(&seal->sha);
	if (status == PRIO_OK)
		status = aes_gcm_new(&seal->gcm, AES128_KEY_BYTES);
	if (status != PRIO_OK)
		seal_clear(seal);
	return status;
}

void seal_clear(struct seal *seal)
{
	sha256_free(seal->sha);
	aes_gcm_free(seal->gcm);
	seal->sha = NULL;
	seal->gcm = NULL;
}

void seal_wipe(struct seal *seal)
{
	aes_gcm_forget(seal->gcm);
}

/* key = first 16 bytes of SHA-256(shared secret || 00 00 00 01): X9.63 with no shared info, one block (FORMAT.md 2). */
static enum prio_status derive_key(struct seal *seal, uint8_t key[AES128_KEY_BYTES], const struct x25519_shared *dh)
{
	static const uint8_t counter[] = {0, 0, 0, 1};
	const struct prio_bytes parts[] = {{dh->bytes, sizeof dh->bytes}, {counter, sizeof counter}};
	uint8_t digest[SHA256_BYTES];
	enum prio_status status = sha256_of(seal->sha, digest, parts, 2);

	if (status == PRIO_OK)
		memcpy(key, digest, AES128_KEY_BYTES);
	wipe(digest, sizeof digest);
	return status;
}

/* The label and everything that the sender chose in the clear are authenticated, so that an envelope cannot be taken apart
 * and put together anew. */
static void make_aad(uint8_t aad[AAD_BYTES], const uint8_t *sealed)
{
	memcpy(aad, label, sizeof label);
	memcpy(aad + sizeof label, sealed, SEAL_EPK_BYTES + SEAL_IV_BYTES);
}

enum prio_status seal_open(struct seal *seal, struct prio_mut sealed, struct x25519_shared *dh, struct prio_mut *plaintext)
{
	uint8_t aad[AAD_BYTES], key[AES128_KEY_BYTES];
	enum prio_status status = PRIO_REFUSED_TRUNCATED;

	if (sealed.n < SEAL_OVERHEAD_BYTES)
		goto out;

	status = PRIO_REFUSED_LOW_ORDER_KEY;
	if (ct_is_zero(dh->bytes, sizeof dh->bytes))
		goto out;

	status = derive_key(seal, key, dh);
	if (status != PRIO_OK)
		goto wipe_key;

	make_aad(aad, sealed.p);
	struct prio_mut text = {sealed.p + SEAL_TEXT_AT, sealed.n - SEAL_OVERHEAD_BYTES};
	status = aes_gcm_open(seal->gcm, text, text.p + text.n, key, sealed.p + SEAL_EPK_BYTES,
			      (struct prio_bytes){aad, sizeof aad});
	if (status == PRIO_OK)
		*plaintext = text;

wipe_key:
	wipe(key, sizeof key);
out:
	wipe(dh, sizeof *dh);
	return status;
}

enum prio_status seal_close(struct seal *seal, struct prio_mut sealed, struct x25519_shared *dh,
			    const uint8_t epk[SEAL_EPK_BYTES], const uint8_t iv[SEAL_IV_BYTES])
{
	uint8_t aad[AAD_BYTES], key[AES128_KEY_BYTES];
	enum prio_status status = PRIO_ERR_ARGUMENT;

	if (sealed.n < SEAL_OVERHEAD_BYTES)
		goto wipe_text;

	status = PRIO_ERR_KEY;
	if (ct_is_zero(dh->bytes, sizeof dh->bytes))
		goto wipe_text;

	status = derive_key(seal, key, dh);
	if (status != PRIO_OK)
		goto wipe_key;

	memcpy(sealed.p, epk, SEAL_EPK_BYTES);
	memcpy(sealed.p + SEAL_EPK_BYTES, iv, SEAL_IV_BYTES);
	make_aad(aad, sealed.p);
	struct prio_mut text = {sealed.p + SEAL_TEXT_AT, sealed.n - SEAL_OVERHEAD_BYTES};
	status = aes_gcm_seal(seal->gcm, text, text.p + text.n, key, iv, (struct prio_bytes){aad, sizeof aad});

wipe_key:
	wipe(key, sizeof key);
wipe_text:
	if (status != PRIO_OK)
		wipe(sealed.p, sealed.n);
	wipe(dh, sizeof *dh);
	return status;
}
