/* The generator under both key rules. */
#include "prio1/prg/prg.h"
#include "tests/vectors/differences.h"
#include "tests/vectors/servers.h"

static void seed(struct prg *prg, struct prio_bytes secret, struct prio_bytes batch_id, enum prio_prg_rule rule)
{
	CHECK(secret.n == PRG_SEED_BYTES);
	CHECK_STATUS(prg_seed(prg, secret.p, batch_id, rule), PRIO_OK);
}

/* Draws below p, one by one and as one vector. */
static void check_elements(struct prg *prg, const json_t *want, struct prio_bytes secret, struct prio_bytes batch_id,
			   enum prio_prg_rule rule)
{
	size_t n = json_array_size(want), i;
	struct field_vector vector;
	const json_t *value;
	u128 x;

	CHECK_STATUS(field_vector_init(&vector, n), PRIO_OK);
	seed(prg, secret, batch_id, rule);
	CHECK_STATUS(prg_fill(prg, &vector, n), PRIO_OK);
	seed(prg, secret, batch_id, rule);
	json_array_foreach(want, i, value) {
		CHECK_STATUS(prg_below_p(prg, &x), PRIO_OK);
		vectors_same_element("draw below p", x, vectors_element_in(value));
		vectors_same_element("draw below p, of many", field_vector_get(&vector, i), x);
	}
	field_vector_clear(&vector, n);
}

static void check_case(struct prg *prg, const json_t *record, enum prio_prg_rule rule)
{
	struct prio_bytes batch_id = prio_bytes_of(vectors_hex(record, "batch_id_hex"));
	struct prio_bytes secret = prio_bytes_of(vectors_base64(record, "secret"));
	struct prio_mut stream = vectors_hex(record, "keystream64_hex");
	struct prio_mut got = {vectors_hold(stream.n), stream.n};
	json_t *points = vectors_get(record, "query_points");
	const json_t *draws, *value;
	const char *n_data;
	size_t i;
	u128 x;

	CHECK(stream.n == 64);
	seed(prg, secret, batch_id, rule);
	CHECK_STATUS(prg_bytes(prg, got.p, got.n), PRIO_OK);
	vectors_same_bytes("stream", prio_bytes_of(got), prio_bytes_of(stream));

	CHECK(json_array_size(vectors_get(record, "ints_mod_p")) == 50);
	check_elements(prg, vectors_get(record, "ints_mod_p"), secret, batch_id, rule);

	/* The first query points of a batch: n + 1 + a draw below p less that, n = n_data + 1. */
	CHECK(json_object_size(points) == 12);
	json_object_foreach(points, n_data, draws) {
		u128 least = (u128)strtoul(n_data, NULL, 10) + 2;

		CHECK(json_is_array(vectors_get(points, n_data)));
		CHECK(json_array_size(draws) == 5);
		seed(prg, secret, batch_id, rule);
		json_array_foreach(draws, i, value) {
			CHECK_STATUS(prg_below(prg, FIELD_P - least, &x), PRIO_OK);
			vectors_same_element("query point", field_add(x, least), vectors_element_in(value));
		}
	}

	seed(prg, secret, batch_id, rule);
	json_array_foreach(vectors_get(record, "mixed_moduli"), i, value) {
		CHECK_STATUS(prg_below(prg, vectors_element(value, "max_hex"), &x), PRIO_OK);
		vectors_same_element("draw", x, vectors_element(value, "value"));
	}
	CHECK(i == 12);
}

/* The original keeps a batch id as text in memory of its full length, so that what follows a NUL becomes zeros; the
 * draws are those of the id as it keeps it. Here an id is its bytes, and such a case is another batch. */
static void check_nul(struct prg *prg, const json_t *record, enum prio_prg_rule rule)
{
	struct prio_bytes given = prio_bytes_of(vectors_hex(record, "batch_id_given_hex"));
	struct prio_bytes stored = prio_bytes_of(vectors_hex(record, "batch_id_stored_by_libprio_hex"));
	struct prio_bytes secret = prio_bytes_of(vectors_base64(record, "secret"));
	bool differs = vectors_differs("prg.json", "batch_id_with_nul/%s", vectors_text(record, "batch_id_given_hex"));
	u128 x;

	check_elements(prg, vectors_get(record, "ints_mod_p"), secret, stored, rule);
	seed(prg, secret, given, rule);
	CHECK_STATUS(prg_below_p(prg, &x), PRIO_OK);
	CHECK((x == vectors_element_in(json_array_get(vectors_get(record, "ints_mod_p"), 0))) != differs);
}

static void check_file(const char *name, size_t n_cases, size_t n_with_nul)
{
	const json_t *file = vectors_open(name), *record, *repeat;
	enum prio_prg_rule rule = vectors_prg_rule(file);
	struct prg prg;
	size_t i;

	CHECK_STATUS(prg_init(&prg), PRIO_OK);
	json_array_foreach(vectors_get(file, "cases"), i, record) {
		vectors_at("%s, case %zu", name, i);
		repeat = vectors_try(record, "batch_id_repeat");
		CHECK(repeat == NULL); /* a short form for long ids, of which there is none here */
		check_case(&prg, record, rule);
	}
	CHECK(i == n_cases);
	json_array_foreach(vectors_try(file, "batch_id_with_nul"), i, record) {
		vectors_at("%s, batch id with NUL, case %zu", name, i);
		check_nul(&prg, record, rule);
	}
	CHECK(i == n_with_nul);
	prg_clear(&prg);
	vectors_all_differences_met(name);
	vectors_all_read(name);
}

static void batch_rule(void **unused)
{
	(void)unused;
	check_file("prg.json", 7, 3);
}

static void legacy_rule(void **unused)
{
	(void)unused;
	check_file("legacy_prg.json", 4, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_teardown(batch_rule, vectors_release),
		cmocka_unit_test_teardown(legacy_rule, vectors_release),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
