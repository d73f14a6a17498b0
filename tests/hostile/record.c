/* Preloaded into the program under test: every object that it names gets a second name in the directory RECORD_DIRECTORY, before
 * it gets its own, so that each version that was ever to be seen is kept, whatever replaces it. A line of the file "index" there
 * says which is which: the number, a blank, the directory, a slash, the name. */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <fcntl.h>
#include <limits.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <unistd.h>

/* Once the process ends, to "peak": what memory it took at most, which its parent cannot know; and what of it could be dumped. */
__attribute__((destructor)) static void record_peak(void)
{
	const char *directory = getenv("RECORD_DIRECTORY");
	char text[4096];
	char path[PATH_MAX];
	int from = open("/proc/self/status", O_RDONLY | O_CLOEXEC);
	ssize_t n = from < 0 ? -1 : read(from, text, sizeof text - 1);

	close(from);
	if (directory == NULL || n <= 0)
		return;
	text[n] = '\0';
	snprintf(path, sizeof path, "%s/peak-%ld", directory, (long)getpid());
	int to = open(path, O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
	const char *peak = strstr(text, "VmHWM:");
	struct rlimit core;
	if (to < 0 || peak == NULL || getrlimit(RLIMIT_CORE, &core) != 0)
		abort();
	dprintf(to, "%.*s core %ld dumpable %d", (int)strcspn(peak, "\n"), peak, (long)core.rlim_max, prctl(PR_GET_DUMPABLE));
	close(to);
}

static void record(int from, const char *temporary, int to, const char *name)
{
	static atomic_uint number;
	const char *directory = getenv("RECORD_DIRECTORY");
	char at[64];
	char place[PATH_MAX];
	char kept[PATH_MAX];
	char line[2 * PATH_MAX];

	if (directory == NULL)
		return;
	snprintf(at, sizeof at, "/proc/self/fd/%d", to);
	ssize_t n = readlink(at, place, sizeof place - 1);
	place[n < 0 ? 0 : n] = '\0';
	unsigned mine = atomic_fetch_add(&number, 1);
	snprintf(kept, sizeof kept, "%s/%u-%ld", directory, mine, (long)getpid());
	if (linkat(from, temporary, AT_FDCWD, kept, 0) != 0)
		abort();
	snprintf(kept, sizeof kept, "%s/index", directory);
	int index = open(kept, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
	int length = snprintf(line, sizeof line, "%u-%ld %s/%s\n", mine, (long)getpid(), place, name);
	if (index < 0 || write(index, line, (size_t)length) != length)
		abort();
	close(index);
}

typedef int renaming(int, const char *, int, const char *);
typedef int renaming_with_flags(int, const char *, int, const char *, unsigned);

int renameat(int from, const char *temporary, int to, const char *name)
{
	renaming *next = (renaming *)dlsym(RTLD_NEXT, "renameat");

	record(from, temporary, to, name);
	return next(from, temporary, to, name);
}

int renameat2(int from, const char *temporary, int to, const char *name, unsigned flags)
{
	renaming_with_flags *next = (renaming_with_flags *)dlsym(RTLD_NEXT, "renameat2");

	record(from, temporary, to, name);
	return next(from, temporary, to, name, flags);
}
