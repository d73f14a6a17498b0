/* VBMI moves any byte of two registers to any place, so the eight elements of two planes become 96 bytes of text by two
 * instructions. */
#include <immintrin.h>

#include "base/ct.h"
#include "prio1/codec/kernels.h"

enum { LANES = 8 };

/* Of element k: the header and five bytes of plane hi from its top down, then the six of lo. 64 and more is hi. */
#define HI(k) 64 + 8 * (k) + 5, 64 + 8 * (k) + 4, 64 + 8 * (k) + 3, 64 + 8 * (k) + 2, 64 + 8 * (k) + 1, 64 + 8 * (k)
#define LO(k) 8 * (k) + 5, 8 * (k) + 4, 8 * (k) + 3, 8 * (k) + 2, 8 * (k) + 1, 8 * (k)
#define ELEMENT(k) HI(k), LO(k)

static const uint8_t first_bytes[64] = {ELEMENT(0), ELEMENT(1), ELEMENT(2), ELEMENT(3), ELEMENT(4),
					104 + 5,    104 + 4,	104 + 3,    104 + 2};
static const uint8_t last_bytes[64] = {104 + 1, 104, LO(5), ELEMENT(6), ELEMENT(7)};

size_t codec_write_avx512ifma(uint8_t *out, const struct field_vector *x, const struct field_vector *y, size_t n)
{
	const __m512i lo_mask = _mm512_set1_epi64((long long)FIELD_LO_MASK);
	const __m512i header = _mm512_set1_epi64((long long)CODEC_WHOLE_FIELD << FIELD_HI_BITS);
	const __m512i top_byte = _mm512_set1_epi64((long long)0xff << (FIELD_HI_BITS - 8));
	const __m512i p_lo = _mm512_set1_epi64((long long)(FIELD_P & FIELD_LO_MASK));
	const __m512i p_hi = _mm512_set1_epi64((long long)(FIELD_P >> FIELD_LO_BITS));
	const __m512i first = _mm512_loadu_si512(first_bytes), last = _mm512_loadu_si512(last_bytes);
	uint8_t *end = out;
	size_t i = 0;

	for (; n - i >= LANES; i += LANES) {
		__m512i lo = _mm512_sub_epi64(_mm512_loadu_si512(x->lo + i), _mm512_loadu_si512(y->lo + i));
		__m512i hi = _mm512_sub_epi64(_mm512_loadu_si512(x->hi + i), _mm512_loadu_si512(y->hi + i));
		__mmask8 negative;

		/* What lo is short of comes from hi; if hi is then negative, p is added. */
		hi = _mm512_add_epi64(hi, _mm512_srai_epi64(lo, 63));
		lo = _mm512_and_si512(lo, lo_mask);
		negative = _mm512_movepi64_mask(hi);
		lo = _mm512_mask_add_epi64(lo, negative, lo, p_lo);
		hi = _mm512_mask_add_epi64(hi, negative, hi, p_hi);
		hi = _mm512_add_epi64(hi, _mm512_srli_epi64(lo, FIELD_LO_BITS));
		lo = _mm512_and_si512(lo, lo_mask);

		if (__builtin_expect(ct_reveal(_mm512_testn_epi64_mask(hi, top_byte)) != 0, 0)) { /* one in 32 */
			struct field_vector x_part = field_vector_from(x, i), y_part = field_vector_from(y, i);

			end += codec_write_portable(end, &x_part, &y_part, LANES);
			continue;
		}
		hi = _mm512_or_si512(hi, header);
		_mm512_storeu_si512(end, _mm512_permutex2var_epi8(lo, first, hi));
		_mm256_storeu_si256((__m256i *)(void *)(end + 64),
				    _mm512_castsi512_si256(_mm512_permutex2var_epi8(lo, last, hi)));
		end += LANES * CODEC_FIELD_BYTES_MAX;
	}

	struct field_vector x_rest = field_vector_from(x, i), y_rest = field_vector_from(y, i);
	return (size_t)(end - out) + codec_write_portable(end, &x_rest, &y_rest, n - i);
}
