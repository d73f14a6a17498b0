/* keys: hexadecimal keys of either case, digests in manifests, and the shared secret: read back as written, and nothing
 * else is taken for one. Errors quote none of it.
 *
 * Input: the text. */
#include "fuzz/harness/fuzz.h"

#include <ctype.h>

#include "base/ct.h"
#include "pipeline/signed_json.h"
#include "prio/keys.h"

static bool is_hex(struct prio_bytes text, size_t n_digits)
{
	bool good = text.n == n_digits;

	for (size_t i = 0; i < text.n; i++)
		good = good && text.p[i] < 0x80 && isxdigit(text.p[i]) != 0;
	return good;
}

static void check_refused(enum prio_status status, const struct prio_error *error, struct prio_bytes text)
{
	FUZZ_CHECK(status == PRIO_ERR_KEY);
	fuzz_check_error(status, error);
	FUZZ_CHECK(text.n < 8 || memmem(error->text, strlen(error->text), text.p, text.n) == NULL);
}

static void check_key(struct prio_bytes text)
{
	struct prio_error error = {PRIO_OK, ""};
	struct prio_private_key private_key;
	struct prio_public_key key, other;
	char hex[PRIO_KEY_HEX_DIGITS + 1];
	enum prio_status status = prio_public_key_from_hex(&key, text, &error);

	FUZZ_CHECK((status == PRIO_OK) == is_hex(text, PRIO_KEY_HEX_DIGITS));
	if (status != PRIO_OK) {
		check_refused(status, &error, text);
		status = prio_private_key_from_hex(&private_key, text, NULL, &error);
		check_refused(status, &error, text);
		FUZZ_CHECK(ct_is_zero(&private_key, sizeof private_key));
		return;
	}
	prio_key_to_hex(hex, key.bytes);
	for (size_t i = 0; i < text.n; i++)
		FUZZ_CHECK(hex[i] == toupper(text.p[i]));

	FUZZ_OK(prio_private_key_from_hex(&private_key, text, NULL, NULL));
	FUZZ_CHECK(memcmp(private_key.bytes, key.bytes, sizeof key.bytes) == 0);
	other = private_key.public_key;
	FUZZ_OK(prio_private_key_from_hex(&private_key, text, &other, NULL));
	other.bytes[0] ^= 1;
	check_refused(prio_private_key_from_hex(&private_key, text, &other, &error), &error, text);
	FUZZ_CHECK(ct_is_zero(&private_key, sizeof private_key));
}

static void check_digest(struct prio_bytes text)
{
	char *copy = malloc(text.n + 1), hex[65];
	uint8_t digest[32];

	FUZZ_CHECK(copy != NULL);
	if (text.n > 0)
		memcpy(copy, text.p, text.n);
	copy[text.n] = '\0';
	bool good = hex_decode(digest, sizeof digest, copy);
	FUZZ_CHECK(good == is_hex(fuzz_text(copy), 64));
	if (good) {
		hex_encode(hex, digest, sizeof digest);
		for (size_t i = 0; i < 64; i++)
			FUZZ_CHECK(hex[i] == tolower((uint8_t)copy[i]));
	}
	free(copy);
}

static void check_secret(struct prio_bytes bytes)
{
	struct prio_error error = {PRIO_OK, ""};
	struct prio_shared_secret secret;
	enum prio_status status = prio_secret_from_bytes(&secret, bytes, &error);

	FUZZ_CHECK((status == PRIO_OK) == (bytes.n == PRIO_SECRET_BYTES));
	if (status == PRIO_OK)
		FUZZ_CHECK(memcmp(secret.bytes, bytes.p, bytes.n) == 0);
	else
		check_refused(status, &error, bytes);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	struct prio_mut text = fuzz_copy((struct prio_bytes){data, n});

	check_key(prio_bytes_of(text));
	check_digest(prio_bytes_of(text));
	check_secret(prio_bytes_of(text));
	free(text.p);
	return 0;
}
