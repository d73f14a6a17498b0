/* x25519_radix51: the field modulo p = 2^255 - 19 and the Montgomery ladder in vector lanes, for multipliers of 52
 * bits.
 *
 * An element is five limbs of 51 bits. The two multiply-adds give the low 52 bits of a product of limbs i and j, for
 * column i + j, and the rest, which weighs 2^52 and so counts twice in column i + j + 1. Columns past the end count 19
 * times (2^255 = 19).
 *
 * Bounds. "Carried" limbs are below 2^51 + 2^15, so that the multiplier, which looks at 52 bits, sees all of them:
 * factors are carried. A product's columns are below 2^59.4 before their carries ("wide"). Wide elements are added and
 * subtracted as they are, and carried once afterwards. */
#ifndef CRYPT_X25519_RADIX51_H
#define CRYPT_X25519_RADIX51_H

#include "cpu/vec64.h"

#ifdef __AVX512IFMA__

enum { FE_LIMBS = 5, FE_LIMB_BITS = 51 };

struct fe {
	vec64 limb[FE_LIMBS];
};

#define FE_LIMB_MASK ((UINT64_C(1) << FE_LIMB_BITS) - 1)

/* c plus the low 52 bits of a b, and c plus the rest. */
VEC64_INLINE vec64 add_low(vec64 c, vec64 a, vec64 b)
{
	return _mm512_madd52lo_epu64(c, a, b);
}
VEC64_INLINE vec64 add_high(vec64 c, vec64 a, vec64 b)
{
	return _mm512_madd52hi_epu64(c, a, b);
}

VEC64_INLINE vec64 twice(vec64 a)
{
	return vec64_add(a, a);
}

/* Limbs below 2^63.9 to carried ones: every limb gives to the next one, all at once. */
VEC64_INLINE struct fe fe_carry(struct fe a)
{
	const vec64 mask = vec64_all(FE_LIMB_MASK);
	vec64 carry[FE_LIMBS];

	EACH_UNROLLED(i, 0, FE_LIMBS) {
		carry[i] = _mm512_srli_epi64(a.limb[i], FE_LIMB_BITS);
		a.limb[i] = vec64_and(a.limb[i], mask);
	}
	EACH_UNROLLED(i, 1, FE_LIMBS)
		a.limb[i] = vec64_add(a.limb[i], carry[i - 1]);
	a.limb[0] = add_low(a.limb[0], carry[FE_LIMBS - 1], vec64_all(19));
	return a;
}

/* Ten columns to five. gcc makes a multiplication by a known 19 into shifts and additions, which take longer here. */
VEC64_INLINE struct fe fe_fold(const vec64 column[2 * FE_LIMBS])
{
	vec64 nineteen = vec64_all(19);
	struct fe r;

	__asm__("" : CPU_IN_REGISTER(nineteen));
	EACH_UNROLLED(k, 0, FE_LIMBS)
		r.limb[k] = vec64_add(column[k], _mm512_mullo_epi64(column[k + FE_LIMBS], nineteen));
	return r;
}

/* a b, wide. */
VEC64_INLINE struct fe fe_mul_wide(const struct fe *a, const struct fe *b)
{
	vec64 column[2 * FE_LIMBS];

	EACH_UNROLLED(k, 0, 2 * FE_LIMBS)
		column[k] = vec64_all(0);
	EACH_UNROLLED(i, 0, FE_LIMBS) {
		EACH_UNROLLED(j, 0, FE_LIMBS)
			column[i + j + 1] = add_high(column[i + j + 1], a->limb[i], b->limb[j]);
	}
	EACH_UNROLLED(k, 1, 2 * FE_LIMBS)
		column[k] = twice(column[k]);
	EACH_UNROLLED(i, 0, FE_LIMBS) {
		EACH_UNROLLED(j, 0, FE_LIMBS)
			column[i + j] = add_low(column[i + j], a->limb[i], b->limb[j]);
	}
	return fe_fold(column);
}

/* a a, wide: pairs i < j once, then doubled. */
VEC64_INLINE struct fe fe_square_wide(const struct fe *a)
{
	vec64 column[2 * FE_LIMBS];

	EACH_UNROLLED(k, 0, 2 * FE_LIMBS)
		column[k] = vec64_all(0);
	EACH_UNROLLED(i, 0, FE_LIMBS) {
		EACH_UNROLLED(j, i + 1, FE_LIMBS)
			column[i + j + 1] = add_high(column[i + j + 1], a->limb[i], a->limb[j]);
	}
	EACH_UNROLLED(k, 2, 2 * FE_LIMBS - 1)
		column[k] = twice(column[k]);
	EACH_UNROLLED(i, 0, FE_LIMBS) {
		column[2 * i + 1] = add_high(column[2 * i + 1], a->limb[i], a->limb[i]);
		EACH_UNROLLED(j, i + 1, FE_LIMBS)
			column[i + j] = add_low(column[i + j], a->limb[i], a->limb[j]);
	}
	EACH_UNROLLED(k, 1, 2 * FE_LIMBS)
		column[k] = twice(column[k]);
	EACH_UNROLLED(i, 0, FE_LIMBS)
		column[2 * i] = add_low(column[2 * i], a->limb[i], a->limb[i]);
	return fe_fold(column);
}

