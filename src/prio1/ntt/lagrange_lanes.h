/* lagrange_lanes: sums of powers (kernels.h) in lanes, for multipliers of 32 bits.
 *
 * x = x0 + 2^29 x1 + 2^58 x2, with signed limbs, as multipliers and shifts take them. 2^87 = -(2^19 + 1) mod p falls on
 * a limb.
 *
 * Bounds, of limbs. An element: 2^29 at most. A product: from -2^11 to 2^29 + 2^11. Tidy: from -2^23 to 2^29 + 2^23.
 * Either factor of a product is one of these or the difference of two, so its columns are below 2^61. What comes out of
 * a level is a sum or difference of four: below 2^31.1. Between the levels it stands in the planes, where x0 + 2^29 x1
 * is the lower, and 2^10 x2 the upper one, either of them perhaps negative; at the next level it is made tidy. */
#ifndef PRIO1_NTT_LAGRANGE_LANES_H
#define PRIO1_NTT_LAGRANGE_LANES_H

#include "base/wipe.h"
#include "cpu/vec64.h"
#include "prio1/ntt/kernels.h"

#ifdef __AVX2__

enum {
	LIMB_BITS = 29,
	LOG2_LANES = VEC64_LANES == 8 ? 3 : 2,
	GROUPS = 2,
	CHAINS = GROUPS * NTT_SUMS,
	TOP_SHIFT = 2 * LIMB_BITS - FIELD_LO_BITS, /* where limb 2 begins in plane hi */
};

#define LIMB_MASK ((UINT64_C(1) << LIMB_BITS) - 1)
#define P_LOW ((UINT64_C(1) << 19) + 1) /* p = P_LOW + 2^87 */

struct limbs {
	vec64 x0;
	vec64 x1;
	vec64 x2;
};

VEC64_INLINE vec64 limb_of(vec64 x)
{
	return vec64_and(x, vec64_all(LIMB_MASK));
}

VEC64_INLINE vec64 above_limb(vec64 x)
{
	return vec64_shift_right_signed(x, LIMB_BITS);
}

/* x, a limb, with what 2^87 y is at its place. y fits 32 bits. */
VEC64_INLINE vec64 fold_top(vec64 x, vec64 y)
{
	return vec64_add(x, vec64_multiply_signed(y, vec64_all(0 - P_LOW)));
}

VEC64_INLINE struct limbs limbs_all(u128 x)
{
	return (struct limbs){vec64_all((uint64_t)x & LIMB_MASK), vec64_all((uint64_t)(x >> LIMB_BITS) & LIMB_MASK),
			      vec64_all((uint64_t)(x >> (2 * LIMB_BITS)))};
}

VEC64_INLINE struct limbs limbs_add(struct limbs x, struct limbs y)
{
	return (struct limbs){vec64_add(x.x0, y.x0), vec64_add(x.x1, y.x1), vec64_add(x.x2, y.x2)};
}

VEC64_INLINE struct limbs limbs_sub(struct limbs x, struct limbs y)
{
	return (struct limbs){vec64_subtract(x.x0, y.x0), vec64_subtract(x.x1, y.x1), vec64_subtract(x.x2, y.x2)};
}

/* From the planes: an element, or what a level has left there. */
VEC64_INLINE struct limbs limbs_load(const struct field_vector *x, size_t i)
{
	vec64 lo = vec64_load(x->lo + i), hi = vec64_load(x->hi + i);
	vec64 low_of_hi = vec64_and(hi, vec64_all((1 << TOP_SHIFT) - 1));

	return (struct limbs){limb_of(lo),
			      vec64_add(above_limb(lo), vec64_shift_left(low_of_hi, LIMB_BITS - TOP_SHIFT)),
			      vec64_shift_right_signed(hi, TOP_SHIFT)};
}

VEC64_INLINE void limbs_store(struct field_vector *x, size_t i, struct limbs y)
{
	vec64_store(x->lo + i, vec64_add(y.x0, vec64_shift_left(y.x1, LIMB_BITS)));
	vec64_store(x->hi + i, vec64_shift_left(y.x2, TOP_SHIFT));
}

/* What was loaded: limb 1 is below 2^33, limb 2 below 2^31.1. Four times 2^87 at most are above, and folded. */
VEC64_INLINE struct limbs limbs_tidy(struct limbs x)
{
	x.x2 = vec64_add(x.x2, above_limb(x.x1));
	return (struct limbs){fold_top(x.x0, above_limb(x.x2)), limb_of(x.x1), limb_of(x.x2)};
}

/* Columns 0 and 1 are carried once, when 3 and 4 are folded onto them, which must fit 32 bits before: c3 and c4 are cut
 * to limbs, and c5 is below 2^31. Then c2 is below 2^51, and t below 2^22. */
VEC64_INLINE struct limbs limbs_mul(struct limbs x, struct limbs y)
{
	vec64 c0 = vec64_multiply_signed(x.x0, y.x0);
	vec64 c1 = vec64_add(vec64_multiply_signed(x.x0, y.x1), vec64_multiply_signed(x.x1, y.x0));
	vec64 c2 = vec64_add(vec64_add(vec64_multiply_signed(x.x0, y.x2), vec64_multiply_signed(x.x2, y.x0)),
			     vec64_multiply_signed(x.x1, y.x1));
	vec64 c3 = vec64_add(vec64_multiply_signed(x.x1, y.x2), vec64_multiply_signed(x.x2, y.x1));
	vec64 c4 = vec64_multiply_signed(x.x2, y.x2);

	c3 = vec64_add(c3, above_limb(c2));
	c4 = vec64_add(c4, above_limb(c3));
	c0 = fold_top(c0, limb_of(c3));
	c1 = fold_top(c1, limb_of(c4));
	c2 = fold_top(limb_of(c2), above_limb(c4));

	c1 = vec64_add(c1, above_limb(c0));
	c2 = vec64_add(c2, above_limb(c1));
	c0 = fold_top(limb_of(c0), above_limb(c2));
	return (struct limbs){limb_of(c0), vec64_add(limb_of(c1), above_limb(c0)), limb_of(c2)};
}

