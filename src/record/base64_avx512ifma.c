/* 64 characters a step: VBMI looks each of them up among the 128 of ASCII in one instruction, which gives its value, or
 * 0x80 for one that is not of the alphabet; characters beyond ASCII have their own top bit. So one test finds both
 * kinds. Two multiplications join 4 x 6 bits, and one permutation packs 48 bytes. Four steps at a time share their
 * test. */
#include <immintrin.h>

#include "record/kernels.h"

enum {
	STEP_CHARACTERS = 64,
	STEP_BYTES = 48,
	STEPS = 4,
	/* A step writes 64 bytes: there must be room for them behind those of the steps before it. */
	NEEDED_CHARACTERS = 88,
	STEPS_NEEDED_CHARACTERS = (STEPS - 1) * STEP_CHARACTERS + NEEDED_CHARACTERS,
};

#define VALUE(c)                                                                                                       \
	((uint8_t)((c) >= 'A' && (c) <= 'Z'   ? (c) - 'A'                                                              \
		   : (c) >= 'a' && (c) <= 'z' ? (c) - 'a' + 26                                                         \
		   : (c) >= '0' && (c) <= '9' ? (c) - '0' + 52                                                         \
		   : (c) == '+'               ? 62                                                                     \
		   : (c) == '/'               ? 63                                                                     \
					      : 0x80))
#define VALUES4(c) VALUE(c), VALUE((c) + 1), VALUE((c) + 2), VALUE((c) + 3)
#define VALUES16(c) VALUES4(c), VALUES4((c) + 4), VALUES4((c) + 8), VALUES4((c) + 12)
#define VALUES64(c) VALUES16(c), VALUES16((c) + 16), VALUES16((c) + 32), VALUES16((c) + 48)
static const uint8_t values_of[2][64] = {{VALUES64(0)}, {VALUES64(64)}};

/* Of each 32 bits, which hold 24, the three bytes, the upper one first. */
#define PACKED(i) 4 * (i) + 2, 4 * (i) + 1, 4 * (i)
#define PACKED4(i) PACKED(i), PACKED((i) + 1), PACKED((i) + 2), PACKED((i) + 3)
static const uint8_t packed_bytes[64] = {PACKED4(0), PACKED4(4), PACKED4(8), PACKED4(12)};

/* The values of 64 characters, before it is known whether all have one. */
struct step {
	__m512i characters;
	__m512i values;
};

static inline __attribute__((always_inline)) struct step look_up(const uint8_t *text)
{
	struct step step;

	step.characters = _mm512_loadu_si512(text);
	step.values = _mm512_permutex2var_epi8(_mm512_loadu_si512(values_of[0]), step.characters,
					       _mm512_loadu_si512(values_of[1]));
	return step;
}

/* Bytes with their top bit set where something in a step is not of the alphabet. */
static inline __attribute__((always_inline)) __m512i other_in(struct step step)
{
	return _mm512_or_si512(step.characters, step.values);
}

static inline __attribute__((always_inline)) void write(uint8_t *out, struct step step)
{
	__m512i pairs = _mm512_maddubs_epi16(step.values, _mm512_set1_epi32(0x01400140)); /* 64 a + b */
	__m512i groups = _mm512_madd_epi16(pairs, _mm512_set1_epi32(0x00011000));	  /* 4096 ab + cd */

	_mm512_storeu_si512(out, _mm512_permutexvar_epi8(_mm512_loadu_si512(packed_bytes), groups));
}

size_t base64_decode_avx512ifma(uint8_t *out, struct prio_bytes text)
{
	size_t at = 0;

	for (; text.n - at >= STEPS_NEEDED_CHARACTERS; at += STEPS * STEP_CHARACTERS, out += STEPS * STEP_BYTES) {
		const uint8_t *p = text.p + at;
		struct step a = look_up(p), b = look_up(p + STEP_CHARACTERS);
		struct step c = look_up(p + 2 * STEP_CHARACTERS), d = look_up(p + 3 * STEP_CHARACTERS);
		__m512i other = _mm512_or_si512(_mm512_or_si512(other_in(a), other_in(b)),
						_mm512_or_si512(other_in(c), other_in(d)));

		if (_mm512_movepi8_mask(other) != 0)
			break;
		write(out, a);
		write(out + STEP_BYTES, b);
		write(out + 2 * STEP_BYTES, c);
		write(out + 3 * STEP_BYTES, d);
	}
	for (; text.n - at >= NEEDED_CHARACTERS; at += STEP_CHARACTERS, out += STEP_BYTES) {
		struct step step = look_up(text.p + at);

		if (_mm512_movepi8_mask(other_in(step)) != 0)
			break;
		write(out, step);
	}
	return at;
}
