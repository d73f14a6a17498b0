/* Eight numbers at a time, in limbs (limbs_avx512ifma.h). Rows of eight: element 8 r + l is lane l of row r.
 *
 * A level whose halves are whole rows works row by row, two such levels in one go where there are two. The last three
 * work inside of rows. There eight rows make a tile: those whose numbers differ in their three highest bits. Turned
 * around, row c of a tile holds element c of each, and the levels are again row by row. Since that exchanges the
 * highest bits with the lowest, only the bits of which tile it is are left to be reversed, and a tile's results are
 * eight rows again, of one other tile (or of itself).
 *
 * A product is below 2^46, 2^45, and each level adds at most 4 p to what is not multiplied, 2^46.01 and 2^45: after the
 * 19 levels of the largest transform numbers are still tame. */
#include "base/wipe.h"
#include "prio1/ntt/limbs_avx512ifma.h"

enum { TILE_ENTRIES = 7 }; /* of the last three levels */

static unsigned reverse_three(unsigned i)
{
	return (i & 1) << 2 | (i & 2) | i >> 2;
}

/* Entries below n / 8 stand one after another. Those of the last three levels stand tile by tile, lane by lane, as they
 * are used: for n / 8, 2 n / 8 and 4 n / 8 blocks one, two and four entries a row. */
static uint64_t *place_of(uint64_t *words, unsigned log2_n, size_t k, size_t *stride)
{
	size_t n_rows = (size_t)1 << (log2_n - 3);
	unsigned level = 0;

	*stride = 1;
	if (k < n_rows)
		return words + NTT_ENTRY_WORDS * k;
	while (k >= n_rows << (level + 1))
		level++;

	size_t within = k - (n_rows << level), row = within >> level;
	size_t entry = ((size_t)1 << level) - 1 + (within & (((size_t)1 << level) - 1));
	size_t n_tiles = n_rows / LANES, tile = row % n_tiles, lane = reverse_three((unsigned)(row / n_tiles));

	*stride = LANES;
	return words + NTT_ENTRY_WORDS * (n_rows + LANES * (TILE_ENTRIES * tile + entry)) + lane;
}

void ntt_set_avx512ifma(uint64_t *words, unsigned log2_n, size_t k, u128 w)
{
	size_t stride;
	uint64_t *place = place_of(words, log2_n, k, &stride);
	u128 up = field_mul(w, (u128)1 << LIMB_BITS);

	place[0 * stride] = ((uint64_t)w & LIMB_MASK) << HIGH_BITS;
	place[1 * stride] = (uint64_t)(w >> LIMB_BITS) << HIGH_BITS;
	place[2 * stride] = ((uint64_t)up & LIMB_MASK) << HIGH_BITS;
	place[3 * stride] = (uint64_t)(up >> LIMB_BITS) << HIGH_BITS;
}

static inline __attribute__((always_inline)) struct limbs_entry entry_for_all(const uint64_t *words, size_t k)
{
	words += NTT_ENTRY_WORDS * k;
	return (struct limbs_entry){{all(words[0]), all(words[1])}, {all(words[2]), all(words[3])}};
}

static inline __attribute__((always_inline)) struct limbs_entry entry_by_lane(const uint64_t *words)
{
	return (struct limbs_entry){{_mm512_load_si512(words), _mm512_load_si512(words + LANES)},
				    {_mm512_load_si512(words + 2 * LANES), _mm512_load_si512(words + 3 * LANES)}};
}

static inline __attribute__((always_inline)) void butterfly(struct limbs *lower, struct limbs *upper,
							    const struct limbs_entry *z)
{
	struct limbs product = limbs_times(*upper, z), sum = limbs_add(*lower, product);

	*upper = limbs_sub(*lower, product);
	*lower = sum;
}

static void begin(struct field_vector *x, const uint64_t *words, size_t half, bool plain)
{
	struct limbs_entry lower_entry = entry_for_all(words, 0), upper_entry = entry_for_all(words, 1);

	for (size_t i = 0; i < half; i += LANES) {
		struct limbs lower = limbs_load(x, i), upper = limbs_load(x, i + half);

		if (!plain) {
			lower = limbs_times(lower, &lower_entry);
			upper = limbs_times(upper, &upper_entry);
		}
		limbs_set(x, i, limbs_add(lower, upper));
		limbs_set(x, i + half, limbs_sub(lower, upper));
	}
}

/* The level of m blocks. */
static void one_level(struct field_vector *x, const uint64_t *words, size_t n, size_t m)
{
	size_t half = n / m / 2;

	for (size_t b = 0; b < m; b++) {
		struct limbs_entry z = entry_for_all(words, m + b);

		for (size_t i = 2 * b * half; i < (2 * b + 1) * half; i += LANES) {
			struct limbs lower = limbs_get(x, i), upper = limbs_get(x, i + half);

			butterfly(&lower, &upper, &z);
			limbs_set(x, i, lower);
			limbs_set(x, i + half, upper);
		}
	}
}

