/* A request is driven by the thread that wants something of it, and only as far as it wants: between two calls nothing is
 * received, the server's bytes wait in the socket, and so memory stays bounded without a word to libcurl.
 *
 * libcurl hands over what one read of the socket brought. What does not fit the caller's block any more goes to the spill, which
 * holds one such read; should there ever be more (TLS may bring several records), libcurl is told to wait.
 *
 * Whether the server may have seen a request is decided by libcurl's word that it begins to send: before it, surely not. When a
 * kept connection turns out to be closed, libcurl would send again on its own; that it may do for GET and HEAD alone, since
 * the server may have carried out what it did not answer. */
#include "net/http_transfer.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/error.h"
#include "net/http_setup.h"

enum { POLL_MS = 200 };

__attribute__((format(printf, 4, 5))) static void finish(struct http_transfer *transfer, enum http_outcome outcome,
							 enum prio_status status, const char *format, ...)
{
	va_list arguments;

	transfer->is_done = true;
	transfer->outcome = outcome;
	transfer->status = status;
	va_start(arguments, format);
	vsnprintf(transfer->words, sizeof transfer->words, format, arguments);
	va_end(arguments);
}

/* What libcurl calls. */

static int on_start(void *context, char *server_ip, char *local_ip, int server_port, int local_port)
{
	struct http_transfer *transfer = context;

	(void)server_ip, (void)local_ip, (void)server_port, (void)local_port;
	if (transfer->n_started++ == 0)
		transfer->moved_at_ms = clock_monotonic_ms();
	else if (!transfer->may_restart)
		return CURL_PREREQFUNC_ABORT;
	return CURL_PREREQFUNC_OK;
}

static size_t on_header(char *line, size_t size, size_t n, void *context)
{
	struct http_transfer *transfer = context;

	transfer->refused = http_head_add(&transfer->head, (struct prio_bytes){(uint8_t *)line, size * n});
	if (transfer->head.code != 0) /* 0: a trailer of a head that was given away */
		transfer->may_be_cut = !transfer->head.has_length && transfer->head.code < 400 && transfer->head.code != 204 &&
				       transfer->head.code != 304;
	return transfer->refused == PRIO_OK ? size * n : 0;
}

static size_t on_body(char *bytes, size_t size, size_t n_items, void *context)
{
	struct http_transfer *transfer = context;
	size_t n = size * n_items, room = transfer->block.n - transfer->n_filled;
	size_t n_now = transfer->n_spill > 0 ? 0 : (n < room ? n : room), n_rest = n - n_now;

	transfer->has_body = true;
	if (n_rest > 0 && transfer->spill == NULL) {
		transfer->spill = malloc(HTTP_SPILL_BYTES);
		if (transfer->spill == NULL) {
			transfer->refused = PRIO_ERR_MEMORY;
			return 0;
		}
	}
	if (n_rest > HTTP_SPILL_BYTES - transfer->n_spill) {
		transfer->is_paused = true;
		return CURL_WRITEFUNC_PAUSE; /* libcurl keeps all of these n bytes */
	}
	if (n_now > 0)
		memcpy(transfer->block.p + transfer->n_filled, bytes, n_now);
	if (n_rest > 0)
		memcpy(transfer->spill + transfer->n_spill, bytes + n_now, n_rest);
	transfer->n_filled += n_now;
	transfer->n_spill += n_rest;
	return n;
}

static size_t on_send(char *out, size_t size, size_t n_items, void *context)
{
	struct http_transfer *transfer = context;
	size_t n = transfer->body.n - transfer->n_body_read;

	if (n > size * n_items)
		n = size * n_items;
	if (n > 0)
		memcpy(out, transfer->body.p + transfer->n_body_read, n);
	transfer->n_body_read += n;
	return n;
}

static int on_seek(void *context, curl_off_t offset, int origin)
{
	struct http_transfer *transfer = context;

	if (origin != SEEK_SET || offset < 0 || (uint64_t)offset > transfer->body.n)
		return CURL_SEEKFUNC_FAIL;
	transfer->n_body_read = (size_t)offset;
	return CURL_SEEKFUNC_OK;
}

