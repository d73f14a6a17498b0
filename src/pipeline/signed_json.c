#include "pipeline/signed_json.h"

#include <stdlib.h>
#include <string.h>

#include "base/ct.h"
#include "base/error.h"
#include "base/wipe.h"
#include "crypt/hkdf.h"
#include "crypt/hmac.h"

enum { MAC_DIGITS = 2 * HMAC_BYTES };

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

static char *canonical(const json_t *content)
{
	return json_dumps(content, JSON_COMPACT | JSON_SORT_KEYS | JSON_ENSURE_ASCII);
}

static enum prio_status mac_of(uint8_t mac[HMAC_BYTES], const char *text, const struct signer *signer, const char *key)
{
	struct prio_bytes info = {(const uint8_t *)signer->label, strlen(signer->label)};
	struct prio_bytes parts[2] = {{(const uint8_t *)key, strlen(key) + 1}, {(const uint8_t *)text, strlen(text)}};
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
	char *text = canonical(content);
	uint8_t mac[HMAC_BYTES];
	char hex[MAC_DIGITS + 1];
	enum prio_status status = text == NULL ? PRIO_ERR_MEMORY : mac_of(mac, text, signer, key);

	if (status == PRIO_OK) {
		size_t room = strlen(text) + MAC_DIGITS + 32;

		hex_encode(hex, mac, sizeof mac);
		out->p = malloc(room);
		if (out->p == NULL)
			status = PRIO_ERR_MEMORY;
		else
			out->n = (size_t)snprintf((char *)out->p, room, "{\"content\":%s,\"mac\":\"%s\"}\n", text, hex);
	}
	free(text);
	if (status != PRIO_OK)
		error_set(error, status, "signing %s: %s", key, prio_status_sentence(status));
	return status;
}

enum prio_status signed_json_read(json_t **out, struct prio_bytes text, const struct signer *signer, const char *key,
				  struct prio_error *error)
{
	json_t *root = json_loadb((const char *)text.p, text.n, JSON_REJECT_DUPLICATES, NULL);
	json_t *content = json_object_get(root, "content");
	uint8_t expected[HMAC_BYTES];
	uint8_t mac[HMAC_BYTES];
	char *again = NULL;
	enum prio_status status = PRIO_ERR_FORMAT;

	if (!json_is_object(content) || !hex_decode(mac, sizeof mac, json_string_value(json_object_get(root, "mac")))) {
		error_set(error, status, "%s is damaged: it is not made as this program makes it", key);
		goto out;
	}
	again = canonical(content);
	status = again == NULL ? PRIO_ERR_MEMORY : mac_of(expected, again, signer, key);
	if (status != PRIO_OK)
		error_set(error, status, "checking %s: %s", key, prio_status_sentence(status));
	else if (!ct_equal(mac, expected, sizeof mac))
		status = error_set(error, PRIO_ERR_MISMATCH, "%s is not authentic", key);
	else
		*out = json_incref(content);
out:
	free(again);
	json_decref(root);
	return status;
}
