#include "base/crc32c.h"

#include <stdbool.h>
#include <string.h>

#if defined(__x86_64__) && !defined(PRIO_PORTABLE_ONLY)
#include <immintrin.h>
#endif

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

/* Sixteen 128-bit remainders, a message's 256 bytes, go on by 256 bytes at a time: each half of a remainder is multiplied by what it
 * is worth 2048 bits further on, modulo the polynomial, and added to the bytes that stand there. What is left in the end has the
 * message's CRC. Reflected: a product of two halves comes out one bit too low, so the factors stand one bit higher. Method: Gopal
 * and others, "Fast CRC Computation for Generic Polynomials Using PCLMULQDQ Instruction", Intel 2009. */
enum { FOLD_BYTES = 256, FOLDED_BYTES_MIN = 1024 };

#define FOLD_TARGET __attribute__((target("avx512f,avx512bw,vpclmulqdq,sse4.2")))

/* 256 bytes of the message, or the remainders. */
struct folded {
	__m512i a, b, c, d;
};

FOLD_TARGET static inline struct folded load(const uint8_t *p)
{
	return (struct folded){_mm512_loadu_si512(p), _mm512_loadu_si512(p + 64), _mm512_loadu_si512(p + 128),
			       _mm512_loadu_si512(p + 192)};
}

FOLD_TARGET static inline bool has(struct folded bytes, __m512i wanted)
{
	return (_mm512_cmpeq_epi8_mask(bytes.a, wanted) | _mm512_cmpeq_epi8_mask(bytes.b, wanted) |
		_mm512_cmpeq_epi8_mask(bytes.c, wanted) | _mm512_cmpeq_epi8_mask(bytes.d, wanted)) != 0;
}

FOLD_TARGET static inline __m512i fold(__m512i remainder, __m512i factors, __m512i bytes)
{
	__m512i low = _mm512_clmulepi64_epi128(remainder, factors, 0x00);
	__m512i high = _mm512_clmulepi64_epi128(remainder, factors, 0x11);

	return _mm512_ternarylogic_epi64(low, high, bytes, 0x96);
}

/* Of whole 256 bytes, at least one of which there must be; with until, only of those before the first that hold last: the
 * multiplications leave time enough to look. Returns how many bytes those are. */
FOLD_TARGET static size_t crc32c_folded(uint32_t *crc, struct prio_bytes bytes, bool until, uint8_t last)
{
	/* x^(2048 + 32) for the lower half, x^(2048 - 32) for the upper one. */
	const __m512i factors = _mm512_broadcast_i32x4(_mm_set_epi64x(0xb9e02b86, 0xdcb17aa4));
	const __m512i wanted = _mm512_set1_epi8((char)last);
	size_t n = bytes.n / FOLD_BYTES * FOLD_BYTES;
	size_t at = FOLD_BYTES;
	uint8_t rest[FOLD_BYTES];
	struct folded sum = load(bytes.p);

	if (until && has(sum, wanted))
		return 0;
	sum.a = _mm512_xor_si512(sum.a, _mm512_zextsi128_si512(_mm_cvtsi32_si128((int)~*crc)));
	for (; at < n; at += FOLD_BYTES) {
		struct folded next = load(bytes.p + at);

		if (until && has(next, wanted))
			break;
		sum.a = fold(sum.a, factors, next.a);
		sum.b = fold(sum.b, factors, next.b);
		sum.c = fold(sum.c, factors, next.c);
		sum.d = fold(sum.d, factors, next.d);
	}
	_mm512_storeu_si512(rest, sum.a);
	_mm512_storeu_si512(rest + 64, sum.b);
	_mm512_storeu_si512(rest + 128, sum.c);
	_mm512_storeu_si512(rest + 192, sum.d);
	*crc = crc32c_sse42(0xffffffff, (struct prio_bytes){rest, sizeof rest});
	return at;
}

static bool is_to_fold(struct prio_bytes bytes)
{
	return bytes.n >= FOLDED_BYTES_MIN && __builtin_cpu_supports("avx512bw") && __builtin_cpu_supports("vpclmulqdq");
}

uint32_t crc32c(uint32_t crc, struct prio_bytes bytes)
{
	size_t n_folded = is_to_fold(bytes) ? crc32c_folded(&crc, bytes, false, 0) : 0;
	struct prio_bytes rest = {bytes.p + n_folded, bytes.n - n_folded};

	return __builtin_cpu_supports("sse4.2") ? crc32c_sse42(crc, rest) : crc32c_portable(crc, rest);
}

#else

static size_t crc32c_folded(uint32_t *crc, struct prio_bytes bytes, bool until, uint8_t last)
{
	(void)crc, (void)bytes, (void)until, (void)last;
	return 0;
}

static bool is_to_fold(struct prio_bytes bytes)
{
	(void)bytes;
	return false;
}

uint32_t crc32c(uint32_t crc, struct prio_bytes bytes)
{
	return crc32c_portable(crc, bytes);
}

#endif

size_t crc32c_until(uint32_t *crc, struct prio_bytes bytes, uint8_t last)
{
	size_t n_folded = is_to_fold(bytes) ? crc32c_folded(crc, bytes, true, last) : 0;
	struct prio_bytes rest = {bytes.p + n_folded, bytes.n - n_folded};
	const uint8_t *found = rest.n > 0 ? memchr(rest.p, last, rest.n) : NULL;

	if (found != NULL)
		rest.n = (size_t)(found - rest.p) + 1;
	*crc = crc32c(*crc, rest);
	return n_folded + rest.n;
}

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
