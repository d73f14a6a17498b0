/* ct: comparisons whose time does not depend on the bytes compared. */
#ifndef BASE_CT_H
#define BASE_CT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* ct_equal: are the n bytes at a and b the same? ct_is_zero: are the n bytes at p all zero? CT: depends on n alone. */
bool ct_equal(const void *a, const void *b, size_t n);
bool ct_is_zero(const void *p, size_t n);

#endif
