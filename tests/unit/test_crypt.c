/* Published vectors of every primitive, and that kept contexts do not remember what they should forget. */
#include "tests/unit/cmocka_all.h"

#include "crypt/aes_ctr.h"
#include "crypt/aes_gcm.h"
#include "crypt/hkdf.h"
#include "crypt/hmac.h"
#include "crypt/random.h"
#include "crypt/sha256.h"
#include "crypt/x25519.h"

static struct prio_bytes text(const char *s)
{
	return (struct prio_bytes){(const uint8_t *)s, strlen(s)};
}

/* FIPS 180-4 examples. */
static void sha256_examples(void **unused)
{
	static const char abc[] = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad";
	uint8_t digest[SHA256_BYTES];
	struct sha256 *sha;

	(void)unused;
	ASSERT_OK(sha256(digest, text("abc")));
	assert_bytes(digest, abc);
	ASSERT_OK(sha256(digest, text("")));
	assert_bytes(digest, "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");

	ASSERT_OK(sha256_new(&sha));
	for (int round = 0; round < 3; round++) {
		const struct prio_bytes parts[] = {text("a"), text(""), text("bc")};

		ASSERT_OK(sha256_of(sha, digest, parts, 3));
		assert_bytes(digest, abc);
		ASSERT_OK(sha256_begin(sha));
		ASSERT_OK(sha256_add(sha, text("ab")));
		ASSERT_OK(sha256_begin(sha)); /* begun anew: the ab is gone */
		ASSERT_OK(sha256_add(sha, text("abc")));
		ASSERT_OK(sha256_end(sha, digest));
		assert_bytes(digest, abc);
	}
	sha256_free(sha);
	sha256_free(NULL);
}

/* RFC 4231, cases 1, 2, 6 (key longer than a block) and 7. */
static void hmac_examples(void **unused)
{
	uint8_t key[131], code[HMAC_BYTES];
	struct hmac *hmac;

	(void)unused;
	memset(key, 0x0b, 20);
	ASSERT_OK(hmac_sha256(code, (struct prio_bytes){key, 20}, text("Hi There")));
	assert_bytes(code, "b0344c61d8db38535ca8afceaf0bf12b881dc200c9833da726e9376c2e32cff7");

	ASSERT_OK(hmac_new(&hmac, text("Jefe")));
	for (int round = 0; round < 3; round++) {
		const struct prio_bytes parts[] = {text("what do ya want "), text("for nothing?")};

		ASSERT_OK(hmac_of(hmac, code, parts, 2));
		assert_bytes(code, "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843");
	}
	hmac_free(hmac);

	memset(key, 0xaa, sizeof key);
	ASSERT_OK(hmac_sha256(code, (struct prio_bytes){key, sizeof key},
			      text("Test Using Larger Than Block-Size Key - Hash Key First")));
	assert_bytes(code, "60e431591ee0b67f0d8a26aacbf5b77f8e0bc6213728c5140546040f0ee37f54");
	ASSERT_OK(hmac_sha256(code, (struct prio_bytes){key, sizeof key},
			      text("This is a test using a larger than block-size key and a larger than block-size data. "
				   "The key needs to be hashed before being used by the HMAC algorithm.")));
	assert_bytes(code, "9b09ffa71b942fcb27635fbcd5b0e944bfdc63644f0713938a7f51535c3a35e2");
	hmac_free(NULL);
}

