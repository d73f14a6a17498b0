/* aggregate: the partner's one aggregate record. What is read is written in both styles, and reads as the same.
 *
 * Input: the text of the file. */
#include "fuzz/harness/fuzz.h"
#include "stage/result.h"

static void check_style(const struct aggregate_record *record, enum record_style style)
{
	struct line_buffer line = {0}, relined = {0};
	struct aggregate_record again;

	FUZZ_OK(aggregate_record_write(&line, style, record));
	FUZZ_CHECK(memchr(line.p, '\n', line.n) == NULL);
	FUZZ_OK(aggregate_record_read(&again, (struct prio_bytes){line.p, line.n}, NULL));
	FUZZ_CHECK(again.error == record->error && again.total == record->total);
	FUZZ_CHECK(fuzz_same(prio_bytes_of(again.payload), prio_bytes_of(record->payload)));
	FUZZ_OK(aggregate_record_write(&relined, style, &again));
	FUZZ_CHECK(line.n == relined.n && memcmp(line.p, relined.p, line.n) == 0);
	aggregate_record_clear(&again);
	line_buffer_clear(&relined);

	/* White space around it is no part of it; anything else is. */
	FUZZ_OK(line_append(&line, " \r\n", 3));
	FUZZ_OK(aggregate_record_read(&again, (struct prio_bytes){line.p, line.n}, NULL));
	aggregate_record_clear(&again);
	FUZZ_OK(line_append(&line, "{}", 2));
	FUZZ_CHECK(aggregate_record_read(&again, (struct prio_bytes){line.p, line.n}, NULL) == PRIO_ERR_FORMAT);
	line_buffer_clear(&line);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	struct prio_mut text = fuzz_copy((struct prio_bytes){data, n});
	struct prio_error error = {PRIO_OK, ""};
	struct aggregate_record record;
	enum prio_status status = aggregate_record_read(&record, prio_bytes_of(text), &error);

	if (status == PRIO_OK) {
		FUZZ_CHECK(record.payload.n < n && record.error <= INT64_MAX && record.total <= INT64_MAX);
		check_style(&record, RECORD_SPACED);
		check_style(&record, RECORD_COMPACT);
	} else {
		FUZZ_CHECK(status == PRIO_ERR_FORMAT && record.payload.p == NULL);
		fuzz_check_error(status, &error);
	}
	aggregate_record_clear(&record);
	free(text.p);
	return 0;
}
