/* cpu: which kernels run.
 *
 * A kernel is a function that exists several times: once in plain C, and once for each instruction set that makes it much
 * faster. There are four tables, each a superset of those before it:
 *
 *     portable     plain C and OpenSSL; always there
 *     avx2         AVX2, BMI2, AES
 *     avx512       and AVX-512 F, DQ, BW, VL
 *     avx512ifma   and IFMA, VBMI, VBMI2, VAES, VPCLMULQDQ: Ice Lake and later, Zen 4 and later
 *
 * The highest table that the CPU has runs, or a lower one that the environment variable PRIO_CPU names.
 *
 * How to add a kernel. A module (crypt, and each folder of prio1 that has kernels: prio1/field, prio1/prg, ...) has one
 * struct of function pointers, one filled struct a table, and one struct cpu_module that holds them together and stands in
 * the list of prio1/kernels.c: see crypt/kernels.h and crypt/kernels.c. Then
 *   1. write the plain C version, frob.c, and frob_avx2.c, frob_avx512.c, frob_avx512ifma.c or only some of them: the name's
 *      end makes the build compile the file with the flags of that table, and leave it out where there are no such tables.
 *      Nothing else may be in these files, because anything in them can hold instructions that the CPU lacks;
 *   2. add a pointer to the module's struct, and in every table the best version it may use (a table without one of its own
 *      takes that of the table before);
 *   3. add a known answer to the module's self_test, that goes through every path of the kernel, and takes well under 1 ms;
 *   4. call it as field_kernels()->frob(...);
 *   5. test every version with cpu_best() as the upper end against the plain one (tests/unit/test_x25519_many.c). */
#ifndef CPU_CPU_H
#define CPU_CPU_H

#include <stdatomic.h>
#include <stdbool.h>

#include "prio/status.h"

enum cpu_table { CPU_PORTABLE, CPU_AVX2, CPU_AVX512, CPU_AVX512IFMA, CPU_TABLES };

/* One module's kernels. Static; installed and failed start as zero. */
struct cpu_module {
	const char *name;                     /* for people */
	const void *tables[CPU_TABLES];       /* the module's struct for each table; a portable build has the first alone */
	bool (*self_test)(const void *table); /* do all its kernels give their known answers? */
	atomic_uint installed;                /* table + 1; 0: not yet */
	atomic_uint failed;                   /* bit t: table t gave a wrong answer */
};

/* cpu_table_name: "portable", "avx2", "avx512", "avx512ifma".
 * cpu_table_of: the highest table for these CPU_HAS_* (cpu/features.h).
 * cpu_best: the highest table of this CPU and build.
 * cpu_chosen: that, or a lower one that PRIO_CPU names. A PRIO_CPU that cannot be followed counts as not given. Read once.
 * Thread-safe. */
const char *cpu_table_name(enum cpu_table table);
enum cpu_table cpu_table_of(uint32_t features);
enum cpu_table cpu_best(void);
enum cpu_table cpu_chosen(void);

/* cpu_check_choice: can PRIO_CPU be followed? PRIO_OK, also where it is absent or empty; PRIO_ERR_CONFIG: it names no table,
 * or one that this CPU or build does not have. For tools, which should not run something else than a person asked for. */
enum prio_status cpu_check_choice(struct prio_error *error);

/* cpu_installed: the table that a module runs: cpu_chosen, or, where its kernels fail their self-test, the highest below that
 * which passes. The plain kernels are tested too, but run in any case, as there is nothing below them. The first call tests,
 * later ones only look it up. cpu_kernels: that table's struct. Thread-safe. */
enum cpu_table cpu_installed(struct cpu_module *module);
const void *cpu_kernels(struct cpu_module *module);

/* cpu_has_failed: did this table fail its self-test when the module was installed? */
bool cpu_has_failed(struct cpu_module *module, enum cpu_table table);

#endif
