/* The envelope alone: opening what the reference sealed; and sealing, which undoes opening. */
#include "prio1/seal/seal.h"
#include "tests/vectors/servers.h"

static void check_case(const json_t *record)
{
	struct prio_private_key key = vectors_key_pair(vectors_get(record, "key"));
	struct prio_mut sealed = vectors_base64(record, "ciphertext"), text;
	struct prio_bytes want = prio_bytes_of(vectors_hex(record, "plaintext_hex"));
	struct prio_mut original = vectors_copy(prio_bytes_of(sealed));
	struct x25519_shared dh, dh_again;
	struct seal seal;

	CHECK_STATUS(seal_init(&seal), PRIO_OK);
	CHECK(sealed.n == want.n + SEAL_OVERHEAD_BYTES);
	CHECK_STATUS(x25519_agree(&dh, key.bytes, sealed.p), PRIO_OK);
	dh_again = dh;
	CHECK_STATUS(seal_open(&seal, sealed, &dh, &text), PRIO_OK);
	vectors_same_bytes("plaintext", prio_bytes_of(text), want);

	/* Sealed with the same ephemeral key, of which the shared result is all that matters, the bytes are the
	 * same. */
	CHECK_STATUS(seal_close(&seal, sealed, &dh_again, original.p, original.p + SEAL_EPK_BYTES), PRIO_OK);
	vectors_same_bytes("ciphertext", prio_bytes_of(sealed), prio_bytes_of(original));
	seal_clear(&seal);
}

static void envelopes(void **unused)
{
	const json_t *file = vectors_open("encrypt.json"), *record;
	size_t i;

	(void)unused;
	json_array_foreach(vectors_get(file, "cases"), i, record) {
		vectors_at("encrypt.json, case %zu", i);
		check_case(record);
	}
	assert_int_equal(i, 5);
	vectors_all_read("encrypt.json");
}

int main(void)
{
	const struct CMUnitTest tests[] = {cmocka_unit_test_teardown(envelopes, vectors_release)};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
