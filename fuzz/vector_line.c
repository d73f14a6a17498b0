/* vector_line: a line of encode-shares' input. What is read lies in its bounds, and written out again it reads the
 * same.
 *
 * Input: precision (1), then the line. */
#include "fuzz/harness/fuzz.h"

#include <jansson.h>

#include "prio/vector_line.h"

enum { N_DATA = 12, ROOM = N_DATA + 1 };

static void check_again(const struct vector_line *line, size_t n)
{
	uint8_t fields[ROOM] = {0};
	uint64_t values[ROOM] = {0};
	struct vector_line again = {.params = line->params, .fields = fields, .values = values};
	json_t *root = json_object(), *payload = json_array();

	for (size_t i = 0; i < n; i++)
		json_array_append_new(
			payload,
			json_integer(line->params->precision == 0 ? line->fields[i] : (json_int_t)line->values[i]));
	json_object_set_new(root, "payload", payload);
	char *text = json_dumps(root, 0);
	FUZZ_CHECK(text != NULL);
	FUZZ_OK(vector_line_read(&again, fuzz_text(text), NULL));
	FUZZ_CHECK(!again.has_id && !again.is_longer && again.is_no_bits == line->is_no_bits);
	FUZZ_CHECK(memcmp(fields, line->fields, sizeof fields) == 0 &&
		   memcmp(values, line->values, sizeof values) == 0);
	json_decref(root);
	free(text);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	static const uint32_t precisions[] = {0, 1, 2, 3, 4, 6, 12};
	struct prio_bytes in = {data, n};
	struct prio_params params = {.batch_id = fuzz_text("fuzz"), .n_data = N_DATA};
	struct prio_error error = {PRIO_OK, ""};
	uint8_t fields[ROOM] = {0};
	uint64_t values[ROOM] = {0};
	struct vector_line line = {.params = &params, .fields = fields, .values = values};

	params.precision = precisions[fuzz_byte(&in) % (sizeof precisions / sizeof precisions[0])];
	size_t n_values = params.precision == 0 ? N_DATA : N_DATA / params.precision;
	struct prio_mut text = fuzz_copy(in);
	enum prio_status status = vector_line_read(&line, prio_bytes_of(text), &error);
	if (status == PRIO_OK) {
		bool is_no_bits = false;

		for (size_t i = 0; i < N_DATA; i++) {
			is_no_bits = is_no_bits || fields[i] > 1;
			FUZZ_CHECK(params.precision == 0 || values[i] < (uint64_t)1 << params.precision);
		}
		FUZZ_CHECK(line.is_no_bits == is_no_bits);
		check_again(&line, n_values);
	} else {
		FUZZ_CHECK(status == PRIO_ERR_FORMAT);
		fuzz_check_error(status, &error);
	}
	for (size_t i = params.precision == 0 ? n_values : 0; i < ROOM; i++)
		FUZZ_CHECK(fields[i] == 0);
	for (size_t i = params.precision == 0 ? 0 : n_values; i < ROOM; i++)
		FUZZ_CHECK(values[i] == 0);
	free(text.p);
	return 0;
}
