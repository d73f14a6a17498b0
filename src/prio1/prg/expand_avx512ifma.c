/* 24 blocks of the stream, six registers, are 32 draws of 12 bytes: a turn. VBMI takes the planes of eight draws out of
 * two registers, one instruction a plane, so the stream is never stored.
 *
 * AES is what limits this: a round takes four cycles, in which a processor's two units could begin eight, and a turn
 * has but six. So two turns are under way at a time, one five rounds behind the other, and a third that is ready is
 * taken apart between their rounds. */
#include "base/wipe.h"
#include "cpu/in_register.h"
#include "prio1/prg/lanes.h"

enum {
	ROUNDS = 10,
	TURN_DRAWS = 32,
	TURN_BLOCKS = 24,
};

/* Where the bytes of draw k stand in two registers from byte `at` on: byte 0 is thrown away, 11 is the topmost. */
#define LO(at, k)                                                                                                      \
	(at) + 12 * (k) + 10, (at) + 12 * (k) + 9, (at) + 12 * (k) + 8, (at) + 12 * (k) + 7, (at) + 12 * (k) + 6,      \
		(at) + 12 * (k) + 5, 0, 0
#define HI(at, k)                                                                                                      \
	(at) + 12 * (k) + 4, (at) + 12 * (k) + 3, (at) + 12 * (k) + 2, (at) + 12 * (k) + 1, (at) + 12 * (k) + 11, 0,   \
		0, 0
#define EIGHT(X, at)                                                                                                   \
	{                                                                                                              \
		X(at, 0), X(at, 1), X(at, 2), X(at, 3), X(at, 4), X(at, 5), X(at, 6), X(at, 7)                         \
	}

/* Draws 0 to 7 begin at byte 0 of registers 0 and 1, draws 8 to 15 at byte 32 of registers 1 and 2. */
static const uint8_t lo_bytes[2][64] = {EIGHT(LO, 0), EIGHT(LO, 32)};
static const uint8_t hi_bytes[2][64] = {EIGHT(HI, 0), EIGHT(HI, 32)};

static inline __attribute__((always_inline)) struct eight take_apart(__m512i first, __m512i second, size_t half)
{
	const __mmask64 six_of_eight = 0x3f3f3f3f3f3f3f3f, five_of_eight = 0x1f1f1f1f1f1f1f1f;
	struct eight x;

	x.lo = _mm512_maskz_permutex2var_epi8(six_of_eight, first, _mm512_loadu_si512(lo_bytes[half]), second);
	x.hi = _mm512_maskz_permutex2var_epi8(five_of_eight, first, _mm512_loadu_si512(hi_bytes[half]), second);
	return x;
}

/* One turn's blocks, four in a register. */
struct turn {
	__m512i r0, r1, r2, r3, r4, r5;
};

/* The round keys, each in all quarters of a register. The first stands twice, and holds what the counters of a
 * register's blocks add to a multiple of eight: 0 to 3, or 4 to 7. */
struct keys {
	__m512i first[2];
	__m512i of[ROUNDS + 1];
};

static inline __attribute__((always_inline)) void keys_of(struct keys *keys, const uint8_t schedule[PRG_SCHEDULE_BYTES])
{
	const __m512i up_to_3 = _mm512_setr_epi64(0, 0, 0, 1LL << 56, 0, 2LL << 56, 0, 3LL << 56);
	const __m512i four = _mm512_setr_epi64(0, 4LL << 56, 0, 4LL << 56, 0, 4LL << 56, 0, 4LL << 56);

	for (size_t i = 0; i <= ROUNDS; i++)
		keys->of[i] =
			_mm512_broadcast_i32x4(_mm_loadu_si128((const __m128i *)(const void *)(schedule + 16 * i)));
	keys->first[0] = _mm512_xor_si512(keys->of[0], up_to_3);
	keys->first[1] = _mm512_xor_si512(keys->first[0], four);
}

/* Eight counters as AES wants them, from `block` on, a multiple of eight, with the first round key added. */
static inline __attribute__((always_inline)) void begin_eight(__m512i *four, __m512i *four_more, __m512i block,
							      const struct keys *keys)
{
	const __m512i reversed =
		_mm512_broadcast_i32x4(_mm_setr_epi8(15, 14, 13, 12, 11, 10, 9, 8, 7, 6, 5, 4, 3, 2, 1, 0));
	__m512i counters = _mm512_shuffle_epi8(block, reversed);

	*four = _mm512_xor_si512(counters, keys->first[0]);
	*four_more = _mm512_xor_si512(counters, keys->first[1]);
}

