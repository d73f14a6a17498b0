#include "base/crc32c.h"

#include <stddef.h>
#include <string.h>

/* Reflected polynomial 0x1EDC6F41, four bits at a time: sixteen entries, no table to build at start-up. */
uint32_t crc32c_portable(uint32_t crc, struct prio_bytes bytes)
{
	static const uint32_t table[16] = {
		0x00000000, 0x105ec76f, 0x20bd8ede, 0x30e349b1, 0x417b1dbc, 0x5125dad3, 0x61c69362, 0x7198540d,
		0x82f63b78, 0x92a8fc17, 0xa24bb5a6, 0xb21572c9, 0xc38d26c4, 0xd3d3e1ab, 0xe330a81a, 0xf36e6f75,
	};

	crc = ~crc;
	for (size_t i = 0; i < bytes.n; i++) {
		crc ^= bytes.p[i];
		crc = crc >> 4 ^ table[crc & 15];
		crc = crc >> 4 ^ table[crc & 15];
	}
	return ~crc;
}

/* The product of two polynomials modulo the CRC's. Reflected: the highest bit is the coefficient of x^0. */
static uint32_t multiply(uint32_t a, uint32_t b)
{
	uint32_t product = 0;

	for (; a != 0; a <<= 1) {
		if (a >> 31 != 0)
			product ^= b;
		b = (b & 1) != 0 ? b >> 1 ^ 0x82f63b78 : b >> 1; /* times x */
	}
	return product;
}

#if defined(__x86_64__) && !defined(PRIO_PORTABLE_ONLY)

/* The instruction takes three cycles and can be begun in each: three stretches of a long message go side by side. */
enum { STRETCH_BYTES = 4096 };

__attribute__((target("sse4.2"))) static uint64_t word(uint64_t state, const uint8_t *p)
{
	uint64_t bytes;

	memcpy(&bytes, p, sizeof bytes);
	return __builtin_ia32_crc32di(state, bytes);
}

__attribute__((target("sse4.2"))) static uint32_t crc32c_sse42(uint32_t crc, struct prio_bytes bytes)
{
	const uint32_t shift = 0x35d73a62; /* x^(8 STRETCH_BYTES): what crc32c_combine works out */
	uint64_t state = (uint32_t)~crc;
	const uint8_t *p = bytes.p;
	size_t n = bytes.n;

	for (; n >= 3 * STRETCH_BYTES; n -= 3 * STRETCH_BYTES, p += 3 * STRETCH_BYTES) {
		uint64_t second = 0;
		uint64_t third = 0;

		for (size_t i = 0; i < STRETCH_BYTES; i += 8) {
			state = word(state, p + i);
			second = word(second, p + STRETCH_BYTES + i);
			third = word(third, p + 2 * STRETCH_BYTES + i);
		}
		state = multiply((uint32_t)state, shift) ^ (uint32_t)second;
		state = multiply((uint32_t)state, shift) ^ (uint32_t)third;
	}
	for (; n >= 8; n -= 8, p += 8)
		state = word(state, p);
	for (; n > 0; n--)
		state = __builtin_ia32_crc32qi((uint32_t)state, *p++);
	return ~(uint32_t)state;
}

uint32_t crc32c(uint32_t crc, struct prio_bytes bytes)
{
	return __builtin_cpu_supports("sse4.2") ? crc32c_sse42(crc, bytes) : crc32c_portable(crc, bytes);
}

#else

uint32_t crc32c(uint32_t crc, struct prio_bytes bytes)
{
	return crc32c_portable(crc, bytes);
}

#endif

/* Zero bytes after a message multiply its CRC by x^8 each (the inversions at both ends cancel), so first moves up by the length of what
 * follows: times x^(8 n), by squaring. */
uint32_t crc32c_combine(uint32_t first, uint32_t second, uint64_t n_bytes)
{
	uint32_t power = 0x80000000 >> 8; /* x^8 */

	for (; n_bytes != 0; n_bytes >>= 1) {
		if ((n_bytes & 1) != 0)
			first = multiply(first, power);
		power = multiply(power, power);
	}
	return first ^ second;
}
