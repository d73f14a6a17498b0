/* http_transfer: one request on its way, driven by the thread that waits for it. Each transfer has a multi handle of its own, and with
 * it its own kept connections; http.c keeps transfers for further requests. */
#ifndef NET_HTTP_TRANSFER_H
#define NET_HTTP_TRANSFER_H

#include <curl/curl.h>

#include "net/http_head.h"

enum { HTTP_ERROR_WORDS_BYTES = 320, HTTP_HOST_BYTES = 280, HTTP_SPILL_BYTES = 1 << 19 };

struct http_options {
	char *ca_file;          /* NULL: what libcurl was built with */
	struct curl_blob ca;    /* data NULL: ca_file alone */
	uint32_t connect_timeout_ms;
	uint32_t stall_timeout_ms;
	bool (*is_stopped)(void);
};

struct http_transfer {
	const struct http_options *options;
	CURLM *multi;
	CURL *easy;
	struct http_transfer *next; /* in the pool */

	/* of the request */
	struct curl_slist *headers;
	char host[HTTP_HOST_BYTES]; /* for words */
	struct prio_bytes body;
	size_t n_body_read;
	bool is_get;
	bool may_restart;   /* libcurl may send it again when a kept connection turns out to be dead */
	unsigned n_started; /* how often libcurl began to send it */

	/* of the answer */
	struct http_head head;
	bool may_be_cut; /* only the end of the connection will say where the body ends */
	bool has_body;   /* some of it came */
	struct prio_mut block; /* where the body goes, n_filled of it is there */
	size_t n_filled;
	uint8_t *spill; /* what came when block was full: n_spill bytes, from spill_at on not yet taken */
	size_t n_spill, spill_at;
	bool is_paused;

	/* how it ended */
	bool is_attached, is_done;
	enum http_outcome outcome;
	enum prio_status status; /* PRIO_OK: answered */
	enum prio_status refused; /* what a callback of ours refused the answer for; PRIO_OK: nothing */
	char detail[CURL_ERROR_SIZE];
	char words[HTTP_ERROR_WORDS_BYTES];
	uint64_t moved_bytes, moved_at_ms; /* when something last moved */
};

/* http_transfer_new: options are lent. NULL when out of memory. http_transfer_free(NULL) is fine. */
struct http_transfer *http_transfer_new(const struct http_options *options);
void http_transfer_free(struct http_transfer *transfer);

/* http_transfer_begin: make it ready to go; url, headers and body are lent until http_transfer_end. PRIO_OK, MEMORY, or CONFIG
 * (a request that cannot be sent). */
PRIO_MUST_USE enum prio_status http_transfer_begin(struct http_transfer *transfer, const struct http_request *request);

/* http_transfer_head: drive it until the head of the answer is there, or it ended. */
void http_transfer_head(struct http_transfer *transfer);

/* http_transfer_fill: drive it until block is full or it ended; returns how much of block is filled. */
size_t http_transfer_fill(struct http_transfer *transfer, struct prio_mut block);

/* http_transfer_end: leave the request, finished or not; the transfer can begin another one. */
void http_transfer_end(struct http_transfer *transfer);

/* http_transfer_outcome: of one that ended, with its words in error unless it was answered. */
enum http_outcome http_transfer_outcome(const struct http_transfer *transfer, struct prio_error *error);

#endif
