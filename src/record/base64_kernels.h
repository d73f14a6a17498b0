/* base64_kernels: the inner loop of base64_decode, one function a kind of processor. */
#ifndef RECORD_BASE64_KERNELS_H
#define RECORD_BASE64_KERNELS_H

#include "prio/bytes.h"

/* base64_decode_strict: decode whole groups of four characters of the alphabet, from the first on, and stop at the end or
 * before the first group that holds anything else (padding, white space, a character that is not of the alphabet).
 *
 *   out    room for text.n / 4 * 3 bytes; out == text.p is fine: no byte is written at or behind a character that has not
 *          been read.
 *
 * Returns the number of characters taken, a multiple of four; three quarters of it are the bytes written. A kernel may stop
 * up to 256 characters earlier than it could: the caller reads the rest with care. */
size_t base64_decode_strict(uint8_t *out, struct prio_bytes text);

#endif
