/* Each row is one way to be refused; the good envelope is a vector of the deployed library, so that a change on both sides
 * cannot hide. */
#include "tests/unit/cmocka_all.h"

#include "prio1/seal/seal.h"

enum { ENVELOPE_BYTES = SEAL_OVERHEAD_BYTES + 5 };

static const char private_key[] = "a328c48b3efb683ca7d0d3025284eae9bcd4e6d346150f0c4f0fb2ebe7a949dd";
static const char envelope[] = "fecfc958b5d7e730b23791d359098d935d4a919addcf64683b30df44ae58283071671180bce4fa4b0b9714f39010e711861"
			       "afc1b9895adbe498398825e4bff6bc7";
static const struct x25519_shared zero;

static const struct {
	const char *what;
	size_t at;  /* byte to flip; SIZE_MAX: none */
	size_t cut; /* bytes to cut from the end */
	enum prio_status want;
} cases[] = {
	{"as the reference sealed it", SIZE_MAX, 0, PRIO_OK},
	{"ephemeral key", 0, 0, PRIO_REFUSED_BAD_TAG},
	{"nonce", SEAL_EPK_BYTES, 0, PRIO_REFUSED_BAD_TAG},
	{"last byte of the nonce", SEAL_TEXT_AT - 1, 0, PRIO_REFUSED_BAD_TAG},
	{"first byte of text", SEAL_TEXT_AT, 0, PRIO_REFUSED_BAD_TAG},
	{"last byte of text", SEAL_TEXT_AT + 4, 0, PRIO_REFUSED_BAD_TAG},
	{"first byte of the tag", SEAL_TEXT_AT + 5, 0, PRIO_REFUSED_BAD_TAG},
	{"last byte of the tag", ENVELOPE_BYTES - 1, 0, PRIO_REFUSED_BAD_TAG},
	{"one byte short", SIZE_MAX, 1, PRIO_REFUSED_BAD_TAG},
	{"no text", SIZE_MAX, 5, PRIO_REFUSED_BAD_TAG},
	{"shorter than an empty envelope", SIZE_MAX, 6, PRIO_REFUSED_TRUNCATED},
	{"empty", SIZE_MAX, ENVELOPE_BYTES, PRIO_REFUSED_TRUNCATED},
	{"good again after all these", SIZE_MAX, 0, PRIO_OK},
};

static void refuses_what_it_should(void **unused)
{
	uint8_t key[32], epk[32];
	struct seal seal;

	(void)unused;
	unhex(key, private_key);
	ASSERT_OK(seal_init(&seal));
	for (size_t i = 0; i < COUNT_OF(cases); i++) {
		uint8_t sealed[ENVELOPE_BYTES];
		struct x25519_shared dh;
		struct prio_mut text;

		/* The shared secret stays that of the good key, so that only authentication can notice another. */
		assert_int_equal(unhex(sealed, envelope), sizeof sealed);
		memcpy(epk, sealed, sizeof epk);
		ASSERT_OK(x25519_agree(&dh, key, epk));
		if (cases[i].at != SIZE_MAX)
			sealed[cases[i].at] ^= 1;

		ASSERT_STATUS(cases[i].what,
			      seal_open(&seal, (struct prio_mut){sealed, sizeof sealed - cases[i].cut}, &dh, &text),
			      cases[i].want);
		assert_memory_equal(&dh, &zero, sizeof dh);
		if (cases[i].want == PRIO_OK) {
			assert_ptr_equal(text.p, sealed + SEAL_TEXT_AT);
			assert_int_equal(text.n, 5);
			assert_memory_equal(text.p, "hello", 5);
		} else {
			assert_memory_not_equal(sealed + SEAL_TEXT_AT, "hello", 5);
		}
	}
	seal_clear(&seal);
}

static void refuses_a_known_secret(void **unused)
{
	uint8_t sealed[SEAL_OVERHEAD_BYTES + 5] = {0}, epk[32] = {0}, iv[12] = {0}, zeros[5] = {0};
	struct x25519_shared dh = zero;
	struct prio_mut text;
	struct seal seal;

	(void)unused;
	ASSERT_OK(seal_init(&seal));
	ASSERT_STATUS("open", seal_open(&seal, (struct prio_mut){sealed, sizeof sealed}, &dh, &text),
		      PRIO_REFUSED_LOW_ORDER_KEY);
	memcpy(sealed + SEAL_TEXT_AT, "hello", 5);
	ASSERT_STATUS("close", seal_close(&seal, (struct prio_mut){sealed, sizeof sealed}, &dh, epk, iv), PRIO_ERR_KEY);
	assert_memory_equal(sealed + SEAL_TEXT_AT, zeros, 5);
	seal_clear(&seal);
}

/* Closing with the keys and nonce of the vector makes the vector: nothing in an envelope is left to chance. The ephemeral
 * private key is not known, but its agreement with the server's is. */
static void closes_as_the_reference(void **unused)
{
	uint8_t key[32], want[ENVELOPE_BYTES], sealed[ENVELOPE_BYTES];
	struct x25519_shared dh;
	struct seal seal;

	(void)unused;
	unhex(key, private_key);
	unhex(want, envelope);
	ASSERT_OK(seal_init(&seal));
	for (int round = 0; round < 2; round++) {
		memset(sealed, 0, sizeof sealed);
		memcpy(sealed + SEAL_TEXT_AT, "hello", 5);
		ASSERT_OK(x25519_agree(&dh, key, want));
		ASSERT_OK(seal_close(&seal, (struct prio_mut){sealed, sizeof sealed}, &dh, want, want + SEAL_EPK_BYTES));
		assert_memory_equal(sealed, want, sizeof want);
		assert_memory_equal(&dh, &zero, sizeof dh);
		seal_wipe(&seal);
	}
	ASSERT_OK(x25519_agree(&dh, key, want));
	ASSERT_STATUS("no room for an envelope",
		      seal_close(&seal, (struct prio_mut){sealed, SEAL_OVERHEAD_BYTES - 1}, &dh, want, want),
		      PRIO_ERR_ARGUMENT);
	seal_clear(&seal);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(refuses_what_it_should),
		cmocka_unit_test(refuses_a_known_secret),
		cmocka_unit_test(closes_as_the_reference),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