static enum prio_status set_callbacks(struct http_transfer *transfer)
{
	CURL *easy = transfer->easy;

	if (curl_easy_setopt(easy, CURLOPT_ERRORBUFFER, transfer->detail) != CURLE_OK ||
	    curl_easy_setopt(easy, CURLOPT_PREREQFUNCTION, on_start) != CURLE_OK ||
	    curl_easy_setopt(easy, CURLOPT_PREREQDATA, transfer) != CURLE_OK ||
	    curl_easy_setopt(easy, CURLOPT_HEADERFUNCTION, on_header) != CURLE_OK ||
	    curl_easy_setopt(easy, CURLOPT_HEADERDATA, transfer) != CURLE_OK ||
	    curl_easy_setopt(easy, CURLOPT_WRITEFUNCTION, on_body) != CURLE_OK ||
	    curl_easy_setopt(easy, CURLOPT_WRITEDATA, transfer) != CURLE_OK ||
	    curl_easy_setopt(easy, CURLOPT_READFUNCTION, on_send) != CURLE_OK ||
	    curl_easy_setopt(easy, CURLOPT_READDATA, transfer) != CURLE_OK ||
	    curl_easy_setopt(easy, CURLOPT_SEEKFUNCTION, on_seek) != CURLE_OK ||
	    curl_easy_setopt(easy, CURLOPT_SEEKDATA, transfer) != CURLE_OK)
		return PRIO_ERR_CONFIG;
	return PRIO_OK;
}

/* How libcurl says that it ended. */

static const char *detail_of(const struct http_transfer *transfer, CURLcode code)
{
	return transfer->detail[0] != '\0' ? transfer->detail : curl_easy_strerror(code);
}

static void finish_before_sending(struct http_transfer *transfer, CURLcode code)
{
	switch (code) {
	case CURLE_PEER_FAILED_VERIFICATION:
		finish(transfer, HTTP_UNTRUSTED, PRIO_ERR_DENIED, "its TLS certificate is not accepted: %s",
		       detail_of(transfer, code));
		break;
	case CURLE_URL_MALFORMAT:
	case CURLE_UNSUPPORTED_PROTOCOL:
	case CURLE_LOGIN_DENIED: /* a user in the URL */
	case CURLE_SSL_CACERT_BADFILE:
		finish(transfer, HTTP_FAILED, PRIO_ERR_CONFIG, "%s", detail_of(transfer, code));
		break;
	case CURLE_OUT_OF_MEMORY:
	case CURLE_FAILED_INIT:
		finish(transfer, HTTP_FAILED, PRIO_ERR_MEMORY, "%s", detail_of(transfer, code));
		break;
	case CURLE_OPERATION_TIMEDOUT:
		finish(transfer, HTTP_NOT_SENT, PRIO_ERR_TIMEOUT, "no connection within %u ms",
		       (unsigned)transfer->options->connect_timeout_ms);
		break;
	default:
		finish(transfer, HTTP_NOT_SENT, PRIO_ERR_IO, "%s", detail_of(transfer, code));
	}
}

static void finish_lost(struct http_transfer *transfer, CURLcode code)
{
	if (transfer->refused == PRIO_ERR_MEMORY)
		finish(transfer, HTTP_LOST, PRIO_ERR_MEMORY, "out of memory while the answer came");
	else if (transfer->refused != PRIO_OK)
		finish(transfer, HTTP_LOST, PRIO_ERR_IO, "the head of the answer is longer than any should be, or broken");
	else if (code == CURLE_ABORTED_BY_CALLBACK)
		finish(transfer, HTTP_LOST, PRIO_ERR_IO, "the kept connection was closed before an answer came");
	else if (code == CURLE_OUT_OF_MEMORY) /* what libcurl calls it when a line of the head does not end */
		finish(transfer, HTTP_LOST, PRIO_ERR_IO, "the answer cannot be taken in");
	else
		finish(transfer, HTTP_LOST, code == CURLE_OPERATION_TIMEDOUT ? PRIO_ERR_TIMEOUT : PRIO_ERR_IO, "%s",
		       detail_of(transfer, code));
}

