/* Sealed private files: they open whole, for what they belong to, or not at all. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "pipeline/sealed_file.h"
#include "tests/unit/temp_store.h"

static const uint8_t secret[32] = {1, 2, 3};
static const char key_name[] = "private/file";

static struct sealed_binding binding_of(uint8_t first)
{
	return (struct sealed_binding){{secret, sizeof secret}, "label", {first}};
}

static void fill(uint8_t *bytes, size_t n)
{
	for (size_t i = 0; i < n; i++)
		bytes[i] = (uint8_t)(i * 7 + i / 251);
}

static void write_file(struct temp_store *temp, size_t n, size_t piece)
{
	struct sealed_binding binding = binding_of(9);
	struct sealed_writer *writer;
	uint8_t *bytes = malloc(n + 1);

	fill(bytes, n);
	assert_int_equal(sealed_writer_new(&writer, temp->store, key_name, SEALED_SCRATCH, &binding, NULL), PRIO_OK);
	for (size_t at = 0; at < n; at += piece)
		assert_int_equal(sealed_append(writer, bytes + at, n - at < piece ? n - at : piece, NULL), PRIO_OK);
	assert_int_equal(sealed_commit(writer, NULL), PRIO_OK);
	free(bytes);
}

/* Read all of it; the status of the first step that fails. */
static enum prio_status read_file(struct temp_store *temp, size_t n, const struct sealed_binding *binding)
{
	struct sealed_reader *reader = NULL;
	struct prio_error error;
	uint8_t *bytes = malloc(n + 1);
	uint8_t *want = malloc(n + 1);
	enum prio_status status = sealed_reader_new(&reader, temp->store, key_name, binding, &error);

	fill(want, n);
	for (size_t at = 0; at < n && status == PRIO_OK; at += 1000)
		status = sealed_read(reader, bytes + at, n - at < 1000 ? n - at : 1000, &error);
	if (status == PRIO_OK)
		status = sealed_at_end(reader, &error);
	if (status == PRIO_OK)
		assert_memory_equal(bytes, want, n);
	sealed_reader_free(reader);
	free(bytes);
	free(want);
	return status;
}

static void reads_what_was_written(void **unused)
{
	static const size_t sizes[] = {0, 1, SEALED_FRAME_BYTES - 1, SEALED_FRAME_BYTES, SEALED_FRAME_BYTES + 1,
				       3 * SEALED_FRAME_BYTES + 17};
	struct sealed_binding binding = binding_of(9);
	struct temp_store temp;

	(void)unused;
	assert_int_equal(temp_store_new(&temp), 0);
	for (size_t i = 0; i < sizeof sizes / sizeof sizes[0]; i++) {
		write_file(&temp, sizes[i], i % 2 == 0 ? 777 : 1 << 20);
		assert_int_equal(read_file(&temp, sizes[i], &binding), PRIO_OK);
		if (sizes[i] > 0)
			assert_int_equal(read_file(&temp, sizes[i] - 1, &binding), PRIO_ERR_FORMAT);
		assert_int_equal(read_file(&temp, sizes[i] + 1, &binding), PRIO_ERR_FORMAT);
	}
	temp_store_free(&temp);
}

static void opens_for_nothing_else(void **unused)
{
	struct sealed_binding binding = binding_of(8);
	struct sealed_binding other_label = {{secret, sizeof secret}, "other", {9}};
	struct sealed_binding other_secret = {{secret, sizeof secret - 1}, "label", {9}};
	struct temp_store temp;

	(void)unused;
	assert_int_equal(temp_store_new(&temp), 0);
	assert_int_equal(read_file(&temp, 5, &binding), PRIO_ERR_NOT_FOUND);
	write_file(&temp, 5, 5);
	assert_int_equal(read_file(&temp, 5, &binding), PRIO_ERR_FORMAT);
	assert_int_equal(read_file(&temp, 5, &other_label), PRIO_ERR_FORMAT);
	assert_int_equal(read_file(&temp, 5, &other_secret), PRIO_ERR_FORMAT);
	temp_store_free(&temp);
}

/* Any change to the file: a flipped bit anywhere, a cut at any frame, two frames exchanged. */
static void notices_every_change(void **unused)
{
	const size_t n = 2 * SEALED_FRAME_BYTES + 100;
	const size_t frame = 4 + SEALED_FRAME_BYTES + 16;
	struct sealed_binding binding = binding_of(9);
	struct temp_store temp;
	struct prio_mut file;

	(void)unused;
	assert_int_equal(temp_store_new(&temp), 0);
	write_file(&temp, n, 1 << 20);
	assert_int_equal(store_get(temp.store, key_name, 1 << 20, &file, NULL), PRIO_OK);
	assert_int_equal(file.n, 40 + 2 * frame + 4 + 100 + 16);
	for (size_t at = 0; at < file.n; at += at < 100 || at > file.n - 130 ? 1 : 4999) {
		file.p[at] ^= 1;
		assert_int_equal(store_put(temp.store, key_name, prio_bytes_of(file), STORE_ALWAYS, NULL), PRIO_OK);
		assert_int_equal(read_file(&temp, n, &binding), PRIO_ERR_FORMAT);
		file.p[at] ^= 1;
	}
	for (size_t cut = 0; cut < file.n; cut += 9973) {
		assert_int_equal(store_put(temp.store, key_name, (struct prio_bytes){file.p, cut}, STORE_ALWAYS, NULL), PRIO_OK);
		assert_int_equal(read_file(&temp, n, &binding), PRIO_ERR_FORMAT);
	}
	/* Frames cut off, with the last flag moved to the frame before. */
	file.p[40 + frame] |= 0x80;
	assert_int_equal(store_put(temp.store, key_name, (struct prio_bytes){file.p, 40 + 2 * frame}, STORE_ALWAYS, NULL), PRIO_OK);
	assert_int_equal(read_file(&temp, 2 * SEALED_FRAME_BYTES, &binding), PRIO_ERR_FORMAT);
	file.p[40 + frame] &= 0x7f;
	for (size_t i = 0; i < frame; i++) {
		uint8_t byte = file.p[40 + i];

		file.p[40 + i] = file.p[40 + frame + i];
		file.p[40 + frame + i] = byte;
	}
	assert_int_equal(store_put(temp.store, key_name, prio_bytes_of(file), STORE_ALWAYS, NULL), PRIO_OK);
	assert_int_equal(read_file(&temp, n, &binding), PRIO_ERR_FORMAT);
	free(file.p);
	temp_store_free(&temp);
}

static void aborted_files_never_appear(void **unused)
{
	struct sealed_binding binding = binding_of(9);
	struct sealed_writer *writer;
	struct temp_store temp;

	(void)unused;
	assert_int_equal(temp_store_new(&temp), 0);
	assert_int_equal(sealed_writer_new(&writer, temp.store, key_name, SEALED_DURABLE, &binding, NULL), PRIO_OK);
	assert_int_equal(sealed_append(writer, secret, sizeof secret, NULL), PRIO_OK);
	sealed_abort(writer);
	assert_int_equal(read_file(&temp, 0, &binding), PRIO_ERR_NOT_FOUND);
	temp_store_free(&temp);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(reads_what_was_written),
		cmocka_unit_test(opens_for_nothing_else),
		cmocka_unit_test(notices_every_change),
		cmocka_unit_test(aborted_files_never_appear),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
