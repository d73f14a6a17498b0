/* Batches of bits: honest records through both servers, in both orders, to the published counts. */
#include "tests/vectors/totals.h"

static const struct {
	const char *file;
	size_t n_batches, n_records;
} files[] = {
	{"bits_many.json", 1, 40},        {"bits_n0001.json", 2, 7},        {"bits_n0002.json", 2, 7},
	{"bits_n0003.json", 2, 7},        {"bits_n0007.json", 2, 7},        {"bits_n0008.json", 2, 7},
	{"bits_n0100.json", 2, 5},        {"bits_n0441.json", 2, 5},        {"bits_n2000.json", 1, 3},
	{"bits_n2046.json", 1, 3},        {"bits_n2047.json", 1, 3},        {"legacy_bits_many.json", 1, 40},
	{"legacy_bits_n0001.json", 2, 7}, {"legacy_bits_n0003.json", 2, 7}, {"legacy_bits_n0005.json", 2, 7},
	{"legacy_bits_n0100.json", 2, 5}, {"legacy_bits_n0441.json", 2, 5}, {"legacy_bits_n2046.json", 1, 3},
};

static void check_batch(const json_t *batch, enum prio_prg_rule rule, const char *where)
{
	struct prio_params params = vectors_params(batch, rule, (uint32_t)vectors_number(batch, "n_data"), 0);
	const json_t *records = vectors_get(batch, "records"), *aggregate = vectors_get(batch, "aggregate");
	struct prio_total *totals[2];
	struct servers servers;
	bool *accepted;

	vectors_at("%s", where);
	CHECK((size_t)vectors_number(batch, "n_h_points") == vectors_n_points(params.n_data));
	servers_open(&servers, batch, &params);
	records_check(&servers, records, true, where);

	vectors_at("%s, aggregate", where);
	accepted = records_accepted(records, "spark");
	totals_check(&servers, records, accepted, totals, vectors_get(aggregate, "server_write"),
		     vectors_get(aggregate, "total_share"), vectors_get(aggregate, "counts"));
	vectors_at("%s, partitions", where);
	totals_check_partitions(&servers, records, accepted, (const struct prio_total *const[]){totals[0], totals[1]},
				vectors_get(aggregate, "partitions"));

	prio_total_free(totals[0]);
	prio_total_free(totals[1]);
	servers_close(&servers);
}

/* The unit's state is its row. */
static void check_file(void **state)
{
	size_t row = (size_t)(uintptr_t)*state, n_records = 0, i;
	const char *name = files[row].file;
	const json_t *file = vectors_open(name), *batch;

	json_array_foreach(vectors_get(file, "batches"), i, batch) {
		char where[128];

		snprintf(where, sizeof where, "%s, batch %zu", name, i);
		check_batch(batch, vectors_prg_rule(file), where);
		n_records += json_array_size(vectors_get(batch, "records"));
	}
	vectors_all_read(name);
	assert_int_equal(i, files[row].n_batches);
	assert_int_equal(n_records, files[row].n_records);
}

int main(void)
{
	struct CMUnitTest tests[VECTORS_COUNT(files)];

	for (size_t row = 0; row < VECTORS_COUNT(files); row++)
		tests[row] =
			(struct CMUnitTest){files[row].file, check_file, NULL, vectors_release, (void *)(uintptr_t)row};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
