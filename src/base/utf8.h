/* utf8: well-formed UTF-8 as RFC 3629 has it: no overlong forms, no surrogates, nothing above U+10FFFF. */
#ifndef BASE_UTF8_H
#define BASE_UTF8_H

#include <stdbool.h>

#include "prio/bytes.h"

/* utf8_decode: the code point at the beginning of text (text.n > 0). Returns how many bytes it takes, 0 if they are broken. */
size_t utf8_decode(uint32_t *code_point, struct prio_bytes text);

/* utf8_is_valid: is all of it well-formed? */
bool utf8_is_valid(struct prio_bytes text);

#endif
