/* What reading files costs a processor that does nothing with them: the limit of every stage that begins with a file.
 */
#include "bench/parts.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

enum { BLOCK_BYTES = 1 << 20 };

static double cpu_s(void)
{
	struct timespec spent;

	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &spent);
	return (double)spent.tv_sec + (double)spent.tv_nsec / 1e9;
}

void bench_read(char *const *files)
{
	uint8_t *block = must_alloc(BLOCK_BYTES);
	uint64_t n_bytes = 0;
	double begin_s = cpu_s();

	for (; *files != NULL; files++) {
		int fd = open(*files, O_RDONLY | O_CLOEXEC);
		ssize_t n;

		must(fd >= 0, *files);
		while ((n = read(fd, block, BLOCK_BYTES)) > 0)
			n_bytes += (uint64_t)n;
		must(n == 0, *files);
		close(fd);
	}
	printf("{\"bytes\":%llu,\"s\":%.6f}\n", (unsigned long long)n_bytes, cpu_s() - begin_s);
	free(block);
}
