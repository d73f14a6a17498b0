/* 12 blocks of the stream are 16 draws of 12 bytes, three words of 32 bits each. A turn's blocks are stored, and taken
 * apart in the turn after it: a permutation of words brings words 1 and 2 of a draw, or 0 and 1, into the draw's lane,
 * a shuffle of bytes there into their order. */
#include "base/wipe.h"
#include "prio1/prg/lanes.h"

enum {
	ROUNDS = 10,
	TURN_DRAWS = 16,
	TURN_BLOCKS = 12,
	TURN_BYTES = 16 * TURN_BLOCKS,
	BLOCKS_EVENLY = 3, /* blocks that are a whole number of draws */
	DRAWS_EVENLY = 4,
};

/* Eight draws. Byte 0 of a draw is thrown away, 1 to 10 follow the topmost, 11. */
static inline __attribute__((always_inline)) struct eight take_apart(const uint8_t *draws)
{
	const __m512i last_words = _mm512_setr_epi32(1, 2, 4, 5, 7, 8, 10, 11, 13, 14, 16, 17, 19, 20, 22, 23);
	const __m512i first_words = _mm512_setr_epi32(0, 1, 3, 4, 6, 7, 9, 10, 12, 13, 15, 16, 18, 19, 21, 22);
	const __m512i lo_bytes =
		_mm512_broadcast_i32x4(_mm_setr_epi8(6, 5, 4, 3, 2, 1, -1, -1, 14, 13, 12, 11, 10, 9, -1, -1));
	const __m512i hi_bytes =
		_mm512_broadcast_i32x4(_mm_setr_epi8(4, 3, 2, 1, -1, -1, -1, -1, 12, 11, 10, 9, -1, -1, -1, -1));
	const __m512i top_byte =
		_mm512_broadcast_i32x4(_mm_setr_epi8(-1, -1, -1, -1, 7, -1, -1, -1, -1, -1, -1, -1, 15, -1, -1, -1));
	__m512i start = _mm512_loadu_si512(draws);
	__m512i end = _mm512_castsi256_si512(_mm256_loadu_si256((const __m256i *)(const void *)(draws + 64)));
	__m512i last = _mm512_permutex2var_epi32(start, last_words, end);
	__m512i first = _mm512_permutex2var_epi32(start, first_words, end);
	struct eight x;

	x.lo = _mm512_shuffle_epi8(last, lo_bytes);
	x.hi = _mm512_or_si512(_mm512_shuffle_epi8(first, hi_bytes), _mm512_shuffle_epi8(last, top_byte));
	return x;
}

#define EACH_BLOCK(DO) DO(0) DO(1) DO(2) DO(3) DO(4) DO(5) DO(6) DO(7) DO(8) DO(9) DO(10) DO(11)

/* A turn's blocks, from number `block` on. Twelve at a time keep the processor's AES units busy. */
static inline __attribute__((always_inline)) void make_stream(uint8_t stream[TURN_BYTES],
							      const __m128i keys[ROUNDS + 1], uint64_t block)
{
	const __m128i reversed = _mm_setr_epi8(15, 14, 13, 12, 11, 10, 9, 8, 7, 6, 5, 4, 3, 2, 1, 0);

#define BEGIN(i)                                                                                                       \
	__m128i b##i = _mm_shuffle_epi8(_mm_cvtsi64_si128((long long)(block + (i))), reversed);                        \
	b##i = _mm_xor_si128(b##i, keys[0]);
#define ROUND(i) b##i = _mm_aesenc_si128(b##i, key);
#define END(i)                                                                                                         \
	b##i = _mm_aesenclast_si128(b##i, keys[ROUNDS]);                                                               \
	_mm_storeu_si128((__m128i *)(void *)(stream + 16 * (i)), b##i);

	EACH_BLOCK(BEGIN)
	for (size_t round = 1; round < ROUNDS; round++) {
		__m128i key = keys[round];

		EACH_BLOCK(ROUND)
	}
	EACH_BLOCK(END)
}

uint64_t prg_expand_avx512(const uint8_t schedule[PRG_SCHEDULE_BYTES], uint64_t first, struct field_vector *out,
			   size_t n)
{
	uint8_t streams[2][TURN_BYTES];
	__m128i keys[ROUNDS + 1];
	uint64_t block = first / DRAWS_EVENLY * BLOCKS_EVENLY, n_skipped = first % DRAWS_EVENLY;
	unsigned wanted = ~0u << n_skipped, accepted;
	size_t done = 0, n_before;

	for (size_t i = 0; i <= ROUNDS; i++)
		keys[i] = _mm_loadu_si128((const __m128i *)(const void *)(schedule + 16 * i));

	/* Begin where draws and blocks begin together, and leave out those before the first wanted. */
	first -= n_skipped;
	make_stream(streams[0], keys, block);
	for (size_t turn = 0;; turn++, first += TURN_DRAWS, wanted = ~0u) {
		const uint8_t *stream = streams[turn % 2];

		block += TURN_BLOCKS;
		make_stream(streams[(turn + 1) % 2], keys, block);

		struct eight x = take_apart(stream), y = take_apart(stream + TURN_BYTES / 2);
		unsigned x_mask = below_p(x) & wanted, y_mask = below_p(y);

		n_before = done;
		put(out->lo + done, out->hi + done, x, x_mask);
		done += (unsigned)__builtin_popcount(x_mask);
		put(out->lo + done, out->hi + done, y, y_mask);
		done += (unsigned)__builtin_popcount(y_mask);
		accepted = x_mask | y_mask << 8;
		if (done >= n)
			break;
	}
	wipe(streams, sizeof streams);
	wipe(keys, sizeof keys);
	return first + draws_up_to(accepted, (unsigned)(n - n_before));
}

size_t prg_take_avx512(struct field_vector *out, const uint8_t draws[PRG_TAKE_DRAWS * PRG_DRAW_BYTES])
{
	struct eight x = take_apart(draws);
	unsigned mask = below_p(x);

	put(out->lo, out->hi, x, mask);
	return (unsigned)__builtin_popcount(mask);
}
