/* x25519_kernel: RFC 7748 for several pairs of keys at once, in vector lanes. For crypt/x25519.c alone. */
#ifndef CRYPT_X25519_KERNEL_H
#define CRYPT_X25519_KERNEL_H

#include <stdbool.h>
#include <stddef.h>

#include "crypt/x25519.h"

/* shared[i] = X25519(private_keys[i], public_keys[i]) for i below n, of any number. Pointers to X25519_KEY_BYTES each,
 * that may repeat and need no alignment; shared overlaps none of them. Private keys are clamped inside, the high bit of
 * public keys is ignored, and any 32 bytes are a public key; low order gives zero. Thread-safe. CT: depends on n alone.
 */
typedef void x25519_kernel(struct x25519_shared *shared, const uint8_t *const *private_keys,
			   const uint8_t *const *public_keys, size_t n);

/* x25519_kernel_is_right: does it give known answers? For the self-test. */
bool x25519_kernel_is_right(x25519_kernel *kernel);

#ifndef PRIO_PORTABLE_ONLY
x25519_kernel x25519_avx2;	 /* 4 at a time */
x25519_kernel x25519_avx512;	 /* 8 */
x25519_kernel x25519_avx512ifma; /* 8 */
#endif

#endif
