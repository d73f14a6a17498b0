#include "prio1/field/field.h"

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
	u128 value = 0;

	for (size_t i = 0; i < FIELD_BYTES; i++)
		value = value << 8 | bytes[i];
	*x = value;
	return field_is_element(value);
}

void field_to_bytes(uint8_t bytes[FIELD_BYTES], u128 x)
{
	for (size_t i = FIELD_BYTES; i-- > 0; x >>= 8)
		bytes[i] = (uint8_t)x;
}
