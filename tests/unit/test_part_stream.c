/* A range of a raw part: all of its bytes come, with some more for the last line, or it is an error. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/error.h"
#include "pipeline/part_stream.h"
#include "tests/unit/temp_store.h"

static char key[] = "a/part";
static const char text[] = "0123456789";
static const struct prio_bytes bytes = {(const uint8_t *)text, sizeof text - 1};

/* What comes of a range if the listing said that the part has size_bytes. */
static enum prio_status read_range(struct store *store, uint64_t size_bytes, uint64_t begin_bytes, uint64_t end_bytes, char out[16])
{
	const struct raw_part part = {.key = key, .size_bytes = size_bytes};
	const struct task_input input = {.begin_bytes = begin_bytes, .end_bytes = end_bytes};
	struct stream *stream = NULL;
	struct prio_error error = {PRIO_OK, ""};
	size_t n = 0;
	enum prio_status status = part_stream_open(&stream, store, &part, &input, 2, &error);

	memset(out, 0, 16);
	assert_int_equal(status, PRIO_OK);
	status = stream_lend(stream, (struct prio_mut){(uint8_t *)out, 15}, &error);
	if (status == PRIO_OK)
		status = stream_take(stream, &n, &error);
	if (status != PRIO_OK)
		assert_non_null(strstr(error.text, key));
	stream_close(stream);
	return status;
}

static void ranges_of_a_part(void **unused)
{
	struct temp_store temp;
	char out[16];

	(void)unused;
	assert_int_equal(temp_store_new(&temp), 0);
	assert_int_equal(store_put(temp.store, key, bytes, STORE_ALWAYS, NULL), PRIO_OK);

	assert_int_equal(read_range(temp.store, 10, 0, UINT64_MAX, out), PRIO_OK);
	assert_string_equal(out, text);
	/* From a byte before it; more is asked for as long as more is wanted. */
	assert_int_equal(read_range(temp.store, 10, 3, 5, out), PRIO_OK);
	assert_string_equal(out, text + 2);

	/* The part ends before the listing said that it would. */
	assert_int_equal(read_range(temp.store, 11, 0, UINT64_MAX, out), PRIO_ERR_CHANGED);
	assert_int_equal(read_range(temp.store, 14, 3, 12, out), PRIO_ERR_CHANGED);
	temp_store_free(&temp);
}

int main(void)
{
	const struct CMUnitTest tests[] = {cmocka_unit_test(ranges_of_a_part)};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
