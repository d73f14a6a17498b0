#include "prio1/field/vector.h"

#include "base/secret_alloc.h"
#include "base/wipe.h"

/* Bytes of one plane: whole lines of the cache. */
static size_t plane_bytes(size_t n)
{
	size_t bytes = (n + FIELD_VECTOR_SLACK) * sizeof(uint64_t);

	return (bytes + FIELD_VECTOR_ALIGN - 1) / FIELD_VECTOR_ALIGN * FIELD_VECTOR_ALIGN;
}

enum prio_status field_vector_init(struct field_vector *vector, size_t n)
{
	vector->lo = secret_alloc(plane_bytes(n));
	vector->hi = secret_alloc(plane_bytes(n));
	if (vector->lo != NULL && vector->hi != NULL)
		return PRIO_OK;
	field_vector_clear(vector, n);
	return PRIO_ERR_MEMORY;
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
	secret_free(vector->lo, plane_bytes(n));
	secret_free(vector->hi, plane_bytes(n));
	vector->lo = vector->hi = NULL;
}
