/* read_lanes: what reading with AVX-512 and with VBMI have in common: all but how eight elements are taken apart. That
 * is a function's argument, known where this is inlined. */
#ifndef PRIO1_CODEC_READ_LANES_H
#define PRIO1_CODEC_READ_LANES_H

#include <immintrin.h>

#include "base/ct.h"
#include "prio1/codec/kernels.h"

enum {
	LANES = 8,
	STEP_BYTES = LANES * CODEC_FIELD_BYTES_MAX,
};

/* Eight elements, and their headers' bytes above hi. */
struct eight {
	__m512i lo;
	__m512i hi;
};

/* From the 96 bytes at p. */
typedef struct eight take_apart_eight(const uint8_t *p);

static inline __attribute__((always_inline)) struct eight take_usual(take_apart_eight *take_apart, const uint8_t *p)
{
	struct eight x = take_apart(p);

	x.hi = _mm512_xor_si512(x.hi, _mm512_set1_epi64((long long)CODEC_WHOLE_FIELD << FIELD_HI_BITS));
	return x;
}

/* The lanes whose header is not that of a usual element. */
static inline __attribute__((always_inline)) unsigned unusual_in(const struct eight *x)
{
	return (unsigned)ct_reveal(_mm512_test_epi64_mask(x->hi, _mm512_set1_epi64(~((1LL << FIELD_HI_BITS) - 1))));
}

/* Lane k becomes the element of n bytes, below FIELD_BYTES, at p. */
static inline void put_short(struct eight *x, unsigned k, const uint8_t *p, unsigned n)
{
	/* Byte i of the number is byte n - 1 - i at p; an index below zero gives a zero byte. */
	const __m128i i = _mm_setr_epi8(0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15);
	__m128i bytes = _mm_maskz_loadu_epi8((__mmask16)((1u << n) - 1), p);
	__m128i number = _mm_shuffle_epi8(bytes, _mm_sub_epi8(_mm_set1_epi8((char)(n - 1)), i));
	__m128i hi = _mm_srli_si128(number, FIELD_LO_BITS / 8);
	__mmask8 lane = (__mmask8)(1u << k);

	x->lo = _mm512_mask_set1_epi64(x->lo, lane, _mm_cvtsi128_si64(number) & (long long)FIELD_LO_MASK);
	x->hi = _mm512_mask_set1_epi64(x->hi, lane, _mm_cvtsi128_si64(hi));
}

/* The eight elements at p where some are shorter, as one in 256 is: behind each of them everything stands so much
 * nearer. Stays in the lanes, so that what is stored stays aligned. start: where the input begins. Returns how many
 * elements from the first on are now in x; *n_missing, the bytes by which they are shorter than usual ones. */
static inline __attribute__((always_inline)) unsigned
take_shorter(take_apart_eight *take_apart, struct eight *x, const uint8_t *p, const uint8_t *start, size_t *n_missing)
{
	unsigned unusual = unusual_in(x);

	*n_missing = 0;
	while (unusual != 0) {
		unsigned k = (unsigned)__builtin_ctz(unusual);
		const uint8_t *short_one = p + k * CODEC_FIELD_BYTES_MAX - *n_missing;
		unsigned n = (unsigned)ct_reveal(*short_one) ^ 0xa0u;

		if (n == 0 || n >= FIELD_BYTES || (size_t)(p - start) < *n_missing + FIELD_BYTES)
			return k;
		*n_missing += FIELD_BYTES - n;

		struct eight rest = take_usual(take_apart, p - *n_missing);
		__mmask8 behind = (__mmask8)(0xfeu << k);

		x->lo = _mm512_mask_mov_epi64(x->lo, behind, rest.lo);
		x->hi = _mm512_mask_mov_epi64(x->hi, behind, rest.hi);
		put_short(x, k, short_one + 1, n);
		unusual = unusual_in(x);
	}
	return LANES;
}

static inline __attribute__((always_inline)) size_t read_lanes(take_apart_eight *take_apart,
							       struct codec_reader *reader, struct field_vector *out,
							       size_t n, bool *in_field)
{
	/* x = lo + 2^48 hi is below p exactly if hi, and one more where lo is at least p's, is at most p's. */
	const __m512i to_carry =
		_mm512_set1_epi64((long long)(FIELD_LO_MASK + 1 - (uint64_t)(FIELD_P & FIELD_LO_MASK)));
	uint64_t *lo = out->lo, *hi = out->hi;
	__m512i largest = _mm512_setzero_si512();
	const uint8_t *p = reader->p;
	size_t i = 0, left = reader->n;
	unsigned n_taken = LANES;

	while (n_taken == LANES && n - i >= LANES && left >= STEP_BYTES) {
		struct eight x = take_usual(take_apart, p);
		size_t n_missing = 0;

		if (__builtin_expect(unusual_in(&x) != 0, 0))
			n_taken = take_shorter(take_apart, &x, p, reader->p, &n_missing);
		__m512i limit =
			_mm512_add_epi64(x.hi, _mm512_srli_epi64(_mm512_add_epi64(x.lo, to_carry), FIELD_LO_BITS));

		largest = _mm512_mask_max_epu64(largest, (__mmask8)((1u << n_taken) - 1), largest, limit);
		_mm512_storeu_si512(lo + i, x.lo);
		_mm512_storeu_si512(hi + i, x.hi);
		size_t n_bytes = n_taken * CODEC_FIELD_BYTES_MAX - n_missing;
		p += n_bytes;
		left -= n_bytes;
		i += n_taken;
	}
	*in_field &= _mm512_reduce_max_epu64(largest) <= (uint64_t)(FIELD_P >> FIELD_LO_BITS);
	reader->p = p;
	reader->n = left;

	struct field_vector rest = field_vector_from(out, i);
	return i + codec_read_portable(reader, &rest, n - i, in_field);
}

#endif
