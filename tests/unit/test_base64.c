/* base64: RFC 4648's own vectors, what is accepted beyond them and what is not, every length, in place and not. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "record/base64.h"
#include "record/kernels.h"

#define COUNT_OF(a) (sizeof(a) / sizeof(a)[0])

static const struct {
	const char *text;
	const char *bytes;
	size_t n; /* SIZE_MAX: refused */
} cases[] = {
	/* RFC 4648, section 10 */
	{"", "", 0},
	{"Zg==", "f", 1},
	{"Zm8=", "fo", 2},
	{"Zm9v", "foo", 3},
	{"Zm9vYg==", "foob", 4},
	{"Zm9vYmE=", "fooba", 5},
	{"Zm9vYmFy", "foobar", 6},
	{"+/+/", "\xfb\xff\xbf", 3},
	/* padding may be missing, all of it or a part */
	{"Zg", "f", 1},
	{"Zg=", "f", 1},
	{"Zm8", "fo", 2},
	{"Zm9vYg", "foob", 4},
	/* bits behind the last byte are ignored */
	{"Zh==", "f", 1},
	{"Zv", "f", 1},
	{"Zm9=", "fo", 2},
	/* white space anywhere */
	{" Zm9v", "foo", 3},
	{"Zm 9v", "foo", 3},
	{"Z\nm\r9\tv\n", "foo", 3},
	{"Zm9v\r\nYmFy", "foobar", 6},
	{"Z g = =", "f", 1},
	{"   ", "", 0},
	/* refused */
	{"Z", NULL, SIZE_MAX},
	{"Zm9vY", NULL, SIZE_MAX},
	{"Z===", NULL, SIZE_MAX},
	{"=", NULL, SIZE_MAX},
	{"====", NULL, SIZE_MAX},
	{"Zm9v=", NULL, SIZE_MAX},
	{"Zm9vYmE==", NULL, SIZE_MAX},
	{"Zg===", NULL, SIZE_MAX},
	{"Zg==Zg==", NULL, SIZE_MAX},
	{"Zg=v", NULL, SIZE_MAX},
	{"Zm9v-m9v", NULL, SIZE_MAX},
	{"Zm9v_m9v", NULL, SIZE_MAX},
	{"Zm9v\vYmFy", NULL, SIZE_MAX},
	{"Zm9v\xc3\xa9m", NULL, SIZE_MAX},
	{"Zm9vYmFyZm9v!", NULL, SIZE_MAX},
};

static void decodes_as_the_table_says(void **unused)
{
	(void)unused;
	for (size_t i = 0; i < COUNT_OF(cases); i++) {
		size_t n = strlen(cases[i].text);
		/* In memory of exactly the size that is asked for, so that a sanitizer sees every step beyond it. */
		uint8_t *text = malloc(n + 1);
		struct prio_mut apart = {malloc(base64_decoded_max(n)), base64_decoded_max(n)};
		uint8_t *shared = malloc(base64_decoded_max(n) > n ? base64_decoded_max(n) : n);
		struct prio_mut in_place = {shared, base64_decoded_max(n)};

		assert_true(text != NULL && apart.p != NULL && shared != NULL);
		memcpy(text, cases[i].text, n);
		memcpy(shared, cases[i].text, n);
		enum prio_status status = base64_decode(&apart, (struct prio_bytes){text, n});
		enum prio_status status_in_place = base64_decode(&in_place, (struct prio_bytes){shared, n});

		assert_int_equal(status, status_in_place);
		if (cases[i].n == SIZE_MAX) {
			assert_int_equal(status, PRIO_REFUSED_BAD_BASE64);
		} else {
			assert_int_equal(status, PRIO_OK);
			assert_int_equal(apart.n, cases[i].n);
			assert_int_equal(in_place.n, cases[i].n);
			assert_memory_equal(apart.p, cases[i].bytes, cases[i].n);
			assert_memory_equal(in_place.p, cases[i].bytes, cases[i].n);
		}
		free(text);
		free(apart.p);
		free(shared);
	}
}

static void decodes_nul_as_refused(void **unused)
{
	uint8_t out[12];
	struct prio_mut to = {out, sizeof out};

	(void)unused;
	assert_int_equal(base64_decode(&to, (struct prio_bytes){(const uint8_t *)"Zm9v\0Zm9", 8}), PRIO_REFUSED_BAD_BASE64);
	to = (struct prio_mut){out, sizeof out};
	assert_int_equal(base64_decode(&to, (struct prio_bytes){(const uint8_t *)"\0m9v", 4}), PRIO_REFUSED_BAD_BASE64);
}

/* Each of the 256 characters at each place of three groups: 64 are digits, and the kernel stops before the group of any
 * other. */
static void kernel_stops_at_what_is_no_digit(void **unused)
{
	static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

	(void)unused;
	for (size_t place = 0; place < 12; place++) {
		for (int c = 0; c < 256; c++) {
			uint8_t text[12] = "AAAAAAAAAAA";
			uint8_t out[9];
			const char *digit = c != 0 ? strchr(digits, c) : NULL;

			text[11] = 'A';
			text[place] = (uint8_t)c;
			size_t n = base64_decode_strict(out, (struct prio_bytes){text, sizeof text});
			assert_int_equal(n, digit != NULL ? 12 : place / 4 * 4);
			if (digit != NULL) {
				uint32_t group = (uint32_t)out[place / 4 * 3] << 16 |
						 (uint32_t)out[place / 4 * 3 + 1] << 8 | out[place / 4 * 3 + 2];

				assert_int_equal(group, (uint32_t)(digit - digits) << (18 - 6 * (place % 4)));
			}
		}
	}
}

static void decodes_what_it_encoded(void **unused)
{
	(void)unused;
	srand(1);
	for (size_t n = 0; n < 600; n++) {
		size_t n_text = base64_encoded_bytes(n);
		uint8_t *bytes = malloc(n + 1);
		uint8_t *text = malloc(n_text + 3);
		struct prio_mut out = {text, base64_decoded_max(n_text)};

		assert_true(bytes != NULL && text != NULL);
		for (size_t i = 0; i < n; i++)
			bytes[i] = (uint8_t)rand();
		base64_encode(text, (struct prio_bytes){bytes, n});
		if (n % 3 != 0)
			assert_int_equal(text[n_text - 1], '=');
		assert_int_equal(base64_decode(&out, (struct prio_bytes){text, n_text}), PRIO_OK);
		assert_int_equal(out.n, n);
		assert_memory_equal(out.p, bytes, n);
		free(bytes);
		free(text);
	}
}

static void encodes_rfc_4648(void **unused)
{
	(void)unused;
	for (size_t i = 0; i < 8; i++) {
		uint8_t text[12];

		assert_int_equal(base64_encoded_bytes(cases[i].n), strlen(cases[i].text));
		base64_encode(text, (struct prio_bytes){(const uint8_t *)cases[i].bytes, cases[i].n});
		assert_memory_equal(text, cases[i].text, strlen(cases[i].text));
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(decodes_as_the_table_says), cmocka_unit_test(decodes_nul_as_refused),
		cmocka_unit_test(kernel_stops_at_what_is_no_digit), cmocka_unit_test(decodes_what_it_encoded),
		cmocka_unit_test(encodes_rfc_4648),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
