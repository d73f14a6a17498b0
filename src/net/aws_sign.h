/* aws_sign: AWS Signature Version 4 for S3, a pure function of its arguments.
 * Source: "Authenticating Requests: Using the Authorization Header (AWS Signature Version 4)", Amazon S3 API Reference.
 *
 * libcurl of current Debian signs paths and queries as they are; our keys hold "=" (batch_id=...) and listings need a
 * canonical query, so we sign ourselves. */
#ifndef NET_AWS_SIGN_H
#define NET_AWS_SIGN_H

#include <time.h>

#include "crypt/sha256.h"
#include "net/http.h"
#include "prio/bytes.h"
#include "prio/status.h"

struct aws_credentials {
	const char *access_key;
	const char *secret_key;
	const char *session_token; /* NULL: none */
};

struct aws_query {
	const char *name;
	const char *value; /* "" for a name alone */
};

struct aws_request {
	const char *method;
	const char *scheme; /* "https" or "http" */
	const char *host;   /* with ":port" where the URL has one */
	const char *path;   /* not encoded: "/bucket/a b=c"; UTF-8 or any bytes but NUL */
	const struct aws_query *query; /* not encoded, in any order */
	size_t n_query;
	/* further ones to be signed and sent: names lower case, in any order; what comes twice is signed as one list */
	const struct http_header *headers;
	size_t n_headers;
	const char *payload_sha256_hex; /* 64 digits, or "UNSIGNED-PAYLOAD" */
};

enum { AWS_HEADERS_MAX = 24, AWS_QUERY_MAX = 16, AWS_URL_BYTES_MAX = 8192 };

/* What to send: an URL with canonical path and query, and all headers (host excepted, which libcurl sends). */
struct aws_signed {
	char url[AWS_URL_BYTES_MAX];
	struct http_header headers[AWS_HEADERS_MAX];
	size_t n_headers;
	char store_[8192];
};

/* aws_sign: sign for one region at one moment.
 *
 *   credentials   NULL: nothing is signed and no header is added: for requests that carry a bearer token or nothing
 *   service       "s3". For another, x-amz-content-sha256 is not sent, as in the published vectors.
 *   out           what it points to lives in it, in request and in credentials. aws_signed_clear wipes it.
 *
 * PRIO_OK; PRIO_ERR_TOO_LARGE (the URL, or too many headers or query members); PRIO_ERR_CRYPTO, PRIO_ERR_MEMORY. Thread-safe. CT: secret_key through HMAC alone. */
PRIO_MUST_USE enum prio_status aws_sign(struct aws_signed *out, const struct aws_request *request,
					const struct aws_credentials *credentials, const char *region, const char *service,
					time_t now);
void aws_signed_clear(struct aws_signed *out);

#endif