/* a + b and a - b, carried, of two carried or two wide elements. A multiple of p keeps differences above zero: 2p is
 * above any carried b, 512p above any wide one. */
VEC64_INLINE struct fe fe_add(const struct fe *a, const struct fe *b)
{
	struct fe sum;

	EACH_UNROLLED(i, 0, FE_LIMBS)
		sum.limb[i] = vec64_add(a->limb[i], b->limb[i]);
	return fe_carry(sum);
}

VEC64_INLINE struct fe fe_subtract(const struct fe *a, const struct fe *b, uint64_t times_p)
{
	struct fe difference;

	EACH_UNROLLED(i, 0, FE_LIMBS) {
		vec64 p = vec64_all(times_p * (i == 0 ? FE_LIMB_MASK - 18 : FE_LIMB_MASK));

		difference.limb[i] = vec64_subtract(vec64_add(a->limb[i], p), b->limb[i]);
	}
	return fe_carry(difference);
}
enum { ABOVE_CARRIED = 2, ABOVE_WIDE = 512 };

/* a + 121665 e, carried. */
VEC64_INLINE struct fe fe_add_a24_times(const struct fe *a, const struct fe *e)
{
	const vec64 a24 = vec64_all(121665);
	struct fe sum;

	EACH_UNROLLED(i, 0, FE_LIMBS) {
		vec64 high = add_high(vec64_all(0), e->limb[(i + FE_LIMBS - 1) % FE_LIMBS], a24);
		vec64 low = add_low(a->limb[i], e->limb[i], a24);

		sum.limb[i] = i == 0 ? add_low(low, high, vec64_all(2 * 19)) : vec64_add(low, twice(high));
	}
	return fe_carry(sum);
}

static __attribute__((noinline)) void fe_mul(struct fe *out, const struct fe *a, const struct fe *b)
{
	*out = fe_carry(fe_mul_wide(a, b));
}

static __attribute__((noinline)) void fe_square_times(struct fe *out, const struct fe *a, unsigned n)
{
	struct fe t = *a;

	while (n-- > 0)
		t = fe_carry(fe_square_wide(&t));
	*out = t;
}

VEC64_INLINE void fe_set(struct fe *out, uint64_t x)
{
	EACH_UNROLLED(i, 0, FE_LIMBS)
		out->limb[i] = vec64_all(i == 0 ? x : 0);
}

VEC64_INLINE void fe_select(struct fe *out, vec64 mask, const struct fe *f, const struct fe *g)
{
	EACH_UNROLLED(i, 0, FE_LIMBS)
		out->limb[i] = vec64_select(mask, f->limb[i], g->limb[i]);
}

/* The element of 255 bits in four words a lane; bit 255 is left out. Any value: not reduced. */
static void fe_from_words(struct fe *out, const vec64 words[4])
{
	const vec64 mask = vec64_all(FE_LIMB_MASK);

	out->limb[0] = words[0];
	for (unsigned i = 1; i < 4; i++)
		out->limb[i] =
			vec64_or(vec64_shift_right(words[i - 1], 64 - 13 * i), vec64_shift_left(words[i], 13 * i));
	out->limb[4] = vec64_shift_right(words[3], 12);
	for (size_t i = 0; i < FE_LIMBS; i++)
		out->limb[i] = vec64_and(out->limb[i], mask);
}

/* Move what limb i has too much to the next one. */
VEC64_INLINE void fe_carry_limb(vec64 a[FE_LIMBS], size_t i)
{
	vec64 carry = vec64_shift_right(a[i], FE_LIMB_BITS);

	a[i] = vec64_and(a[i], vec64_all(FE_LIMB_MASK));
	if (i + 1 < FE_LIMBS)
		a[i + 1] = vec64_add(a[i + 1], carry);
	else
		a[0] = add_low(a[0], carry, vec64_all(19));
}

/* The smallest value of a carried element, in four words a lane. */
static void fe_to_words(vec64 words[4], const struct fe *f)
{
	struct fe a = *f;
	vec64 is_not_below_p = vec64_all(19);

	/* Twice around brings every limb into its bits: the second time, a carry past the end leaves all but limb 0
	 * zero. */
	for (size_t i = 0; i < 2 * FE_LIMBS; i++)
		fe_carry_limb(a.limb, i % FE_LIMBS);
	/* a + 19 reaches 2^255 exactly if a is at least p; then a - p = a + 19 - 2^255. */
	for (size_t i = 0; i < FE_LIMBS; i++)
		is_not_below_p = vec64_shift_right(vec64_add(a.limb[i], is_not_below_p), FE_LIMB_BITS);
	a.limb[0] = add_low(a.limb[0], is_not_below_p, vec64_all(19));
	for (size_t i = 0; i + 1 < FE_LIMBS; i++)
		fe_carry_limb(a.limb, i);
	a.limb[4] = vec64_and(a.limb[4], vec64_all(FE_LIMB_MASK));

	for (unsigned i = 0; i < 4; i++)
		words[i] = vec64_or(vec64_shift_right(a.limb[i], 13 * i), vec64_shift_left(a.limb[i + 1], 51 - 13 * i));
}