/* The level of m blocks and the next one. */
static void two_levels(struct field_vector *x, const uint64_t *words, size_t n, size_t m)
{
	size_t quarter = n / m / 4;

	for (size_t b = 0; b < m; b++) {
		struct limbs_entry z = entry_for_all(words, m + b);
		struct limbs_entry left = entry_for_all(words, 2 * (m + b)),
				   right = entry_for_all(words, 2 * (m + b) + 1);

		for (size_t i = 4 * b * quarter; i < (4 * b + 1) * quarter; i += LANES) {
			struct limbs y0 = limbs_get(x, i), y1 = limbs_get(x, i + quarter);
			struct limbs y2 = limbs_get(x, i + 2 * quarter), y3 = limbs_get(x, i + 3 * quarter);

			butterfly(&y0, &y2, &z);
			butterfly(&y1, &y3, &z);
			butterfly(&y0, &y1, &left);
			butterfly(&y2, &y3, &right);
			limbs_set(x, i, y0);
			limbs_set(x, i + quarter, y1);
			limbs_set(x, i + 2 * quarter, y2);
			limbs_set(x, i + 3 * quarter, y3);
		}
	}
}

/* Lane i of row k becomes lane k of row i. */
static inline __attribute__((always_inline)) void turn_plane(__m512i row[LANES])
{
	__m512i pair[LANES], quad[LANES];

	for (unsigned k = 0; k < LANES; k += 2) {
		pair[k] = _mm512_unpacklo_epi64(row[k], row[k + 1]);
		pair[k + 1] = _mm512_unpackhi_epi64(row[k], row[k + 1]);
	}
	for (unsigned k = 0; k < LANES; k += 4) {
		for (unsigned odd = 0; odd < 2; odd++) {
			quad[k + odd] = _mm512_shuffle_i64x2(pair[k + odd], pair[k + odd + 2], 0x88);
			quad[k + odd + 2] = _mm512_shuffle_i64x2(pair[k + odd], pair[k + odd + 2], 0xdd);
		}
	}
	for (unsigned k = 0; k < 4; k++) {
		row[k] = _mm512_shuffle_i64x2(quad[k], quad[k + 4], 0x88);
		row[k + 4] = _mm512_shuffle_i64x2(quad[k], quad[k + 4], 0xdd);
	}
}

struct tile {
	struct limbs row[LANES]; /* elements c of eight blocks; in the end, results 8 c', c' = c in reversed bits */
};

/* The last three levels of one tile. */
static inline __attribute__((always_inline)) void do_tile(struct tile *out, const struct field_vector *x,
							  const uint64_t *words, size_t n, size_t tile)
{
	__m512i x0[LANES], x1[LANES];
	struct limbs y[LANES];
	struct limbs_entry z;

	for (unsigned i = 0; i < LANES; i++) {
		struct limbs row = limbs_get(x, reverse_three(i) * (n / LANES) + LANES * tile);

		x0[i] = row.x0;
		x1[i] = row.x1;
	}
	turn_plane(x0);
	turn_plane(x1);
	for (unsigned c = 0; c < LANES; c++)
		y[c] = (struct limbs){x0[c], x1[c]};

	words += NTT_ENTRY_WORDS * (n / LANES + LANES * TILE_ENTRIES * tile);
	z = entry_by_lane(words);
	for (unsigned c = 0; c < 4; c++)
		butterfly(&y[c], &y[c + 4], &z);
	for (unsigned b = 0; b < 2; b++) {
		z = entry_by_lane(words + NTT_ENTRY_WORDS * LANES * (1 + b));
		butterfly(&y[4 * b], &y[4 * b + 2], &z);
		butterfly(&y[4 * b + 1], &y[4 * b + 3], &z);
	}
	for (unsigned b = 0; b < 4; b++) {
		z = entry_by_lane(words + NTT_ENTRY_WORDS * LANES * (3 + b));
		butterfly(&y[2 * b], &y[2 * b + 1], &z);
	}
	for (unsigned c = 0; c < LANES; c++)
		out->row[c] = limbs_reduce(y[c]);
}

static inline __attribute__((always_inline)) void store_tile(struct field_vector *x, const struct tile *done, size_t n,
							     size_t tile)
{
	for (unsigned c = 0; c < LANES; c++)
		limbs_store(x, reverse_three(c) * (n / LANES) + LANES * tile, done->row[c]);
}

static void last_levels(struct field_vector *x, const uint64_t *words, size_t n)
{
	size_t n_tiles = n / LANES / LANES;
	struct tile one, other;

	for (size_t i = 0, j = 0; i < n_tiles; i++, j = ntt_next_reversed(j, n_tiles)) {
		if (i > j)
			continue;
		do_tile(&one, x, words, n, i);
		if (i < j) {
			do_tile(&other, x, words, n, j);
			store_tile(x, &other, n, i);
		}
		store_tile(x, &one, n, j);
	}
	wipe(&one, sizeof one);
	wipe(&other, sizeof other);
}

void ntt_transform_avx512ifma(struct field_vector *x, const uint64_t *words, unsigned log2_n, bool plain)
{
	size_t n = (size_t)1 << log2_n, n_rows = n / LANES, m = 2;

	begin(x, words, n / 2, plain);
	for (; 2 * m < n_rows; m *= 4)
		two_levels(x, words, n, m);
	if (m < n_rows)
		one_level(x, words, n, m);
	last_levels(x, words, n);
}
