/* doctor: is one server's configuration fit for its job? Every check adds what it found, goes on after what is wrong, and leaves
 * nothing behind. Nothing is printed here, and no secret stands in a finding. */
#ifndef PIPELINE_DOCTOR_H
#define PIPELINE_DOCTOR_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/log.h"
#include "pipeline/config.h"
#include "pipeline/paths.h"
#include "pipeline/process.h"

enum finding_level {
	FINDING_OK,
	FINDING_WARN, /* it works, and a person should know */
	FINDING_FAIL, /* the job will fail, or give away what it should not */
};

struct finding {
	enum finding_level level;
	char what[64];                    /* a variable or a subject: "BUCKET_INTERNAL_INGEST", "clock" */
	char text[PRIO_ERROR_TEXT_BYTES + 128]; /* what was found: one line, escaped */
	const char *advice;               /* what to do about it; NULL for FINDING_OK. Static */
};

struct findings {
	struct finding *p;
	size_t n;
	size_t room;
	bool is_incomplete; /* out of memory: something is missing */
};

/* findings_add: text by a printf format. findings_count: of one level. findings_clear frees. */
__attribute__((format(printf, 5, 6))) void findings_add(struct findings *findings, enum finding_level level, const char *what,
							const char *advice, const char *format, ...);
size_t findings_count(const struct findings *findings, enum finding_level level);
void findings_clear(struct findings *findings);

/* What a run will have to do, as far as its raw shares are there to be counted. */
struct doctor_work {
	uint64_t n_records; /* about; 0: nothing is there yet */
	double n_fields;    /* of all of them together */
};

/* settings, in all of these: as for process_run, but what is missing or could not be read is NULL or 0; what needs it is then left
 * out, for whoever read the settings has said so. */

/* doctor_check_data: DATA_CONFIG, forgeable sizes, floors, and what contradicts itself.
 *
 *   config   out, empty where it cannot be read; data_config_clear frees it */
void doctor_check_data(struct findings *findings, const struct process_settings *settings, struct data_config *config,
		       struct log *log);

/* doctor_check_wait: is RETRY_* long enough for the partner? */
void doctor_check_wait(struct findings *findings, const struct process_settings *settings, const struct data_config *config,
		       const struct doctor_work *work);

/* doctor_check_endpoint: does it answer, is it trusted, does its clock agree, is it read by others on its way? One request, without
 * a signature; none to a file endpoint. False: there is no point in asking for its buckets.
 *
 *   variable   "BUCKET_INTERNAL_ENDPOINT" */
bool doctor_check_endpoint(struct findings *findings, const struct bucket_endpoint *endpoint, const char *variable);

/* What a bucket is to this server, and so what it must be allowed to do there. */
enum doctor_role {
	DOCTOR_INGEST,  /* list, read, delete */
	DOCTOR_PRIVATE, /* everything, conditional writes and locks too */
	DOCTOR_INBOX,   /* list, read, delete */
	DOCTOR_OUTBOX,  /* list, read, write, delete */
	DOCTOR_FOREIGN, /* nothing at all */
};

/* doctor_check_bucket: do what the server will do there, to an object named _doctor under its prefix, which is removed again.
 *
 *   prefixes   as process_run makes them
 *   bucket     its name, from variable
 *   config     for DOCTOR_INGEST, which counts into work; NULL in other roles */
void doctor_check_bucket(struct findings *findings, enum doctor_role role, const struct bucket_endpoint *endpoint,
			 const char *bucket, const char *variable, const struct prefixes *prefixes,
			 const struct process_settings *settings, const struct data_config *config, struct doctor_work *work,
			 struct log *log);

/* doctor_check_public: can a bucket on S3 be listed or read without any key? True: it can, and that was added. Where a server says of
 * a missing object that access is denied (AWS, to who may not list) it cannot be seen whether others could be read.
 *
 *   store   the bucket's, by bucket_open */
bool doctor_check_public(struct findings *findings, const struct bucket_endpoint *endpoint, const struct store *store,
			 const char *variable);

/* doctor_check_directory: of a bucket on files: its rights, and for DOCTOR_PRIVATE the room on its disk. Nothing for others. */
void doctor_check_directory(struct findings *findings, enum doctor_role role, const struct bucket_endpoint *endpoint,
			    const char *bucket, const char *variable, const struct doctor_work *work);

#endif
