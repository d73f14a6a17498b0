/* 24 blocks of the stream, six registers, are 32 draws of 12 bytes. VBMI takes the planes of eight draws out of two
 * registers, one instruction a plane, so the stream is never stored. Turn by turn the draws of the turn before are
 * taken apart between the AES rounds of this one, which leave the processor time for it. */
#include "base/wipe.h"
#include "cpu/in_register.h"
#include "prio1/prg/lanes.h"

enum {
	ROUNDS = 10,
	TURN_DRAWS = 32,
	BLOCKS_EVENLY = 3, /* blocks that are a whole number of draws */
	DRAWS_EVENLY = 4,
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

/* Four counters as AES wants them, with the first round key added. *counter: those of the next register, little-endian.
 */
static inline __attribute__((always_inline)) __m512i begin_four(__m512i *counter, __m512i key)
{
	const __m512i reversed =
		_mm512_broadcast_i32x4(_mm_setr_epi8(15, 14, 13, 12, 11, 10, 9, 8, 7, 6, 5, 4, 3, 2, 1, 0));
	__m512i four = _mm512_xor_si512(_mm512_shuffle_epi8(*counter, reversed), key);

	*counter = _mm512_add_epi64(*counter, _mm512_setr_epi64(4, 0, 4, 0, 4, 0, 4, 0));
	return four;
}

static inline __attribute__((always_inline)) struct turn begin_turn(__m512i *counter, __m512i key)
{
	struct turn turn;

	turn.r0 = begin_four(counter, key);
	turn.r1 = begin_four(counter, key);
	turn.r2 = begin_four(counter, key);
	turn.r3 = begin_four(counter, key);
	turn.r4 = begin_four(counter, key);
	turn.r5 = begin_four(counter, key);
	return turn;
}

static inline __attribute__((always_inline)) void round_of(struct turn *turn, __m512i key)
{
	turn->r0 = _mm512_aesenc_epi128(turn->r0, key);
	turn->r1 = _mm512_aesenc_epi128(turn->r1, key);
	turn->r2 = _mm512_aesenc_epi128(turn->r2, key);
	turn->r3 = _mm512_aesenc_epi128(turn->r3, key);
	turn->r4 = _mm512_aesenc_epi128(turn->r4, key);
	turn->r5 = _mm512_aesenc_epi128(turn->r5, key);

	/* Nothing is done here, but to the compiler, which else might bring the rounds together again, one register
	 * after the other, each instruction waiting for the one before it. */
	__asm__ volatile(""
			 : CPU_IN_REGISTER(turn->r0), CPU_IN_REGISTER(turn->r1), CPU_IN_REGISTER(turn->r2),
			   CPU_IN_REGISTER(turn->r3), CPU_IN_REGISTER(turn->r4), CPU_IN_REGISTER(turn->r5));
}

static inline __attribute__((always_inline)) void last_round_of(struct turn *turn, __m512i key)
{
	turn->r0 = _mm512_aesenclast_epi128(turn->r0, key);
	turn->r1 = _mm512_aesenclast_epi128(turn->r1, key);
	turn->r2 = _mm512_aesenclast_epi128(turn->r2, key);
	turn->r3 = _mm512_aesenclast_epi128(turn->r3, key);
	turn->r4 = _mm512_aesenclast_epi128(turn->r4, key);
	turn->r5 = _mm512_aesenclast_epi128(turn->r5, key);
}

/* Where the next element goes, and which draws of the turn were accepted. */
struct sink {
	uint64_t *lo;
	uint64_t *hi;
	size_t n;
	uint32_t accepted;
};

static inline __attribute__((always_inline)) void pour(struct sink *sink, __m512i first, __m512i second, size_t half,
						       unsigned at)
{
	struct eight x = take_apart(first, second, half);
	unsigned mask = below_p(x);

	put(sink->lo + sink->n, sink->hi + sink->n, x, mask);
	sink->n += (unsigned)__builtin_popcount(mask);
	sink->accepted |= mask << at;
}

uint64_t prg_expand_avx512ifma(const uint8_t schedule[PRG_SCHEDULE_BYTES], uint64_t first, struct field_vector *out,
			       size_t n)
{
	__m512i keys[ROUNDS + 1];
	struct sink sink = {out->lo, out->hi, 0, 0};
	size_t n_before;

	for (size_t i = 0; i <= ROUNDS; i++)
		keys[i] = _mm512_broadcast_i32x4(_mm_loadu_si128((const __m128i *)(const void *)(schedule + 16 * i)));

	/* Begin where draws and blocks begin together; draws before the first wanted become ones, which are never
	 * accepted. */
	uint64_t block = first / DRAWS_EVENLY * BLOCKS_EVENLY, n_skipped = first % DRAWS_EVENLY;
	__m512i counter = _mm512_add_epi64(_mm512_maskz_set1_epi64(0x55, (long long)block),
					   _mm512_setr_epi64(0, 0, 1, 0, 2, 0, 3, 0));
	struct turn ready = begin_turn(&counter, keys[0]);

	for (size_t i = 1; i < ROUNDS; i++)
		round_of(&ready, keys[i]);
	last_round_of(&ready, keys[ROUNDS]);
	ready.r0 = _mm512_mask_set1_epi8(ready.r0, ((uint64_t)1 << (n_skipped * PRG_DRAW_BYTES)) - 1, -1);
	first -= n_skipped;

	for (;; first += TURN_DRAWS) {
		struct turn next = begin_turn(&counter, keys[0]);

		n_before = sink.n;
		sink.accepted = 0;
		round_of(&next, keys[1]);
		round_of(&next, keys[2]);
		pour(&sink, ready.r0, ready.r1, 0, 0);
		round_of(&next, keys[3]);
		round_of(&next, keys[4]);
		pour(&sink, ready.r1, ready.r2, 1, 8);
		round_of(&next, keys[5]);
		round_of(&next, keys[6]);
		pour(&sink, ready.r3, ready.r4, 0, 16);
		round_of(&next, keys[7]);
		round_of(&next, keys[8]);
		pour(&sink, ready.r4, ready.r5, 1, 24);
		if (sink.n >= n)
			break;
		round_of(&next, keys[9]);
		last_round_of(&next, keys[10]);
		ready = next;
	}
	wipe(keys, sizeof keys);
	return first + draws_up_to(sink.accepted, (unsigned)(n - n_before));
}

size_t prg_take_avx512ifma(struct field_vector *out, const uint8_t draws[PRG_TAKE_DRAWS * PRG_DRAW_BYTES])
{
	__m512i last = _mm512_castsi256_si512(_mm256_loadu_si256((const __m256i *)(const void *)(draws + 64)));
	struct eight x = take_apart(_mm512_loadu_si512(draws), last, 0);
	unsigned mask = below_p(x);

	put(out->lo, out->hi, x, mask);
	return (unsigned)__builtin_popcount(mask);
}