/* RFC 7748, section 5, for W groups side by side, so that one's multiplications fill the other's waits. What a step
 * begins with is kept: a = x2 + z2, b = x2 - z2, c = x3 + z3, d = x3 - z3. Its additions and products are the same
 * whether the points are swapped or not, but for which of them is doubled, so that only a and b are selected. */
enum { GROUPS_MAX = 2 };
VEC64_INLINE void ladder_groups(size_t W, struct fe *x, struct fe *z, const vec64 scalars[][4], const struct fe *points)
{
	struct fe a[GROUPS_MAX], b[GROUPS_MAX], c[GROUPS_MAX], d[GROUPS_MAX], aa[GROUPS_MAX], bb[GROUPS_MAX];
	struct fe e[GROUPS_MAX], t[GROUPS_MAX], da[GROUPS_MAX], cb[GROUPS_MAX], one;
	vec64 swapped[GROUPS_MAX];

	fe_set(&one, 1);
	EACH_UNROLLED(g, 0, W) {
		a[g] = b[g] = one;
		c[g] = fe_add(&points[g], &one);
		d[g] = fe_subtract(&points[g], &one, ABOVE_CARRIED);
		swapped[g] = vec64_all(0);
	}
	for (unsigned bit = 255; bit-- > 0;) {
		EACH_UNROLLED(g, 0, W) {
			da[g] = fe_mul_wide(&d[g], &a[g]);
			cb[g] = fe_mul_wide(&c[g], &b[g]);
		}
		EACH_UNROLLED(g, 0, W) {
			vec64 is_set = vec64_and(vec64_shift_right(scalars[g][bit / 64], bit % 64), vec64_all(1));
			vec64 now = vec64_subtract(vec64_all(0), is_set);
			vec64 swap = vec64_xor(now, swapped[g]);

			swapped[g] = now;
			fe_select(&a[g], swap, &a[g], &c[g]);
			fe_select(&b[g], swap, &b[g], &d[g]);
		}
		EACH_UNROLLED(g, 0, W) {
			aa[g] = fe_carry(fe_square_wide(&a[g]));
			bb[g] = fe_carry(fe_square_wide(&b[g]));
		}
		EACH_UNROLLED(g, 0, W) {
			c[g] = fe_add(&da[g], &cb[g]);
			d[g] = fe_subtract(&da[g], &cb[g], ABOVE_WIDE);
		}
		EACH_UNROLLED(g, 0, W) {
			da[g] = fe_square_wide(&c[g]); /* the new x3 */
			d[g] = fe_carry(fe_square_wide(&d[g]));
		}
		EACH_UNROLLED(g, 0, W) {
			e[g] = fe_subtract(&aa[g], &bb[g], ABOVE_CARRIED);
			t[g] = fe_add_a24_times(&aa[g], &e[g]);
		}
		EACH_UNROLLED(g, 0, W)
			cb[g] = fe_mul_wide(&d[g], &points[g]); /* z3 */
		EACH_UNROLLED(g, 0, W) {
			c[g] = fe_add(&da[g], &cb[g]);
			d[g] = fe_subtract(&da[g], &cb[g], ABOVE_WIDE);
		}
		EACH_UNROLLED(g, 0, W) {
			da[g] = fe_mul_wide(&aa[g], &bb[g]); /* x2 */
			cb[g] = fe_mul_wide(&e[g], &t[g]);   /* z2 */
		}
		EACH_UNROLLED(g, 0, W) {
			a[g] = fe_add(&da[g], &cb[g]);
			b[g] = fe_subtract(&da[g], &cb[g], ABOVE_WIDE);
		}
	}
	/* Not swapped, as a clamped scalar ends with a zero bit. x2 / z2 = (a + b) / (a - b). */
	EACH_UNROLLED(g, 0, W) {
		x[g] = fe_add(&a[g], &b[g]);
		z[g] = fe_subtract(&a[g], &b[g], ABOVE_CARRIED);
	}
}

static __attribute__((noinline)) void ladder_one(struct fe *x, struct fe *z, const vec64 scalars[][4],
						 const struct fe *points)
{
	ladder_groups(1, x, z, scalars, points);
}

static __attribute__((noinline)) void ladder_two(struct fe *x, struct fe *z, const vec64 scalars[][4],
						 const struct fe *points)
{
	ladder_groups(2, x, z, scalars, points);
}

/* n groups of lanes, each lane with its own scalar (clamped) and point. x and z carried. */
static void ladder(struct fe *x, struct fe *z, const vec64 scalars[][4], const struct fe *points, size_t n)
{
	size_t i = 0;

	for (; i + 2 <= n; i += 2)
		ladder_two(&x[i], &z[i], &scalars[i], &points[i]);
	if (i < n)
		ladder_one(&x[i], &z[i], &scalars[i], &points[i]);
}

#endif
#endif
