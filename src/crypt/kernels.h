/* kernels: the functions of crypt that have vector versions (cpu/cpu.h). */
#ifndef CRYPT_KERNELS_H
#define CRYPT_KERNELS_H

#include "cpu/cpu.h"
#include "crypt/x25519_kernel.h"

struct crypt_kernels {
	bool ipsec_gcm;        /* AES-128-GCM is by libipsec-mb (aes_gcm_ipsec.h) */
	x25519_kernel *x25519; /* NULL: none, OpenSSL does them one by one */
	size_t x25519_lanes;   /* what it does at a time */
	size_t x25519_few;     /* fewer than so many, which it could do at a time, OpenSSL does as fast one by one */
};

extern struct cpu_module crypt_module;

/* crypt_kernels: those that run. crypt_kernels_of: those of one table, for tests; only to be called if cpu_best() is at
 * least that. Thread-safe. */
static inline const struct crypt_kernels *crypt_kernels(void)
{
	return cpu_kernels(&crypt_module);
}
static inline const struct crypt_kernels *crypt_kernels_of(enum cpu_table table)
{
	return crypt_module.tables[table];
}

#endif
