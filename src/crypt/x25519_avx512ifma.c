#include "crypt/x25519_groups.h"
#include "crypt/x25519_kernel.h"

void x25519_avx512ifma(struct x25519_shared *shared, const uint8_t *const *private_keys,
		       const uint8_t *const *public_keys, size_t n)
{
	x25519_groups(shared, private_keys, public_keys, n);
}
