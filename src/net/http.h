/* http: one attempt of one request over libcurl. Knows no bucket, no signature, and does not repeat anything.
 *
 * Connections are kept and used again. A client may be used by any number of threads at once; a body by one. */
#ifndef NET_HTTP_H
#define NET_HTTP_H

#include <stdbool.h>

#include "prio/bytes.h"
#include "prio/status.h"

struct http;
struct http_settings {
	const char *ca_file;         /* PEM file of authorities to trust besides the system's; NULL: those alone */
	uint32_t connect_timeout_ms; /* 0: 10 s */
	uint32_t stall_timeout_ms;   /* give up when nothing moves for this long (of the head, whole lines); 0: 30 s */
	bool (*is_stopped)(void);    /* asked at least every 200 ms while a request waits; NULL: never */
};

/* http_new: copies what settings point to, and reads ca_file. The system's authorities are those of SSL_CERT_FILE, else where
 * libcurl was built to look. Proxies are taken from the environment as libcurl does (http_proxy, https_proxy, no_proxy, ...).
 *
 * PRIO_OK; PRIO_ERR_CONFIG (ca_file cannot be read or holds no certificate); PRIO_ERR_MEMORY.
 * http_free(NULL) is fine; no body of it may be open then. */
PRIO_MUST_USE enum prio_status http_new(struct http **http, const struct http_settings *settings, struct prio_error *error);
void http_free(struct http *http);

/* http_is_stopped: what settings' is_stopped says now. */
bool http_is_stopped(const struct http *http);

struct http_header {
	const char *name; /* lower case */
	const char *value;
};

struct http_request {
	const char *method; /* GET, HEAD, PUT, POST, DELETE */
	const char *url;    /* absolute and encoded; sent as it is (no dot segments removed) */
	const struct http_header *headers;
	size_t n_headers;
	struct prio_bytes body; /* sent with its length, never chunked */
	bool has_body;          /* an empty body is sent as "content-length: 0" */
	bool is_direct;         /* never through a proxy of the environment */
};

/* How an attempt ended. What may be repeated follows from it (net/retry.h). */
enum http_outcome {
	HTTP_ANSWERED,  /* a whole answer came, whatever its code; one whose length is not said is none (but for refusals) */
	HTTP_NOT_SENT,  /* no connection: name not found, refused, timeout; the server saw nothing */
	HTTP_LOST,      /* sent, at least in part, and no whole answer: the server may have done it or not */
	HTTP_UNTRUSTED, /* TLS: the server's certificate is not trusted, or not for this name */
	HTTP_TOO_LARGE, /* the answer is longer than max_bytes, and no refusal */
	HTTP_STOPPED,   /* is_stopped said so */
	HTTP_FAILED,    /* ours: out of memory, a request that cannot be sent */
};

/* An answer. Headers are bounded (100 of 8 kB each at most); a name that comes twice is kept as it came first. */
struct http_reply {
	int code;           /* HTTP status; 0 if there was none */
	struct prio_mut body; /* heap, ended with a NUL that n does not count */
	uint64_t content_length; /* UINT64_MAX: not said */
	char *headers_;
	size_t n_headers_;
};

/* http_reply_header: the value, without blanks around it; NULL if it is not there. name: lower case. Valid until
 * http_reply_clear, which wipes the body and is fine for a zeroed reply. */
const char *http_reply_header(const struct http_reply *reply, const char *name);
void http_reply_clear(struct http_reply *reply);

/* http_do: send, and receive the whole answer, max_bytes of body at most. Of a refusal (code 400 and above) that is longer, the
 * beginning is kept, and it counts as whole. The request is sent once, but for GET and HEAD on a kept connection that turns
 * out to be closed.
 *
 *   reply    out, also of outcomes other than HTTP_ANSWERED (what came of it); http_reply_clear frees it
 *   error    words for a person: host, what happened; nothing of headers or query (they may hold signatures). Written for
 *            every outcome but HTTP_ANSWERED, with PRIO_ERR_IO, TIMEOUT, DENIED (untrusted), TOO_LARGE, STOPPED, MEMORY.
 *
 * An answer that comes before the whole body was sent (a refusal) counts as an answer. */
PRIO_MUST_USE enum http_outcome http_do(struct http *http, const struct http_request *request, size_t max_bytes,
					struct http_reply *reply, struct prio_error *error);

/* A body that is read piece by piece. */
struct http_body;

/* http_open: send a GET and receive the head of the answer. For codes other than 200 and 206 the body (64 kB at most, what
 * is longer is cut) is read into reply->body, and *body is NULL. Outcomes and errors as http_do. */
PRIO_MUST_USE enum http_outcome http_open(struct http *http, const struct http_request *request, struct http_body **body,
					  struct http_reply *reply, struct prio_error *error);

/* http_body_fill: wait until block is full or the body ends. *n_bytes is how much of the block is good, also where the
 * outcome is not HTTP_ANSWERED: so a caller can go on with a new request from there. HTTP_ANSWERED with less than block.n means
 * the end, and that content_length bytes came. */
PRIO_MUST_USE enum http_outcome http_body_fill(struct http_body *body, struct prio_mut block, size_t *n_bytes,
					       struct prio_error *error);
/* http_body_close: ends the connection if bytes were left. NULL is fine. */
void http_body_close(struct http_body *body);

#endif
