#include "crypt/aes_gcm_ipsec.h"

#include <stdlib.h>
#include <string.h>

#include <intel-ipsec-mb.h>

#include "base/wipe.h"

struct aes_gcm_ipsec {
	struct gcm_key_data key; /* first: see ALIGNMENT */
	struct gcm_context_data context;
	aes_gcm_pre_t prepare;
	aes_gcm_enc_dec_t decrypt;
	aes_gcm_enc_dec_t encrypt;
};

/* gcm_key_data wants to begin at a multiple of this. */
enum { ALIGNMENT = 64 };

/* Once its functions are known, the library's own object is not needed: it is for queues of jobs. */
static bool find_functions(struct aes_gcm_ipsec *gcm)
{
	IMB_MGR *manager = alloc_mb_mgr(0);
	bool found;

	if (manager == NULL)
		return false;
	init_mb_mgr_avx512(manager);
	found = manager->used_arch == (uint32_t)IMB_ARCH_AVX512 && (manager->features & IMB_FEATURE_VAES) != 0;
	gcm->prepare = manager->gcm128_pre;
	gcm->decrypt = manager->gcm128_dec;
	gcm->encrypt = manager->gcm128_enc;
	free_mb_mgr(manager);
	return found;
}

enum prio_status aes_gcm_ipsec_new(struct aes_gcm_ipsec **gcm)
{
	size_t n_bytes = (sizeof **gcm + ALIGNMENT - 1) / ALIGNMENT * ALIGNMENT;

	*gcm = aligned_alloc(ALIGNMENT, n_bytes);
	if (*gcm == NULL)
		return PRIO_ERR_MEMORY;
	memset(*gcm, 0, n_bytes);
	if (find_functions(*gcm))
		return PRIO_OK;
	aes_gcm_ipsec_free(*gcm);
	*gcm = NULL;
	return PRIO_ERR_CRYPTO;
}

void aes_gcm_ipsec_free(struct aes_gcm_ipsec *gcm)
{
	aes_gcm_ipsec_forget(gcm);
	free(gcm);
}

void aes_gcm_ipsec_forget(struct aes_gcm_ipsec *gcm)
{
	if (gcm == NULL)
		return;
	wipe(&gcm->key, sizeof gcm->key);
	wipe(&gcm->context, sizeof gcm->context);
}

void aes_gcm_ipsec_decrypt(struct aes_gcm_ipsec *gcm, struct prio_mut text, uint8_t tag[AES_GCM_TAG_BYTES],
			   const uint8_t key[AES128_KEY_BYTES], const uint8_t iv[AES_GCM_IV_BYTES],
			   struct prio_bytes aad)
{
	gcm->prepare(key, &gcm->key);
	gcm->decrypt(&gcm->key, &gcm->context, text.p, text.p, text.n, iv, aad.p, aad.n, tag, AES_GCM_TAG_BYTES);
}

void aes_gcm_ipsec_encrypt(struct aes_gcm_ipsec *gcm, struct prio_mut text, uint8_t tag[AES_GCM_TAG_BYTES],
			   const uint8_t key[AES128_KEY_BYTES], const uint8_t iv[AES_GCM_IV_BYTES],
			   struct prio_bytes aad)
{
	gcm->prepare(key, &gcm->key);
	gcm->encrypt(&gcm->key, &gcm->context, text.p, text.p, text.n, iv, aad.p, aad.n, tag, AES_GCM_TAG_BYTES);
}

/* Text long enough for the library's widest loop, and a rest. It is its own ciphertext: byte i is i; the tag and the
 * sum of what it decrypts to come from another implementation. Encrypted again, it must be what it was, under the same
 * tag. */
bool aes_gcm_ipsec_is_right(void)
{
	static const uint8_t want_tag[AES_GCM_TAG_BYTES] = {0x28, 0xe2, 0xcb, 0xed, 0x75, 0xcb, 0x84, 0xc0,
							    0x60, 0x40, 0xc1, 0x4c, 0xd6, 0xb9, 0x80, 0x49};
	const uint32_t want_sum = 0x11d2e28c;
	uint8_t text[2021], tag[AES_GCM_TAG_BYTES], aad[54];
	struct aes_gcm_ipsec *gcm;
	uint32_t sum = 0;
	bool good;

	for (size_t i = 0; i < sizeof text; i++)
		text[i] = (uint8_t)i;
	memcpy(aad, text, sizeof aad);
	if (aes_gcm_ipsec_new(&gcm) != PRIO_OK)
		return false;
	aes_gcm_ipsec_decrypt(gcm, (struct prio_mut){text, sizeof text}, tag, aad, aad + 16,
			      (struct prio_bytes){aad, sizeof aad});
	for (size_t i = 0; i < sizeof text; i++)
		sum = sum * 31 + text[i];
	good = memcmp(tag, want_tag, sizeof tag) == 0 && sum == want_sum;
	wipe(tag, sizeof tag);
	aes_gcm_ipsec_encrypt(gcm, (struct prio_mut){text, sizeof text}, tag, aad, aad + 16,
			      (struct prio_bytes){aad, sizeof aad});
	for (size_t i = 0; i < sizeof text; i++)
		good &= text[i] == (uint8_t)i;
	aes_gcm_ipsec_free(gcm);
	return good && memcmp(tag, want_tag, sizeof tag) == 0;
}
