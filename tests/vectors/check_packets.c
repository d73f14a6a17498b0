/* The messages between the servers: read, written back, joined, published. */
#include "tests/vectors/differences.h"
#include "tests/vectors/totals.h"

static struct prio_params params;

/* Read a message of one kind; where it can be read, *written is how it is written. */
static enum prio_status read_verify1(struct prio_bytes in, struct prio_bytes *written)
{
	struct prio_verify1_packet packet;
	enum prio_status status = prio_verify1_read(&packet, in);

	if (status == PRIO_OK)
		*written = prio_bytes_of(vectors_copy(verify1_bytes(&packet)));
	return status;
}

static enum prio_status read_verify2(struct prio_bytes in, struct prio_bytes *written)
{
	struct prio_verify2_packet packet;
	enum prio_status status = prio_verify2_read(&packet, in);

	if (status == PRIO_OK)
		*written = prio_bytes_of(vectors_copy(verify2_bytes(&packet)));
	return status;
}

static enum prio_status read_partial(struct prio_bytes in, struct prio_bytes *written)
{
	struct prio_total *total;
	enum prio_status status = prio_total_read_partial(&total, &params, PRIO_SERVER_A, in, NULL);

	if (status == PRIO_OK)
		*written = total_written(total, true);
	prio_total_free(total);
	return status;
}

static enum prio_status read_total(struct prio_bytes in, struct prio_bytes *written)
{
	struct prio_total *total;
	enum prio_status status = prio_total_read(&total, &params, in, NULL);

	if (status == PRIO_OK)
		*written = total_written(total, false);
	prio_total_free(total);
	return status;
}

static const struct {
	const char *kind;
	enum prio_status (*read)(struct prio_bytes in, struct prio_bytes *written);
	enum prio_status refusal;
	size_t n_cases;
} kinds[] = {
	{"verify1", read_verify1, PRIO_REFUSED_PARTNER_PACKET, 34},
	{"verify2", read_verify2, PRIO_REFUSED_PARTNER_PACKET, 34},
	{"server", read_partial, PRIO_ERR_FORMAT, 35},
	{"total_share", read_total, PRIO_ERR_FORMAT, 80},
};

static void check_reads(const json_t *reads)
{
	size_t n_cases[VECTORS_COUNT(kinds)] = {0}, i, k;
	const json_t *record;

	json_array_foreach(reads, i, record) {
		const char *kind = vectors_text(record, "kind"), *name = vectors_text(record, "name");
		const json_t *written_back = vectors_get(record, "written_back");
		struct prio_bytes data = prio_bytes_of(vectors_base64(record, "data")), written = {NULL, 0};
		bool expected = vectors_bool(record, "read_ok");
		enum prio_status status;

		vectors_at("packets.json, %s, %s", kind, name);
		for (k = 0; k < VECTORS_COUNT(kinds) && strcmp(kinds[k].kind, kind) != 0; k++)
			;
		CHECK(k < VECTORS_COUNT(kinds));
		n_cases[k]++;

		status = kinds[k].read(data, &written);
		if (vectors_differs("packets.json", "%s/%s", kind, name)) {
			CHECK(expected);
			CHECK_STATUS(status, kinds[k].refusal);
		} else if (expected) {
			CHECK_STATUS(status, PRIO_OK);
			vectors_same_bytes("written back", written, prio_bytes_of(vectors_base64_in(written_back)));
		} else {
			CHECK_STATUS(status, kinds[k].refusal);
			CHECK(json_is_null(written_back));
		}
	}
	for (k = 0; k < VECTORS_COUNT(kinds); k++) {
		vectors_at("packets.json, number of cases of %s", kinds[k].kind);
		CHECK(n_cases[k] == kinds[k].n_cases);
	}
}

/* The original wants A's total first; here the order is free, so that "swapped" is published, with the sums of
 * "control". */
static void check_final(const json_t *record, const json_t *control)
{
	const char *name = vectors_text(record, "name");
	bool expected = vectors_bool(record, "final_ok");
	const json_t *total_share = vectors_get(record, "total_share"), *read_ok = vectors_get(record, "read_ok");
	const json_t *counts = vectors_get(record, "counts_str"), *value;
	uint64_t sums[3] = {0};
	struct prio_total *totals[2];
	enum prio_status status;
	size_t i;

	vectors_at("packets.json, final, %s", name);
	vectors_get(record, "counts"); /* the same numbers, beyond what a JSON reader keeps of them */
	for (size_t s = 0; s < 2; s++) {
		struct prio_mut wire = vectors_base64(total_share, vectors_server(s));

		CHECK(vectors_bool(read_ok, vectors_server(s)));
		CHECK_STATUS(prio_total_read(&totals[s], &params, prio_bytes_of(wire), NULL), PRIO_OK);
	}
	status = prio_publish(sums, totals[0], totals[1], NULL);

	if (vectors_differs("packets.json", "final/%s", name)) {
		CHECK(!expected && json_is_null(counts));
		counts = vectors_get(control, "counts_str");
		expected = true;
	}
	if (expected) {
		CHECK_STATUS(status, PRIO_OK);
		CHECK(json_array_size(counts) == 3);
		json_array_foreach(counts, i, value)
			CHECK(sums[i] == strtoull(vectors_text_in(value), NULL, 10));
	} else {
		CHECK_STATUS(status, prio_total_server(totals[0]) == prio_total_server(totals[1]) ? PRIO_ERR_MISMATCH
												  : PRIO_ERR_OVERFLOW);
		CHECK(json_is_null(counts));
	}
	prio_total_free(totals[0]);
	prio_total_free(totals[1]);
}