/* RFC 5869, cases 1, 2 and 3. */
static void hkdf_examples(void **unused)
{
	uint8_t secret[80], salt[80], info[80], out[82], too_long[HKDF_OUT_BYTES_MAX + 1];

	(void)unused;
	memset(secret, 0x0b, 22);
	unhex(salt, "000102030405060708090a0b0c");
	unhex(info, "f0f1f2f3f4f5f6f7f8f9");
	ASSERT_OK(hkdf_sha256((struct prio_mut){out, 42}, (struct prio_bytes){secret, 22}, (struct prio_bytes){salt, 13},
			      (struct prio_bytes){info, 10}));
	assert_bytes(out, "3cb25f25faacd57a90434f64d0362f2a2d2d0a90cf1a5a4c5db02d56ecc4c5bf34007208d5b887185865");

	ASSERT_OK(hkdf_sha256((struct prio_mut){out, 42}, (struct prio_bytes){secret, 22}, text(""), text("")));
	assert_bytes(out, "8da4e775a563c18f715f802a063c5a31b8a11f5c5ee1879ec3454e5f3c738d2d9d201395faa4b61a96c8");

	for (uint8_t i = 0; i < 80; i++) {
		secret[i] = i;
		salt[i] = (uint8_t)(0x60 + i);
		info[i] = (uint8_t)(0xb0 + i);
	}
	ASSERT_OK(hkdf_sha256((struct prio_mut){out, 82}, (struct prio_bytes){secret, 80}, (struct prio_bytes){salt, 80},
			      (struct prio_bytes){info, 80}));
	assert_bytes(out, "b11e398dc80327a1c8e7f78c596a49344f012eda2d4efad8a050cc4c19afa97c59045a99cac7827271cb41c65e590e09"
			  "da3275600c2f09b8367793a9aca3db71cc30c58179ec3e87c14c01d5c1f3434f1d87");

	ASSERT_OK(hkdf_sha256((struct prio_mut){too_long, HKDF_OUT_BYTES_MAX}, text("s"), text(""), text("")));
	ASSERT_STATUS("one byte too many", hkdf_sha256((struct prio_mut){too_long, sizeof too_long}, text("s"), text(""), text("")),
		      PRIO_ERR_ARGUMENT);
	ASSERT_STATUS("nothing", hkdf_sha256((struct prio_mut){out, 0}, text("s"), text(""), text("")), PRIO_ERR_ARGUMENT);
}

/* The counter runs through all its bytes: pieces of any length are one stream. */
static void ctr_pieces_are_one_stream(void **unused)
{
	static const uint8_t key[AES_CTR_KEY_BYTES] = {7};
	static uint8_t whole[20000], pieces[20000];
	struct aes_ctr *ctr;

	(void)unused;
	ASSERT_OK(aes_ctr_new(&ctr));
	ASSERT_OK(aes_ctr_start(ctr, key, 0));
	ASSERT_OK(aes_ctr_next(ctr, (struct prio_mut){whole, sizeof whole}));
	ASSERT_OK(aes_ctr_start(ctr, key, 0));
	for (size_t at = 0, n = 1; at < sizeof pieces; at += n, n = n * 3 + 1) {
		n = n < sizeof pieces - at ? n : sizeof pieces - at;
		ASSERT_OK(aes_ctr_next(ctr, (struct prio_mut){pieces + at, n}));
	}
	assert_memory_equal(whole, pieces, sizeof whole);
	aes_ctr_free(ctr);
	aes_ctr_free(NULL);
}

/* The GCM specification's cases 1, 2 and 4 (AES-128), 13, 14 and 16 (AES-256). */
static const struct {
	size_t key_bytes;
	const char *key, *iv, *aad, *plain, *sealed, *tag;
} gcm_cases[] = {
	{16, "00000000000000000000000000000000", "000000000000000000000000", "", "", "",
	 "58e2fccefa7e3061367f1d57a4e7455a"},
	{16, "00000000000000000000000000000000", "000000000000000000000000", "", "00000000000000000000000000000000",
	 "0388dace60b6a392f328c2b971b2fe78", "ab6e47d42cec13bdf53a67b21257bddf"},
	{16, "feffe9928665731c6d6a8f9467308308", "cafebabefacedbaddecaf888", "feedfacedeadbeeffeedfacedeadbeefabaddad2",
	 "d9313225f88406e5a55909c5aff5269a86a7a9531534f7da2e4c303d8a318a721c3c0c95956809532fcf0e2449a6b525b16aedf5aa0de657"
	 "ba637b39",
	 "42831ec2217774244b7221b784d0d49ce3aa212f2c02a4e035c17e2329aca12e21d514b25466931c7d8f6a5aac84aa051ba30b396a0aac97"
	 "3d58e091",
	 "5bc94fbc3221a5db94fae95ae7121a47"},
	{32, "0000000000000000000000000000000000000000000000000000000000000000", "000000000000000000000000", "", "", "",
	 "530f8afbc74536b9a963b4f1c4cb738b"},
	{32, "0000000000000000000000000000000000000000000000000000000000000000", "000000000000000000000000", "",
	 "00000000000000000000000000000000", "cea7403d4d606b6e074ec5d3baf39d18", "d0d1c8a799996bf0265b98b5d48ab919"},
	{32, "feffe9928665731c6d6a8f9467308308feffe9928665731c6d6a8f9467308308", "cafebabefacedbaddecaf888",
	 "feedfacedeadbeeffeedfacedeadbeefabaddad2",
	 "d9313225f88406e5a55909c5aff5269a86a7a9531534f7da2e4c303d8a318a721c3c0c95956809532fcf0e2449a6b525b16aedf5aa0de657"
	 "ba637b39",
	 "522dc1f099567d07f47f37a32a84427d643a8cdcbfe5c0c97598a2bd2555d1aa8cb08e48590dbb3da7b08b1056828838c5f61e6393ba7a0a"
	 "bcc9f662",
	 "76fc6ece0f4e1768cddf8853bb2d551b"},
};

