/* CRC32C: published check values, and both ways the same. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "base/crc32c.h"

static void gives_published_values(void **unused)
{
	static const uint8_t digits[] = "123456789";
	uint8_t bytes[32];

	(void)unused;
	assert_int_equal(crc32c(0, (struct prio_bytes){digits, 9}), 0xe3069283);
	assert_int_equal(crc32c(0, (struct prio_bytes){digits, 0}), 0);
	/* RFC 3720, B.4 */
	memset(bytes, 0, sizeof bytes);
	assert_int_equal(crc32c(0, (struct prio_bytes){bytes, 32}), 0x8a9136aa);
	memset(bytes, 0xff, sizeof bytes);
	assert_int_equal(crc32c(0, (struct prio_bytes){bytes, 32}), 0x62a8ab43);
	for (size_t i = 0; i < 32; i++)
		bytes[i] = (uint8_t)i;
	assert_int_equal(crc32c(0, (struct prio_bytes){bytes, 32}), 0x46dd794e);
}

static void both_ways_and_all_cuts_agree(void **unused)
{
	uint8_t bytes[67];

	(void)unused;
	for (size_t i = 0; i < sizeof bytes; i++)
		bytes[i] = (uint8_t)(i * 37 + 11);
	uint32_t whole = crc32c(0, (struct prio_bytes){bytes, sizeof bytes});
	assert_int_equal(crc32c_portable(0, (struct prio_bytes){bytes, sizeof bytes}), whole);
	for (size_t cut = 0; cut <= sizeof bytes; cut++) {
		uint32_t first = crc32c(0, (struct prio_bytes){bytes, cut});
		uint32_t second = crc32c(0, (struct prio_bytes){bytes + cut, sizeof bytes - cut});

		assert_int_equal(crc32c_combine(first, second, sizeof bytes - cut), whole);
		assert_int_equal(crc32c(first, (struct prio_bytes){bytes + cut, sizeof bytes - cut}), whole);
		assert_int_equal(crc32c_portable(first, (struct prio_bytes){bytes + cut, sizeof bytes - cut}), whole);
	}
}

/* Long enough for several steps of 256 bytes, at every remainder and alignment. */
static void messages_of_every_length_agree(void **unused)
{
	static uint8_t bytes[1600];

	(void)unused;
	for (size_t i = 0; i < sizeof bytes; i++)
		bytes[i] = (uint8_t)(i * i >> 5 ^ i);
	for (size_t n = 0; n + 3 < sizeof bytes; n++) {
		struct prio_bytes message = {bytes + n % 3, n};

		assert_int_equal(crc32c((uint32_t)n * 0x9e3779b9, message), crc32c_portable((uint32_t)n * 0x9e3779b9, message));
	}
}

/* Long enough for stretches side by side, at every remainder. */
static void long_messages_agree(void **unused)
{
	static uint8_t bytes[3 * 3 * 4096 + 64];

	(void)unused;
	for (size_t i = 0; i < sizeof bytes; i++)
		bytes[i] = (uint8_t)(i * i >> 7 ^ i);
	for (size_t n = 3 * 4096 - 9; n <= sizeof bytes; n += n < 3 * 4096 + 20 ? 1 : 997) {
		struct prio_bytes message = {bytes + n % 8, n - n % 8};
		uint32_t whole = crc32c_portable(0x12345678, message);

		assert_int_equal(crc32c(0x12345678, message), whole);
		assert_int_equal(crc32c_combine(crc32c(0x12345678, (struct prio_bytes){message.p, 1000}),
						crc32c(0, (struct prio_bytes){message.p + 1000, message.n - 1000}),
						message.n - 1000),
				 whole);
	}
}

/* Up to any byte at any place, in messages of many lengths; the first of several counts. */
static void goes_until_a_byte(void **unused)
{
	static const size_t lengths[] = {0, 1, 63, 255, 256, 1023, 1024, 1025, 1279, 1280, 2100};
	static uint8_t bytes[2100];

	(void)unused;
	for (size_t i = 0; i < sizeof bytes; i++)
		bytes[i] = (uint8_t)(1 + (i * i >> 5 ^ i) % 255);
	for (size_t l = 0; l < sizeof lengths / sizeof lengths[0]; l++) {
		for (size_t at = 0; at <= lengths[l]; at++) {
			struct prio_bytes message = {bytes, lengths[l]};
			size_t n = at < message.n ? at + 1 : message.n;
			uint32_t crc = 0x12345678;

			if (at < message.n) {
				bytes[at] = 0;
				bytes[at + (message.n - 1 - at) / 3] = 0; /* later, or the same */
			}
			assert_int_equal(crc32c_until(&crc, message, 0), n);
			assert_int_equal(crc, crc32c_portable(0x12345678, (struct prio_bytes){bytes, n}));
			if (at < message.n)
				bytes[at] = bytes[at + (message.n - 1 - at) / 3] = 0xa5;
		}
	}
	for (unsigned c = 0; c < 256; c++) {
		uint32_t crc = 0;

		memset(bytes, (int)(c ^ 0x80), sizeof bytes);
		bytes[1500] = (uint8_t)c;
		assert_int_equal(crc32c_until(&crc, (struct prio_bytes){bytes, sizeof bytes}, (uint8_t)c), 1501);
		assert_int_equal(crc, crc32c_portable(0, (struct prio_bytes){bytes, 1501}));
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(gives_published_values),
		cmocka_unit_test(both_ways_and_all_cuts_agree),
		cmocka_unit_test(messages_of_every_length_agree),
		cmocka_unit_test(long_messages_agree),
		cmocka_unit_test(goes_until_a_byte),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
