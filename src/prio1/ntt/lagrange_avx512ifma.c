/* Sums of powers (kernels.h), eight at a time, in limbs (limbs_avx512ifma.h).
 *
 * y is not known before it is needed, and so no entry: a product stays in limbs that may be too large to be moved up by
 * 8 bits. It is moved up by 5, and what it is multiplied with by 3.
 *
 * Bounds, of limbs 0 and 1, where b is 2^44 and what is below b/1000 left out: a product is below 3 b and 3/2 b. Tidy,
 * which is what a level begins with, 2 b and 3/2 b. A level's results are sums of four of these, to which 8 p = 8 b and
 * 4 b were added where two are taken off: below 14 b and 7 b. */
#include "base/wipe.h"
#include "cpu/vec64.h"
#include "prio1/ntt/limbs_avx512ifma.h"

enum { LOG2_LANES = 3, Y_BITS = 5, X_BITS = HIGH_BITS - Y_BITS, GROUPS = 2, CHAINS = GROUPS * NTT_SUMS };

static inline __attribute__((always_inline)) struct limbs move_up(struct limbs x, unsigned bits)
{
	return (struct limbs){_mm512_slli_epi64(x.x0, bits), _mm512_slli_epi64(x.x1, bits)};
}

/* x times y, both products or tidy. y and up, which is limbs_up(y), below b and 7/2 b, are moved up. What limbs_combine
 * adds up for its column 2 is then below (3 * 3/2 + 3/2 * 7/2) b, below 2^48. */
static inline __attribute__((always_inline)) struct limbs by_y(struct limbs x, struct limbs y, struct limbs up)
{
	x = move_up(x, X_BITS);
	return limbs_combine(x.x0, y, x.x1, up);
}

/* x - y + 8 p, y a sum of two products. 2^44 of the upper limb's 8 p are lent to the lower one eight times. */
static inline __attribute__((always_inline)) struct limbs sub_sum(struct limbs x, struct limbs y)
{
	const __m512i p0 = all(8 * P_LOW + ((uint64_t)8 << LIMB_BITS)), p1 = all(((uint64_t)8 << TOP_BITS) - 8);

	return (struct limbs){_mm512_sub_epi64(_mm512_add_epi64(x.x0, p0), y.x0),
			      _mm512_sub_epi64(_mm512_add_epi64(x.x1, p1), y.x1)};
}

/* A level's result to the same number, tidy: 2^88 = -(2^20 + 2), of which there are 7 at most, is taken off p. */
static inline __attribute__((always_inline)) struct limbs tidy(struct limbs x)
{
	__m512i x1 = _mm512_add_epi64(x.x1, _mm512_srli_epi64(x.x0, LIMB_BITS));
	__m512i above = _mm512_srli_epi64(x1, LIMB_BITS);
	__m512i folded = _mm512_add_epi64(_mm512_slli_epi64(above, 20), _mm512_slli_epi64(above, 1));

	x.x0 = _mm512_sub_epi64(_mm512_add_epi64(limb_of(x.x0), all(P_LOW + ((uint64_t)1 << LIMB_BITS))), folded);
	x.x1 = _mm512_add_epi64(limb_of(x1), all(((uint64_t)1 << TOP_BITS) - 1));
	return x;
}

/* Two groups of lanes of each set at a time: four chains of products, each of which has to wait for the one before.
 * Where there is but one group, it is done twice. */
static void level(const struct ntt_sums sums[NTT_SUMS], const struct field_vector *roots, size_t quarter,
		  unsigned log2_step)
{
	const struct limbs_entry fourth_root = limbs_entry_of(NTT_FOURTH_ROOT);
	const size_t next = quarter > LANES ? LANES : 0;
	struct field_vector x[NTT_SUMS] = {*sums[0].out, *sums[1].out}, root = field_vector_from(roots, quarter);
	struct limbs_entry by[NTT_SUMS];

	for (size_t s = 0; s < NTT_SUMS; s++)
		by[s] = limbs_entry_of(sums[s].powers[log2_step]);
	for (size_t i = 0; i < quarter; i += GROUPS * LANES) {
		struct limbs y[CHAINS], up[CHAINS], p[CHAINS], py[CHAINS], py2[CHAINS], py3[CHAINS];

		EACH_UNROLLED(c, 0, CHAINS) {
			size_t at = i + c / NTT_SUMS * next;

			y[c] = limbs_times(limbs_load(&root, at), &by[c % NTT_SUMS]);
			p[c] = tidy(limbs_get(&x[c % NTT_SUMS], at));
		}
		EACH_UNROLLED(c, 0, CHAINS) {
			up[c] = move_up(limbs_up(y[c]), Y_BITS);
			y[c] = move_up(y[c], Y_BITS);
		}
		EACH_UNROLLED(c, 0, CHAINS) {
			py[c] = by_y(p[c], y[c], up[c]);
		}
		EACH_UNROLLED(c, 0, CHAINS) {
			py2[c] = by_y(py[c], y[c], up[c]);
		}
		EACH_UNROLLED(c, 0, CHAINS) {
			py3[c] = by_y(py2[c], y[c], up[c]);
		}
		EACH_UNROLLED(c, 0, CHAINS) {
			struct field_vector *out = &x[c % NTT_SUMS];
			size_t at = i + c / NTT_SUMS * next;
			struct limbs even = limbs_add(p[c], py2[c]), odd = limbs_add(py[c], py3[c]);
			struct limbs even_turned = limbs_sub(p[c], py2[c]);
			struct limbs odd_turned = limbs_times(limbs_sub(py[c], py3[c]), &fourth_root);

			limbs_set(out, at, limbs_add(even, odd));
			limbs_set(out, at + quarter, limbs_add(even_turned, odd_turned));
			limbs_set(out, at + 2 * quarter, sub_sum(even, odd));
			limbs_set(out, at + 3 * quarter, limbs_sub(even_turned, odd_turned));
		}
	}
	wipe(by, sizeof by);
}

void ntt_lagrange_avx512ifma(const struct ntt_sums sums[NTT_SUMS], const struct field_vector *roots, unsigned log2_n)
{
	unsigned log2_done = ntt_lagrange_begin(sums, roots, log2_n, LOG2_LANES);

	for (size_t s = 0; s < NTT_SUMS && log2_done >= LOG2_LANES; s++)
		for (size_t i = 0; i < (size_t)1 << log2_done; i += LANES)
			limbs_set(sums[s].out, i, limbs_load(sums[s].out, i));
	for (; log2_done < log2_n; log2_done += 2)
		level(sums, roots, (size_t)1 << log2_done, log2_n - log2_done - 2);
	for (size_t s = 0; s < NTT_SUMS && log2_done >= LOG2_LANES; s++)
		for (size_t i = 0; i < (size_t)1 << log2_n; i += LANES)
			limbs_store(sums[s].out, i, limbs_reduce(limbs_get(sums[s].out, i)));
}
