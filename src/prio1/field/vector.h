/* vector: many elements, in two planes: the lower 48 bits of each, and the upper 40. The form that kernels work on.
 *
 * The cut lies between bytes, so that kernels make both planes of wire bytes by moving bytes alone; either part fits a
 * multiplier of 52 bits, sums of parts do too, and 2^16 parts add up in 64 bits without a carry from plane to plane. */
#ifndef PRIO1_FIELD_VECTOR_H
#define PRIO1_FIELD_VECTOR_H

#include "prio/status.h"
#include "prio1/field/field.h"

enum {
	FIELD_LO_BITS = 48,
	FIELD_HI_BITS = FIELD_BITS - FIELD_LO_BITS,
	FIELD_VECTOR_ALIGN = 64, /* bytes, of either plane */
	FIELD_VECTOR_SLACK = 32, /* elements behind the last that kernels may overwrite and read */
};

#define FIELD_LO_MASK (((uint64_t)1 << FIELD_LO_BITS) - 1)

/* In the vector of a sum parts may be larger (accumulate.h). */
struct field_vector {
	uint64_t *lo;
	uint64_t *hi;
};

/* field_vector_init: room for n elements and the slack, zeroed. PRIO_OK or PRIO_ERR_MEMORY (then it holds NULLs).
 * field_vector_clear: wipe and free; n as before. Fine on a zeroed struct. field_vector_wipe: wipe only, slack included. */
PRIO_MUST_USE enum prio_status field_vector_init(struct field_vector *vector, size_t n);
void field_vector_clear(struct field_vector *vector, size_t n);
void field_vector_wipe(struct field_vector *vector, size_t n);

/* field_vector_get: the element, or the number that it is in the vector of a sum. field_vector_set: x below 2^112. */
static inline u128 field_vector_get(const struct field_vector *vector, size_t i)
{
	return ((u128)vector->hi[i] << FIELD_LO_BITS) + vector->lo[i];
}

static inline void field_vector_set(struct field_vector *vector, size_t i, u128 x)
{
	vector->lo[i] = (uint64_t)x & FIELD_LO_MASK;
	vector->hi[i] = (uint64_t)(x >> FIELD_LO_BITS);
}

/* field_vector_from: what stands from element i on, as a vector of its own. */
static inline struct field_vector field_vector_from(const struct field_vector *vector, size_t i)
{
	struct field_vector rest = {vector->lo + i, vector->hi + i};

	return rest;
}

#endif