/* The turn from *block on, and *block that of the next: in all quarters of a register, little-endian. */
static inline __attribute__((always_inline)) struct turn begin_turn(__m512i *block, const struct keys *keys)
{
	const __m512i eight = _mm512_setr_epi64(8, 0, 8, 0, 8, 0, 8, 0);
	const __m512i sixteen = _mm512_setr_epi64(16, 0, 16, 0, 16, 0, 16, 0);
	const __m512i all = _mm512_setr_epi64(TURN_BLOCKS, 0, TURN_BLOCKS, 0, TURN_BLOCKS, 0, TURN_BLOCKS, 0);
	struct turn turn;

	begin_eight(&turn.r0, &turn.r1, *block, keys);
	begin_eight(&turn.r2, &turn.r3, _mm512_add_epi64(*block, eight), keys);
	begin_eight(&turn.r4, &turn.r5, _mm512_add_epi64(*block, sixteen), keys);
	*block = _mm512_add_epi64(*block, all);
	return turn;
}

/* Nothing is done here, but to the compiler, which else might bring a turn's rounds together again, one register after
 * the other, each instruction waiting for the one before it. */
static inline __attribute__((always_inline)) void keep_apart(struct turn *turn)
{
	__asm__ volatile(""
			 : CPU_IN_REGISTER(turn->r0), CPU_IN_REGISTER(turn->r1), CPU_IN_REGISTER(turn->r2),
			   CPU_IN_REGISTER(turn->r3), CPU_IN_REGISTER(turn->r4), CPU_IN_REGISTER(turn->r5));
}

static inline __attribute__((always_inline)) void round_of(struct turn *turn, __m512i key)
{
	turn->r0 = _mm512_aesenc_epi128(turn->r0, key);
	turn->r1 = _mm512_aesenc_epi128(turn->r1, key);
	turn->r2 = _mm512_aesenc_epi128(turn->r2, key);
	turn->r3 = _mm512_aesenc_epi128(turn->r3, key);
	turn->r4 = _mm512_aesenc_epi128(turn->r4, key);
	turn->r5 = _mm512_aesenc_epi128(turn->r5, key);
	keep_apart(turn);
}

static inline __attribute__((always_inline)) void last_round_of(struct turn *turn, __m512i key)
{
	turn->r0 = _mm512_aesenclast_epi128(turn->r0, key);
	turn->r1 = _mm512_aesenclast_epi128(turn->r1, key);
	turn->r2 = _mm512_aesenclast_epi128(turn->r2, key);
	turn->r3 = _mm512_aesenclast_epi128(turn->r3, key);
	turn->r4 = _mm512_aesenclast_epi128(turn->r4, key);
	turn->r5 = _mm512_aesenclast_epi128(turn->r5, key);
	keep_apart(turn);
}

/* Where elements go, how many have, which draws of the turn may be accepted, which were, and the largest upper parts of
 * those that ever were. */
struct sink {
	uint64_t *lo;
	uint64_t *hi;
	size_t n;
	uint32_t wanted;
	uint32_t accepted;
	__m512i largest;
};

static inline __attribute__((always_inline)) struct sink sink_of(const struct field_vector *out)
{
	return (struct sink){out->lo, out->hi, 0, ~0u, 0, _mm512_setzero_si512()};
}

/* The upper part of p. Draws with another one are below p if theirs is smaller. One in 2^40 has the same, and then the
 * lower parts would have to be compared: it is accepted unless `exact`, but is_in_doubt tells afterwards. */
#define HI_OF_P ((long long)(uint64_t)(FIELD_P >> FIELD_LO_BITS))

