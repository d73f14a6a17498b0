/* s3_internal: the store on S3, in parts: settings (s3.c), one request with its repetitions (s3_call.h), answers in XML
 * (s3_xml.h), checksums (s3_checksum.h), listing (s3_list.c), reading (s3_stat.c, s3_read.c), writing (s3_put.c, s3_sink.c,
 * s3_upload.c), deleting (s3_delete.c), locks (s3_lease.c). */
#ifndef STORE_S3_INTERNAL_H
#define STORE_S3_INTERNAL_H

#include <stdatomic.h>
#include <time.h>

#include "base/log.h"
#include "net/aws_sign.h"
#include "net/google_token.h"
#include "net/http.h"
#include "net/retry.h"
#include "store/s3.h"
#include "store/store.h"

/* What a server turned out to do. Learnt from its answers, once, by whichever thread comes first. */
enum s3_trait {
	S3_CHECKSUMS,	/* x-amz-checksum-crc32c on uploads */
	S3_FULL_OBJECT, /* ... of a whole object that came in parts */
	S3_CONDITIONS,	/* If-None-Match on PUT */
	S3_BULK_DELETE,
	S3_MD5_ETAGS,	 /* the ETag of an object that came at once is its MD5 */
	S3_UPLOAD_LISTS, /* ListMultipartUploads, and we may ask for them */
	S3_N_TRAITS,
};
enum s3_answer { S3_UNKNOWN, S3_HAS, S3_LACKS };

struct s3_store {
	struct store base;
	char *name; /* base.name: endpoint and bucket */
	char *bucket;
	char *host; /* with the port unless it is the scheme's own, and the bucket's name in front of it if that is its
		       place */
	const char *scheme; /* "http" or "https" */
	bool is_virtual;    /* the bucket's name is in host and not in the path */
	bool is_google;	    /* speaks x-goog-*: only where a bearer token is sent, since Google refuses to mix it with
			       x-amz-* */
	char *region;
	char *access_key; /* these three are wiped when they are freed */
	char *secret_key;
	char *session_token;
	struct aws_credentials credentials; /* the three above */
	struct google_tokens *tokens;	    /* NULL: requests are signed */
	struct http *http;
	struct retry_policy retry;
	char *ca_file; /* NULL: the system's authorities; kept for the transport that a lease makes for itself */
	uint32_t lease_ttl_s;
	struct log *log;
	bool (*is_stopped)(void);
	_Atomic int traits[S3_N_TRAITS]; /* enum s3_answer */
	_Atomic long clock_offset_s;	 /* tests: our clock goes wrong by so much */
};

static inline struct s3_store *s3_store_of(struct store *store)
{
	return (struct s3_store *)(void *)store; /* base is its first member */
}

/* s3_lacks: is it known that the server cannot do it? s3_learn: note what an answer showed; words (NULL: none) are
 * warned of by whoever learns first that it is lacking. */
bool s3_lacks(const struct s3_store *store, enum s3_trait trait);
bool s3_has(const struct s3_store *store, enum s3_trait trait);
void s3_learn(struct s3_store *store, enum s3_trait trait, bool has, const char *words);

/* s3_now: the time that requests are signed with. */
time_t s3_now(const struct s3_store *store);

/* s3_version: of an object, from its ETag (quotes and "W/" are no part of it; NULL: none) and its size. */
enum prio_status s3_version(uint8_t version[STORE_VERSION_BYTES], const char *etag, uint64_t size_bytes);

enum prio_status s3_list(struct store *store, const char *prefix, store_visit *visit, void *context,
			 struct prio_error *error);
enum prio_status s3_stat(struct store *store, const char *key, struct store_object *object, struct prio_error *error);
enum prio_status s3_open(struct store *store, const char *key, uint64_t offset_bytes, uint64_t length_bytes,
			 struct stream **stream, struct prio_error *error);
enum prio_status s3_create(struct store *store, const char *key, struct sink **sink, struct prio_error *error);
enum prio_status s3_put(struct store *store, const char *key, struct prio_bytes bytes, enum store_condition condition,
			struct prio_error *error);
enum prio_status s3_delete_many(struct store *store, const char *const *keys, size_t n_keys, struct prio_error *error);
enum prio_status s3_lock(struct store *store, const char *key, struct store_lock **lock, struct prio_error *error);
enum prio_status s3_sweep(struct store *store, const char *prefix, struct prio_error *error);

#endif
