/* Signed objects: written in one way, read where the code fits the bytes, the place and the signer, refused anywhere else. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "pipeline/signed_json.h"
#include "record/json_size.h"

static const uint8_t secret[16] = {7};
static const struct signer signer = {{secret, sizeof secret}, "label"};

static struct prio_mut made(void)
{
	json_t *content = json_pack("{s:[i,i],s:s}", "b", 1, 2, "a", "x\x1b");
	struct prio_mut text;

	assert_int_equal(signed_json_make(&text, content, &signer, "place", NULL), PRIO_OK);
	json_decref(content);
	return text;
}

static enum prio_status read_as(struct prio_bytes text, const struct signer *reader, const char *key)
{
	json_t *content = NULL;
	enum prio_status status = signed_json_read(&content, text, reader, key, NULL);

	assert_int_equal(content != NULL, status == PRIO_OK);
	json_decref(content);
	return status;
}

static void reads_what_it_wrote(void **unused)
{
	static const char head[] = "{\"content\":{\"a\":\"x\\u001B\",\"b\":[1,2]},\"mac\":\"";
	const struct signer label = {{secret, sizeof secret}, "other"}, other = {{secret, sizeof secret - 1}, "label"};
	struct prio_mut text = made();

	(void)unused;
	assert_memory_equal(text.p, head, sizeof head - 1);
	assert_int_equal(text.n, sizeof head - 1 + 64 + 3);
	assert_int_equal(read_as(prio_bytes_of(text), &signer, "place"), PRIO_OK);
	assert_int_equal(read_as(prio_bytes_of(text), &signer, "places"), PRIO_ERR_MISMATCH);
	assert_int_equal(read_as(prio_bytes_of(text), &label, "place"), PRIO_ERR_MISMATCH);
	assert_int_equal(read_as(prio_bytes_of(text), &other, "place"), PRIO_ERR_MISMATCH);
	free(text.p);
}

/* Any byte changed, any cut, anything more: refused, and never read otherwise. Digits of the code may be of the other case. */
static void refuses_all_else(void **unused)
{
	struct prio_mut text = made();

	(void)unused;
	for (size_t i = 0; i < text.n; i++) {
		uint8_t was = text.p[i];

		for (unsigned bit = 1; bit < 256; bit *= 2) {
			text.p[i] = (uint8_t)(was ^ bit);
			enum prio_status status = read_as(prio_bytes_of(text), &signer, "place");
			if (i < text.n - 67 || (was | 0x20) != (text.p[i] | 0x20))
				assert_true(status == PRIO_ERR_FORMAT || status == PRIO_ERR_MISMATCH);
		}
		text.p[i] = was;
		assert_int_equal(read_as((struct prio_bytes){text.p, i}, &signer, "place"), PRIO_ERR_FORMAT);
		assert_int_equal(read_as((struct prio_bytes){text.p + i + 1, text.n - i - 1}, &signer, "place"), PRIO_ERR_FORMAT);
	}
	free(text.p);
}

static void bounds_values(void **unused)
{
	static const struct {
		const char *text;
		size_t n;
	} cases[] = {{"", 1}, {"7", 1}, {"[]", 2}, {"[[],[]]", 5}, {"{\"a\":1,\"b\":\"[,\"}", 7}, {"[[[[", 5}};

	(void)unused;
	for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
		struct prio_bytes text = {(const uint8_t *)cases[i].text, strlen(cases[i].text)};

		assert_int_equal(json_values_max(text), cases[i].n);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(reads_what_it_wrote),
		cmocka_unit_test(refuses_all_else),
		cmocka_unit_test(bounds_values),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
