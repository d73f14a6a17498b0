/* Comparisons: a bit more or less at any place is noticed, at every length and wherever the bytes begin. */
#include "tests/unit/cmocka_all.h"

#include "base/ct.h"

enum { LENGTH_MAX = 67, ALIGNMENTS = 9 };

static void equal_to_the_last_bit(void **unused)
{
	uint8_t a[LENGTH_MAX + 1], room[LENGTH_MAX + 1 + ALIGNMENTS];

	(void)unused;
	memset(a, 0x5a, sizeof a);
	for (size_t n = 0; n <= LENGTH_MAX; n++) {
		uint8_t *b = room + n % ALIGNMENTS;

		memset(room, 0x5a, sizeof room);
		b[n] = 0; /* behind the end */
		assert_true(ct_equal(a, b, n));
		for (size_t bit = 0; bit < 8 * n; bit++) {
			b[bit / 8] ^= (uint8_t)(1 << bit % 8);
			assert_false(ct_equal(a, b, n));
			b[bit / 8] = 0x5a;
		}
	}
}

static void zero_to_the_last_bit(void **unused)
{
	uint8_t room[LENGTH_MAX + 1 + ALIGNMENTS];

	(void)unused;
	for (size_t n = 0; n <= LENGTH_MAX; n++) {
		uint8_t *a = room + n % ALIGNMENTS;

		memset(room, 0, sizeof room);
		a[n] = 1; /* behind the end */
		assert_true(ct_is_zero(a, n));
		for (size_t bit = 0; bit < 8 * n; bit++) {
			a[bit / 8] = (uint8_t)(1 << bit % 8);
			assert_false(ct_is_zero(a, n));
			a[bit / 8] = 0;
		}
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(equal_to_the_last_bit),
		cmocka_unit_test(zero_to_the_last_bit),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