static inline __attribute__((always_inline)) void pour(struct sink *sink, __m512i first, __m512i second, size_t half,
						       unsigned at, bool exact)
{
	struct eight x = take_apart(first, second, half);
	unsigned mask =
		exact ? below_p(x) : (unsigned)ct_reveal(_mm512_cmple_epu64_mask(x.hi, _mm512_set1_epi64(HI_OF_P)));

	mask &= (sink->wanted >> at) & 0xff;
	x.lo = _mm512_maskz_compress_epi64((__mmask8)mask, x.lo);
	x.hi = _mm512_maskz_compress_epi64((__mmask8)mask, x.hi);
	_mm512_storeu_si512(sink->lo + sink->n, x.lo);
	_mm512_storeu_si512(sink->hi + sink->n, x.hi);
	sink->largest = _mm512_max_epu64(sink->largest, x.hi);
	sink->n += (unsigned)__builtin_popcount(mask);
	sink->accepted |= mask << at;
}

/* Was a draw accepted whose upper part is p's? No smaller number has that bit. All but 2^-28 of such draws are refused
 * in the end, so that this tells of discarded draws too. */
static inline __attribute__((always_inline)) bool is_in_doubt(const struct sink *sink)
{
	return ct_reveal(_mm512_test_epi64_mask(sink->largest, _mm512_set1_epi64(HI_OF_P))) != 0;
}

/* As prg_expand_kernel. False: unless exact, some draw is in doubt, and out is to be made anew. */
static inline __attribute__((always_inline)) bool expand(const uint8_t schedule[PRG_SCHEDULE_BYTES], uint64_t first,
							 const struct field_vector *out, size_t n, uint64_t *behind,
							 bool exact)
{
	struct sink sink = sink_of(out);
	struct keys keys;
	size_t n_before;

	keys_of(&keys, schedule);
	/* Begin with a whole turn, and leave out the draws before the first wanted. */
	__m512i block = _mm512_maskz_set1_epi64(0x55, (long long)(first / TURN_DRAWS * TURN_BLOCKS));
	struct turn ready = begin_turn(&block, &keys), late = begin_turn(&block, &keys);

	sink.wanted <<= first % TURN_DRAWS;
	first -= first % TURN_DRAWS;
	for (size_t i = 1; i < ROUNDS; i++)
		round_of(&ready, keys.of[i]);
	last_round_of(&ready, keys.of[ROUNDS]);
	for (size_t i = 1; i <= ROUNDS / 2; i++)
		round_of(&late, keys.of[i]);

	for (;; first += TURN_DRAWS, sink.wanted = ~0u) {
		struct turn early = begin_turn(&block, &keys);

		n_before = sink.n;
		sink.accepted = 0;
		round_of(&late, keys.of[6]);
		round_of(&early, keys.of[1]);
		pour(&sink, ready.r0, ready.r1, 0, 0, exact);
		round_of(&late, keys.of[7]);
		round_of(&early, keys.of[2]);
		pour(&sink, ready.r1, ready.r2, 1, 8, exact);
		round_of(&late, keys.of[8]);
		round_of(&early, keys.of[3]);
		pour(&sink, ready.r3, ready.r4, 0, 16, exact);
		round_of(&late, keys.of[9]);
		round_of(&early, keys.of[4]);
		pour(&sink, ready.r4, ready.r5, 1, 24, exact);
		if (sink.n >= n)
			break;
		last_round_of(&late, keys.of[10]);
		round_of(&early, keys.of[5]);
		ready = late;
		late = early;
	}
	wipe(&keys, sizeof keys);
	*behind = first + draws_up_to(sink.accepted, (unsigned)(n - n_before));
	return exact || !is_in_doubt(&sink);
}

uint64_t prg_expand_avx512ifma(const uint8_t schedule[PRG_SCHEDULE_BYTES], uint64_t first, struct field_vector *out,
			       size_t n)
{
	uint64_t behind;

	if (!expand(schedule, first, out, n, &behind, false))
		expand(schedule, first, out, n, &behind, true);
	return behind;
}

size_t prg_take_avx512ifma(struct field_vector *out, const uint8_t draws[PRG_TAKE_DRAWS * PRG_DRAW_BYTES])
{
	__m512i end = _mm512_castsi256_si512(_mm256_loadu_si256((const __m256i *)(const void *)(draws + 64)));
	__m512i start = _mm512_loadu_si512(draws);
	struct sink sink = sink_of(out);

	pour(&sink, start, end, 0, 0, false);
	if (is_in_doubt(&sink)) {
		sink = sink_of(out);
		pour(&sink, start, end, 0, 0, true);
	}
	return sink.n;
}