static void gcm_examples(void **unused)
{
	struct aes_gcm *gcms[2];

	(void)unused;
	ASSERT_OK(aes_gcm_new(&gcms[0], AES128_KEY_BYTES));
	ASSERT_OK(aes_gcm_new(&gcms[1], AES256_KEY_BYTES));
	for (size_t i = 0; i < COUNT_OF(gcm_cases); i++) {
		struct aes_gcm *gcm = gcms[gcm_cases[i].key_bytes == AES256_KEY_BYTES];
		uint8_t key[32], iv[12], aad[32], buffer[64], tag[16], zeros[64] = {0};
		size_t n_aad = unhex(aad, gcm_cases[i].aad), n = unhex(buffer, gcm_cases[i].plain);
		struct prio_mut body = {buffer, n};

		unhex(key, gcm_cases[i].key);
		unhex(iv, gcm_cases[i].iv);
		ASSERT_OK(aes_gcm_seal(gcm, body, tag, key, iv, (struct prio_bytes){aad, n_aad}));
		assert_bytes(buffer, gcm_cases[i].sealed);
		assert_bytes(tag, gcm_cases[i].tag);
		aes_gcm_forget(gcm);

		ASSERT_OK(aes_gcm_open(gcm, body, tag, key, iv, (struct prio_bytes){aad, n_aad}));
		assert_bytes(buffer, gcm_cases[i].plain);

		/* A wrong tag: refused, and no plaintext is left. The context is good for the next call. */
		unhex(buffer, gcm_cases[i].sealed);
		tag[15] ^= 1;
		ASSERT_STATUS("wrong tag", aes_gcm_open(gcm, body, tag, key, iv, (struct prio_bytes){aad, n_aad}),
			      PRIO_REFUSED_BAD_TAG);
		assert_memory_equal(buffer, zeros, n);
	}
	aes_gcm_free(gcms[0]);
	aes_gcm_free(gcms[1]);
	aes_gcm_free(NULL);
	ASSERT_STATUS("a key of 24 bytes", aes_gcm_new(&gcms[0], 24), PRIO_ERR_ARGUMENT);
}

/* Every short length, so that all of the wide loops' rests occur, and a share's; opened where OpenSSL sealed it, and refused with
 * any one bit of it changed. */
static void gcm_opens_what_was_sealed(void **unused)
{
	static uint8_t plain[50000], text[50000];
	uint8_t key[16] = {1, 2, 3}, iv[12] = {4, 5}, aad[54], tag[16], zero[64] = {0};
	struct aes_gcm *gcm;
	uint64_t state = 5;

	(void)unused;
	for (size_t i = 0; i < sizeof plain; i++)
		plain[i] = (uint8_t)next_number(&state);
	memcpy(aad, plain, sizeof aad);
	ASSERT_OK(aes_gcm_new(&gcm, AES128_KEY_BYTES));
	for (size_t n = 0; n <= sizeof text; n = n < 1100 ? n + 1 : n + 6987) {
		struct prio_mut body = {text, n};
		struct prio_bytes head = {aad, n % (sizeof aad + 1)};

		key[0]++;
		memcpy(text, plain, n);
		ASSERT_OK(aes_gcm_seal(gcm, body, tag, key, iv, head));
		ASSERT_OK(aes_gcm_open(gcm, body, tag, key, iv, head));
		assert_memory_equal(text, plain, n);

		ASSERT_OK(aes_gcm_seal(gcm, body, tag, key, iv, head));
		uint8_t *changed = n > 0 && n % 2 == 0 ? text + next_number(&state) % n : tag + n % 16;
		*changed ^= (uint8_t)(1 << n % 8);
		ASSERT_STATUS("changed", aes_gcm_open(gcm, body, tag, key, iv, head), PRIO_REFUSED_BAD_TAG);
		assert_memory_equal(text, zero, n < sizeof zero ? n : sizeof zero);
	}
	aes_gcm_forget(gcm);
	aes_gcm_free(gcm);
}

