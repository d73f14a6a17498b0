#include "base/ct.h"

#include <string.h>

/* Whole words, and then a rest of bytes. The compiler is kept from seeing what has been gathered so far, so that it
 * cannot turn these loops into ones with an early end. */
static uint64_t gather(uint64_t bits, uint64_t more)
{
	bits |= more;
	__asm__("" : "+r"(bits));
	return bits;
}

static uint64_t word_at(const uint8_t *p)
{
	uint64_t word;

	memcpy(&word, p, sizeof word);
	return word;
}

bool ct_equal(const void *a, const void *b, size_t n)
{
	const uint8_t *x = a, *y = b;
	uint64_t difference = 0;
	size_t i = 0;

	for (; n - i >= sizeof difference; i += sizeof difference)
		difference = gather(difference, word_at(x + i) ^ word_at(y + i));
	for (; i < n; i++)
		difference = gather(difference, (uint64_t)(x[i] ^ y[i]));
	return ct_reveal(difference == 0) != 0;
}

bool ct_is_zero(const void *p, size_t n)
{
	const uint8_t *x = p;
	uint64_t bits = 0;
	size_t i = 0;

	for (; n - i >= sizeof bits; i += sizeof bits)
		bits = gather(bits, word_at(x + i));
	for (; i < n; i++)
		bits = gather(bits, x[i]);
	return ct_reveal(bits == 0) != 0;
}
