/* s3: a bucket on an S3-compatible server (AWS S3, Google Cloud Storage, MinIO, versitygw, ...) as a store.
 *
 * Objects appear whole: a PUT does, and a multipart upload when it is completed. Every upload carries the SHA-256 of its bytes in
 * its signature and a CRC-32C, so the server refuses what was damaged on its way. Reads go on where they stopped when a
 * connection breaks, as long as the object is the same. What a server lacks (checksums, conditions, bulk delete) is found
 * out once, said once in the log, and done without. Requests that may be repeated are, with backoff (net/retry.h). */
#ifndef STORE_S3_H
#define STORE_S3_H

#include "base/log.h"
#include "store/store.h"

enum s3_addressing {
	S3_ADDRESS_AUTO, /* virtual host on *.amazonaws.com where the bucket's name has no dot, path style elsewhere */
	S3_ADDRESS_PATH,
	S3_ADDRESS_VIRTUAL,
};

struct s3_settings {
	const char *endpoint; /* "https://host[:port]" or "http://host[:port]" */
	const char *region;   /* NULL: "us-east-1" */
	/* NULL or "": no key. Then on *.googleapis.com (or with google_credentials) a bearer token; elsewhere PRIO_ERR_CONFIG. */
	const char *access_key;
	const char *secret_key;
	const char *session_token;      /* NULL: none */
	const char *google_credentials; /* GOOGLE_APPLICATION_CREDENTIALS; NULL: none */
	const char *ca_file;            /* NULL: the system's authorities */
	enum s3_addressing addressing;
	uint32_t lease_ttl_s; /* of locks, PRIO_LEASE_TTL; 0: 60 */
	struct log *log;      /* lent; NULL: silent */
	bool (*is_stopped)(void); /* NULL: never */
};

/* store_s3_new: sends nothing yet; a wrong key, region or bucket shows with the first request.
 *
 *   settings   copied, secrets too (wiped by store_free)
 *   bucket     its name
 *
 * PRIO_OK; PRIO_ERR_CONFIG (endpoint, name, missing keys, in words); PRIO_ERR_KEY (Google credentials); PRIO_ERR_MEMORY.
 *
 * The store's statuses: NOT_FOUND (the bucket too, said so), DENIED (which bucket, key and permission; clock skew and a wrong
 * region are recognised), EXISTS, CHANGED (replaced while it was read), IO and TIMEOUT (after the last repetition), FULL (507 and
 * quota codes), FORMAT (an answer that is no S3 answer), TOO_LARGE, STOPPED, BUSY (lock), MEMORY. */
enum prio_status store_s3_new(struct store **store, const struct s3_settings *settings, const char *bucket,
			      struct prio_error *error);

/* store_s3_lacks_conditions: did a conditional write or a lock show that this store's server does not honour conditions? Then two
 * runs at the same moment are not kept apart. False for a store of another kind. */
bool store_s3_lacks_conditions(struct store *store);

#endif
