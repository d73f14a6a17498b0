/* Memory for secrets: zeroed, aligned, and not to be dumped. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "base/secret_alloc.h"

/* Does the kernel's account of a mapping have the flag "dd", do not dump? */
static int is_left_out(const void *p)
{
	FILE *maps = fopen("/proc/self/smaps", "r");
	char line[512];
	int inside = 0;
	int left_out = -1;

	assert_non_null(maps);
	while (fgets(line, sizeof line, maps) != NULL) {
		unsigned long begin;
		unsigned long end;

		if (sscanf(line, "%lx-%lx ", &begin, &end) == 2)
			inside = (uintptr_t)p >= begin && (uintptr_t)p < end;
		if (inside && strncmp(line, "VmFlags:", 8) == 0)
			left_out = strstr(line, " dd") != NULL;
	}
	fclose(maps);
	return left_out;
}

static void gives_pages_that_are_left_out(void **unused)
{
	static const size_t sizes[] = {0, 1, 63, 4096, 4097, 1000000};

	(void)unused;
	for (size_t i = 0; i < sizeof sizes / sizeof sizes[0]; i++) {
		uint8_t *p = secret_alloc(sizes[i]);

		assert_non_null(p);
		assert_int_equal((uintptr_t)p % 64, 0);
		for (size_t j = 0; j < sizes[i]; j++)
			assert_int_equal(p[j], 0);
		memset(p, 0xa5, sizes[i]);
#ifndef __SANITIZE_ADDRESS__
		assert_int_equal(is_left_out(p), 1);
#endif
		secret_free(p, sizes[i]);
	}
	secret_free(NULL, 5);
	assert_int_equal(is_left_out(sizes), 0);
}

static void fails_in_words(void **unused)
{
	(void)unused;
	assert_null(secret_alloc(SIZE_MAX));
	assert_null(secret_alloc(SIZE_MAX - 100));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(gives_pages_that_are_left_out),
		cmocka_unit_test(fails_in_words),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
