/* features: what this processor can do, by its own bits, never by its name. */
#ifndef CPU_FEATURES_H
#define CPU_FEATURES_H

#include <stdint.h>

/* Instruction sets that kernels are written for. One that needs wide registers is only there if the operating system
 * saves them (XCR0). */
enum {
	CPU_HAS_AES = 1 << 0,
	CPU_HAS_PCLMUL = 1 << 1,
	CPU_HAS_SHA = 1 << 2,
	CPU_HAS_BMI2 = 1 << 3,
	CPU_HAS_AVX2 = 1 << 4,
	CPU_HAS_VAES = 1 << 5,
	CPU_HAS_VPCLMUL = 1 << 6,
	CPU_HAS_AVX512F = 1 << 7,
	CPU_HAS_AVX512DQ = 1 << 8,
	CPU_HAS_AVX512BW = 1 << 9,
	CPU_HAS_AVX512VL = 1 << 10,
	CPU_HAS_IFMA = 1 << 11,
	CPU_HAS_VBMI = 1 << 12,
	CPU_HAS_VBMI2 = 1 << 13,
};

/* The registers of x86-64 that say so: CPUID leaf 1 (ECX), leaf 7 subleaf 0 (EBX, ECX), XCR0. */
struct cpu_leaves {
	uint32_t ecx1;
	uint32_t ebx7;
	uint32_t ecx7;
	uint64_t xcr0; /* zero where ecx1 has no OSXSAVE */
};

/* cpu_features: CPU_HAS_* of this machine, read once; 0 on other architectures. Thread-safe.
 * cpu_features_of: what registers mean. */
uint32_t cpu_features(void);
uint32_t cpu_features_of(const struct cpu_leaves *leaves);

#endif
