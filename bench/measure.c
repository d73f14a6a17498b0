#include "bench/measure.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "prio1/kernels.h"
#include "record/kernels.h"

enum { ALIGN = 64 };

void must(bool holds, const char *what)
{
	if (holds)
		return;
	fprintf(stderr, "prio_bench: wrong result: %s\n", what);
	exit(1);
}

void *must_alloc(size_t n)
{
	size_t whole = (n + ALIGN - 1) / ALIGN * ALIGN;
	void *p = aligned_alloc(ALIGN, whole);

	must(p != NULL, "memory");
	memset(p, 0, whole);
	return p;
}

uint64_t now_ns(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (uint64_t)now.tv_sec * 1000000000 + (uint64_t)now.tv_nsec;
}

/* What cpu_installed does at the first call, any number of times. */
static void use_in(struct cpu_module *module, enum cpu_table table, bool tested)
{
	must(tested || module->self_test(module->tables[table]), "self-test of kernels");
	atomic_store(&module->installed, (unsigned)table + 1);
}

void use_table(enum cpu_table table)
{
	static bool tested[CPU_TABLES];

	for (size_t i = 0; kernel_modules[i] != NULL; i++)
		use_in(kernel_modules[i], table, tested[table]);
	use_in(&record_module, table, tested[table]);
	tested[table] = true;
}

static void measure_one(struct figure *figure, unsigned round, double slice_s)
{
	uint64_t spent_ns = 0;
	double least_ns = 1e300;

	use_table(figure->table);
	for (int repetitions = 0; repetitions < 2 || (double)spent_ns < slice_s * 1e9; repetitions++) {
		if (figure->prepare != NULL)
			figure->prepare(figure->context);

		uint64_t begin_ns = now_ns();
		figure->run(figure->context);
		uint64_t took_ns = now_ns() - begin_ns;

		spent_ns += took_ns;
		if ((double)took_ns < least_ns)
			least_ns = (double)took_ns;
	}
	figure->round_ns[round] = least_ns / figure->per;
}

void figures_measure(struct figure *figures, size_t n, unsigned rounds, double slice_s)
{
	for (unsigned round = 0; round < rounds; round++)
		for (size_t i = 0; i < n; i++)
			measure_one(&figures[i], round, slice_s);
}

static int by_value(const void *a, const void *b)
{
	double x = *(const double *)a;
	double y = *(const double *)b;

	return (x > y) - (x < y);
}

void figures_print(struct figure *figures, size_t n, unsigned rounds, bool first)
{
	for (size_t i = 0; i < n; i++) {
		struct figure *figure = &figures[i];

		qsort(figure->round_ns, rounds, sizeof figure->round_ns[0], by_value);
		printf("%s\n{\"what\":\"%s\",\"part\":\"%s\",\"n_data\":%" PRIu32
		       ",\"table\":\"%s\",\"ns\":%.2f,\"median_ns\":%.2f}",
		       first && i == 0 ? "" : ",", figure->what, figure->part == NULL ? "" : figure->part,
		       figure->n_data, cpu_table_name(figure->table), figure->round_ns[0],
		       figure->round_ns[rounds / 2]);
	}
}
