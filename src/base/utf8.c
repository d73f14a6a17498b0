#include "base/utf8.h"

size_t utf8_decode(uint32_t *code_point, struct prio_bytes text)
{
	static const uint32_t smallest[5] = {0, 0, 0x80, 0x800, 0x10000};
	uint8_t first = text.p[0];
	size_t n = first < 0x80 ? 1 : first >> 5 == 6 ? 2 : first >> 4 == 14 ? 3 : first >> 3 == 30 ? 4 : 0;

	if (n == 0 || n > text.n)
		return 0;
	uint32_t value = n == 1 ? first : first & (0x7fU >> n);
	for (size_t i = 1; i < n; i++) {
		if (text.p[i] >> 6 != 2)
			return 0;
		value = value << 6 | (text.p[i] & 0x3f);
	}
	if (value < smallest[n] || value > 0x10ffff || (value >= 0xd800 && value < 0xe000))
		return 0;
	*code_point = value;
	return n;
}

bool utf8_is_valid(struct prio_bytes text)
{
	while (text.n > 0) {
		uint32_t code_point;
		size_t n = utf8_decode(&code_point, text);

		if (n == 0)
			return false;
		text.p += n;
		text.n -= n;
	}
	return true;
}
