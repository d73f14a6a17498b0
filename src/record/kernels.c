#include "record/kernels.h"

#include <string.h>

#include "record/base64.h"

static const struct record_kernels portable = {
	.base64_decode = base64_decode_portable,
	.plain_length = plain_length_portable,
};

#ifndef PRIO_PORTABLE_ONLY
static const struct record_kernels avx2 = {
	.base64_decode = base64_decode_avx2,
	.plain_length = plain_length_avx2,
};

static const struct record_kernels avx512 = {
	.base64_decode = base64_decode_avx2,
	.plain_length = plain_length_avx512,
};

static const struct record_kernels avx512ifma = {
	.base64_decode = base64_decode_avx512ifma,
	.plain_length = plain_length_avx512,
};
#endif

enum { TEST_CHARACTERS = 512, TEST_BYTES = TEST_CHARACTERS / 4 * 3, MISSED_MAX = 128 };

/* Bytes whose text goes through the whole alphabet, there and back; in it, at any place, one that is not of the
 * alphabet. */
static bool decodes(base64_decode_kernel *decode)
{
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

/* A text of all plain characters that stops at each of its places, and at each of the other 256 bytes. */
static bool finds_the_end(plain_length_kernel *plain_length)
{
	uint8_t text[TEST_CHARACTERS];
	bool good = true;

	for (size_t i = 0; i < TEST_CHARACTERS; i++) {
		uint8_t c = (uint8_t)(' ' + i % 95);

		text[i] = c == '"' || c == '\\' ? 'x' : c;
	}
	good &= plain_length(text, TEST_CHARACTERS) == TEST_CHARACTERS && plain_length(text, 100) == 100;
	for (size_t at = 0; at < TEST_CHARACTERS; at++) {
		uint8_t c = (uint8_t)at, kept = text[at];
		bool plain = c >= ' ' && c <= '~' && c != '"' && c != '\\';

		text[at] = c;
		good &= plain_length(text, TEST_CHARACTERS) == (plain ? TEST_CHARACTERS : at);
		text[at] = kept;
	}
	return good;
}

static bool self_test(const void *table)
{
	const struct record_kernels *kernels = table;

	return decodes(kernels->base64_decode) && finds_the_end(kernels->plain_length);
}

struct cpu_module record_module = {
	.name = "record",
	.tables =
		{
			[CPU_PORTABLE] = &portable,
#ifndef PRIO_PORTABLE_ONLY
			[CPU_AVX2] = &avx2,
			[CPU_AVX512] = &avx512,
			[CPU_AVX512IFMA] = &avx512ifma,
#endif
		},
	.self_test = self_test,
};
