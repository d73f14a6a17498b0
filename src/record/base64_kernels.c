#include "record/base64_kernels.h"

#include <string.h>

#include "record/base64.h"

static const struct record_kernels portable = {.base64_decode = base64_decode_portable};
#ifndef PRIO_PORTABLE_ONLY
static const struct record_kernels avx2 = {.base64_decode = base64_decode_avx2};
static const struct record_kernels avx512ifma = {.base64_decode = base64_decode_avx512ifma};
#endif

enum { TEST_CHARACTERS = 512, TEST_BYTES = TEST_CHARACTERS / 4 * 3, MISSED_MAX = 128 };

/* Bytes whose text goes through the whole alphabet, there and back; in it, at any place, one that is not of the
 * alphabet. */
static bool self_test(const void *table)
{
	base64_decode_kernel *decode = ((const struct record_kernels *)table)->base64_decode;
	uint8_t bytes[TEST_BYTES], text[TEST_CHARACTERS], back[TEST_BYTES];
	bool good = true;

	for (size_t i = 0; i < TEST_BYTES; i++)
		bytes[i] = (uint8_t)(i * 167 + i / 3);
	base64_encode(text, (struct prio_bytes){bytes, sizeof bytes});

	size_t n = decode(back, (struct prio_bytes){text, sizeof text});
	good &= n % 4 == 0 && n >= TEST_CHARACTERS - MISSED_MAX && memcmp(back, bytes, n / 4 * 3) == 0;
	for (size_t at = 0; at < TEST_CHARACTERS; at++) {
		static const uint8_t others[] = {'"', '=', '\\', '-', '_', '@',	 '[',  '`',
						 '{', ':', '.',	 ' ', 0,   0x7f, 0x80, 0xff};
		const uint8_t kept = text[at];

		text[at] = others[at % sizeof others];
		good &= decode(back, (struct prio_bytes){text, sizeof text}) <= at / 4 * 4;
		text[at] = kept;
	}
	return good;
}

struct cpu_module record_module = {
	.name = "record",
	.tables =
		{
			[CPU_PORTABLE] = &portable,
#ifndef PRIO_PORTABLE_ONLY
			[CPU_AVX2] = &avx2,
			[CPU_AVX512] = &avx2,
			[CPU_AVX512IFMA] = &avx512ifma,
#endif
		},
	.self_test = self_test,
};
