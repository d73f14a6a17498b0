/* signed_json: a small JSON object that says who wrote it: manifests for the partner, the journal for ourselves.
 *
 *     {"content": {...}, "mac": "64 hexadecimal digits"}
 *
 * mac is HMAC-SHA-256, under HKDF-SHA-256(secret, label), of the object's key in its store, a zero byte, and the bytes of the
 * content as they stand there. The key stands in it, so an object cannot be moved to another name, date, server or stage, nor be
 * sent back to its writer. Around the content there is nothing but these bytes and one line feed, so that the code is checked
 * before anything is parsed: a stranger's JSON is not even looked at. */
#ifndef PIPELINE_SIGNED_JSON_H
#define PIPELINE_SIGNED_JSON_H

#include <jansson.h>

#include "prio/bytes.h"
#include "prio/status.h"

struct signer {
	struct prio_bytes secret;
	const char *label;
};

/* signed_json_make: the object's text, in fresh memory that the caller frees. A function of its arguments alone: the content is
 * written compact, with sorted members and ASCII alone. */
PRIO_MUST_USE enum prio_status signed_json_make(struct prio_mut *text, const json_t *content, const struct signer *signer,
						const char *key, struct prio_error *error);

/* signed_json_read: *content is the caller's (json_decref). PRIO_ERR_FORMAT: no such object. PRIO_ERR_MISMATCH: well made, but not
 * signed by this signer for this key. */
PRIO_MUST_USE enum prio_status signed_json_read(json_t **content, struct prio_bytes text, const struct signer *signer,
						const char *key, struct prio_error *error);

/* hex_encode: 2 n lower-case digits and a NUL. hex_decode: exactly 2 n digits of either case, else false. */
void hex_encode(char *out, const uint8_t *bytes, size_t n);
bool hex_decode(uint8_t *bytes, size_t n, const char *text);

#endif
