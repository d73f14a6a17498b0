/* sealed_file: hostile bytes as a private object never open; what was written opens whole, whatever the pieces it is
 * written and read in, and not at all once a byte of it differs or it is cut.
 *
 * Input: size of the pieces written and read (1 each), a place to damage (2), then the bytes. */
#include "fuzz/harness/fuzz.h"
#include "fuzz/harness/memory_store.h"
#include "pipeline/sealed_file.h"

static const uint8_t secret[32] = {7};
static const char name[] = "private/file";
static const struct sealed_binding binding = {{secret, sizeof secret}, "label", {1, 2, 3}};

/* Read n bytes and the end: PRIO_OK, or why not. */
static enum prio_status read_all(struct store *store, uint8_t *out, size_t n, size_t piece)
{
	struct prio_error error = {PRIO_OK, ""};
	struct sealed_reader *reader = NULL;
	enum prio_status status = sealed_reader_new(&reader, store, name, &binding, &error);

	if (status != PRIO_OK) {
		fuzz_check_error(status, &error);
		return status;
	}
	for (size_t at = 0; at < n && status == PRIO_OK; at += piece)
		status = sealed_read(reader, out + at, n - at < piece ? n - at : piece, &error);
	if (status == PRIO_OK)
		status = sealed_at_end(reader, &error);
	if (status != PRIO_OK)
		fuzz_check_error(status, &error);
	sealed_reader_free(reader);
	return status;
}

static void check_hostile(struct store *store, struct prio_bytes bytes)
{
	uint8_t out[1];

	memory_store_put(store, name, bytes);
	FUZZ_CHECK(read_all(store, out, 0, 1) == PRIO_ERR_FORMAT);
}

static void check_damaged(struct store *store, struct prio_bytes whole, size_t n, size_t place)
{
	struct prio_mut damaged = fuzz_copy(whole);
	uint8_t *out = malloc(n + 1);

	FUZZ_CHECK(out != NULL);
	damaged.p[place % damaged.n] ^= (uint8_t)(1 + place / 256 % 255);
	memory_store_put(store, name, prio_bytes_of(damaged));
	FUZZ_CHECK(read_all(store, out, n, n + 1) == PRIO_ERR_FORMAT);
	memory_store_put(store, name, (struct prio_bytes){whole.p, place % whole.n});
	FUZZ_CHECK(read_all(store, out, n, n + 1) == PRIO_ERR_FORMAT);
	free(out);
	free(damaged.p);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	struct prio_bytes in = {data, n};
	size_t written = 1 + fuzz_byte(&in) * 300U, read = 1 + fuzz_byte(&in) * 300U;
	size_t place = (size_t)fuzz_byte(&in) << 8;
	struct store *store = memory_store();
	struct sealed_writer *writer;

	place |= fuzz_byte(&in);
	check_hostile(store, in);
	FUZZ_OK(sealed_writer_new(&writer, store, name, SEALED_DURABLE, &binding, NULL));
	for (size_t at = 0; at < in.n; at += written)
		FUZZ_OK(sealed_append(writer, in.p + at, in.n - at < written ? in.n - at : written, NULL));
	FUZZ_OK(sealed_commit(writer, NULL));

	uint8_t *out = malloc(in.n + 1);
	FUZZ_CHECK(out != NULL);
	FUZZ_OK(read_all(store, out, in.n, read));
	FUZZ_CHECK(in.n == 0 || memcmp(out, in.p, in.n) == 0);
	FUZZ_CHECK(read_all(store, out, in.n + 1, in.n + 1) == PRIO_ERR_FORMAT);
	if (in.n > 0)
		FUZZ_CHECK(read_all(store, out, in.n - 1, read) == PRIO_ERR_FORMAT);
	struct prio_mut whole = fuzz_copy(memory_store_look(store, name));
	FUZZ_CHECK(in.n < 16 || memmem(whole.p, whole.n, in.p, in.n) == NULL);
	check_damaged(store, prio_bytes_of(whole), in.n, place);
	free(whole.p);
	free(out);
	store_free(store);
	return 0;
}
