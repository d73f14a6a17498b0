#include "prio1/field/vector.h"

#include <stdlib.h>
#include <string.h>

#include "base/wipe.h"

/* Bytes of one plane. aligned_alloc wants a multiple of the alignment. */
static size_t plane_bytes(size_t n)
{
	size_t bytes = (n + FIELD_VECTOR_SLACK) * sizeof(uint64_t);

	return (bytes + FIELD_VECTOR_ALIGN - 1) / FIELD_VECTOR_ALIGN * FIELD_VECTOR_ALIGN;
}

enum prio_status field_vector_init(struct field_vector *vector, size_t n)
{
	vector->lo = aligned_alloc(FIELD_VECTOR_ALIGN, plane_bytes(n));
	vector->hi = aligned_alloc(FIELD_VECTOR_ALIGN, plane_bytes(n));
	if (vector->lo == NULL || vector->hi == NULL) {
		free(vector->lo);
		free(vector->hi);
		vector->lo = vector->hi = NULL;
		return PRIO_ERR_MEMORY;
	}
	memset(vector->lo, 0, plane_bytes(n));
	memset(vector->hi, 0, plane_bytes(n));
	return PRIO_OK;
}

void field_vector_wipe(struct field_vector *vector, size_t n)
{
	if (vector->lo == NULL)
		return;
	wipe(vector->lo, plane_bytes(n));
	wipe(vector->hi, plane_bytes(n));
}

void field_vector_clear(struct field_vector *vector, size_t n)
{
	field_vector_wipe(vector, n);
	free(vector->lo);
	free(vector->hi);
	vector->lo = vector->hi = NULL;
}
