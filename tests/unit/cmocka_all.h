/* What every test file needs in front of cmocka, and a few helpers that are shorter than what they replace. */
#ifndef TESTS_UNIT_CMOCKA_ALL_H
#define TESTS_UNIT_CMOCKA_ALL_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "prio/status.h"

#define COUNT_OF(array) (sizeof(array) / sizeof((array)[0]))

/* The sentence of the row beside the words of what came and what should have come. */
#define ASSERT_STATUS(what, got, want)                                                                                 \
	do {                                                                                                           \
		enum prio_status got_ = (got), want_ = (want);                                                         \
		if (got_ != want_)                                                                                     \
			fail_msg("%s: %s instead of %s", (what), prio_status_word(got_), prio_status_word(want_));     \
	} while (0)

#define ASSERT_OK(got) ASSERT_STATUS(#got, got, PRIO_OK)

/* Hexadecimal digits to bytes; returns how many. */
static inline size_t unhex(uint8_t *out, const char *hex)
{
	size_t n = strlen(hex) / 2;

	for (size_t i = 0; i < n; i++) {
		unsigned byte;

		assert_int_equal(sscanf(hex + 2 * i, "%2x", &byte), 1);
		out[i] = (uint8_t)byte;
	}
	return n;
}

static inline void assert_bytes(const uint8_t *got, const char *hex)
{
	uint8_t want[256];
	size_t n = unhex(want, hex);

	assert_memory_equal(got, want, n);
}

/* Numbers that look random and are the same in every run (xorshift). */
static inline uint64_t next_number(uint64_t *state)
{
	*state ^= *state << 13;
	*state ^= *state >> 7;
	*state ^= *state << 17;
	return *state;
}

#endif
