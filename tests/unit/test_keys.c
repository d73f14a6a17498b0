/* Keys from hexadecimal digits, secrets from bytes, and which parameters make a batch. */
#include "tests/unit/cmocka_all.h"

#include "prio/batch.h"
#include "prio/keys.h"
#include "prio1/params.h"

static const char private_hex[] = "A328C48B3EFB683CA7D0D3025284EAE9BCD4E6D346150F0C4F0FB2EBE7A949DD";
static const char public_hex[] = "76D9DFC6FA57DBB27165A2A5264270AB932F6CEEE64096AB8D40C1A7A94DD834";

static struct prio_bytes text(const char *s)
{
	return (struct prio_bytes){(const uint8_t *)s, strlen(s)};
}

static void reads_either_case_and_writes_upper(void **unused)
{
	char lower[] = "76d9dfc6fa57dbb27165a2a5264270ab932f6ceee64096ab8d40c1a7a94dd834", hex[PRIO_KEY_HEX_DIGITS + 1];
	struct prio_private_key key;
	struct prio_public_key public_key;

	(void)unused;
	ASSERT_OK(prio_public_key_from_hex(&public_key, text(lower), NULL));
	prio_key_to_hex(hex, public_key.bytes);
	assert_string_equal(hex, public_hex);

	ASSERT_OK(prio_private_key_from_hex(&key, text(private_hex), NULL, NULL));
	prio_key_to_hex(hex, key.bytes);
	assert_string_equal(hex, private_hex);
	prio_key_to_hex(hex, key.public_key.bytes);
	assert_string_equal(hex, public_hex);
	ASSERT_OK(prio_private_key_from_hex(&key, text(private_hex), &public_key, NULL));
}

