/* kernels: the functions of field that have vector versions (cpu/cpu.h). Contracts: dot.h and accumulate.h. */
#ifndef PRIO1_FIELD_KERNELS_H
#define PRIO1_FIELD_KERNELS_H

#include "cpu/cpu.h"
#include "prio1/field/vector.h"

typedef u128 field_dot_kernel(const struct field_vector *x, const struct field_vector *y, size_t n);
typedef void field_accumulate_kernel(struct field_vector *sums, const struct field_vector *x, size_t n);

struct field_kernels {
	field_dot_kernel *dot;
	field_accumulate_kernel *accumulate;
};

extern struct cpu_module field_module;

/* field_kernels: those that run. field_kernels_of: those of one table, for tests; only to be called if cpu_best() is at
 * least that. Thread-safe. */
static inline const struct field_kernels *field_kernels(void)
{
	return cpu_kernels(&field_module);
}
static inline const struct field_kernels *field_kernels_of(enum cpu_table table)
{
	return field_module.tables[table];
}

field_dot_kernel field_dot_portable;
field_accumulate_kernel field_accumulate_portable;
#ifndef PRIO_PORTABLE_ONLY
field_dot_kernel field_dot_avx2, field_dot_avx512, field_dot_avx512ifma;
field_accumulate_kernel field_accumulate_avx2, field_accumulate_avx512;
#endif

/* For kernels. field_dot_join: low + 2^48 middle + 2^96 high, whatever they are, as an element.
 * field_dot_join29: the sum of columns[k] * 2^(29 k), as an element. */
u128 field_dot_join(u128 low, u128 middle, u128 high);
enum { FIELD_DOT_LIMB_BITS = 29, FIELD_DOT_COLUMNS = 5 };
u128 field_dot_join29(const u128 columns[FIELD_DOT_COLUMNS]);

#endif
