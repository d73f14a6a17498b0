/* parts: what prio_bench measures (bench/prio_bench.c). Each prints its figures as members of one JSON array. */
#ifndef BENCH_PARTS_H
#define BENCH_PARTS_H

#include <stddef.h>
#include <stdint.h>

#include "bench/measure.h"

struct effort {
	unsigned rounds;
	double slice_s; /* for each figure in each round */
};

/* bench_yardsticks: those alone. */
void bench_yardsticks(const struct effort *effort);

/* bench_kernels: every kernel under every table of this CPU, at 2000 fields, and its limit. The results of all tables
 * must be equal. */
void bench_kernels(const struct effort *effort);

/* bench_records: what one record costs at each size: verify1 on A and B, encoding, and the coefficients, once a batch
 * and for each further draw.
 *
 *   tables     those to measure: bit t for table t, all of this CPU.
 *
 * Shares that any table encoded must give the same packets and states under every table; their proofs must hold, and
 * their sums must be what was encoded. */
void bench_records(const struct effort *effort, const uint32_t *sizes, size_t n_sizes, unsigned tables);

/* bench_read: read files, up to a NULL, from beginning to end in blocks of 1 MB; prints bytes and CPU seconds as a JSON
 * object. */
void bench_read(char *const *files);

/* bench_time: run a command; write what it took to a file, as JSON. Returns its exit code. */
int bench_time(const char *out, char *const *command);

#endif
