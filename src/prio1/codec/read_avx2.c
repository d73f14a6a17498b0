/* Four elements of 12 bytes a step. Each is loaded alone, so that a shuffle within 16 bytes puts both its planes side
 * by side; two unpacks then bring four of either plane together. The header's byte rides above plane hi, where one test
 * of all four finds any that is not usual. */
#include <immintrin.h>

#include "base/ct.h"
#include "prio1/codec/kernels.h"

enum {
	LANES = 4,
	STEP_BYTES = LANES * CODEC_FIELD_BYTES_MAX,
	LOADED_BYTES = STEP_BYTES + 4, /* by loads of 16 bytes */
};

/* Elements i and i + 2 in the two halves of a register. */
static inline __m256i two_elements(const uint8_t *p)
{
	__m128i first = _mm_loadu_si128((const __m128i *)(const void *)p);
	__m128i second = _mm_loadu_si128((const __m128i *)(const void *)(p + 2 * CODEC_FIELD_BYTES_MAX));

	return _mm256_inserti128_si256(_mm256_castsi128_si256(first), second, 1);
}

size_t codec_read_avx2(struct codec_reader *reader, struct field_vector *out, size_t n, bool *in_field)
{
	/* Bytes 11 to 6 are plane lo, 5 to 1 plane hi, 0 the header. */
	const __m256i bytes = _mm256_setr_epi8(11, 10, 9, 8, 7, 6, -1, -1, 5, 4, 3, 2, 1, 0, -1, -1, /**/
					       11, 10, 9, 8, 7, 6, -1, -1, 5, 4, 3, 2, 1, 0, -1, -1);
	const __m256i header = _mm256_set1_epi64x((long long)CODEC_WHOLE_FIELD << FIELD_HI_BITS);
	const __m256i above_hi = _mm256_set1_epi64x(~((1LL << FIELD_HI_BITS) - 1));
	/* x = lo + 2^48 hi is below p exactly if hi, and one more where lo is at least p's, is at most p's. */
	const __m256i to_carry =
		_mm256_set1_epi64x((long long)(FIELD_LO_MASK + 1 - (uint64_t)(FIELD_P & FIELD_LO_MASK)));
	const __m256i largest = _mm256_set1_epi64x((long long)(FIELD_P >> FIELD_LO_BITS));
	const uint8_t *p = reader->p;
	size_t i = 0, left = reader->n, n_usual = LANES;
	int outside = 0;

	while (n_usual == LANES && n - i >= LANES && left >= LOADED_BYTES) {
		__m256i even = _mm256_shuffle_epi8(two_elements(p), bytes);
		__m256i odd = _mm256_shuffle_epi8(two_elements(p + CODEC_FIELD_BYTES_MAX), bytes);
		__m256i lo = _mm256_unpacklo_epi64(even, odd);
		__m256i hi = _mm256_xor_si256(_mm256_unpackhi_epi64(even, odd), header);
		__m256i limit = _mm256_add_epi64(hi, _mm256_srli_epi64(_mm256_add_epi64(lo, to_carry), FIELD_LO_BITS));

		_mm256_storeu_si256((__m256i *)(void *)(out->lo + i), lo);
		_mm256_storeu_si256((__m256i *)(void *)(out->hi + i), hi);
		if (!ct_reveal((uint64_t)_mm256_testz_si256(hi, above_hi))) {
			__m256i usual = _mm256_cmpeq_epi64(_mm256_and_si256(hi, above_hi), _mm256_setzero_si256());

			n_usual = (size_t)__builtin_ctz(
				~(unsigned)ct_reveal((uint64_t)_mm256_movemask_pd(_mm256_castsi256_pd(usual))));
		}
		outside |= _mm256_movemask_pd(_mm256_castsi256_pd(_mm256_cmpgt_epi64(limit, largest))) &
			   ((1 << n_usual) - 1);
		p += n_usual * CODEC_FIELD_BYTES_MAX;
		left -= n_usual * CODEC_FIELD_BYTES_MAX;
		i += n_usual;
	}
	*in_field &= outside == 0;
	reader->p = p;
	reader->n = left;

	struct field_vector rest = field_vector_from(out, i);
	return i + codec_read_portable(reader, &rest, n - i, in_field);
}
