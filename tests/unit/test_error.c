/* Strangers' bytes on terminals, and error texts that are cut. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/error.h"

static const struct {
	const char *text;
	size_t n;
	const char *want;
} cases[] = {
	{"plain", 5, "plain"},
	{"", 0, ""},
	{"a\nb", 3, "a\\x0ab"},
	{"\033[31mred", 8, "\\x1b[31mred"},
	{"back\\slash", 10, "back\\x5cslash"},
	{"caf\xc3\xa9", 5, "caf\xc3\xa9"},
	{"nul\0x", 5, "nul\\x00x"},
	{"\x7f", 1, "\\x7f"},
	{"\xc2\x85", 2, "\\xc2\\x85"},                 /* C1 control */
	{"\xe2\x80\xae", 3, "\\xe2\\x80\\xae"},        /* right-to-left override */
	{"\xc3", 1, "\\xc3"},                          /* cut sequence */
	{"\xc0\x80", 2, "\\xc0\\x80"},                 /* overlong */
	{"\xed\xa0\x80", 3, "\\xed\\xa0\\x80"},        /* surrogate */
	{"\xf0\x9f\x98\x80", 4, "\xf0\x9f\x98\x80"},
};

static void escapes(void **unused)
{
	char out[64];

	(void)unused;
	for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
		struct prio_bytes text = {(const uint8_t *)cases[i].text, cases[i].n};

		assert_string_equal(escape_text(out, sizeof out, text), cases[i].want);
	}
}

/* Whatever the room: no overrun, always ended, and cut only where it must be. */
static void fits_any_room(void **unused)
{
	static const char text[] = "ab\x01\xc3\xa9" "cdef";
	static const char whole[] = "ab\\x01\xc3\xa9" "cdef";

	(void)unused;
	for (size_t room = 1; room < 32; room++) {
		char out[40];

		memset(out, '#', sizeof out);
		escape_text(out, room, (struct prio_bytes){(const uint8_t *)text, sizeof text - 1});
		assert_true(strlen(out) < room);
		assert_int_equal(out[room], '#');
		if (room >= sizeof whole)
			assert_string_equal(out, whole);
	}
}

static void prefixes_and_cuts(void **unused)
{
	struct prio_error error;
	char longer[2 * PRIO_ERROR_TEXT_BYTES];

	(void)unused;
	assert_int_equal(error_set(&error, PRIO_ERR_KEY, "number %d", 7), PRIO_ERR_KEY);
	error_prefix(&error, "file %s", "x");
	assert_string_equal(error.text, "file x: number 7");
	memset(longer, 'y', sizeof longer - 1);
	longer[sizeof longer - 1] = '\0';
	error_prefix(&error, "%s", longer);
	assert_int_equal(strlen(error.text), PRIO_ERROR_TEXT_BYTES - 1);
	assert_int_equal(error_set(NULL, PRIO_ERR_IO, "nobody listens"), PRIO_ERR_IO);
	error_prefix(NULL, "nobody listens");
}

static void statuses_have_names(void **unused)
{
	(void)unused;
	for (int i = 0; i < PRIO_STATUS_COUNT_; i++) {
		enum prio_status status = (enum prio_status)i;

		if (i == PRIO_STATUS_FIRST_ERROR_)
			continue;
		assert_string_not_equal(prio_status_word(status), "unknown");
		assert_int_equal(prio_status_is_refusal(status), i > 0 && i < PRIO_STATUS_FIRST_ERROR_);
		for (int j = 0; j < i; j++)
			assert_string_not_equal(prio_status_word(status), prio_status_word((enum prio_status)j));
	}
	assert_string_equal(prio_status_word((enum prio_status)9999), "unknown");
	assert_false(prio_status_is_refusal(PRIO_STATUS_FIRST_ERROR_));
}

/* A whole line: what is escaped already stays as it is, controls do not. */
static void lines_keep_backslashes(void **unused)
{
	char out[64];

	(void)unused;
	assert_string_equal(escape_line(out, sizeof out, "id \\x1b and \x1b[31m\n\xc2\x9b"), "id \\x1b and \\x1b[31m\\x0a\\xc2\\x9b");
	assert_string_equal(escape_line(out, 8, "123456789"), "1234...");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(escapes),
		cmocka_unit_test(fits_any_room),
		cmocka_unit_test(lines_keep_backslashes),
		cmocka_unit_test(prefixes_and_cuts),
		cmocka_unit_test(statuses_have_names),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
