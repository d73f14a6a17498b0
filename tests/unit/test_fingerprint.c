/* Fingerprints: equal for equal bytes within a process, different for different ones, and of no use in another process. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "pipeline/fingerprint.h"

static struct prio_bytes bytes_of(const char *text)
{
	return (struct prio_bytes){(const uint8_t *)text, strlen(text)};
}

static void tells_ids_apart(void **unused)
{
	static const char *const ids[] = {"", "a", "b", "aa", "ia", "A"};
	enum { N_IDS = sizeof ids / sizeof *ids };
	struct join_hash hashes[N_IDS];
	struct join_hash again;
	struct fingerprint *fingerprint;
	struct fingerprint *other;

	(void)unused;
	assert_int_equal(fingerprint_new(&fingerprint), PRIO_OK);
	assert_int_equal(fingerprint_new(&other), PRIO_OK);
	for (size_t i = 0; i < N_IDS; i++) {
		assert_int_equal(fingerprint_id(fingerprint, &hashes[i], bytes_of(ids[i])), PRIO_OK);
		assert_int_equal(fingerprint_id(fingerprint, &again, bytes_of(ids[i])), PRIO_OK);
		assert_memory_equal(hashes[i].bytes, again.bytes, sizeof again.bytes);
		assert_int_equal(fingerprint_id(other, &again, bytes_of(ids[i])), PRIO_OK);
		assert_memory_not_equal(hashes[i].bytes, again.bytes, sizeof again.bytes);
		for (size_t j = 0; j < i; j++)
			assert_memory_not_equal(hashes[i].bytes, hashes[j].bytes, sizeof again.bytes);
	}
	fingerprint_free(other);
	fingerprint_free(fingerprint);
}

/* Every byte of a share counts, and the first 32 of them once more by themselves. */
static void tells_shares_apart(void **unused)
{
	uint8_t sealed[80] = {0};
	uint8_t epk[2][FINGERPRINT_BYTES];
	uint8_t share[2][FINGERPRINT_BYTES];
	struct fingerprint *fingerprint;

	(void)unused;
	assert_int_equal(fingerprint_new(&fingerprint), PRIO_OK);
	assert_int_equal(fingerprint_share(fingerprint, epk[0], share[0], (struct prio_bytes){sealed, sizeof sealed}), PRIO_OK);
	for (size_t i = 0; i < sizeof sealed; i++) {
		sealed[i] ^= 1;
		assert_int_equal(fingerprint_share(fingerprint, epk[1], share[1], (struct prio_bytes){sealed, sizeof sealed}), PRIO_OK);
		sealed[i] ^= 1;
		assert_memory_not_equal(share[0], share[1], FINGERPRINT_BYTES);
		assert_int_equal(memcmp(epk[0], epk[1], FINGERPRINT_BYTES) == 0, i >= FINGERPRINT_EPK_BYTES);
	}
	for (size_t n = 0; n < sizeof sealed; n++) {
		assert_int_equal(fingerprint_share(fingerprint, epk[1], share[1], (struct prio_bytes){sealed, n}), PRIO_OK);
		assert_memory_not_equal(share[0], share[1], FINGERPRINT_BYTES);
	}
	fingerprint_free(fingerprint);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(tells_ids_apart),
		cmocka_unit_test(tells_shares_apart),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
