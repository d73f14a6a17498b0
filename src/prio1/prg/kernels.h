/* kernels: the generator's stream straight into elements, where there is a vector version (cpu/cpu.h). */
#ifndef PRIO1_PRG_KERNELS_H
#define PRIO1_PRG_KERNELS_H

#include "cpu/cpu.h"
#include "prio1/prg/prg.h"

/* A schedule: the 11 round keys of AES-128, one after another. CT: yes. */
typedef void prg_schedule_kernel(uint8_t schedule[PRG_SCHEDULE_BYTES], const uint8_t key[AES_CTR_KEY_BYTES]);

/* Expand: the n elements, n at least 1, that the draws below p from number `first` on give (prg.h; draw k takes stream
 * bytes 12 k to 12 k + 11). Returns the number of the draw behind the last that was needed. May write up to
 * FIELD_VECTOR_SLACK elements behind out[n - 1]. CT: timing depends on how many tries were refused, and on whether some
 * draw, one in 2^40, has the upper part of p. Wipes its stack but for register spills. */
typedef uint64_t prg_expand_kernel(const uint8_t schedule[PRG_SCHEDULE_BYTES], uint64_t first, struct field_vector *out,
				   size_t n);

/* Take: of 8 draws those below p, one after another; returns how many. A part of expanding, on its own so that draws
 * which no stream ever shows can be tried. May write 8 elements. */
enum { PRG_TAKE_DRAWS = 8 };
typedef size_t prg_take_kernel(struct field_vector *out, const uint8_t draws[PRG_TAKE_DRAWS * PRG_DRAW_BYTES]);

struct prg_kernels {
	prg_schedule_kernel *schedule; /* NULL: none, nor the next; then the stream is made by OpenSSL, in pieces */
	prg_expand_kernel *expand;
	prg_take_kernel *take;
};

extern struct cpu_module prg_module;

/* prg_kernels: those that run. prg_kernels_of: those of one table, for tests; only to be called if cpu_best() is at
 * least that. Thread-safe. */
static inline const struct prg_kernels *prg_kernels(void)
{
	return cpu_kernels(&prg_module);
}
static inline const struct prg_kernels *prg_kernels_of(enum cpu_table table)
{
	return prg_module.tables[table];
}

prg_take_kernel prg_take_portable;
#ifndef PRIO_PORTABLE_ONLY
prg_schedule_kernel prg_schedule_avx2;
prg_expand_kernel prg_expand_avx512, prg_expand_avx512ifma;
prg_take_kernel prg_take_avx512, prg_take_avx512ifma;
#endif

#endif
