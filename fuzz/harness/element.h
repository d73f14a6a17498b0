/* element: field elements out of an input, 11 bytes each, taken again and again where there are too few; none at all give zeros. */
#ifndef FUZZ_HARNESS_ELEMENT_H
#define FUZZ_HARNESS_ELEMENT_H

#include "prio/bytes.h"
#include "prio1/field/field.h"

static inline u128 element(struct prio_bytes in, size_t i)
{
	size_t n = in.n / FIELD_BYTES;
	u128 x = 0;

	for (size_t k = 0; k < FIELD_BYTES && n > 0; k++)
		x = x << 8 | in.p[FIELD_BYTES * (i % n) + k];
	return field_reduce(x);
}

#endif
