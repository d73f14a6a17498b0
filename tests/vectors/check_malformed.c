/* Shares that are broken, or oddly made, one way each: opened or refused as by the reference, and for the right
 * reason. */
#include "tests/vectors/differences.h"
#include "tests/vectors/servers.h"

enum { N_CASES = 313 };

/* The reasons that a group's refusals may have; for low_order_epk, has_reason knows more. */
static const struct {
	const char *group;
	enum prio_status reasons[6];
} groups[] = {
	{"ciphertext", {PRIO_REFUSED_TRUNCATED, PRIO_REFUSED_BAD_TAG, PRIO_REFUSED_LOW_ORDER_KEY}},
	{"encryption", {PRIO_REFUSED_BAD_TAG, PRIO_REFUSED_BAD_STRUCTURE}},
	{"batch_id", {PRIO_REFUSED_OTHER_BATCH, PRIO_REFUSED_BAD_STRUCTURE}},
	{"field_element", {PRIO_REFUSED_NOT_IN_FIELD, PRIO_REFUSED_BAD_STRUCTURE}},
	{"server_id", {PRIO_REFUSED_OTHER_SERVER, PRIO_REFUSED_BAD_STRUCTURE}},
	{"structure",
	 {PRIO_REFUSED_BAD_STRUCTURE, PRIO_REFUSED_WRONG_LENGTH, PRIO_REFUSED_NOT_IN_FIELD, PRIO_REFUSED_OTHER_SERVER,
	  PRIO_REFUSED_OTHER_BATCH}},
};

static bool has_reason(const char *group, const char *name, enum prio_status verdict)
{
	/* With the high bit masked away (RFC 7748) the names 2p-1, 2p, 2p+1 are other points, of high order. */
	if (strcmp(group, "low_order_epk") == 0)
		return verdict == (strstr(name, "_2p") != NULL ? PRIO_REFUSED_BAD_TAG : PRIO_REFUSED_LOW_ORDER_KEY);

	for (size_t i = 0; i < VECTORS_COUNT(groups); i++)
		if (strcmp(groups[i].group, group) == 0)
			for (size_t k = 0; k < VECTORS_COUNT(groups[i].reasons); k++)
				if (groups[i].reasons[k] == verdict && verdict != PRIO_OK)
					return true;
	return false;
}

/* The plaintext inside the envelope, where there is one and it opens. */
static void check_plaintext(const struct servers *servers, size_t s, const json_t *record, enum prio_status verdict)
{
	const json_t *plaintext = vectors_get(record, "plaintext_hex");
	struct prio_mut sealed, text;
	struct x25519_shared dh;

	if (verdict == PRIO_REFUSED_TRUNCATED || verdict == PRIO_REFUSED_LOW_ORDER_KEY ||
	    verdict == PRIO_REFUSED_BAD_TAG)
		return;
	CHECK(json_is_string(plaintext));
	sealed = vectors_base64(record, "ciphertext");
	CHECK_STATUS(x25519_agree(&dh, servers->keys[s].bytes, sealed.p), PRIO_OK);
	CHECK_STATUS(seal_open(&servers->server[s].workspace->seal, sealed, &dh, &text), PRIO_OK);
	vectors_same_bytes("plaintext", prio_bytes_of(text), prio_bytes_of(vectors_hex(record, "plaintext_hex")));
}

static void check_case(const struct servers *servers, const json_t *record)
{
	const char *group = vectors_text(record, "group"), *name = vectors_text(record, "name");
	const char *letter = vectors_text(record, "server");
	const json_t *verify1 = vectors_get(record, "verify1");
	bool expected = vectors_bool(record, "set_data_ok");
	size_t s = letter[0] == 'A' ? 0 : 1;
	struct opened opened;

	vectors_at("malformed.json, %s, %s, server %s", group, name, letter);
	CHECK(strcmp(letter, s == 0 ? "A" : "B") == 0);
	CHECK(expected != json_is_null(verify1));

	opened = server_verify1(&servers->server[s], vectors_base64(record, "ciphertext"));
	check_plaintext(servers, s, record, opened.verdict);
	if (vectors_differs("malformed.json", "%s/%s", letter, name)) {
		CHECK(expected);
		CHECK_STATUS(opened.verdict, PRIO_REFUSED_OTHER_SERVER);
	} else if (expected) {
		CHECK_STATUS(opened.verdict, PRIO_OK);
		vectors_same_bytes("verify1", verify1_bytes(&opened.packet), prio_bytes_of(vectors_base64_in(verify1)));
	} else if (!has_reason(group, name, opened.verdict)) {
		VECTORS_FAIL("the verdict is %s", prio_status_word(opened.verdict));
	}
}

static void malformed(void **unused)
{
	const json_t *file = vectors_open("malformed.json"), *record;
	struct prio_params params =
		vectors_params(file, vectors_prg_rule(file), (uint32_t)vectors_number(file, "n_data"), 0);
	struct servers servers;
	size_t i;

	(void)unused;
	CHECK((size_t)vectors_number(file, "n_h_points") == vectors_n_points(params.n_data));
	servers_open(&servers, file, &params);
	vectors_same_element("query point", servers.server[0].query->r, vectors_element(file, "query_point"));
	json_array_foreach(vectors_get(file, "cases"), i, record)
		check_case(&servers, record);
	CHECK(i == N_CASES);
	servers_close(&servers);
	vectors_all_differences_met("malformed.json");
	vectors_all_read("malformed.json");
}

int main(void)
{
	const struct CMUnitTest tests[] = {cmocka_unit_test_teardown(malformed, vectors_release)};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
