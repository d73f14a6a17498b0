/* vector: many elements, in two planes: the lower 64 bits of each, and the rest. The form that kernels work on. */
#ifndef PRIO1_FIELD_VECTOR_H
#define PRIO1_FIELD_VECTOR_H

#include "prio/status.h"
#include "prio1/field/field.h"

enum {
	FIELD_VECTOR_ALIGN = 64, /* bytes, of either plane */
	FIELD_VECTOR_SLACK = 32, /* elements behind the last that kernels may overwrite and read */
};

struct field_vector {
	uint64_t *lo;
	uint64_t *hi;
};

/* field_vector_init: room for n elements and the slack, zeroed. PRIO_OK or PRIO_ERR_MEMORY (then it holds NULLs).
 * field_vector_clear: wipe and free; n as before. Fine on a zeroed struct. field_vector_wipe: wipe only, slack included. */
PRIO_MUST_USE enum prio_status field_vector_init(struct field_vector *vector, size_t n);
void field_vector_clear(struct field_vector *vector, size_t n);
void field_vector_wipe(struct field_vector *vector, size_t n);

static inline u128 field_vector_get(const struct field_vector *vector, size_t i)
{
	return ((u128)vector->hi[i] << 64) | vector->lo[i];
}

static inline void field_vector_set(struct field_vector *vector, size_t i, u128 x)
{
	vector->lo[i] = (uint64_t)x;
	vector->hi[i] = (uint64_t)(x >> 64);
}

#endif
