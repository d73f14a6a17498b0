#include "cpu/features.h"

#include <stdatomic.h>
#include <stddef.h>

#if defined(__x86_64__) && !defined(PRIO_PORTABLE_ONLY)
#include <cpuid.h>

enum { OSXSAVE = 1 << 27 };

static struct cpu_leaves read_leaves(void)
{
	struct cpu_leaves leaves = {0};
	uint32_t eax, ebx, ecx, edx;

	if (__get_cpuid(1, &eax, &ebx, &ecx, &edx))
		leaves.ecx1 = ecx;
	if (__get_cpuid_count(7, 0, &eax, &ebx, &ecx, &edx)) {
		leaves.ebx7 = ebx;
		leaves.ecx7 = ecx;
	}
	if (leaves.ecx1 & OSXSAVE) {
		/* The instruction by hand: its intrinsic wants a compiler flag that nothing else here needs. */
		__asm__ volatile("xgetbv" : "=a"(eax), "=d"(edx) : "c"(0));
		leaves.xcr0 = (uint64_t)edx << 32 | eax;
	}
	return leaves;
}
#else
static struct cpu_leaves read_leaves(void)
{
	return (struct cpu_leaves){0};
}
#endif

uint32_t cpu_features_of(const struct cpu_leaves *leaves)
{
	/* XCR0: 1 XMM, 2 upper YMM; 5 mask registers, 6 upper ZMM0-15, 7 ZMM16-31. */
	const uint64_t ymm = 1 << 1 | 1 << 2, zmm = ymm | 1 << 5 | 1 << 6 | 1 << 7;
	const struct {
		uint32_t feature;
		uint32_t leaf;
		unsigned bit;
		uint64_t state; /* what of XCR0 it needs */
	} rows[] = {
		{CPU_HAS_AES, leaves->ecx1, 25, 0},
		{CPU_HAS_PCLMUL, leaves->ecx1, 1, 0},
		{CPU_HAS_SHA, leaves->ebx7, 29, 0},
		{CPU_HAS_BMI2, leaves->ebx7, 8, 0},
		{CPU_HAS_AVX2, leaves->ebx7, 5, ymm},
		{CPU_HAS_VAES, leaves->ecx7, 9, ymm},
		{CPU_HAS_VPCLMUL, leaves->ecx7, 10, ymm},
		{CPU_HAS_AVX512F, leaves->ebx7, 16, zmm},
		{CPU_HAS_AVX512DQ, leaves->ebx7, 17, zmm},
		{CPU_HAS_AVX512BW, leaves->ebx7, 30, zmm},
		{CPU_HAS_AVX512VL, leaves->ebx7, 31, zmm},
		{CPU_HAS_IFMA, leaves->ebx7, 21, zmm},
		{CPU_HAS_VBMI, leaves->ecx7, 1, zmm},
		{CPU_HAS_VBMI2, leaves->ecx7, 6, zmm},
	};
	uint32_t features = 0;

	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		if ((rows[i].leaf >> rows[i].bit & 1) && (leaves->xcr0 & rows[i].state) == rows[i].state)
			features |= rows[i].feature;
	}
	return features;
}

uint32_t cpu_features(void)
{
	static _Atomic uint32_t kept;
	const uint32_t is_known = UINT32_C(1) << 31;
	uint32_t features = atomic_load_explicit(&kept, memory_order_relaxed);

	if (features == 0) {
		struct cpu_leaves leaves = read_leaves();

		/* Whoever else is here stores the same. */
		features = is_known | cpu_features_of(&leaves);
#ifdef PRIO_EMULATE
		/* The build makes the rest of AVX2's instructions. */
		if (features & CPU_HAS_AVX2)
			features |= CPU_HAS_AVX512F | CPU_HAS_AVX512DQ | CPU_HAS_AVX512BW | CPU_HAS_AVX512VL |
				    CPU_HAS_IFMA | CPU_HAS_VBMI | CPU_HAS_VBMI2 | CPU_HAS_VAES | CPU_HAS_VPCLMUL;
#endif
		atomic_store_explicit(&kept, features, memory_order_relaxed);
	}
	return features & ~is_known;
}
