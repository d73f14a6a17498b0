/* What reading files costs that does nothing with them: the limit of every stage that begins with a file. */
#include "bench/parts.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

enum { BLOCK_BYTES = 1 << 20 };

void bench_read(char *const *files)
{
	uint8_t *block = must_alloc(BLOCK_BYTES);
	uint64_t n_bytes = 0;
	uint64_t begin_ns = now_ns();

	for (; *files != NULL; files++) {
		int fd = open(*files, O_RDONLY | O_CLOEXEC);
		ssize_t n;

		must(fd >= 0, *files);
		while ((n = read(fd, block, BLOCK_BYTES)) > 0)
			n_bytes += (uint64_t)n;
		must(n == 0, *files);
		close(fd);
	}
	printf("{\"bytes\":%llu,\"s\":%.6f}\n", (unsigned long long)n_bytes, (double)(now_ns() - begin_ns) / 1e9);
	free(block);
}
