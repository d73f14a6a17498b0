/* x25519_radix25: the field modulo p = 2^255 - 19 and the Montgomery ladder in lanes, for multipliers of 32 bits.
 *
 * An element is ten limbs, of 26 and 25 bits in turn: limb i weighs 2^0, 2^26, 2^51, 2^77, 2^102, ... Hence a product
 * of limbs i and j belongs to column i + j, twice where both i and j are odd; past the end it counts 19 times in column
 * i + j - 10 (2^255 = 19).
 *
 * Bounds. "Carried" limbs are below 2^26 + 2^17 (even) or 2^25 + 2^17 (odd). Sums and differences of two carried
 * elements stay uncarried: below 2^27.6 and 2^26.6. Those are factors: 19 times an even limb, and 38 times an odd one,
 * is below 2^32, as the multiplier wants, and a column of ten products is below 2^63. */
#ifndef CRYPT_X25519_RADIX25_H
#define CRYPT_X25519_RADIX25_H

#include "cpu/vec64.h"

#ifdef __AVX2__

enum { FE_LIMBS = 10 };

struct fe {
	vec64 limb[FE_LIMBS];
};

VEC64_INLINE unsigned fe_limb_bits(size_t i)
{
	return i % 2 == 0 ? 26 : 25;
}

VEC64_INLINE vec64 fe_limb_mask(size_t i)
{
	return vec64_all((UINT64_C(1) << fe_limb_bits(i)) - 1);
}

/* Move what limb i has too much to the next one. */
VEC64_INLINE void fe_carry_limb(vec64 h[FE_LIMBS], size_t i)
{
	vec64 carry = vec64_shift_right(h[i], fe_limb_bits(i));

	h[i] = vec64_and(h[i], fe_limb_mask(i));
	if (i + 1 < FE_LIMBS)
		h[i + 1] = vec64_add(h[i + 1], carry);
	else /* 19 = 1 + 2 + 16, since the carry may have more than 32 bits */
		h[0] = vec64_add(vec64_add(h[0], carry),
				 vec64_add(vec64_shift_left(carry, 1), vec64_shift_left(carry, 4)));
}

/* Columns below 2^63 to carried limbs: two chains that run beside each other. */
VEC64_INLINE void fe_carry(struct fe *out, vec64 h[FE_LIMBS])
{
	static const uint8_t order[] = {0, 4, 1, 5, 2, 6, 3, 7, 4, 8, 9, 0};

	EACH_UNROLLED(i, 0, sizeof order)
		fe_carry_limb(h, order[i]);
	EACH_UNROLLED(i, 0, FE_LIMBS)
		out->limb[i] = h[i];
}

/* The assembler line does nothing but hold sums in their order. gcc would gather all products before it adds them up,
 * and have registers for a tenth of them: 16 us instead of 11 with AVX2. */
VEC64_INLINE vec64 add_product(vec64 sum, vec64 a, vec64 b)
{
	sum = vec64_add(sum, vec64_multiply(a, b));
	__asm__("" : CPU_IN_REGISTER(sum));
	return sum;
}

static __attribute__((noinline)) void fe_mul(struct fe *out, const struct fe *f, const struct fe *g)
{
	const vec64 nineteen = vec64_all(19);
	vec64 f_twice[FE_LIMBS], g_past_end[FE_LIMBS], h[FE_LIMBS];

	EACH_UNROLLED(i, 0, FE_LIMBS) {
		f_twice[i] = vec64_add(f->limb[i], f->limb[i]);
		g_past_end[i] = vec64_multiply(g->limb[i], nineteen);
	}
	EACH_UNROLLED(k, 0, FE_LIMBS) {
		vec64 sum = vec64_all(0);

		EACH_UNROLLED(i, 0, FE_LIMBS) {
			size_t j = (k + FE_LIMBS - i) % FE_LIMBS;
			vec64 left = i % 2 == 1 && j % 2 == 1 ? f_twice[i] : f->limb[i];

			sum = add_product(sum, left, i > k ? g_past_end[j] : g->limb[j]);
		}
		h[k] = sum;
	}
	fe_carry(out, h);
}

static __attribute__((noinline)) void fe_square(struct fe *out, const struct fe *f)
{
	vec64 twice[FE_LIMBS], past_end[FE_LIMBS], h[FE_LIMBS];

	EACH_UNROLLED(i, 0, FE_LIMBS) {
		twice[i] = vec64_add(f->limb[i], f->limb[i]);
		past_end[i] = vec64_multiply(f->limb[i], vec64_all(i % 2 == 1 ? 38 : 19));
	}
	/* Each pair i < j once, for both. past_end[j] brings its own 2 for odd j, whether i wants it (both odd) or not
	 * (then it is the pair's 2). */
	EACH_UNROLLED(k, 0, FE_LIMBS) {
		vec64 sum = vec64_all(0);

		EACH_UNROLLED(i, 0, FE_LIMBS) {
			size_t j = (k + FE_LIMBS - i) % FE_LIMBS;
			int i_odd = i % 2 == 1, j_odd = j % 2 == 1, is_past_end = i > k;
			vec64 left, right;

			if (i > j)
				continue;
			if (is_past_end) {
				left = i == j || (!i_odd && j_odd) ? f->limb[i] : twice[i];
				right = past_end[j];
			} else {
				left = i == j && !i_odd ? f->limb[i] : twice[i];
				right = i != j && i_odd && j_odd ? twice[j] : f->limb[j];
			}
			sum = add_product(sum, left, right);
		}
		h[k] = sum;
	}
	fe_carry(out, h);
}

static void fe_square_times(struct fe *out, const struct fe *f, unsigned n)
{
	fe_square(out, f);
	while (--n > 0)
		fe_square(out, out);
}

