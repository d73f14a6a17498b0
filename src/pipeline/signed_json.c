#include "pipeline/signed_json.h"

#include <stdlib.h>
#include <string.h>

#include "base/ct.h"
#include "base/error.h"
#include "base/wipe.h"
#include "crypt/hkdf.h"
#include "crypt/hmac.h"

enum { MAC_DIGITS = 2 * HMAC_BYTES };

/* What stands around the two values. */
static const char head[] = "{\"content\":";
static const char middle[] = ",\"mac\":\"";
static const char tail[] = "\"}\n";

void hex_encode(char *out, const uint8_t *bytes, size_t n)
{
	static const char digits[] = "0123456789abcdef";

	for (size_t i = 0; i < n; i++) {
		out[2 * i] = digits[bytes[i] >> 4];
		out[2 * i + 1] = digits[bytes[i] & 15];
	}
	out[2 * n] = '\0';
}

static int digit_value(char c)
{
	return c >= '0' && c <= '9' ? c - '0' : c >= 'a' && c <= 'f' ? c - 'a' + 10 : c >= 'A' && c <= 'F' ? c - 'A' + 10 : -1;
}

bool hex_decode(uint8_t *bytes, size_t n, const char *text)
{
	if (text == NULL || strlen(text) != 2 * n)
		return false;
	for (size_t i = 0; i < n; i++) {
		int high = digit_value(text[2 * i]);
		int low = digit_value(text[2 * i + 1]);

		if (high < 0 || low < 0)
			return false;
		bytes[i] = (uint8_t)(high << 4 | low);
	}
	return true;
}

static enum prio_status mac_of(uint8_t mac[HMAC_BYTES], struct prio_bytes text, const struct signer *signer, const char *key)
{
	struct prio_bytes info = {(const uint8_t *)signer->label, strlen(signer->label)};
	struct prio_bytes parts[2] = {{(const uint8_t *)key, strlen(key) + 1}, text};
	struct hmac *hmac = NULL;
	uint8_t mac_key[32];
	enum prio_status status =
		hkdf_sha256((struct prio_mut){mac_key, sizeof mac_key}, signer->secret, (struct prio_bytes){NULL, 0}, info);

	if (status == PRIO_OK)
		status = hmac_new(&hmac, (struct prio_bytes){mac_key, sizeof mac_key});
	if (status == PRIO_OK)
		status = hmac_of(hmac, mac, parts, 2);
	hmac_free(hmac);
	wipe(mac_key, sizeof mac_key);
	return status;
}

enum prio_status signed_json_make(struct prio_mut *out, const json_t *content, const struct signer *signer, const char *key,
				  struct prio_error *error)
{
	char *text = json_dumps(content, JSON_COMPACT | JSON_SORT_KEYS | JSON_ENSURE_ASCII);
	size_t n = text == NULL ? 0 : strlen(text);
	uint8_t mac[HMAC_BYTES];
	char hex[MAC_DIGITS + 1];
	enum prio_status status = PRIO_ERR_MEMORY;

	if (text != NULL)
		status = mac_of(mac, (struct prio_bytes){(const uint8_t *)text, n}, signer, key);
	if (status == PRIO_OK) {
		size_t room = sizeof head - 1 + n + sizeof middle - 1 + MAC_DIGITS + sizeof tail;

		hex_encode(hex, mac, sizeof mac);
		out->p = malloc(room);
		if (out->p == NULL)
			status = PRIO_ERR_MEMORY;
		else
			out->n = (size_t)snprintf((char *)out->p, room, "%s%s%s%s%s", head, text, middle, hex, tail);
	}
	free(text);
	if (status != PRIO_OK)
		error_set(error, status, "signing %s: %s", key, prio_status_sentence(status));
	return status;
}

/* Does text end with these bytes? Takes them off. */
static bool take_end(struct prio_bytes *text, const char *end, size_t n)
{
	if (text->n < n || memcmp(text->p + text->n - n, end, n) != 0)
		return false;
	text->n -= n;
	return true;
}

/* The two values between the fixed pieces, nothing of which is parsed before the code is known to be right. */
static bool take_apart(struct prio_bytes text, struct prio_bytes *content, uint8_t mac[HMAC_BYTES])
{
	char hex[MAC_DIGITS + 1];

	if (text.n < sizeof head - 1 || memcmp(text.p, head, sizeof head - 1) != 0)
		return false;
	text.p += sizeof head - 1;
	text.n -= sizeof head - 1;
	if (!take_end(&text, tail, sizeof tail - 1) || text.n < MAC_DIGITS)
		return false;
	text.n -= MAC_DIGITS;
	memcpy(hex, text.p + text.n, MAC_DIGITS);
	hex[MAC_DIGITS] = '\0';
	*content = text;
	return hex_decode(mac, HMAC_BYTES, hex) && take_end(content, middle, sizeof middle - 1);
}

enum prio_status signed_json_read(json_t **out, struct prio_bytes text, const struct signer *signer, const char *key,
				  struct prio_error *error)
{
	struct prio_bytes content;
	uint8_t expected[HMAC_BYTES];
	uint8_t mac[HMAC_BYTES];
	json_t *parsed;
	enum prio_status status = PRIO_ERR_FORMAT;

	if (!take_apart(text, &content, mac))
		return error_set(error, status, "%s is damaged: it is not made as this program makes it", key);
	status = mac_of(expected, content, signer, key);
	if (status != PRIO_OK)
		return error_set(error, status, "checking %s: %s", key, prio_status_sentence(status));
	if (!ct_equal(mac, expected, sizeof mac))
		return error_set(error, PRIO_ERR_MISMATCH, "%s is not authentic", key);
	parsed = json_loadb((const char *)content.p, content.n, JSON_REJECT_DUPLICATES, NULL);
	if (!json_is_object(parsed)) {
		json_decref(parsed);
		return error_set(error, PRIO_ERR_FORMAT, "%s is signed, but holds no JSON object", key);
	}
	*out = parsed;
	return PRIO_OK;
}
