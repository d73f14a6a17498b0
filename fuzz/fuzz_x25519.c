/* Every vector kernel of this CPU against OpenSSL: whatever the keys and their number. The first byte is how many keys share
 * a private key; missing bytes are zero, so that short inputs reach points of low order. */
#include <stdlib.h>
#include <string.h>

#include "crypt/kernels.h"
#include "crypt/x25519.h"

enum { KEYS_MAX = 20 };

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	uint8_t keys[KEYS_MAX + 1][X25519_KEY_BYTES] = {{0}};
	const uint8_t *private_keys[KEYS_MAX], *public_keys[KEYS_MAX];
	struct x25519_shared want[KEYS_MAX], got[KEYS_MAX];
	size_t n_keys = n == 0 ? 0 : data[0] % (KEYS_MAX + 1);
	size_t n_bytes = n == 0 ? 0 : n - 1 < sizeof keys ? n - 1 : sizeof keys;

	if (n_bytes > 0)
		memcpy(keys, data + 1, n_bytes);
	for (size_t i = 0; i < n_keys; i++) {
		private_keys[i] = keys[0];
		public_keys[i] = keys[i + 1];
		if (x25519_agree(&want[i], keys[0], keys[i + 1]) != PRIO_OK)
			abort();
	}
	for (enum cpu_table table = CPU_AVX2; table <= cpu_best(); table++) {
		crypt_kernels_of(table)->x25519(got, private_keys, public_keys, n_keys);
		if (memcmp(got, want, n_keys * sizeof got[0]) != 0)
			abort();
	}
	return 0;
}