VEC64_INLINE void fe_add(struct fe *out, const struct fe *f, const struct fe *g)
{
	EACH_UNROLLED(i, 0, FE_LIMBS)
		out->limb[i] = vec64_add(f->limb[i], g->limb[i]);
}

/* f + 2p - g: 2p has limbs above those of any carried g. */
VEC64_INLINE void fe_subtract(struct fe *out, const struct fe *f, const struct fe *g)
{
	EACH_UNROLLED(i, 0, FE_LIMBS) {
		uint64_t twice_p = (UINT64_C(2) << fe_limb_bits(i)) - (i == 0 ? 38 : 2);

		out->limb[i] = vec64_subtract(vec64_add(f->limb[i], vec64_all(twice_p)), g->limb[i]);
	}
}

/* f + 121665 g, carried; g may be a difference. */
VEC64_INLINE void fe_add_a24_times(struct fe *out, const struct fe *f, const struct fe *g)
{
	vec64 h[FE_LIMBS];

	EACH_UNROLLED(i, 0, FE_LIMBS)
		h[i] = vec64_add(f->limb[i], vec64_multiply(g->limb[i], vec64_all(121665)));
	fe_carry(out, h);
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
	unsigned at = 0;

	for (size_t i = 0; i < FE_LIMBS; i++) {
		unsigned word = at / 64, bit = at % 64;
		vec64 limb = vec64_shift_right(words[word], bit);

		if (bit + fe_limb_bits(i) > 64)
			limb = vec64_or(limb, vec64_shift_left(words[word + 1], 64 - bit));
		out->limb[i] = vec64_and(limb, fe_limb_mask(i));
		at += fe_limb_bits(i);
	}
}

/* The smallest value of a carried element, in four words a lane. */
static void fe_to_words(vec64 words[4], const struct fe *f)
{
	struct fe a = *f;
	vec64 is_not_below_p = vec64_all(19);
	unsigned at = 0;

	/* Twice around brings every limb into its bits: the second time, a carry past the end leaves all but limb 0
	 * zero. */
	for (size_t i = 0; i < 2 * FE_LIMBS; i++)
		fe_carry_limb(a.limb, i % FE_LIMBS);
	/* a + 19 reaches 2^255 exactly if a is at least p; then a - p = a + 19 - 2^255. */
	for (size_t i = 0; i < FE_LIMBS; i++)
		is_not_below_p = vec64_shift_right(vec64_add(a.limb[i], is_not_below_p), fe_limb_bits(i));
	a.limb[0] = vec64_add(a.limb[0], vec64_multiply(is_not_below_p, vec64_all(19)));
	for (size_t i = 0; i + 1 < FE_LIMBS; i++)
		fe_carry_limb(a.limb, i);
	a.limb[FE_LIMBS - 1] = vec64_and(a.limb[FE_LIMBS - 1], fe_limb_mask(FE_LIMBS - 1));

	for (size_t i = 0; i < 4; i++)
		words[i] = vec64_all(0);
	for (size_t i = 0; i < FE_LIMBS; i++) {
		unsigned word = at / 64, bit = at % 64;

		words[word] = vec64_or(words[word], vec64_shift_left(a.limb[i], bit));
		if (bit + fe_limb_bits(i) > 64)
			words[word + 1] = vec64_or(words[word + 1], vec64_shift_right(a.limb[i], 64 - bit));
		at += fe_limb_bits(i);
	}
}

/* RFC 7748, section 5: u = x / z. A step's additions and products are the same whether the points are swapped or not,
 * but for which of them is doubled, so that only the two factors of the doubling are selected. */
static void ladder_one(struct fe *x, struct fe *z, const vec64 scalar[4], const struct fe *x1)
{
	struct fe x2, z2, x3 = *x1, z3, a, b, c, d, da, cb, aa, bb, e, t;
	vec64 swapped = vec64_all(0);

	fe_set(&x2, 1);
	fe_set(&z2, 0);
	fe_set(&z3, 1);
	for (unsigned bit = 255; bit-- > 0;) {
		vec64 is_set = vec64_and(vec64_shift_right(scalar[bit / 64], bit % 64), vec64_all(1));
		vec64 now = vec64_subtract(vec64_all(0), is_set);
		vec64 swap = vec64_xor(now, swapped);

		swapped = now;
		fe_add(&a, &x2, &z2);
		fe_subtract(&b, &x2, &z2);
		fe_add(&c, &x3, &z3);
		fe_subtract(&d, &x3, &z3);
		fe_mul(&da, &d, &a);
		fe_mul(&cb, &c, &b);
		fe_select(&a, swap, &a, &c);
		fe_select(&b, swap, &b, &d);

		fe_square(&aa, &a);
		fe_square(&bb, &b);
		fe_subtract(&e, &aa, &bb);
		fe_add_a24_times(&t, &aa, &e);
		fe_mul(&x2, &aa, &bb);
		fe_mul(&z2, &e, &t);

		fe_add(&a, &da, &cb);
		fe_subtract(&b, &da, &cb);
		fe_square(&x3, &a);
		fe_square(&b, &b);
		fe_mul(&z3, &b, x1);
	}
	*x = x2; /* not swapped: a clamped scalar ends with a zero bit */
	*z = z2;
}

/* n groups of lanes, each lane with its own scalar (clamped) and point. x and z carried. */
static void ladder(struct fe *x, struct fe *z, const vec64 scalars[][4], const struct fe *points, size_t n)
{
	for (size_t i = 0; i < n; i++)
		ladder_one(&x[i], &z[i], scalars[i], &points[i]);
}

#endif
#endif
