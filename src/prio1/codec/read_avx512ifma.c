/* VBMI moves any byte of two registers to any place: one instruction a plane. */
#include "prio1/codec/read_lanes.h"

/* Of element k of eight, 12 bytes each: bytes 11 to 6 are plane lo, 5 to 1 plane hi, 0 the header. */
#define LO(k) 12 * (k) + 11, 12 * (k) + 10, 12 * (k) + 9, 12 * (k) + 8, 12 * (k) + 7, 12 * (k) + 6, 0, 0
#define HI(k) 12 * (k) + 5, 12 * (k) + 4, 12 * (k) + 3, 12 * (k) + 2, 12 * (k) + 1, 12 * (k), 0, 0

static const uint8_t lo_bytes[64] = {LO(0), LO(1), LO(2), LO(3), LO(4), LO(5), LO(6), LO(7)};
static const uint8_t hi_bytes[64] = {HI(0), HI(1), HI(2), HI(3), HI(4), HI(5), HI(6), HI(7)};

static inline __attribute__((always_inline)) struct eight take_apart(const uint8_t *p)
{
	const __mmask64 six_of_eight = 0x3f3f3f3f3f3f3f3f;
	__m512i first = _mm512_loadu_si512(p);
	__m512i last = _mm512_castsi256_si512(_mm256_loadu_si256((const __m256i *)(const void *)(p + 64)));
	struct eight x;

	x.lo = _mm512_maskz_permutex2var_epi8(six_of_eight, first, _mm512_loadu_si512(lo_bytes), last);
	x.hi = _mm512_maskz_permutex2var_epi8(six_of_eight, first, _mm512_loadu_si512(hi_bytes), last);
	return x;
}

size_t codec_read_avx512ifma(struct codec_reader *reader, struct field_vector *out, size_t n, bool *in_field)
{
	return read_lanes(take_apart, reader, out, n, in_field);
}