/* A level's result to an element, into the planes. 8 p more make it positive, so that what is above 2^87, at most 13,
 * is taken away; the rest is below 2^87, and if it is below zero now, then p makes it an element. */
VEC64_INLINE void limbs_store_element(struct field_vector *x, size_t i, struct limbs y)
{
	vec64 x0 = vec64_add(y.x0, vec64_all(8 * P_LOW)), x1 = vec64_add(y.x1, above_limb(x0));
	vec64 x2 = vec64_add(vec64_add(y.x2, vec64_all(UINT64_C(8) << LIMB_BITS)), above_limb(x1));

	x0 = fold_top(limb_of(x0), above_limb(x2));

	vec64 lo = vec64_add(x0, vec64_shift_left(limb_of(x1), LIMB_BITS));
	vec64 hi = vec64_add(vec64_shift_left(limb_of(x2), TOP_SHIFT), vec64_shift_right_signed(lo, FIELD_LO_BITS));
	vec64 is_negative = vec64_shift_right_signed(hi, 63);

	lo = vec64_add(vec64_and(lo, vec64_all(FIELD_LO_MASK)), vec64_and(is_negative, vec64_all(P_LOW)));
	hi = vec64_add(hi, vec64_and(is_negative, vec64_all(UINT64_C(1) << (87 - FIELD_LO_BITS))));
	vec64_store(x->lo + i, vec64_and(lo, vec64_all(FIELD_LO_MASK)));
	vec64_store(x->hi + i, vec64_add(hi, vec64_shift_right(lo, FIELD_LO_BITS)));
}

/* Two groups of lanes of each set at a time: four chains of products, each of which has to wait for the one before.
 * Where there is but one group, it is done twice. */
static inline void level(const struct ntt_sums sums[NTT_SUMS], const struct field_vector *roots, size_t quarter,
			 unsigned log2_step)
{
	const struct limbs fourth_root = limbs_all(NTT_FOURTH_ROOT);
	const size_t next = quarter > VEC64_LANES ? VEC64_LANES : 0;
	struct field_vector x[NTT_SUMS] = {*sums[0].out, *sums[1].out}, root = field_vector_from(roots, quarter);
	struct limbs by[NTT_SUMS];

	for (size_t s = 0; s < NTT_SUMS; s++)
		by[s] = limbs_all(sums[s].powers[log2_step]);
	for (size_t i = 0; i < quarter; i += GROUPS * VEC64_LANES) {
		struct limbs y[CHAINS], p[CHAINS], py[CHAINS], py2[CHAINS], py3[CHAINS];

		EACH_UNROLLED(c, 0, CHAINS) {
			size_t at = i + c / NTT_SUMS * next;

			y[c] = limbs_mul(limbs_load(&root, at), by[c % NTT_SUMS]);
			p[c] = limbs_tidy(limbs_load(&x[c % NTT_SUMS], at));
		}
		EACH_UNROLLED(c, 0, CHAINS) {
			py[c] = limbs_mul(p[c], y[c]);
		}
		EACH_UNROLLED(c, 0, CHAINS) {
			py2[c] = limbs_mul(py[c], y[c]);
		}
		EACH_UNROLLED(c, 0, CHAINS) {
			py3[c] = limbs_mul(py2[c], y[c]);
		}
		EACH_UNROLLED(c, 0, CHAINS) {
			struct field_vector *out = &x[c % NTT_SUMS];
			size_t at = i + c / NTT_SUMS * next;
			struct limbs even = limbs_add(p[c], py2[c]), odd = limbs_add(py[c], py3[c]);
			struct limbs even_turned = limbs_sub(p[c], py2[c]);
			struct limbs odd_turned = limbs_mul(limbs_sub(py[c], py3[c]), fourth_root);

			limbs_store(out, at, limbs_add(even, odd));
			limbs_store(out, at + quarter, limbs_add(even_turned, odd_turned));
			limbs_store(out, at + 2 * quarter, limbs_sub(even, odd));
			limbs_store(out, at + 3 * quarter, limbs_sub(even_turned, odd_turned));
		}
	}
	wipe(by, sizeof by);
}

static inline void lagrange_lanes(const struct ntt_sums sums[NTT_SUMS], const struct field_vector *roots,
				  unsigned log2_n)
{
	unsigned log2_done = ntt_lagrange_begin(sums, roots, log2_n, LOG2_LANES);

	for (; log2_done < log2_n; log2_done += 2)
		level(sums, roots, (size_t)1 << log2_done, log2_n - log2_done - 2);
	for (size_t s = 0; s < NTT_SUMS && log2_done >= LOG2_LANES; s++)
		for (size_t i = 0; i < (size_t)1 << log2_n; i += VEC64_LANES)
			limbs_store_element(sums[s].out, i, limbs_load(sums[s].out, i));
}

#endif
#endif
