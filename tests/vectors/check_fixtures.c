/* prio-processor's own fixtures: made under the legacy key rule, reproduced under it, and refused under the
 * other one. */
#include "tests/vectors/totals.h"

/* Does one order give what the repository stores? As the vector says. */
static void check_stored(const json_t *record, const char *order)
{
	const json_t *stored = vectors_get(record, "stored");
	const json_t *equals = vectors_get(vectors_get(record, "stored_equals"), order);
	static const char *const stages[] = {"verify1", "verify2"};

	for (size_t i = 0; i < VECTORS_COUNT(stages); i++) {
		for (size_t s = 0; s < 2; s++) {
			const char *name = vectors_server(s);
			const char *ours = vectors_text(vectors_get(vectors_get(record, order), stages[i]), name);
			const char *theirs = vectors_text(vectors_get(stored, stages[i]), name);

			CHECK((strcmp(ours, theirs) == 0) == vectors_bool(vectors_get(equals, stages[i]), name));
		}
	}
}

/* The stored aggregates and counts, which the legacy rule alone gives. */
static void check_aggregate(const json_t *aggregate, struct prio_total *const totals[2], size_t n_records)
{
	const json_t *stored = vectors_get(aggregate, "stored"), *equals = vectors_get(aggregate, "stored_equals"),
		     *value;
	const json_t *processed = vectors_get(aggregate, "processed_stored");
	size_t i;

	for (size_t s = 0; s < 2; s++) {
		const char *name = vectors_server(s);
		const json_t *one = vectors_get(stored, name);
		struct prio_bytes theirs = prio_bytes_of(vectors_base64(one, "payload")),
				  ours = total_written(totals[s], false);

		CHECK((size_t)vectors_number(one, "total") == n_records && vectors_number(one, "error") == 0);
		CHECK((ours.n == theirs.n && memcmp(ours.p, theirs.p, ours.n) == 0) == vectors_bool(equals, name));
		json_array_foreach(vectors_get(processed, name), i, value)
			CHECK(!vectors_bool(equals, name) ||
			      json_number_value(value) ==
				      json_number_value(json_array_get(vectors_get(aggregate, "counts"), i)));
		CHECK(i == prio_total_fields(totals[s]));
	}
}

/* Shares of a real client, of which only lengths are known: ours of that size must fit them. */
static void check_ping(const json_t *ping)
{
	const json_t *entry;
	size_t i;

	CHECK(!vectors_bool(ping, "keys_known"));
	json_array_foreach(vectors_get(ping, "entries"), i, entry) {
		const char *encoding = vectors_text(entry, "encoding");
		struct prio_params params = {
			.batch_id = {(const uint8_t *)encoding, strlen(encoding)},
			.n_data = (uint32_t)vectors_number(entry, "n_data_by_length"),
			.prg = PRIO_PRG_LEGACY,
		};
		size_t a_max = prio_sealed_bytes_max(&params, PRIO_SERVER_A),
		       b_max = prio_sealed_bytes_max(&params, PRIO_SERVER_B);
		size_t a_bytes = (size_t)vectors_number(entry, "a_len"),
		       b_bytes = (size_t)vectors_number(entry, "b_len");

		CHECK(a_max == (size_t)vectors_number(entry, "a_max_len"));
		CHECK(a_bytes <= a_max && a_bytes + 400 > a_max); /* an element in 256 is a byte shorter */
		CHECK(b_bytes <= b_max && b_bytes + 6 >= b_max);
	}
	CHECK(i == 6);
}

static void check_file(const char *name, bool reproduced)
{
	json_t *file = vectors_open(name), *ping;
	struct prio_params params =
		vectors_params(file, vectors_prg_rule(file), (uint32_t)vectors_number(file, "n_data"), 0);
	const json_t *records = vectors_get(file, "records"), *aggregate = vectors_get(file, "aggregate"), *record;
	struct prio_total *totals[2];
	struct servers servers;
	bool *accepted;
	size_t i;

	servers_open(&servers, file, &params);
	records_check(&servers, records, reproduced, name);
	accepted = records_accepted(records, "spark");
	json_array_foreach(records, i, record) {
		vectors_at("%s, record %zu, stored", name, i);
		check_stored(record, "spark");
		check_stored(record, "cli");
		CHECK(accepted[i] == reproduced);
		CHECK(strlen(vectors_text(record, "bits")) == params.n_data);
	}
	CHECK(i == 5);

	vectors_at("%s, aggregate", name);
	totals_check(&servers, records, accepted, totals, NULL, vectors_get(aggregate, "total_share"),
		     vectors_get(aggregate, "counts"));
	check_aggregate(aggregate, totals, i);
	prio_total_free(totals[0]);
	prio_total_free(totals[1]);
	servers_close(&servers);

	vectors_at("%s, ping", name);
	ping = vectors_try(file, "firefox_ping");
	CHECK((ping == NULL) == reproduced);
	if (ping != NULL) {
		check_ping(ping);
		vectors_set_aside(ping, "file"); /* the names of files elsewhere, and prose */
	}
	vectors_set_aside(file, "conclusion");
	vectors_set_aside(file, "fixture_dir");
	vectors_all_read(name);
}

static void batch_rule(void **unused)
{
	(void)unused;
	check_file("fixtures.json", false);
}

static void legacy_rule(void **unused)
{
	(void)unused;
	check_file("legacy_fixtures.json", true);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_teardown(batch_rule, vectors_release),
		cmocka_unit_test_teardown(legacy_rule, vectors_release),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
