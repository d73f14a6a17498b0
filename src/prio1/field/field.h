/* field: the integers modulo p = 2^87 + 2^19 + 1 (FORMAT.md 1).
 *
 * An element is a u128 below p; every function takes elements and returns elements unless it says otherwise. None of them
 * branches on a value or uses one as an index (CT), but for the exponent of field_pow, which is public everywhere.
 *
 * Reduction: 2^87 = -(2^19 + 1) mod p. A number is cut at bit 87, and its upper part, times 2^19 + 1, subtracted from the
 * lower one; twice for a product of two elements, whose upper part has 89 bits. */
#ifndef PRIO1_FIELD_H
#define PRIO1_FIELD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

__extension__ typedef unsigned __int128 u128;

enum {
	FIELD_BYTES = 11,
	FIELD_BITS = 88,
	FIELD_ROOT_LOG2_MAX = 19, /* roots of unity of order 2^19 exist, none of order 2^20 */
};

#define FIELD_P (((u128)1 << 87) + ((u128)1 << 19) + 1)
#define FIELD_MASK87 (((u128)1 << 87) - 1)

/* field_all_or_none: p if bit is 1, zero if it is 0. The compiler is kept from seeing that there are but two cases, because it
 * would make a branch of them. */
static inline u128 field_all_or_none(uint64_t bit)
{
	uint64_t mask = 0 - bit;

	__asm__("" : "+r"(mask));
	return ((u128)((uint64_t)(FIELD_P >> 64) & mask) << 64) | ((uint64_t)FIELD_P & mask);
}

/* x, a small negative number modulo 2^128 or an element, to an element: the topmost bit says which. */
static inline u128 field_from_difference(u128 x)
{
	return x + field_all_or_none((uint64_t)(x >> 127));
}

/* field_is_element: is x below p? For values from outside. */
static inline bool field_is_element(u128 x)
{
	return x < FIELD_P;
}

/* x below 2 p to an element. */
static inline u128 field_once(u128 x)
{
	return field_from_difference(x - FIELD_P);
}

static inline u128 field_add(u128 a, u128 b)
{
	return field_once(a + b);
}

static inline u128 field_sub(u128 a, u128 b)
{
	return field_from_difference(a - b);
}

static inline u128 field_neg(u128 a)
{
	return field_sub(0, a);
}

/* field_half: the element that, doubled, is a. p is odd, so an odd a becomes even by adding it. */
static inline u128 field_half(u128 a)
{
	return (a + field_all_or_none((uint64_t)a & 1)) >> 1;
}

/* field_reduce_wide: high * 2^128 + low to an element; high below 2^50. */
static inline u128 field_reduce_wide(uint64_t high, u128 low)
{
	u128 upper = ((u128)high << 41) | (low >> 87);            /* below 2^91 */
	u128 product = (upper << 19) + upper;                     /* below 2^111, stands for a subtraction */
	u128 again = product >> 87;                               /* below 2^24, stands for an addition */
	u128 x = (low & FIELD_MASK87) + FIELD_P - (product & FIELD_MASK87) + (again << 19) + again;

	return field_once(field_once(x)); /* x was below 2^87 + p + 2^44 */
}

/* field_reduce: any x to an element. */
static inline u128 field_reduce(u128 x)
{
	return field_reduce_wide(0, x);
}

static inline u128 field_mul(u128 a, u128 b)
{
	uint64_t a0 = (uint64_t)a, a1 = (uint64_t)(a >> 64), b0 = (uint64_t)b, b1 = (uint64_t)(b >> 64);
	u128 low = (u128)a0 * b0;
	u128 middle = (u128)a0 * b1 + (u128)a1 * b0;
	u128 sum = low + (middle << 64);

	return field_reduce_wide((uint64_t)(middle >> 64) + a1 * b1 + (sum < low), sum);
}

/* field_pow: base to the exponent, which is no secret. field_inv: one over a; of zero: zero. */
u128 field_pow(u128 base, u128 exponent);
u128 field_inv(u128 a);

/* field_root: the root of unity of order 2^log2_order, 0 to FIELD_ROOT_LOG2_MAX: a power of the deployed generator. */
u128 field_root(unsigned log2_order);

/* field_from_bytes: 11 big-endian bytes; true if they are an element (*x is set in any case).
 * field_to_bytes: the reverse, for an element. */
bool field_from_bytes(u128 *x, const uint8_t bytes[FIELD_BYTES]);
void field_to_bytes(uint8_t bytes[FIELD_BYTES], u128 x);

#endif
