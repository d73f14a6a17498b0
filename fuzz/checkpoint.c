/* checkpoint: what stands behind the seal of a checkpoint. Each entry that is read is whole, and all of them written
 * again are the same bytes.
 *
 * Input: how many checksums stand at the end (1), then the plaintext. */
#include "fuzz/harness/server.h"

#include "fuzz/harness/fuzz.h"
#include "fuzz/harness/memory_store.h"
#include "pipeline/checkpoint.h"

enum { N_DATA = 3, RANGES_MAX = 4 };

static const uint8_t secret[32] = {7};
static const struct sealed_binding binding = {{secret, sizeof secret}, "prio-processor checkpoint", {1, 2, 3}};

static void seal(struct store *store, struct prio_bytes plaintext)
{
	struct sealed_writer *writer;

	FUZZ_OK(sealed_writer_new(&writer, store, "in", SEALED_SCRATCH, &binding, NULL));
	FUZZ_OK(sealed_append(writer, plaintext.p, plaintext.n, NULL));
	FUZZ_OK(sealed_commit(writer, NULL));
}

static void check_same(struct store *store, struct prio_bytes plaintext)
{
	struct sealed_reader *reader;
	struct prio_mut bytes = {malloc(plaintext.n + 1), plaintext.n};

	FUZZ_CHECK(bytes.p != NULL);
	FUZZ_OK(sealed_reader_new(&reader, store, "out", &binding, NULL));
	FUZZ_OK(sealed_read(reader, bytes.p, bytes.n, NULL));
	FUZZ_OK(sealed_at_end(reader, NULL));
	FUZZ_CHECK(fuzz_same(prio_bytes_of(bytes), plaintext));
	sealed_reader_free(reader);
	free(bytes.p);
}

static void check_entry(const struct checkpoint_entry *entry)
{
	FUZZ_CHECK(entry->verdict == PRIO_OK || prio_status_is_refusal(entry->verdict));
	FUZZ_CHECK(entry->id.n <= CHECKPOINT_ID_BYTES_MAX);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	struct prio_bytes in = {data, n};
	size_t n_ranges = fuzz_byte(&in) % (RANGES_MAX + 1U);
	const struct fuzz_server *server = fuzz_server(PRIO_SERVER_A, N_DATA);
	struct store *store = memory_store();
	struct prio_error error = {PRIO_OK, ""};
	struct checkpoint_entry entry = {0};
	struct checkpoint_reader *reader;
	struct sealed_writer *writer;
	struct prio_tentative *sum;
	uint32_t crcs[RANGES_MAX] = {0};
	bool at_end = false;
	bool lost = false; /* unknown flags, or an id of a record that has none: read past, and not written again */

	seal(store, in);
	FUZZ_OK(prio_tentative_new(&sum, server->batch));
	FUZZ_OK(sealed_writer_new(&writer, store, "out", SEALED_SCRATCH, &binding, NULL));
	FUZZ_OK(checkpoint_open(&reader, store, "in", &binding, NULL));
	enum prio_status status = checkpoint_next(reader, &entry, &at_end, &error);
	while (status == PRIO_OK && !at_end) {
		check_entry(&entry);
		lost = lost || (!entry.has_id && entry.id.n > 0);
		FUZZ_OK(checkpoint_write_entry(writer, &entry, NULL));
		status = checkpoint_next(reader, &entry, &at_end, &error);
	}
	if (status == PRIO_OK)
		status = checkpoint_read_end(reader, sum, crcs, n_ranges, &error);
	if (status == PRIO_OK) {
		FUZZ_OK(checkpoint_write_end(writer, sum, crcs, n_ranges, NULL));
		FUZZ_OK(sealed_commit(writer, NULL));
		if (!lost)
			check_same(store, in);
	} else {
		FUZZ_CHECK(status == PRIO_ERR_FORMAT);
		fuzz_check_error(status, &error);
		sealed_abort(writer);
	}
	checkpoint_close(reader);
	prio_tentative_free(sum);
	store_free(store);
	return 0;
}
