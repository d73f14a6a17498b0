/* total: a partner's total share reads, is written in its shortest form, and reads again as the same; with and without
 * the server's number; and two of them publish the same sums in either order.
 *
 * Input: number of fields (1), then the share. */
#include "fuzz/harness/fuzz.h"
#include "prio/batch.h"
#include "prio/total.h"
#include "prio1/codec/codec.h"

enum { FIELDS_MAX = 40 };

static struct prio_mut write_total(const struct prio_total *total, bool partial)
{
	struct prio_mut out = {malloc(prio_total_bytes_max(total)), prio_total_bytes_max(total)};

	FUZZ_CHECK(out.p != NULL);
	FUZZ_OK(partial ? prio_total_write_partial(total, &out) : prio_total_write(total, &out));
	return out;
}

static void check_publish(const struct prio_params *params, struct prio_bytes written)
{
	struct prio_mut copy = fuzz_copy(written);
	struct prio_total *totals[2];
	uint64_t sums[2][FIELDS_MAX];
	struct prio_error error = {PRIO_OK, ""};

	/* The same share under the other number is the other server's. */
	FUZZ_OK(prio_total_read(&totals[0], params, prio_bytes_of(copy), NULL));
	copy.p[0] ^= 1;
	FUZZ_OK(prio_total_read(&totals[1], params, prio_bytes_of(copy), NULL));
	enum prio_status status = prio_publish(sums[0], totals[0], totals[1], &error);
	FUZZ_CHECK(prio_publish(sums[1], totals[1], totals[0], NULL) == status);
	if (status == PRIO_OK)
		FUZZ_CHECK(memcmp(sums[0], sums[1], prio_total_fields(totals[0]) * sizeof sums[0][0]) == 0);
	else
		fuzz_check_error(status, &error);
	FUZZ_CHECK(status == PRIO_OK || status == PRIO_ERR_OVERFLOW);
	FUZZ_CHECK(prio_publish(sums[0], totals[0], totals[0], NULL) == PRIO_ERR_MISMATCH);
	FUZZ_CHECK(prio_total_merge(totals[0], totals[1]) == PRIO_ERR_MISMATCH);
	FUZZ_OK(prio_total_merge(totals[0], totals[0]));
	prio_total_free(totals[0]);
	prio_total_free(totals[1]);
	free(copy.p);
}

static void check_total(const struct prio_params *params, const struct prio_total *total, struct prio_bytes text)
{
	struct prio_mut written = write_total(total, false), partial = write_total(total, true);
	struct prio_total *again;

	/* As many elements as there should be, and not one more. */
	struct codec_reader reader = codec_reader_of(text);
	uint64_t server;
	uint32_t n;
	FUZZ_OK(codec_read_integer(&reader, &server));
	FUZZ_OK(codec_read_array(&reader, &n));
	FUZZ_CHECK(n == params->n_data && server == (uint64_t)prio_total_server(total));
	FUZZ_CHECK(prio_total_fields(total) == params->n_data);
	FUZZ_CHECK(written.n <= text.n && written.n == partial.n + 1 &&
		   memcmp(written.p + 1, partial.p, partial.n) == 0);
	FUZZ_OK(prio_total_read(&again, params, prio_bytes_of(written), NULL));
	struct prio_mut rewritten = write_total(again, false);
	FUZZ_CHECK(fuzz_same(prio_bytes_of(written), prio_bytes_of(rewritten)));
	prio_total_free(again);
	free(rewritten.p);

	FUZZ_OK(prio_total_read_partial(&again, params, prio_total_server(total), prio_bytes_of(partial), NULL));
	rewritten = write_total(again, false);
	FUZZ_CHECK(fuzz_same(prio_bytes_of(written), prio_bytes_of(rewritten)));
	prio_total_free(again);
	free(rewritten.p);

	/* Cut anywhere, it is none. */
	FUZZ_CHECK(prio_total_read(&again, params, (struct prio_bytes){written.p, written.n - 1}, NULL) ==
		   PRIO_ERR_FORMAT);
	check_publish(params, prio_bytes_of(written));
	free(partial.p);
	free(written.p);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	struct prio_bytes in = {data, n};
	struct prio_params params = {.batch_id = fuzz_text("fuzz"), .allow_forgeable_size = true};
	struct prio_error error = {PRIO_OK, ""};
	struct prio_total *total;

	params.n_data = 1 + fuzz_byte(&in) % FIELDS_MAX;
	struct prio_mut text = fuzz_copy(in);
	enum prio_status status = prio_total_read(&total, &params, prio_bytes_of(text), &error);
	if (status == PRIO_OK) {
		check_total(&params, total, prio_bytes_of(text));
	} else {
		FUZZ_CHECK(status == PRIO_ERR_FORMAT && total == NULL);
		fuzz_check_error(status, &error);
	}
	prio_total_free(total);
	status = prio_total_read_partial(&total, &params, PRIO_SERVER_B, prio_bytes_of(text), &error);
	FUZZ_CHECK(status == (total != NULL ? PRIO_OK : PRIO_ERR_FORMAT));
	prio_total_free(total);
	free(text.p);
	return 0;
}