static void take_result(struct http_transfer *transfer)
{
	int n_left;
	CURLMsg *message = curl_multi_info_read(transfer->multi, &n_left);

	if (message == NULL || message->msg != CURLMSG_DONE || transfer->is_done)
		return;
	CURLcode code = message->data.result;
	if (code == CURLE_OK && transfer->may_be_cut && (transfer->is_get || transfer->has_body))
		finish(transfer, HTTP_LOST, PRIO_ERR_IO, "the answer does not say how long it is, so it may have been cut");
	else if (code == CURLE_OK && transfer->head.is_complete)
		finish(transfer, HTTP_ANSWERED, PRIO_OK, "answered");
	else if (code == CURLE_OK)
		finish(transfer, HTTP_LOST, PRIO_ERR_IO, "what came is no HTTP answer");
	else if (transfer->n_started == 0)
		finish_before_sending(transfer, code);
	else
		finish_lost(transfer, code);
}

/* Driving it. */

static uint64_t bytes_moved(const struct http_transfer *transfer)
{
	curl_off_t n_up = 0, n_down = 0;
	long n_head = 0;

	if (curl_easy_getinfo(transfer->easy, CURLINFO_SIZE_UPLOAD_T, &n_up) != CURLE_OK ||
	    curl_easy_getinfo(transfer->easy, CURLINFO_SIZE_DOWNLOAD_T, &n_down) != CURLE_OK ||
	    curl_easy_getinfo(transfer->easy, CURLINFO_HEADER_SIZE, &n_head) != CURLE_OK)
		return 0;
	return (uint64_t)n_up + (uint64_t)n_down + (uint64_t)n_head;
}

/* Before the request is sent the connect timeout counts, which is libcurl's. */
static void look_for_stall(struct http_transfer *transfer)
{
	uint64_t moved = bytes_moved(transfer), now = clock_monotonic_ms();

	if (transfer->n_started == 0 || moved != transfer->moved_bytes) {
		transfer->moved_bytes = moved;
		transfer->moved_at_ms = now;
	} else if (now - transfer->moved_at_ms >= transfer->options->stall_timeout_ms) {
		finish(transfer, HTTP_LOST, PRIO_ERR_TIMEOUT, "nothing came or went for %.1f s",
		       (double)(now - transfer->moved_at_ms) / 1000);
	}
}

static bool has_head(const struct http_transfer *transfer)
{
	return transfer->head.is_complete;
}

static bool has_block(const struct http_transfer *transfer)
{
	return transfer->n_filled == transfer->block.n;
}

static void drive(struct http_transfer *transfer, bool (*is_enough)(const struct http_transfer *))
{
	transfer->moved_at_ms = clock_monotonic_ms();
	while (!transfer->is_done && !is_enough(transfer)) {
		int n_running;

		if (transfer->options->is_stopped != NULL && transfer->options->is_stopped()) {
			finish(transfer, HTTP_STOPPED, PRIO_ERR_STOPPED, "stopped while the request was on its way");
			break;
		}
		if (transfer->is_paused) {
			transfer->is_paused = false;
			(void)curl_easy_pause(transfer->easy, CURLPAUSE_CONT); /* what goes wrong, perform says too */
		}
		if (curl_multi_perform(transfer->multi, &n_running) != CURLM_OK) {
			finish(transfer, HTTP_FAILED, PRIO_ERR_MEMORY, "libcurl failed");
			break;
		}
		take_result(transfer);
		if (transfer->is_done || is_enough(transfer))
			break;
		look_for_stall(transfer);
		if (!transfer->is_done && curl_multi_poll(transfer->multi, NULL, 0, POLL_MS, NULL) != CURLM_OK)
			finish(transfer, HTTP_FAILED, PRIO_ERR_MEMORY, "libcurl cannot wait");
	}
}

struct http_transfer *http_transfer_new(const struct http_options *options)
{
	struct http_transfer *transfer = calloc(1, sizeof *transfer);

	if (transfer == NULL)
		return NULL;
	transfer->options = options;
	transfer->multi = curl_multi_init();
	transfer->easy = curl_easy_init();
	if (transfer->multi == NULL || transfer->easy == NULL) {
		http_transfer_free(transfer);
		return NULL;
	}
	return transfer;
}