/* Every byte in every half of a digit pair: 22 of them are digits. */
static void takes_digits_only(void **unused)
{
	char hex[PRIO_KEY_HEX_DIGITS + 1];
	struct prio_public_key key;
	size_t n_good = 0;

	(void)unused;
	for (size_t place = 0; place < 2; place++) {
		for (int c = 0; c < 256; c++) {
			memset(hex, '0', PRIO_KEY_HEX_DIGITS);
			hex[32 + place] = (char)c;
			struct prio_bytes view = {(const uint8_t *)hex, PRIO_KEY_HEX_DIGITS};
			enum prio_status status = prio_public_key_from_hex(&key, view, NULL);
			bool digit = (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F');

			ASSERT_STATUS("digit", status, digit ? PRIO_OK : PRIO_ERR_KEY);
			if (!digit)
				continue;
			char two[2] = {(char)c, '\0'};
			unsigned long want = strtoul(two, NULL, 16);
			assert_int_equal(key.bytes[16], place == 0 ? want << 4 : want);
			n_good++;
		}
	}
	assert_int_equal(n_good, 44);
}

static void refuses_and_does_not_quote(void **unused)
{
	static const struct prio_private_key zero;
	struct prio_private_key key;
	struct prio_public_key other = {{9}};
	struct prio_error error;
	char hex[80];

	(void)unused;
	for (size_t n = 0; n < 70; n++) {
		if (n == PRIO_KEY_HEX_DIGITS)
			continue;
		memset(hex, 'a', sizeof hex);
		memset(&key, 1, sizeof key);
		ASSERT_STATUS("length",
			      prio_private_key_from_hex(&key, (struct prio_bytes){(uint8_t *)hex, n}, NULL, &error),
			      PRIO_ERR_KEY);
		assert_int_equal(error.status, PRIO_ERR_KEY);
		assert_memory_equal(&key, &zero, sizeof key);
		assert_null(strstr(error.text, "aaa"));
	}

	memcpy(hex, private_hex, sizeof private_hex);
	hex[63] = 'x';
	ASSERT_STATUS("digit", prio_private_key_from_hex(&key, text(hex), NULL, &error), PRIO_ERR_KEY);
	assert_memory_equal(&key, &zero, sizeof key);
	assert_null(strstr(error.text, "A328"));

	ASSERT_STATUS("other pair", prio_private_key_from_hex(&key, text(private_hex), &other, &error), PRIO_ERR_KEY);
	assert_memory_equal(&key, &zero, sizeof key);
	assert_null(strstr(error.text, "A328"));
	assert_non_null(strstr(error.text, "does not belong"));
}

static void fresh_keys_and_secrets(void **unused)
{
	struct prio_private_key one, other, again;
	struct prio_shared_secret secret, another;
	char hex[PRIO_KEY_HEX_DIGITS + 1];

	(void)unused;
	ASSERT_OK(prio_keygen(&one));
	ASSERT_OK(prio_keygen(&other));
	assert_memory_not_equal(one.bytes, other.bytes, PRIO_KEY_BYTES);
	prio_key_to_hex(hex, one.bytes);
	ASSERT_OK(prio_private_key_from_hex(&again, text(hex), &one.public_key, NULL));
	assert_memory_equal(&again, &one, sizeof one);

	ASSERT_OK(prio_secret_new(&secret));
	ASSERT_OK(prio_secret_new(&another));
	assert_memory_not_equal(&secret, &another, sizeof secret);
	for (size_t n = 0; n <= 33; n++) {
		struct prio_bytes bytes = {(const uint8_t *)private_hex, n};

		ASSERT_STATUS("secret", prio_secret_from_bytes(&secret, bytes, NULL), n == 16 ? PRIO_OK : PRIO_ERR_KEY);
	}
	assert_memory_equal(secret.bytes, private_hex, 16);
}

static const struct {
	const char *what;
	size_t id_bytes;
	uint32_t n_data, precision;
	int prg;
	bool allow;
	enum prio_status want;
} params_cases[] = {
	{"usual", 4, 100, 0, PRIO_PRG_BATCH, false, PRIO_OK},
	{"legacy", 4, 100, 0, PRIO_PRG_LEGACY, false, PRIO_OK},
	{"no id", 0, 100, 0, PRIO_PRG_BATCH, false, PRIO_ERR_CONFIG},
	{"longest id", 1024, 100, 0, PRIO_PRG_BATCH, false, PRIO_OK},
	{"id too long", 1025, 100, 0, PRIO_PRG_BATCH, false, PRIO_ERR_CONFIG},
	{"no fields", 4, 0, 0, PRIO_PRG_BATCH, true, PRIO_ERR_CONFIG},
	{"largest but forgeable", 4, PRIO_N_DATA_MAX, 0, PRIO_PRG_BATCH, false, PRIO_ERR_FORGEABLE_SIZE},
	{"largest, allowed", 4, PRIO_N_DATA_MAX, 0, PRIO_PRG_BATCH, true, PRIO_OK},
	{"largest that is sound", 4, PRIO_N_DATA_MAX - 1, 0, PRIO_PRG_BATCH, false, PRIO_OK},
	{"too large", 4, PRIO_N_DATA_MAX + 1, 0, PRIO_PRG_BATCH, true, PRIO_ERR_CONFIG},
	{"far too large", 4, UINT32_MAX, 0, PRIO_PRG_BATCH, true, PRIO_ERR_CONFIG},
	{"one field", 4, 1, 0, PRIO_PRG_BATCH, false, PRIO_ERR_FORGEABLE_SIZE},
	{"two fields", 4, 2, 0, PRIO_PRG_BATCH, false, PRIO_OK},
	{"3", 4, 3, 0, PRIO_PRG_BATCH, false, PRIO_ERR_FORGEABLE_SIZE},
	{"2047", 4, 2047, 0, PRIO_PRG_BATCH, false, PRIO_ERR_FORGEABLE_SIZE},
	{"2048", 4, 2048, 0, PRIO_PRG_BATCH, false, PRIO_OK},
	{"integers", 4, 24, 8, PRIO_PRG_BATCH, false, PRIO_OK},
	{"integers that do not fill the fields", 4, 25, 8, PRIO_PRG_BATCH, false, PRIO_ERR_CONFIG},
	{"most bits", 4, 42, 42, PRIO_PRG_BATCH, false, PRIO_OK},
	{"too many bits", 4, 43, 43, PRIO_PRG_BATCH, false, PRIO_ERR_CONFIG},
	{"no such rule", 4, 100, 0, 2, false, PRIO_ERR_CONFIG},
};

static void params_are_checked(void **unused)
{
	static const uint8_t id[1025] = "some batch";
	const struct prio_private_key key = {{1}, {{0}}};
	const struct prio_shared_secret secret = {{0}};

	(void)unused;
	for (size_t i = 0; i < COUNT_OF(params_cases); i++) {
		const struct prio_params params = {.batch_id = {id, params_cases[i].id_bytes},
						   .n_data = params_cases[i].n_data,
						   .precision = params_cases[i].precision,
						   .prg = (enum prio_prg_rule)params_cases[i].prg,
						   .allow_forgeable_size = params_cases[i].allow};
		struct prio_error error = {PRIO_OK, ""};
		struct prio_batch *batch;

		ASSERT_STATUS(params_cases[i].what, prio_params_check(&params, &error), params_cases[i].want);
		assert_int_equal(error.status, params_cases[i].want);
		assert_int_equal(strlen(error.text) > 10, params_cases[i].want != PRIO_OK);
		ASSERT_STATUS(params_cases[i].what, prio_batch_new(&batch, &params, PRIO_SERVER_A, &key, &secret, NULL),
			      params_cases[i].want);
		assert_int_equal(batch != NULL, params_cases[i].want == PRIO_OK);
		if (batch != NULL) {
			const struct prio_params *copy = prio_batch_params(batch);

			assert_ptr_not_equal(copy->batch_id.p, id);
			assert_true(params_same_batch(copy, &params));
			assert_int_equal(prio_batch_server(batch), PRIO_SERVER_A);
		}
		prio_batch_free(batch);
	}

	struct prio_batch *batch;
	const struct prio_params params = {.batch_id = {id, 4}, .n_data = 100};
	ASSERT_STATUS("no such server", prio_batch_new(&batch, &params, (enum prio_server_id)2, &key, &secret, NULL),
		      PRIO_ERR_CONFIG);
}

static void points_are_a_power_of_two(void **unused)
{
	(void)unused;
	assert_int_equal(params_points(1), 2);
	assert_int_equal(params_points(2), 4);
	assert_int_equal(params_points(3), 4);
	assert_int_equal(params_points(4), 8);
	assert_int_equal(params_points(2047), 2048);
	assert_int_equal(params_points(2048), 4096);
	assert_int_equal(params_points(PRIO_N_DATA_MAX), 1 << 18);
	for (uint32_t n = 1; n < 5000; n++)
		assert_int_equal(prio_n_data_is_forgeable(n), params_points(n) == n + 1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(reads_either_case_and_writes_upper), cmocka_unit_test(takes_digits_only),
		cmocka_unit_test(refuses_and_does_not_quote),         cmocka_unit_test(fresh_keys_and_secrets),
		cmocka_unit_test(params_are_checked),                 cmocka_unit_test(points_are_a_power_of_two),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
