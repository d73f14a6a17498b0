/* bucket: from BUCKET_* variables to a store. */
#ifndef PIPELINE_BUCKET_H
#define PIPELINE_BUCKET_H

#include "base/log.h"
#include "prio/status.h"
#include "store/s3.h"
#include "store/store.h"

/* Where the buckets of one side are, and what opens them: BUCKET_INTERNAL_* or BUCKET_EXTERNAL_*. Everything but url is for S3
 * endpoints alone, and may be NULL (store/s3.h says what that means). Strings are lent. Holds secrets. */
struct bucket_endpoint {
	const char *url; /* "file:///some/dir" (each bucket is a directory under it), "https://host[:port]", "http://host[:port]" */
	const char *region;
	const char *access_key;
	const char *secret_key;
	const char *session_token;
	const char *google_credentials; /* path */
	const char *ca_file;            /* path */
	enum s3_addressing addressing;
	uint32_t lease_ttl_s; /* 0: the store's default */
};

/* bucket_open: the store of one bucket. Requests of an S3 store end when this process is asked to stop (pipeline/exec.h).
 *
 *   bucket     its name; "s3://" or "gs://" before it is ignored, and a slash at its end.
 *   variable   of the bucket's name, for messages ("BUCKET_INTERNAL_INGEST").
 *   log        lent to the store; NULL: silent
 *
 * PRIO_OK; PRIO_ERR_CONFIG; or what store_file_new and store_s3_new return. */
PRIO_MUST_USE enum prio_status bucket_open(struct store **store, const struct bucket_endpoint *endpoint, const char *bucket,
					   const char *variable, struct log *log, struct prio_error *error);

/* bucket_check_present: for those who only look. bucket_open makes the directory of a bucket on files; this says PRIO_ERR_NOT_FOUND
 * where it is missing. PRIO_OK of a bucket on S3: its first request tells. PRIO_ERR_CONFIG as bucket_open.
 * bucket_directory: the path of a bucket on files; "" for one on S3, or one whose name bucket_open refuses. */
enum { BUCKET_PATH_BYTES = 4096 };
PRIO_MUST_USE enum prio_status bucket_check_present(const struct bucket_endpoint *endpoint, const char *bucket,
						    const char *variable, struct prio_error *error);
void bucket_directory(char out[BUCKET_PATH_BYTES], const struct bucket_endpoint *endpoint, const char *bucket);

#endif
