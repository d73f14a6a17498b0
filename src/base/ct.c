#include "base/ct.h"

/* The difference is gathered in a volatile, so that no compiler turns the loop into one with an early end. */
bool ct_equal(const void *a, const void *b, size_t n)
{
	const uint8_t *x = a;
	const uint8_t *y = b;
	volatile uint8_t difference = 0;

	for (size_t i = 0; i < n; i++)
		difference = (uint8_t)(difference | (x[i] ^ y[i]));
	return ct_reveal(difference == 0) != 0;
}

bool ct_is_zero(const void *p, size_t n)
{
	const uint8_t *x = p;
	volatile uint8_t bits = 0;

	for (size_t i = 0; i < n; i++)
		bits = (uint8_t)(bits | x[i]);
	return ct_reveal(bits == 0) != 0;
}
