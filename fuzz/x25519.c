/* x25519: every vector kernel that this CPU has, against OpenSSL, for one private key and for one a lane.
 *
 * Input: number of keys (1), a private key (32), then the public keys; missing bytes are zero. */
#include "crypt/kernels.h"
#include "crypt/x25519.h"
#include "fuzz/harness/fuzz.h"

enum { KEYS_MAX = 20 };

static void check(const uint8_t *const *private_keys, const uint8_t *const *public_keys, size_t n)
{
	struct x25519_shared want[KEYS_MAX], got[KEYS_MAX];

	for (size_t i = 0; i < n; i++)
		FUZZ_OK(x25519_agree(&want[i], private_keys[i], public_keys[i]));
	for (enum cpu_table table = CPU_AVX2; table <= cpu_best(); table++) {
		crypt_kernels_of(table)->x25519(got, private_keys, public_keys, n);
		FUZZ_CHECK(memcmp(got, want, n * sizeof got[0]) == 0);
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	struct prio_bytes in = {data, n};
	uint8_t keys[KEYS_MAX + 1][X25519_KEY_BYTES] = {{0}};
	const uint8_t *same[KEYS_MAX], *different[KEYS_MAX], *public_keys[KEYS_MAX];
	size_t n_keys = fuzz_byte(&in) % (KEYS_MAX + 1U);

	if (in.n > 0)
		memcpy(keys, in.p, in.n < sizeof keys ? in.n : sizeof keys);
	for (size_t i = 0; i < n_keys; i++) {
		same[i] = keys[0];
		different[i] = keys[KEYS_MAX - i];
		public_keys[i] = keys[i + 1];
	}
	check(same, public_keys, n_keys);
	check(different, public_keys, n_keys);
	return 0;
}
