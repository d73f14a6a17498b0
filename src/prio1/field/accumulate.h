/* accumulate: running sums, reduced seldom.
 *
 * In a sum each plane is added up by itself, in plain 64-bit numbers: FIELD_ACCUMULATE_MAX elements can be added to one
 * before its lower plane overflows. Whoever holds the sums counts, and reduces them in time. */
#ifndef PRIO1_FIELD_ACCUMULATE_H
#define PRIO1_FIELD_ACCUMULATE_H

#include "prio1/field/vector.h"

/* How many elements may be added to sums that were elements. */
#define FIELD_ACCUMULATE_MAX (((uint64_t)1 << (64 - FIELD_LO_BITS)) - 1)

/* field_accumulate: sums[i] += x[i], i below n. field_accumulate_reduce: make elements of sums again. CT: n alone. */
void field_accumulate(struct field_vector *sums, const struct field_vector *x, size_t n);
void field_accumulate_reduce(struct field_vector *sums, size_t n);

#endif
