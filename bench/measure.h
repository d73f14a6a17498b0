/* measure: figures that are comparable.
 *
 * All figures of one measurement are taken in turns, over and over, each under its own table of kernels: what disturbs
 * the machine disturbs all of them, and the least time of each is that of a moment in which nothing did. */
#ifndef BENCH_MEASURE_H
#define BENCH_MEASURE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "cpu/cpu.h"

enum { ROUNDS_MAX = 100 };

struct figure {
	const char *what;
	const char *part;	 /* of what; NULL: none */
	uint32_t n_data;	 /* 0: has nothing to do with it */
	enum cpu_table table;	 /* runs while it is measured */
	void (*prepare)(void *); /* before each repetition, not timed; NULL: nothing to prepare */
	void (*run)(void *);
	void *context;		     /* for both */
	double per;		     /* times are divided by it: what one run does so often */
	double round_ns[ROUNDS_MAX]; /* out: the least of each round */
};

/* must: the program ends with 1 and says what is wrong, unless holds. */
void must(bool holds, const char *what);

/* must_alloc: n zeroed bytes on a cache line's border. To be freed with free. */
void *must_alloc(size_t n);

/* use_table: have all kernels be those of a table that the CPU has. What was made before under another one keeps its
 * own. */
void use_table(enum cpu_table table);

uint64_t now_ns(void);

/* figures_measure: rounds at most ROUNDS_MAX; each figure gets slice_s seconds in each, and at least two repetitions.
 * figures_print: as members of a JSON array, the first of which follows a comma unless `first`. */
void figures_measure(struct figure *figures, size_t n, unsigned rounds, double slice_s);
void figures_print(struct figure *figures, size_t n, unsigned rounds, bool first);

#endif