void http_transfer_free(struct http_transfer *transfer)
{
	if (transfer == NULL)
		return;
	http_transfer_end(transfer);
	curl_easy_cleanup(transfer->easy);
	curl_multi_cleanup(transfer->multi);
	free(transfer->spill);
	free(transfer);
}

static void copy_host(char host[HTTP_HOST_BYTES], const char *url)
{
	const char *scheme_end = strstr(url, "://");
	const char *at = scheme_end == NULL ? url : scheme_end + 3;
	size_t n = strcspn(at, "/?#");
	const char *user_end = memrchr(at, '@', n); /* refused later, and no words for it */

	if (user_end != NULL) {
		n -= (size_t)(user_end + 1 - at);
		at = user_end + 1;
	}
	snprintf(host, HTTP_HOST_BYTES, "%.*s", n < HTTP_HOST_BYTES ? (int)n : HTTP_HOST_BYTES, at);
}

enum prio_status http_transfer_begin(struct http_transfer *transfer, const struct http_request *request)
{
	copy_host(transfer->host, request->url);
	transfer->body = request->has_body ? request->body : (struct prio_bytes){NULL, 0};
	transfer->is_get = strcmp(request->method, "GET") == 0;
	transfer->may_restart = transfer->is_get || strcmp(request->method, "HEAD") == 0;
	transfer->may_be_cut = transfer->has_body = false;
	transfer->refused = transfer->status = PRIO_OK;
	transfer->detail[0] = transfer->words[0] = '\0';

	enum prio_status status = http_setup(transfer, request);
	if (status == PRIO_OK)
		status = set_callbacks(transfer);
	if (status == PRIO_OK && curl_multi_add_handle(transfer->multi, transfer->easy) != CURLM_OK)
		status = PRIO_ERR_MEMORY;
	if (status == PRIO_OK)
		transfer->is_attached = true;
	else
		finish(transfer, HTTP_FAILED, status, "the request cannot be sent: %s", prio_status_sentence(status));
	return status;
}

void http_transfer_head(struct http_transfer *transfer)
{
	drive(transfer, has_head);
}

size_t http_transfer_fill(struct http_transfer *transfer, struct prio_mut block)
{
	size_t n_spilled = transfer->n_spill - transfer->spill_at;
	size_t n = n_spilled < block.n ? n_spilled : block.n;

	if (n > 0)
		memcpy(block.p, transfer->spill + transfer->spill_at, n);
	transfer->spill_at += n;
	if (transfer->spill_at == transfer->n_spill)
		transfer->spill_at = transfer->n_spill = 0;

	transfer->block = block;
	transfer->n_filled = n;
	drive(transfer, has_block);
	n = transfer->n_filled;
	transfer->block = (struct prio_mut){NULL, 0}; /* it is the caller's again */
	transfer->n_filled = 0;
	return n;
}

void http_transfer_end(struct http_transfer *transfer)
{
	if (transfer->is_attached)
		curl_multi_remove_handle(transfer->multi, transfer->easy); /* closes the connection of an unfinished one */
	transfer->is_attached = transfer->is_done = transfer->is_paused = false;
	curl_easy_reset(transfer->easy);
	http_setup_clear(transfer);
	http_head_clear(&transfer->head);
	transfer->body = (struct prio_bytes){NULL, 0};
	transfer->n_spill = transfer->spill_at = transfer->n_body_read = 0;
	transfer->n_started = 0;
	transfer->moved_bytes = 0;
}

enum http_outcome http_transfer_outcome(const struct http_transfer *transfer, struct prio_error *error)
{
	char host[HTTP_HOST_BYTES], words[HTTP_ERROR_WORDS_BYTES];

	if (transfer->outcome != HTTP_ANSWERED)
		error_set(error, transfer->status, "%s: %s",
			  escape_text(host, sizeof host, (struct prio_bytes){(const uint8_t *)transfer->host, strlen(transfer->host)}),
			  escape_text(words, sizeof words,
				      (struct prio_bytes){(const uint8_t *)transfer->words, strlen(transfer->words)}));
	return transfer->outcome;
}
