#include <errno.h>
#include <string.h>

#include <jansson.h>

#include "base/error.h"
#include "prio-processor/generate.h"

/* SplitMix64 (Steele, Lea, Flood: Fast Splittable Pseudorandom Number Generators, OOPSLA 2014). Good bits for test
 * data; what protects the shares comes from libprio's own source. */
static uint64_t mix(uint64_t z)
{
	z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9;
	z = (z ^ z >> 27) * 0x94d049bb133111eb;
	return z ^ z >> 31;
}

static uint64_t next(uint64_t *state)
{
	*state += 0x9e3779b97f4a7c15;
	return mix(*state);
}

/* A row's bits are a function of seed, batch and row, whichever thread makes it. */
static void fill_random(uint8_t *fields, uint32_t n_data, uint64_t seed, size_t batch, uint64_t row)
{
	uint64_t state = mix(mix(seed + 1) ^ mix((uint64_t)batch << 40 | row));
	uint64_t bits = 0;

	for (uint32_t i = 0; i < n_data; i++) {
		if (i % 64 == 0)
			bits = next(&state);
		fields[i] = bits & 1;
		bits >>= 1;
	}
}

static void fill_pattern(uint8_t *fields, uint32_t n_data)
{
	for (uint32_t i = 0; i < n_data; i++)
		fields[i] = i % 3 == 0 || i % 5 == 0;
}

void rows_fill(uint8_t *fields, uint32_t *sums, const struct share_plan *plan, size_t batch, uint32_t n_data,
	       uint64_t first_row, size_t n_rows)
{
	memset(sums, 0, n_data * sizeof *sums);
	for (size_t row = 0; row < n_rows; row++, fields += n_data) {
		if (plan->is_random)
			fill_random(fields, n_data, plan->seed, batch, first_row + row);
		else
			fill_pattern(fields, n_data);
		for (uint32_t i = 0; i < n_data; i++)
			sums[i] += fields[i];
	}
}

static json_t *payload_array(const struct share_batch *batch)
{
	uint32_t precision = batch->params.precision > 0 ? batch->params.precision : 1;
	json_t *array = json_array();

	for (uint32_t i = 0; i < batch->params.n_data; i += precision) {
		uint64_t sum = 0;

		for (uint32_t j = 0; j < precision; j++)
			sum = 2 * sum + batch->counts[i + j];
		json_array_append_new(array, json_integer((json_int_t)sum));
	}
	return array;
}

enum prio_status truth_write(const struct share_plan *plan, const char *path, struct prio_error *error)
{
	json_t *root = json_array();
	int failed;

	for (size_t i = 0; i < plan->n_batches; i++) {
		const struct share_batch *batch = &plan->batches[i];
		json_t *entry = json_object();

		if (!batch->is_known) {
			json_decref(entry);
			continue;
		}
		json_object_set_new(entry, "batch_id",
				    json_stringn((const char *)batch->params.batch_id.p, batch->params.batch_id.n));
		json_object_set_new(entry, "n_data", json_integer(batch->params.n_data));
		json_object_set_new(entry, "records", json_integer((json_int_t)batch->n_good));
		json_object_set_new(entry, "copies", json_integer((json_int_t)plan->scale));
		json_object_set_new(entry, "payload", payload_array(batch));
		json_array_append_new(root, entry);
	}
	errno = 0;
	failed = json_dump_file(root, path, JSON_COMPACT);
	json_decref(root);
	if (failed != 0)
		return error_set(error, PRIO_ERR_IO, "--truth %s cannot be written: %s", path,
				 errno != 0 ? strerror(errno) : "unknown reason");
	return PRIO_OK;
}
