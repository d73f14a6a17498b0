/* opener: a whole part of raw shares. Cut in two anywhere, its lines get the verdicts that they get together, the sum
 * is that of the shares that opened, and a line that was refused says nothing of a share.
 *
 * Input: server (1), where to cut (1), then the part. */
#include "fuzz/harness/server.h"

#include "base/crc32c.h"
#include "fuzz/harness/fuzz.h"
#include "fuzz/harness/memory_store.h"
#include "record/ndjson.h"
#include "stage/opener.h"

enum { N_DATA = 3, LINES_MAX = 64 };

struct seen {
	struct prio_bytes part;
	size_t n;
	size_t n_opened;
	bool is_summing; /* no query point: no state and packet */
	uint64_t offsets[LINES_MAX];
	enum prio_status verdicts[LINES_MAX];
};

static void check_record(const struct opened_record *record, struct prio_bytes part)
{
	static struct record_scratch *scratch;
	struct record want;

	if (scratch == NULL)
		FUZZ_OK(record_scratch_new(&scratch));
	FUZZ_CHECK(record->offset_bytes <= part.n && record->length_bytes <= part.n - record->offset_bytes);
	struct prio_mut line =
		fuzz_copy((struct prio_bytes){part.p + record->offset_bytes, (size_t)record->length_bytes});
	enum prio_status status = record_parse(&want, line, true, scratch);
	FUZZ_CHECK(record->has_id == want.has_id && fuzz_same(record->id, want.id));
	FUZZ_CHECK(status == PRIO_OK || record->verdict == status);
	free(line.p);
}

static enum prio_status see(void *context, const struct opened_record *record, struct prio_error *error)
{
	struct seen *seen = context;

	(void)error;
	FUZZ_CHECK(record->verdict == PRIO_OK || prio_status_is_refusal(record->verdict));
	FUZZ_CHECK((record->state != NULL) == (record->verdict == PRIO_OK && !seen->is_summing));
	FUZZ_CHECK((record->packet != NULL) == (record->state != NULL));
	FUZZ_CHECK(record->verdict != PRIO_OK || (record->has_id && record->sealed_bytes > OPENER_ENVELOPE_BYTES));
	if (record->verdict != PRIO_REFUSED_LINE_TOO_LONG)
		check_record(record, seen->part);
	seen->n_opened += record->verdict == PRIO_OK;
	if (seen->n < LINES_MAX) {
		seen->offsets[seen->n] = record->offset_bytes;
		seen->verdicts[seen->n] = record->verdict;
	}
	seen->n++;
	return PRIO_OK;
}

/* Returns the range's CRC moved up to the part's end. */
static uint32_t push(struct opener *opener, struct prio_bytes part, size_t begin, uint64_t end)
{
	uint64_t owned_end;
	uint32_t crc;
	size_t opened_at = begin == 0 ? 0 : begin - 1;
	struct stream *stream = memory_stream((struct prio_bytes){part.p + opened_at, part.n - opened_at});

	FUZZ_OK(opener_push_stream(opener, 0, stream, begin, end, &crc, &owned_end, NULL));
	stream_close(stream);
	FUZZ_CHECK(owned_end <= part.n);
	return crc32c_combine(crc, 0, part.n - owned_end);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	static struct opener *openers[2];
	struct prio_bytes in = {data, n};
	enum prio_server_id id = fuzz_byte(&in) & 1 ? PRIO_SERVER_B : PRIO_SERVER_A;
	uint8_t at = fuzz_byte(&in);
	size_t cut = in.n * at / 256;
	const struct fuzz_server *server = fuzz_server(id, N_DATA);
	struct seen seen[2] = {{.part = in}, {.part = in, .is_summing = true}};
	struct prio_tentative *sums[2];

	if (openers[id] == NULL)
		FUZZ_OK(opener_new(&openers[id], server->batch));
	struct prio_mut part = fuzz_copy(in);
	FUZZ_OK(prio_tentative_new(&sums[0], server->batch));
	FUZZ_OK(prio_tentative_new(&sums[1], server->batch));
	opener_begin(openers[id], server->query, sums[0], see, &seen[0]);
	FUZZ_CHECK(push(openers[id], prio_bytes_of(part), 0, UINT64_MAX) == crc32c(0, in));
	FUZZ_OK(opener_flush(openers[id], NULL));
	opener_begin(openers[id], NULL, sums[1], see, &seen[1]);
	uint32_t crc = push(openers[id], prio_bytes_of(part), 0, cut);
	FUZZ_CHECK((crc ^ push(openers[id], prio_bytes_of(part), cut, UINT64_MAX)) == crc32c(0, in));
	FUZZ_OK(opener_flush(openers[id], NULL));

	FUZZ_CHECK(seen[0].n == seen[1].n && seen[0].n_opened == seen[1].n_opened);
	for (size_t i = 0; i < seen[0].n && i < LINES_MAX; i++)
		FUZZ_CHECK(seen[0].offsets[i] == seen[1].offsets[i] && seen[0].verdicts[i] == seen[1].verdicts[i]);
	FUZZ_CHECK(prio_tentative_count(sums[0]) == seen[0].n_opened);
	FUZZ_CHECK(prio_tentative_count(sums[1]) == seen[0].n_opened);
	FUZZ_CHECK(fuzz_same(prio_bytes_of(part), in));
	prio_tentative_free(sums[0]);
	prio_tentative_free(sums[1]);
	free(part.p);
	return 0;
}
