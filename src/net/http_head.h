/* http_head: the head of an answer, line by line as libcurl hands them over: bounded, whatever a server sends. */
#ifndef NET_HTTP_HEAD_H
#define NET_HTTP_HEAD_H

#include <stdbool.h>

#include "net/http.h"

enum {
	HTTP_HEAD_HEADERS_MAX = 100,
	HTTP_HEAD_LINE_BYTES_MAX = 8192,
	HTTP_HEAD_LINES_MAX = 1000, /* with interim answers (100 Continue) and trailers */
};

struct http_head {
	int code;         /* of the last status line; 0: none came */
	bool is_complete; /* the empty line after a final status came: what comes then are trailers, and left out */
	bool has_length;  /* content-length or transfer-encoding: it will be known whether the body came whole */
	size_t n_headers;
	size_t n_lines;
	char *text; /* name NUL value NUL ..., n_bytes of capacity; heap */
	size_t n_bytes, capacity;
};

/* http_head_add: one line with its end. A new status line begins a new head.
 *
 * PRIO_OK; PRIO_ERR_TOO_LARGE (a bound above), PRIO_ERR_FORMAT (a NUL in it; a content-length that is none, or a second, different
 * one), PRIO_ERR_MEMORY. */
PRIO_MUST_USE enum prio_status http_head_add(struct http_head *head, struct prio_bytes line);

/* http_head_clear: also for a zeroed one, and to begin anew. */
void http_head_clear(struct http_head *head);

/* http_head_give: hand headers and code over to a reply; the head is empty then. */
void http_head_give(struct http_head *head, struct http_reply *reply);

#endif
