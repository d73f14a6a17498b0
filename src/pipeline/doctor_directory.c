/* Buckets on files: who else can get at them, and whether there is room. */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include "base/error.h"
#include "pipeline/doctor.h"

/* What a run writes to its private bucket beside logs: checkpoints, messages, answers, in round figures. */
enum { WRITTEN_RECORD_BYTES = 1000, WRITTEN_LEAST_BYTES = 64 << 20, SHOWN_BYTES = 300 };

/* May everybody pass through all directories above it? Otherwise its own rights do not matter. */
static bool is_reachable(const char *path)
{
	char above[BUCKET_PATH_BYTES];
	struct stat info;

	for (size_t n = 1; path[n] != '\0'; n++) {
		if (path[n] != '/')
			continue;
		snprintf(above, sizeof above, "%.*s", (int)n, path);
		if (stat(above, &info) != 0 || (info.st_mode & S_IXOTH) == 0)
			return false;
	}
	return true;
}

static void check_rights(struct findings *findings, enum doctor_role role, const char *path, const char *shown,
			 const char *variable)
{
	struct stat info;
	bool is_own = role == DOCTOR_INGEST || role == DOCTOR_PRIVATE;

	if (stat(path, &info) != 0 || !is_reachable(path))
		return;
	if (is_own && (info.st_mode & (S_IROTH | S_IXOTH)) != 0)
		findings_add(findings, role == DOCTOR_PRIVATE ? FINDING_FAIL : FINDING_WARN, variable, "take the rights of others away: chmod o= on it",
			     "everybody on this machine can read in %s", shown);
	if ((info.st_mode & S_IWOTH) != 0)
		findings_add(findings, role == DOCTOR_PRIVATE ? FINDING_FAIL : FINDING_WARN, variable,
			     "give it to a group that both sides are in", "everybody on this machine can write to %s", shown);
}

static void check_room(struct findings *findings, const char *path, const char *shown, const char *variable,
		       const struct doctor_work *work)
{
	struct statvfs info;
	double free_bytes;
	double needed_bytes = (double)work->n_records * WRITTEN_RECORD_BYTES + WRITTEN_LEAST_BYTES;

	if (statvfs(path, &info) != 0)
		return;
	free_bytes = (double)info.f_bavail * (double)info.f_frsize;
	if (free_bytes < needed_bytes)
		findings_add(findings, FINDING_WARN, variable, "make room, or move the bucket",
			     "the disk of %s has %.1f GB left, and a run over the %llu records in the ingest bucket writes about %.1f GB", shown,
			     free_bytes / 1e9, (unsigned long long)work->n_records, needed_bytes / 1e9);
}

void doctor_check_directory(struct findings *findings, enum doctor_role role, const struct bucket_endpoint *endpoint,
			    const char *bucket, const char *variable, const struct doctor_work *work)
{
	char path[BUCKET_PATH_BYTES];
	char shown[SHOWN_BYTES];

	bucket_directory(path, endpoint, bucket);
	if (path[0] == '\0' || role == DOCTOR_FOREIGN)
		return;
	escape_text(shown, sizeof shown, (struct prio_bytes){(const uint8_t *)path, strlen(path)});
	check_rights(findings, role, path, shown, variable);
	if (role == DOCTOR_PRIVATE)
		check_room(findings, path, shown, variable, work);
	/* What is deleted there is deleted by the right to write to its directory; nobody could tell from a name that is not there. */
	if ((role == DOCTOR_INGEST || role == DOCTOR_INBOX) && access(path, W_OK) != 0 && errno == EACCES)
		findings_add(findings, FINDING_WARN, variable,
			     "give this user the right to write to it, or set KEEP_STATE=1 and clear it by other means",
			     "what was processed cannot be deleted: no right to write to %s", shown);
}
