/* s3_call: one request to the bucket, signed anew for every attempt and repeated where that is safe (net/retry.h), and
 * what its answer means where that is the same for every request.
 *
 *     struct s3_reply reply;
 *     enum prio_status status = s3_call(store, &(struct s3_request){.method = "HEAD", .key = key, .may_repeat = true,
 *                                       .permission = "s3:GetObject"}, &reply, error);
 *     if (status == PRIO_OK && reply.code != 200)
 *             status = s3_unexpected(store, &request, &reply, error);
 *     s3_reply_clear(&reply); */
#ifndef STORE_S3_CALL_H
#define STORE_S3_CALL_H

#include "store/s3_internal.h"

/* AWS answers 403 for what is not there if one may not list. */
#define S3_READ_PERMISSION "s3:GetObject, or s3:ListBucket to learn that there is no such object,"

enum { S3_CODE_BYTES = 64, S3_MESSAGE_BYTES = 256, S3_REPLY_BYTES_MAX = 1 << 16 };

struct s3_request {
	const char *method;
	const char *key; /* NULL: the bucket */
	const struct aws_query *query;
	size_t n_query;
	const struct http_header *headers; /* signed too; AWS_HEADERS_MAX - 8 at most */
	size_t n_headers;
	struct prio_bytes body;
	bool has_body;
	bool may_repeat;	/* doing it twice is doing it once, or the caller looks at reply->maybe_done */
	size_t reply_bytes_max; /* 0: S3_REPLY_BYTES_MAX */
	const char *permission; /* what a policy must allow for it, "s3:PutObject": for messages */
};

struct s3_reply {
	int code;
	bool maybe_done;	/* an attempt before the one that was answered may have been carried out */
	struct http_reply http; /* of the last attempt: headers by http_reply_header, body */
	/* Of an error answer, as the server wrote it (to be escaped before it is shown); "" if it did not say. */
	char error_code[S3_CODE_BYTES];
	char error_message[S3_MESSAGE_BYTES];
	char error_region[S3_CODE_BYTES];
};

/* s3_call: send until there is a final answer.
 *
 *   reply   out, always; s3_reply_clear frees it
 *
 * PRIO_OK: reply->code is 2xx, or a refusal that means something to some caller: 304, 400, 404, 405, 409, 411, 412,
 * 416, 501. What means the same to all is an error: DENIED (401, 403: bucket, key, permission; bad keys; skewed clock;
 * wrong region, said which is right; untrusted certificate), NOT_FOUND (no such bucket), FULL (507, quota), IO and
 * TIMEOUT (after the last repetition), STOPPED, TOO_LARGE, MEMORY, CRYPTO. Thread-safe. */
PRIO_MUST_USE enum prio_status s3_call(struct s3_store *store, const struct s3_request *request, struct s3_reply *reply,
				       struct prio_error *error);

/* s3_call_open: the same for a GET whose answer is read piece by piece; *body is NULL unless the code is 200 or 206. */
PRIO_MUST_USE enum prio_status s3_call_open(struct s3_store *store, const struct s3_request *request,
					    struct http_body **body, struct s3_reply *reply, struct prio_error *error);

void s3_reply_clear(struct s3_reply *reply);

/* s3_header: of the reply; NULL if it is not there. */
static inline const char *s3_header(const struct s3_reply *reply, const char *name)
{
	return http_reply_header(&reply->http, name);
}

/* s3_unexpected: for a code that the caller has no use for: NOT_FOUND for 404, EXISTS for 412, IO and FORMAT for
 * others, with what the server said. */
enum prio_status s3_unexpected(const struct s3_store *store, const struct s3_request *request,
			       const struct s3_reply *reply, struct prio_error *error);

/* s3_error: a status with "bucket/key: " before its text. key NULL: the bucket. */
__attribute__((format(printf, 5, 6))) enum prio_status s3_error(struct prio_error *error, const struct s3_store *store,
								const char *key, enum prio_status status,
								const char *format, ...);

/* s3_pause: wait before attempt n + 1. PRIO_OK, or PRIO_ERR_STOPPED within 100 ms of is_stopped saying so. */
PRIO_MUST_USE enum prio_status s3_pause(struct s3_store *store, unsigned n, const char *retry_after,
					struct prio_error *error);

#endif
