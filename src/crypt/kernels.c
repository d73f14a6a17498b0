#include "crypt/kernels.h"

#include <string.h>

static const struct crypt_kernels portable = {.x25519 = NULL};

static bool self_test(const void *table)
{
	const struct crypt_kernels *kernels = table;

	return kernels->x25519 == NULL;
}

struct cpu_module crypt_module = {
	.name = "crypt",
	.tables = {&portable, &portable, &portable, &portable},
	.self_test = self_test,
};
