/* A command's wall clock, processor time and peak memory. A program of its own does this because the kernel counts the
 * parent's memory as the child's peak, up to the moment of exec: a small parent does not show. */
#include "bench/parts.h"

#include <errno.h>
#include <spawn.h>
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>

extern char **environ;

static double seconds(struct timeval time)
{
	return (double)time.tv_sec + (double)time.tv_usec / 1e6;
}

int bench_time(const char *out, char *const *command)
{
	struct rusage usage;
	int status;
	pid_t pid;
	uint64_t begin_ns = now_ns();
	int failed = posix_spawnp(&pid, command[0], NULL, NULL, command, environ);

	if (failed != 0) {
		fprintf(stderr, "prio_bench: %s: %s\n", command[0], strerror(failed));
		return 127;
	}
	while (wait4(pid, &status, 0, &usage) < 0)
		must(errno == EINTR, "wait4");
	uint64_t end_ns = now_ns();
	int code = WIFEXITED(status) ? WEXITSTATUS(status) : 128;
	FILE *file = fopen(out, "w");

	must(file != NULL, "opening the file for times");
	fprintf(file, "{\"code\":%d,\"wall_s\":%.6f,\"user_s\":%.6f,\"sys_s\":%.6f,\"peak_mib\":%.2f}\n", code,
		(double)(end_ns - begin_ns) / 1e9, seconds(usage.ru_utime), seconds(usage.ru_stime),
		(double)usage.ru_maxrss / 1024);
	must(fclose(file) == 0, "writing the times");
	return code;
}
