/* base64: standard alphabet (RFC 4648, section 4), padded when written. */
#ifndef RECORD_BASE64_H
#define RECORD_BASE64_H

#include "prio/bytes.h"
#include "prio/status.h"

/* Room for the decoded form of n_text characters, and for the encoded form of n bytes (no NUL). */
static inline size_t base64_decoded_max(size_t n_text) { return n_text / 4 * 3 + 3; }
static inline size_t base64_encoded_bytes(size_t n) { return (n + 2) / 3 * 4; }

/* base64_decode: strict on a fast path; what that refuses is read again as deployed systems read it: white space (space,
 * tab, line feed, carriage return) anywhere is skipped, padding may be missing, bits after the last whole byte are ignored. A single character that is left
 * over holds no byte and is refused, as is anything behind the padding.
 *
 *   out        in: room, at least base64_decoded_max(text.n). Out: n is the decoded length. May not overlap text, except
 *              that out->p may equal text.p (decoding in place).
 *
 * Returns PRIO_OK or PRIO_REFUSED_BAD_BASE64 (content of out unspecified). Timing depends on the text's form only. */
PRIO_MUST_USE enum prio_status base64_decode(struct prio_mut *out, struct prio_bytes text);

/* base64_encode: writes base64_encoded_bytes(bytes.n) characters at out, no NUL. */
void base64_encode(uint8_t *out, struct prio_bytes bytes);

#endif