/* What the other sum of a merge belongs to. Its bytes are those of merged_in wherever they can be: n_data may not allow
 * it. */
static struct prio_total *other_sum(const char *name, struct prio_bytes bytes)
{
	static const uint8_t same_length[] = "packetz", longer[] = "packets-2", zeros[] = {0x92, 0xa1, 0, 0xa1, 0};
	struct prio_params other = params;
	enum prio_server_id server = PRIO_SERVER_A;
	struct prio_total *total;

	if (strcmp(name, "other_server_id") == 0) {
		server = PRIO_SERVER_B;
	} else if (strcmp(name, "other_n_data") == 0) {
		other.n_data = 2;
		bytes = (struct prio_bytes){zeros, sizeof zeros};
	} else if (strcmp(name, "other_batch_same_len") == 0) {
		CHECK(sizeof same_length - 1 == params.batch_id.n);
		other.batch_id = (struct prio_bytes){same_length, sizeof same_length - 1};
	} else if (strcmp(name, "other_batch_len") == 0) {
		other.batch_id = (struct prio_bytes){longer, sizeof longer - 1};
	} else { /* the shared secret is compared by neither, and keys are nothing that a sum knows of */
		CHECK(strcmp(name, "same_config") == 0 || strcmp(name, "other_shared_secret") == 0 ||
		      strcmp(name, "other_public_key") == 0);
	}
	CHECK_STATUS(prio_total_read_partial(&total, &other, server, bytes, NULL), PRIO_OK);
	return total;
}

static void check_merge(const json_t *merge)
{
	struct prio_bytes initial = prio_bytes_of(vectors_base64(merge, "initial"));
	struct prio_bytes merged_in = prio_bytes_of(vectors_base64(merge, "merged_in"));
	const json_t *record;
	size_t i;

	json_array_foreach(vectors_get(merge, "cases"), i, record) {
		const char *name = vectors_text(record, "name");
		const json_t *result = vectors_get(record, "result");
		struct prio_total *total, *other;

		vectors_at("packets.json, merge, %s", name);
		CHECK(vectors_bool(record, "merge_ok") == json_is_string(result));
		if (vectors_differs("packets.json", "merge/%s", name)) {
			CHECK(json_is_null(result));
			continue;
		}
		CHECK_STATUS(prio_total_read_partial(&total, &params, PRIO_SERVER_A, initial, NULL), PRIO_OK);
		other = other_sum(name, merged_in);
		CHECK_STATUS(prio_total_merge(total, other), json_is_null(result) ? PRIO_ERR_MISMATCH : PRIO_OK);
		vectors_same_bytes("merged", total_written(total, true),
				   json_is_null(result) ? initial : prio_bytes_of(vectors_base64_in(result)));
		prio_total_free(total);
		prio_total_free(other);
	}
	CHECK(i == 7);
}

/* A server that has opened nothing. */
static void check_fresh(const struct servers *servers, struct prio_bytes want)
{
	struct prio_tentative *sum;
	struct prio_total *total;

	vectors_at("packets.json, fresh server");
	CHECK_STATUS(prio_tentative_new(&sum, servers->server[0].batch), PRIO_OK);
	CHECK_STATUS(prio_settle(&total, sum, 0), PRIO_OK);
	vectors_same_bytes("sum of nothing", total_written(total, true), want);
	prio_total_free(total);
	prio_tentative_free(sum);
}

static void packets(void **unused)
{
	const json_t *file = vectors_open("packets.json"), *finals = vectors_get(file, "final"), *record;
	struct servers servers;
	size_t i;

	(void)unused;
	params = vectors_params(file, vectors_prg_rule(file), (uint32_t)vectors_number(file, "n_data"), 0);
	servers_open(&servers, file, &params);
	check_reads(vectors_get(file, "reads"));
	json_array_foreach(finals, i, record)
		check_final(record, json_array_get(finals, 0));
	CHECK(i == 12);
	check_merge(vectors_get(file, "merge"));
	check_fresh(&servers, prio_bytes_of(vectors_base64(file, "fresh_server_write")));
	servers_close(&servers);
	vectors_all_differences_met("packets.json");
	vectors_all_read("packets.json");
}

int main(void)
{
	const struct CMUnitTest tests[] = {cmocka_unit_test_teardown(packets, vectors_release)};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
