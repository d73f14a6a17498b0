/* Decoding has two parts: a kernel that takes the plain groups of four, in a payload all but the last one, and a careful
 * reader that goes on where the kernel stopped. Since the kernel writes behind its reading place, the careful reader finds
 * the rest of the text unharmed where it is decoded in place. */
#include "record/base64.h"

#include <stdbool.h>
#include <string.h>

#include "record/kernels.h"

/* Value of a character, moved to its place in the group; NOT_BASE64 for any other character. */
#define NOT_BASE64 0x80000000U
#define AT(c, shift) \
	((c) >= 'A' && (c) <= 'Z'   ? (uint32_t)((c) - 'A') << (shift) \
	 : (c) >= 'a' && (c) <= 'z' ? (uint32_t)((c) - 'a' + 26) << (shift) \
	 : (c) >= '0' && (c) <= '9' ? (uint32_t)((c) - '0' + 52) << (shift) \
	 : (c) == '+'               ? 62U << (shift) \
	 : (c) == '/'               ? 63U << (shift) \
				    : NOT_BASE64)
#define AT4(c, shift) AT(c, shift), AT((c) + 1, shift), AT((c) + 2, shift), AT((c) + 3, shift)
#define AT16(c, shift) AT4(c, shift), AT4((c) + 4, shift), AT4((c) + 8, shift), AT4((c) + 12, shift)
#define AT64(c, shift) AT16(c, shift), AT16((c) + 16, shift), AT16((c) + 32, shift), AT16((c) + 48, shift)
#define AT256(shift) {AT64(0, shift), AT64(64, shift), AT64(128, shift), AT64(192, shift)}

static const uint32_t values[4][256] = {AT256(18), AT256(12), AT256(6), AT256(0)};

static const char alphabet[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

static uint32_t group_at(const uint8_t *p)
{
	return values[0][p[0]] | values[1][p[1]] | values[2][p[2]] | values[3][p[3]];
}

size_t base64_decode_portable(uint8_t *out, struct prio_bytes text)
{
	size_t at = 0;

	/* Two groups a turn. All eight characters are in registers before the first byte is written. */
	for (; text.n - at >= 8; at += 8, out += 6) {
		uint32_t a = group_at(text.p + at);
		uint32_t b = group_at(text.p + at + 4);

		if ((a | b) & NOT_BASE64)
			break;
		out[0] = (uint8_t)(a >> 16);
		out[1] = (uint8_t)(a >> 8);
		out[2] = (uint8_t)a;
		out[3] = (uint8_t)(b >> 16);
		out[4] = (uint8_t)(b >> 8);
		out[5] = (uint8_t)b;
	}
	for (; text.n - at >= 4; at += 4, out += 3) {
		uint32_t a = group_at(text.p + at);

		if (a & NOT_BASE64)
			break;
		out[0] = (uint8_t)(a >> 16);
		out[1] = (uint8_t)(a >> 8);
		out[2] = (uint8_t)a;
	}
	return at;
}

size_t base64_decode_strict(uint8_t *out, struct prio_bytes text)
{
	size_t at = record_kernels()->base64_decode(out, text);
	struct prio_bytes rest = {text.p + at, text.n - at};

	return at + base64_decode_portable(out + at / 4 * 3, rest);
}

static bool is_space(uint8_t c)
{
	return c == ' ' || c == '\t' || c == '\n' || c == '\r';
}

enum prio_status base64_decode(struct prio_mut *out, struct prio_bytes text)
{
	size_t at = base64_decode_strict(out->p, text);
	uint8_t *to = out->p + at / 4 * 3;
	uint32_t group = 0;
	unsigned digits = 0; /* of the group that is open: 0 to 3 */
	unsigned padding = 0;

	for (; at < text.n; at++) {
		uint8_t c = text.p[at];

		if (is_space(c))
			continue;
		if (c == '=') {
			/* One behind three digits, one or two behind two digits, and nothing behind them. */
			if (digits < 2 || ++padding > 4 - digits)
				return PRIO_REFUSED_BAD_BASE64;
			continue;
		}
		if (padding > 0 || values[3][c] == NOT_BASE64)
			return PRIO_REFUSED_BAD_BASE64;
		group = group << 6 | values[3][c];
		if (++digits < 4)
			continue;
		*to++ = (uint8_t)(group >> 16);
		*to++ = (uint8_t)(group >> 8);
		*to++ = (uint8_t)group;
		group = 0;
		digits = 0;
	}

	if (digits == 1)
		return PRIO_REFUSED_BAD_BASE64;
	if (digits >= 2)
		*to++ = (uint8_t)(group >> (digits == 2 ? 4 : 10));
	if (digits == 3)
		*to++ = (uint8_t)(group >> 2);
	out->n = (size_t)(to - out->p);
	return PRIO_OK;
}

void base64_encode(uint8_t *out, struct prio_bytes bytes)
{
	const uint8_t *p = bytes.p;
	size_t n = bytes.n;

	for (; n >= 3; n -= 3, p += 3, out += 4) {
		uint32_t group = (uint32_t)p[0] << 16 | (uint32_t)p[1] << 8 | p[2];

		out[0] = (uint8_t)alphabet[group >> 18];
		out[1] = (uint8_t)alphabet[group >> 12 & 63];
		out[2] = (uint8_t)alphabet[group >> 6 & 63];
		out[3] = (uint8_t)alphabet[group & 63];
	}
	if (n == 0)
		return;

	uint32_t last = (uint32_t)p[0] << 16 | (n == 2 ? (uint32_t)p[1] << 8 : 0);
	out[0] = (uint8_t)alphabet[last >> 18];
	out[1] = (uint8_t)alphabet[last >> 12 & 63];
	out[2] = n == 2 ? (uint8_t)alphabet[last >> 6 & 63] : (uint8_t)'=';
	out[3] = (uint8_t)'=';
}
