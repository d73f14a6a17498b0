#include "prio1/field/field.h"

#include "prio1/field/load.h"

u128 field_pow(u128 base, u128 exponent)
{
	u128 result = 1;

	for (; exponent != 0; exponent >>= 1) {
		if (exponent & 1)
			result = field_mul(result, base);
		base = field_mul(base, base);
	}
	return result;
}

/* a^(p-2), by Fermat. */
u128 field_inv(u128 a)
{
	return field_pow(a, FIELD_P - 2);
}

u128 field_root(unsigned log2_order)
{
	u128 root = ((u128)0x2597c1 << 64) | 0x4f48d5b65ed8dcca; /* order 2^19 */

	for (unsigned i = log2_order; i < FIELD_ROOT_LOG2_MAX; i++)
		root = field_mul(root, root);
	return root;
}

bool field_from_bytes(u128 *x, const uint8_t bytes[FIELD_BYTES])
{
	uint32_t top = (uint32_t)bytes[0] << 16 | (uint32_t)bytes[1] << 8 | bytes[2];

	*x = (u128)top << 64 | field_load_be64(bytes + 3);
	return field_is_element(*x);
}

void field_to_bytes(uint8_t bytes[FIELD_BYTES], u128 x)
{
	bytes[0] = (uint8_t)(x >> 80);
	bytes[1] = (uint8_t)(x >> 72);
	bytes[2] = (uint8_t)(x >> 64);
	field_store_be64(bytes + 3, (uint64_t)x);
}
