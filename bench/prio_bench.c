/* prio_bench: what bench/run.py measures with.
 *
 *     prio_bench about
 *     prio_bench yardsticks ROUNDS SLICE_S
 *     prio_bench kernels ROUNDS SLICE_S
 *     prio_bench records ROUNDS SLICE_S TABLES N_DATA...   TABLES: all, or names of tables with commas between
 *     prio_bench read FILE...
 *     prio_bench time FILE COMMAND...
 *
 * The first tells, as a JSON object, what this is built of and which tables it can measure. The next three print a JSON
 * array of figures in nanoseconds, from one thread; yardsticks of the same run are among them. Every result is checked,
 * and a wrong one ends the program with 1. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <openssl/crypto.h>

#include "bench/parts.h"
#include "cpu/cpu.h"
#include "crypt/aes_gcm_ipsec.h"
#include "prio/batch.h"

enum { EXIT_USAGE = 2, SIZES_MAX = 100 };

static int usage(void)
{
	fprintf(stderr, "usage: prio_bench about | yardsticks|kernels ROUNDS SLICE_S | records ROUNDS SLICE_S TABLES "
			"N_DATA... | read FILE... | time FILE COMMAND...\n");
	return EXIT_USAGE;
}

static bool effort_of(struct effort *effort, const char *rounds, const char *slice_s)
{
	effort->rounds = (unsigned)strtoul(rounds, NULL, 10);
	effort->slice_s = strtod(slice_s, NULL);
	return effort->rounds >= 1 && effort->rounds <= ROUNDS_MAX && effort->slice_s >= 0;
}

/* Tables that are named and that this CPU has. */
static unsigned tables_of(const char *names)
{
	unsigned tables = 0;

	for (enum cpu_table table = 0; table <= cpu_best(); table++) {
		const char *name = cpu_table_name(table);
		size_t n = strlen(name);

		if (strcmp(names, "all") == 0)
			tables |= 1u << table;
		for (const char *at = names; (at = strstr(at, name)) != NULL; at += n)
			if ((at == names || at[-1] == ',') && (at[n] == ',' || at[n] == '\0'))
				tables |= 1u << table;
	}
	return tables;
}

static int print_array(void (*part)(const struct effort *), const struct effort *effort)
{
	printf("[");
	part(effort);
	printf("\n]\n");
	return 0;
}

static int about(void)
{
	printf("{\"openssl\":\"%s\",\"compiler\":\"%s\",\"ipsec_mb\":%s,\"tables\":[", OpenSSL_version(OPENSSL_VERSION),
	       __VERSION__, AES_GCM_HAS_IPSEC ? "true" : "false");
	for (enum cpu_table table = 0; table <= cpu_best(); table++)
		printf("%s\"%s\"", table == 0 ? "" : ",", cpu_table_name(table));
	printf("]}\n");
	return 0;
}

int main(int argc, char **argv)
{
	struct effort effort;
	uint32_t sizes[SIZES_MAX];
	size_t n_sizes = 0;

	if (argc >= 4 && strcmp(argv[1], "time") == 0)
		return bench_time(argv[2], argv + 3);
	if (argc == 2 && strcmp(argv[1], "about") == 0)
		return about();
	if (argc >= 3 && strcmp(argv[1], "read") == 0) {
		bench_read(argv + 2);
		return 0;
	}
	if (argc < 4 || !effort_of(&effort, argv[2], argv[3]))
		return usage();

	if (argc == 4 && strcmp(argv[1], "yardsticks") == 0)
		return print_array(bench_yardsticks, &effort);
	if (argc == 4 && strcmp(argv[1], "kernels") == 0)
		return print_array(bench_kernels, &effort);
	if (argc > 5 && strcmp(argv[1], "records") == 0 && argc - 5 <= SIZES_MAX) {
		for (int i = 5; i < argc; i++)
			sizes[n_sizes++] = (uint32_t)strtoul(argv[i], NULL, 10);
		printf("[");
		bench_records(&effort, sizes, n_sizes, tables_of(argv[4]));
		printf("\n]\n");
		return 0;
	}
	return usage();
}
