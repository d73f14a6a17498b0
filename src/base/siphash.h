/* siphash: SipHash-2-4 with a code of 128 bits (Aumasson and Bernstein): a keyed hash of short strings, for tables. Who does not
 * know the key can neither aim at a code nor find two strings with one, and it takes a fifth of the time of an HMAC. */
#ifndef BASE_SIPHASH_H
#define BASE_SIPHASH_H

#include "prio/bytes.h"

enum { SIPHASH_KEY_BYTES = 16, SIPHASH_BYTES = 16 };

/* siphash: cannot fail. Thread-safe. CT: depends on the length alone. */
void siphash(uint8_t code[SIPHASH_BYTES], const uint8_t key[SIPHASH_KEY_BYTES], struct prio_bytes bytes);

#endif
