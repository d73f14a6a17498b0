/* Clients that cheat in every way but those of a forgeable size, and odd ones that do not cheat. */
#include "tests/vectors/totals.h"

/* The list of accepted records, as the vector gives it, and the totals over them. */
static void check_aggregate(const struct servers *servers, const json_t *records, const json_t *aggregate,
			    const char *order)
{
	bool *accepted = records_accepted(records, order);
	size_t n = json_array_size(records), n_accepted = 0, i;
	struct prio_total *totals[2];
	const json_t *value;

	vectors_at("malicious.json, aggregate, %s", order);
	for (i = 0; i < n; i++)
		n_accepted += accepted[i];
	json_array_foreach(vectors_get(aggregate, "accepted"), i, value)
		CHECK(accepted[(size_t)vectors_number_in(value)]);
	CHECK(i == n_accepted);
	CHECK((size_t)vectors_number(aggregate, "total") == n);
	CHECK((size_t)vectors_number(aggregate, "error") == n - n_accepted);

	totals_check(servers, records, accepted, totals, vectors_try(aggregate, "server_write"),
		     vectors_get(aggregate, "total_share"), vectors_get(aggregate, "counts"));
	prio_total_free(totals[0]);
	prio_total_free(totals[1]);
}

static void malicious(void **unused)
{
	const json_t *file = vectors_open("malicious.json"), *records = vectors_get(file, "records"), *record;
	struct prio_params params =
		vectors_params(file, vectors_prg_rule(file), (uint32_t)vectors_number(file, "n_data"), 0);
	struct servers servers;
	size_t i;

	(void)unused;
	CHECK((size_t)vectors_number(file, "n_h_points") == vectors_n_points(params.n_data));
	servers_open(&servers, file, &params);
	records_check(&servers, records, false, "malicious.json");
	json_array_foreach(records, i, record) /* read, so that no record without a name goes unnoticed */
		CHECK(strlen(vectors_text(record, "name")) > 0);
	CHECK(i == 40);

	check_aggregate(&servers, records, vectors_get(file, "aggregate_spark"), "spark");
	check_aggregate(&servers, records, vectors_get(file, "aggregate_cli"), "cli");
	servers_close(&servers);
	vectors_all_read("malicious.json");
}

int main(void)
{
	const struct CMUnitTest tests[] = {cmocka_unit_test_teardown(malicious, vectors_release)};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
