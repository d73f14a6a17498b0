/* dot: the inner product of two vectors, reduced once at the end. Where a server spends its arithmetic. */
#ifndef PRIO1_FIELD_DOT_H
#define PRIO1_FIELD_DOT_H

#include "prio1/field/vector.h"

/* field_dot: the sum of x[i] * y[i], i below n. n at most 2^19. CT: depends on n alone. */
u128 field_dot(const struct field_vector *x, const struct field_vector *y, size_t n);

#endif
