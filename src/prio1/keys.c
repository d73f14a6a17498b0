#include "prio/keys.h"

#include <string.h>

#include "base/ct.h"
#include "base/error.h"
#include "base/wipe.h"
#include "crypt/random.h"
#include "crypt/x25519.h"

enum prio_status prio_keygen(struct prio_private_key *key)
{
	enum prio_status status = random_bytes((struct prio_mut){key->bytes, sizeof key->bytes});

	if (status == PRIO_OK)
		status = x25519_public(key->public_key.bytes, key->bytes);
	if (status != PRIO_OK)
		wipe(key, sizeof *key);
	return status;
}

enum prio_status prio_secret_new(struct prio_shared_secret *secret)
{
	return random_bytes((struct prio_mut){secret->bytes, sizeof secret->bytes});
}

/* A digit's value without a look-up in a table or a branch; *bad becomes non-zero if it is none. */
static unsigned digit_value(uint8_t c, unsigned *bad)
{
	unsigned decimal = (unsigned)c - '0', letter = ((unsigned)c | 0x20) - 'a';
	unsigned is_decimal = decimal < 10, is_letter = letter < 6;

	*bad |= (is_decimal | is_letter) ^ 1;
	return (decimal & (0 - is_decimal)) | ((letter + 10) & (0 - is_letter));
}

/* what: for the message. */
static enum prio_status key_from_hex(uint8_t bytes[PRIO_KEY_BYTES], struct prio_bytes hex, const char *what,
				     struct prio_error *error)
{
	unsigned bad = 0;

	if (hex.n != PRIO_KEY_HEX_DIGITS)
		return error_set(error, PRIO_ERR_KEY, "a %s key is %d hexadecimal digits, this one has %zu characters", what,
				 PRIO_KEY_HEX_DIGITS, hex.n);
	for (size_t i = 0; i < PRIO_KEY_BYTES; i++) {
		unsigned high = digit_value(hex.p[2 * i], &bad);

		bytes[i] = (uint8_t)(high << 4 | digit_value(hex.p[2 * i + 1], &bad));
	}
	if (ct_reveal(bad) != 0)
		return error_set(error, PRIO_ERR_KEY,
				 "a %s key is %d hexadecimal digits, this one holds another character", what,
				 PRIO_KEY_HEX_DIGITS);
	return PRIO_OK;
}

enum prio_status prio_public_key_from_hex(struct prio_public_key *key, struct prio_bytes hex, struct prio_error *error)
{
	return key_from_hex(key->bytes, hex, "public", error);
}

enum prio_status prio_private_key_from_hex(struct prio_private_key *key, struct prio_bytes hex,
					   const struct prio_public_key *expected, struct prio_error *error)
{
	enum prio_status status = key_from_hex(key->bytes, hex, "private", error);

	if (status != PRIO_OK)
		goto fail;
	status = x25519_public(key->public_key.bytes, key->bytes);
	if (status != PRIO_OK) {
		error_set(error, status, "the public half of a private key could not be computed");
		goto fail;
	}
	if (expected != NULL && !ct_equal(expected->bytes, key->public_key.bytes, PRIO_KEY_BYTES)) {
		status = error_set(error, PRIO_ERR_KEY, "the private key does not belong to the public key given with it");
		goto fail;
	}
	return PRIO_OK;

fail:
	wipe(key, sizeof *key);
	return status;
}

void prio_key_to_hex(char hex[PRIO_KEY_HEX_DIGITS + 1], const uint8_t bytes[PRIO_KEY_BYTES])
{
	for (size_t i = 0; i < PRIO_KEY_HEX_DIGITS; i++) {
		unsigned nibble = (bytes[i / 2] >> (i % 2 == 0 ? 4 : 0)) & 0x0f;

		hex[i] = (char)('0' + nibble + (unsigned)(nibble > 9) * ('A' - '0' - 10));
	}
	hex[PRIO_KEY_HEX_DIGITS] = '\0';
}

enum prio_status prio_secret_from_bytes(struct prio_shared_secret *secret, struct prio_bytes bytes,
					struct prio_error *error)
{
	if (bytes.n != PRIO_SECRET_BYTES)
		return error_set(error, PRIO_ERR_KEY, "the shared secret must be exactly %d bytes, this one has %zu",
				 PRIO_SECRET_BYTES, bytes.n);
	memcpy(secret->bytes, bytes.p, PRIO_SECRET_BYTES);
	return PRIO_OK;
}
