/* This machine and process. */
#include <sys/resource.h>

#include "prio-processor/doctor.h"

/* Parts that are read at a time, their connections, and what the libraries keep open: 64 threads need no more. */
enum { FILES_LEAST = 256 };

static void check_files(struct findings *findings)
{
	struct rlimit limit;

	if (getrlimit(RLIMIT_NOFILE, &limit) == 0 && limit.rlim_cur < FILES_LEAST)
		findings_add(findings, FINDING_WARN, "limits", "raise it: ulimit -n 1024, or LimitNOFILE= of the service",
			     "a process may open %llu files only", (unsigned long long)limit.rlim_cur);
	if (getrlimit(RLIMIT_FSIZE, &limit) == 0 && limit.rlim_cur != RLIM_INFINITY)
		findings_add(findings, FINDING_WARN, "limits", "lift it: ulimit -f unlimited",
			     "a process may write files of %llu bytes only, and ends where it would write more",
			     (unsigned long long)limit.rlim_cur);
}

static void check_kernels(struct findings *findings)
{
	char text[CLI_KERNELS_BYTES];

	switch (cli_kernels(text)) {
	case CLI_KERNELS_BEST:
		findings_add(findings, FINDING_OK, "kernels", NULL, "%s; their self-tests passed", text);
		break;
	case CLI_KERNELS_CHOSEN:
		findings_add(findings, FINDING_WARN, "kernels", "unset PRIO_CPU, unless it is meant", "%s", text);
		break;
	case CLI_KERNELS_FAILED:
		findings_add(findings, FINDING_WARN, "kernels", "results are right, but slow; report it, with the processor's name", "%s",
			     text);
		break;
	}
}

void doctor_check_machine(struct findings *findings)
{
	struct rlimit cores;

	check_kernels(findings);
	check_files(findings);
	/* Every command switches them off at its start (cli_main). */
	if (getrlimit(RLIMIT_CORE, &cores) == 0 && cores.rlim_max == 0)
		findings_add(findings, FINDING_OK, "core files", NULL, "they are off: keys and shares stay out of them");
}
