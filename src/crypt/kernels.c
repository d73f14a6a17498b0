#include "crypt/kernels.h"

#include "crypt/aes_gcm_ipsec.h"

static const struct crypt_kernels portable = {.x25519 = NULL};
#ifndef PRIO_PORTABLE_ONLY
static const struct crypt_kernels avx2 = {.x25519 = x25519_avx2, .x25519_lanes = 4, .x25519_few = 2};
static const struct crypt_kernels avx512 = {.x25519 = x25519_avx512, .x25519_lanes = 8, .x25519_few = 2};
static const struct crypt_kernels avx512ifma = {
	.x25519 = x25519_avx512ifma,
	.x25519_lanes = 8,
	.x25519_few = 1,
	.ipsec_gcm = AES_GCM_HAS_IPSEC,
};
#endif

static bool self_test(const void *table)
{
	const struct crypt_kernels *kernels = table;

	if (kernels->ipsec_gcm && !aes_gcm_ipsec_is_right())
		return false;
	return kernels->x25519 == NULL || x25519_kernel_is_right(kernels->x25519);
}

struct cpu_module crypt_module = {
	.name = "crypt",
	.tables =
		{
			[CPU_PORTABLE] = &portable,
#ifndef PRIO_PORTABLE_ONLY
			[CPU_AVX2] = &avx2,
			[CPU_AVX512] = &avx512,
			[CPU_AVX512IFMA] = &avx512ifma,
#endif
		},
	.self_test = self_test,
};
