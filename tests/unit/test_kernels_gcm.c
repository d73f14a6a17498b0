/* Sealing by libipsec-mb, where it is used, against OpenSSL: texts of all lengths, summed up in one hash, each table in
 * a process of its own, because which one runs is settled once. */
#include "tests/unit/cmocka_all.h"

#include <sys/wait.h>
#include <unistd.h>

#include "cpu/cpu.h"
#include "crypt/aes_gcm.h"
#include "crypt/sha256.h"

enum { LENGTH_MAX = 3000, LARGE = 100000 };

static void fill(uint8_t *p, size_t n, uint64_t *state)
{
	for (size_t i = 0; i < n; i++)
		p[i] = (uint8_t)(next_number(state) >> 32);
}

/* As aes_gcm does it in this process; what it sealed must open, too. */
static void seal_all(uint8_t digest[SHA256_BYTES])
{
	static uint8_t text[LARGE], copy[LARGE];
	uint8_t key[AES128_KEY_BYTES], iv[AES_GCM_IV_BYTES], tag[AES_GCM_TAG_BYTES], aad[64];
	struct aes_gcm *gcm;
	struct sha256 *sha;
	uint64_t state = 41;

	ASSERT_OK(aes_gcm_new(&gcm, AES128_KEY_BYTES));
	ASSERT_OK(sha256_new(&sha));
	ASSERT_OK(sha256_begin(sha));
	for (size_t n = 0; n <= LARGE; n = n < LENGTH_MAX ? n + 1 : n + (LARGE - LENGTH_MAX)) {
		struct prio_mut body = {text, n};
		struct prio_bytes head = {aad, 1 + n % sizeof aad};

		fill(key, sizeof key, &state);
		fill(iv, sizeof iv, &state);
		fill(aad, sizeof aad, &state);
		fill(text, n, &state);
		memcpy(copy, text, n);
		ASSERT_OK(aes_gcm_seal(gcm, body, tag, key, iv, head));
		ASSERT_OK(sha256_add(sha, prio_bytes_of(body)));
		ASSERT_OK(sha256_add(sha, (struct prio_bytes){tag, sizeof tag}));
		ASSERT_OK(aes_gcm_open(gcm, body, tag, key, iv, head));
		assert_true(memcmp(text, copy, n) == 0);
	}
	ASSERT_OK(sha256_end(sha, digest));
	sha256_free(sha);
	aes_gcm_free(gcm);
}

static void seal_all_elsewhere(const char *table, uint8_t digest[SHA256_BYTES])
{
	int ends[2], how;

	assert_int_equal(pipe(ends), 0);
	pid_t child = fork();
	assert_true(child >= 0);
	if (child == 0) {
		uint8_t made[SHA256_BYTES] = {0};

		setenv("PRIO_CPU", table, 1);
		seal_all(made);
		_exit(write(ends[1], made, sizeof made) == (ssize_t)sizeof made ? 0 : 1);
	}
	close(ends[1]);
	assert_int_equal(read(ends[0], digest, SHA256_BYTES), SHA256_BYTES);
	close(ends[0]);
	assert_int_equal(waitpid(child, &how, 0), child);
	assert_int_equal(how, 0);
}

static void all_tables_seal_alike(void **unused)
{
	uint8_t want[SHA256_BYTES], got[SHA256_BYTES];

	(void)unused;
	seal_all_elsewhere("portable", want);
	for (enum cpu_table table = CPU_AVX2; table <= cpu_best(); table++) {
		seal_all_elsewhere(cpu_table_name(table), got);
		assert_memory_equal(got, want, sizeof want);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {cmocka_unit_test(all_tables_seal_alike)};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
