/* SipHash-2-4-128: the reference implementation's codes, which OpenSSL's SIPHASH gives too. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "base/siphash.h"

static const struct {
	size_t n_bytes;
	uint8_t code[SIPHASH_BYTES];
} known[] = {
	{0, {0xa3, 0x81, 0x7f, 0x04, 0xba, 0x25, 0xa8, 0xe6, 0x6d, 0xf6, 0x72, 0x14, 0xc7, 0x55, 0x02, 0x93}},
	{1, {0xda, 0x87, 0xc1, 0xd8, 0x6b, 0x99, 0xaf, 0x44, 0x34, 0x76, 0x59, 0x11, 0x9b, 0x22, 0xfc, 0x45}},
	{7, {0xa1, 0xf1, 0xeb, 0xbe, 0xd8, 0xdb, 0xc1, 0x53, 0xc0, 0xb8, 0x4a, 0xa6, 0x1f, 0xf0, 0x82, 0x39}},
	{8, {0x3b, 0x62, 0xa9, 0xba, 0x62, 0x58, 0xf5, 0x61, 0x0f, 0x83, 0xe2, 0x64, 0xf3, 0x14, 0x97, 0xb4}},
	{15, {0x54, 0x93, 0xe9, 0x99, 0x33, 0xb0, 0xa8, 0x11, 0x7e, 0x08, 0xec, 0x0f, 0x97, 0xcf, 0xc3, 0xd9}},
	{36, {0x3d, 0xc4, 0x7d, 0x1f, 0x29, 0xc4, 0x48, 0x46, 0x1e, 0x9e, 0x76, 0xed, 0x90, 0x4f, 0x67, 0x11}},
	{63, {0x51, 0x50, 0xd1, 0x77, 0x2f, 0x50, 0x83, 0x4a, 0x50, 0x3e, 0x06, 0x9a, 0x97, 0x3f, 0xbd, 0x7c}},
};

/* Key 00 01 .. 0f, message 00 01 .. */
static void gives_published_codes(void **unused)
{
	uint8_t key[SIPHASH_KEY_BYTES];
	uint8_t message[64];
	uint8_t code[SIPHASH_BYTES];

	(void)unused;
	for (size_t i = 0; i < sizeof message; i++) {
		message[i] = (uint8_t)i;
		if (i < sizeof key)
			key[i] = (uint8_t)i;
	}
	for (size_t i = 0; i < sizeof known / sizeof known[0]; i++) {
		siphash(code, key, (struct prio_bytes){message, known[i].n_bytes});
		assert_memory_equal(code, known[i].code, sizeof code);
	}
}

static void depends_on_every_bit_of_the_key(void **unused)
{
	uint8_t key[SIPHASH_KEY_BYTES] = {0};
	uint8_t code[SIPHASH_BYTES];
	uint8_t other[SIPHASH_BYTES];
	const struct prio_bytes message = {(const uint8_t *)"id", 2};

	(void)unused;
	siphash(code, key, message);
	for (size_t bit = 0; bit < 8 * sizeof key; bit++) {
		key[bit / 8] ^= (uint8_t)(1U << bit % 8);
		siphash(other, key, message);
		assert_memory_not_equal(code, other, sizeof code);
		key[bit / 8] ^= (uint8_t)(1U << bit % 8);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(gives_published_codes),
		cmocka_unit_test(depends_on_every_bit_of_the_key),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