/* RFC 7748, 6.1, and the points whose result is known to everyone. */
static void x25519_examples(void **unused)
{
	static const char *const low_order[] = {
		"0000000000000000000000000000000000000000000000000000000000000000",
		"0100000000000000000000000000000000000000000000000000000000000000",
		"e0eb7a7c3b41b8ae1656e3faf19fc46ada098deb9c32b1fd866205165f49b800",
		"5f9c95bca3508c24b1d0b1559c83ef5b04445cc4581c8e86d8224eddd09f1157",
		"ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
		"edffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
		"eeffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
	};
	static const char agreed[] = "4a5d9d5ba4ce2de1728e3bf480350f25e07e21c947d19e3376f09b3c1e161742";
	uint8_t alice[32], bob[32], alice_public[32], bob_public[32], high_bit[32], low[COUNT_OF(low_order)][32];
	const uint8_t *keys[2 + COUNT_OF(low_order)] = {bob_public, high_bit};
	struct x25519_shared shared[2 + COUNT_OF(low_order)];
	const struct x25519_shared zero = {{0}};
	struct x25519 *x25519;

	(void)unused;
	unhex(alice, "77076d0a7318a57d3c16c17251b26645df4c2f87ebc0992ab177fba51db92c2a");
	unhex(bob, "5dab087e624a8a4b79e17f8b83800ee66f3bb1292618b6fd1c2f8b27ff88e0eb");
	ASSERT_OK(x25519_public(alice_public, alice));
	assert_bytes(alice_public, "8520f0098930a754748b7ddcb43ef75a0dbf3a0d26381af4eba4a98eaa9b4e6a");
	ASSERT_OK(x25519_public(bob_public, bob));
	assert_bytes(bob_public, "de9edb7d7b7dc1b4d35b61c2ece435373f8343c85b78674dadfc7e146f882b4f");
	ASSERT_OK(x25519_agree(&shared[0], bob, alice_public));
	assert_bytes(shared[0].bytes, agreed);

	/* Good keys and low-order ones in one call do not disturb each other, in this order or the other. */
	memcpy(high_bit, bob_public, sizeof high_bit);
	high_bit[31] |= 0x80;
	for (size_t i = 0; i < COUNT_OF(low_order); i++) {
		unhex(low[i], low_order[i]);
		low[i][31] |= i % 2 == 0 ? 0x80 : 0;
		keys[2 + i] = low[i];
	}
	ASSERT_OK(x25519_new(&x25519, alice));
	for (int round = 0; round < 2; round++) {
		ASSERT_OK(x25519_many(x25519, shared, keys, COUNT_OF(keys)));
		assert_bytes(shared[0].bytes, agreed);
		assert_bytes(shared[1].bytes, agreed);
		for (size_t i = 2; i < COUNT_OF(keys); i++)
			assert_memory_equal(&shared[i], &zero, sizeof zero);
	}
	x25519_free(x25519);
	x25519_free(NULL);
}

static void random_is_not_constant(void **unused)
{
	uint8_t one[32] = {0}, other[32] = {0};

	(void)unused;
	ASSERT_OK(random_bytes((struct prio_mut){one, sizeof one}));
	ASSERT_OK(random_bytes((struct prio_mut){other, sizeof other}));
	assert_memory_not_equal(one, other, sizeof one);
	ASSERT_OK(random_bytes((struct prio_mut){one, 0}));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(sha256_examples), cmocka_unit_test(hmac_examples),
		cmocka_unit_test(hkdf_examples),   cmocka_unit_test(ctr_pieces_are_one_stream),
		cmocka_unit_test(gcm_examples),   cmocka_unit_test(gcm_opens_what_was_sealed),
		    cmocka_unit_test(x25519_examples),
		cmocka_unit_test(random_is_not_constant),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
