/* Keys in text, both ways; secrets. */
#include "prio/keys.h"
#include "tests/vectors/differences.h"
#include "tests/vectors/vectors.h"

static struct prio_bytes bytes_of(const char *text)
{
	return (struct prio_bytes){(const uint8_t *)text, strlen(text)};
}

/* As read and as written: upper case in, the same out. */
static void check_pair(const json_t *pair)
{
	const char *private_hex = vectors_text(pair, "private_key"), *public_hex = vectors_text(pair, "public_key");
	char written[PRIO_KEY_HEX_DIGITS + 1];
	struct prio_public_key public_key;
	struct prio_private_key key;

	CHECK_STATUS(prio_public_key_from_hex(&public_key, bytes_of(public_hex), NULL), PRIO_OK);
	CHECK_STATUS(prio_private_key_from_hex(&key, bytes_of(private_hex), &public_key, NULL), PRIO_OK);
	prio_key_to_hex(written, key.bytes);
	assert_string_equal(written, private_hex);
	prio_key_to_hex(written, key.public_key.bytes);
	assert_string_equal(written, public_hex);
}

/* The two halves as a server's configuration gives them. */
static bool import_private(const json_t *import)
{
	const char *private_hex = vectors_text(import, "private_key"), *public_hex = vectors_text(import, "public_key");
	struct prio_public_key public_key;
	struct prio_private_key key;
	enum prio_status status = prio_public_key_from_hex(&public_key, bytes_of(public_hex), NULL);

	if (status == PRIO_OK)
		status = prio_private_key_from_hex(&key, bytes_of(private_hex), &public_key, NULL);
	CHECK(status == PRIO_OK || status == PRIO_ERR_KEY);
	return status == PRIO_OK;
}

static bool import_public(const json_t *import)
{
	struct prio_public_key public_key;
	enum prio_status status =
		prio_public_key_from_hex(&public_key, bytes_of(vectors_text(import, "public_key")), NULL);

	CHECK(json_is_null(vectors_get(import, "private_key")));
	CHECK(status == PRIO_OK || status == PRIO_ERR_KEY);
	return status == PRIO_OK;
}

static void check_import(const json_t *import)
{
	const char *kind = vectors_text(import, "kind"), *note = vectors_text(import, "note");
	bool is_public = strcmp(kind, "public") == 0, expected = vectors_bool(import, "import_ok");

	vectors_at("keys.json, %s key, %s", kind, note);
	CHECK(is_public || strcmp(kind, "private") == 0);
	if (vectors_differs("keys.json", "%s/%s", kind, note)) {
		CHECK(expected);
		expected = false;
	}
	CHECK((is_public ? import_public(import) : import_private(import)) == expected);
}

static void keys(void **unused)
{
	const json_t *file = vectors_open("keys.json"), *value;
	struct prio_shared_secret secret;
	size_t i;

	(void)unused;
	json_array_foreach(vectors_get(file, "key_pairs"), i, value) {
		vectors_at("keys.json, key pair %zu", i);
		check_pair(value);
	}
	json_array_foreach(vectors_get(file, "special_key_pairs"), i, value) {
		vectors_at("keys.json, special key pair %zu", i);
		check_pair(value);
	}
	json_array_foreach(vectors_get(file, "import_hex"), i, value)
		check_import(value);
	json_array_foreach(vectors_get(file, "shared_seeds"), i, value) {
		struct prio_mut bytes = vectors_base64_in(value);

		vectors_at("keys.json, shared seed %zu", i);
		CHECK_STATUS(prio_secret_from_bytes(&secret, prio_bytes_of(bytes), NULL), PRIO_OK);
		vectors_same_bytes("secret", (struct prio_bytes){secret.bytes, sizeof secret.bytes},
				   prio_bytes_of(bytes));
	}

	/* The original takes it and opens what was sealed to the real public half; here it does not get that far. */
	value = vectors_get(file, "private_key_imported_with_wrong_public_half");
	vectors_at("keys.json, wrong public half");
	CHECK(vectors_differs("keys.json", "private_key_imported_with_wrong_public_half"));
	CHECK(vectors_bool(value, "import_ok") &&
	      vectors_bool(value, "decrypts_message_encrypted_to_the_real_public_key"));
	CHECK(!import_private(value));

	vectors_all_differences_met("keys.json");
	vectors_all_read("keys.json");
}

int main(void)
{
	const struct CMUnitTest tests[] = {cmocka_unit_test_teardown(keys, vectors_release)};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
