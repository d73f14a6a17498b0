#include "net/jwt.h"

#include <stdlib.h>
#include <string.h>

#include <jansson.h>

#include "base/wipe.h"

/* base64url without padding (RFC 4648, section 5) after what out holds already. */
static enum prio_status add_base64url(char *out, size_t out_bytes, size_t *at, struct prio_bytes bytes)
{
	static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
	uint32_t bits = 0;
	unsigned n_bits = 0;

	if ((out_bytes - *at) / 4 < bytes.n / 3 + 2)
		return PRIO_ERR_TOO_LARGE;
	for (size_t i = 0; i < bytes.n; i++) {
		bits = bits << 8 | bytes.p[i];
		for (n_bits += 8; n_bits >= 6; n_bits -= 6)
			out[(*at)++] = digits[bits >> (n_bits - 6) & 63];
	}
	if (n_bits > 0)
		out[(*at)++] = digits[bits << (6 - n_bits) & 63];
	out[*at] = '\0';
	return PRIO_OK;
}

/* Takes the reference to part. */
static enum prio_status add_json(char *out, size_t out_bytes, size_t *at, json_t *part)
{
	char *text = part == NULL ? NULL : json_dumps(part, JSON_COMPACT);
	enum prio_status status = PRIO_ERR_MEMORY;

	if (text != NULL)
		status = add_base64url(out, out_bytes, at, (struct prio_bytes){(const uint8_t *)text, strlen(text)});
	free(text);
	json_decref(part);
	return status;
}

enum prio_status jwt_make(char *out, size_t out_bytes, const struct jwt_claims *claims, const struct rsa_key *key)
{
	uint8_t signature[RSA_SIGNATURE_BYTES_MAX];
	size_t n_signature, at = 0;
	enum prio_status status;

	status = add_json(out, out_bytes, &at, json_pack("{s:s,s:s,s:s*}", "alg", "RS256", "typ", "JWT", "kid", claims->key_id));
	if (status != PRIO_OK)
		goto out;
	out[at++] = '.';
	status = add_json(out, out_bytes, &at,
			  json_pack("{s:s,s:s,s:s,s:I,s:I}", "iss", claims->issuer, "scope", claims->scope, "aud", claims->audience,
				    "iat", (json_int_t)claims->now, "exp", (json_int_t)claims->now + JWT_LIFE_S));
	if (status != PRIO_OK)
		goto out;
	status = rsa_sign(key, signature, &n_signature, (struct prio_bytes){(const uint8_t *)out, at});
	if (status != PRIO_OK)
		goto out;
	out[at++] = '.';
	status = add_base64url(out, out_bytes, &at, (struct prio_bytes){signature, n_signature});
out:
	wipe(signature, sizeof signature);
	return status;
}
