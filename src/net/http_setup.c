/* What libcurl is told, and why.
 *
 * HTTP/1.1: a transfer in flight has a connection of its own, which is what makes "the server saw nothing of it" decidable, and
 * parallel transfers do not share one window as in HTTP/2. No redirects: a signature holds for one host and path, and a token must
 * not go elsewhere. Proxies: those of the environment (https_proxy, no_proxy, ...), as operators expect of everything that runs
 * beside us. No encodings: objects are taken as they lie there. */
#include "net/http_setup.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/wipe.h"

enum {
	EXPECT_FROM_BYTES = 1 << 20, /* a body that is worth waiting for the server's word on its head */
	EXPECT_TIMEOUT_MS = 500,     /* and for how long: many servers never say it */
	BUFFER_BYTES = 1 << 19,
	CONNECTION_IDLE_S = 50, /* servers close theirs after a minute or so */
};

static enum prio_status add_header(struct http_transfer *transfer, const char *name, const char *value)
{
	size_t n = strlen(name) + strlen(value) + 3;
	char *line = malloc(n);
	enum prio_status status = PRIO_ERR_CONFIG;

	if (line == NULL)
		return PRIO_ERR_MEMORY;
	/* libcurl sends "name;" as a header without a value, and takes "name:" as the wish not to send it. */
	snprintf(line, n, *value == '\0' ? "%s;" : "%s: %s", name, value);
	if (strpbrk(line, "\r\n") == NULL) {
		struct curl_slist *longer = curl_slist_append(transfer->headers, line);

		status = longer == NULL ? PRIO_ERR_MEMORY : PRIO_OK;
		if (longer != NULL)
			transfer->headers = longer;
	}
	wipe(line, n);
	free(line);
	return status;
}

static enum prio_status add_headers(struct http_transfer *transfer, const struct http_request *request)
{
	enum prio_status status = PRIO_OK;

	for (size_t i = 0; i < request->n_headers && status == PRIO_OK; i++)
		status = add_header(transfer, request->headers[i].name, request->headers[i].value);
	if (status != PRIO_OK)
		return status;
	/* Not left to libcurl, which would decide by a size of its own. */
	transfer->expects = request->has_body && request->body.n >= EXPECT_FROM_BYTES &&
			    !atomic_load(&transfer->options->lacks_expect);
	if (transfer->expects)
		return add_header(transfer, "expect", "100-continue");
	struct curl_slist *longer = curl_slist_append(transfer->headers, "Expect:");
	if (longer == NULL)
		return PRIO_ERR_MEMORY;
	transfer->headers = longer;
	return PRIO_OK;
}

/* libcurl takes each option through "...", so each is one of its three types. */
static CURLcode set_number(CURL *easy, CURLoption option, long number)
{
	return curl_easy_setopt(easy, option, number);
}

static CURLcode set_text(CURL *easy, CURLoption option, const char *text)
{
	return curl_easy_setopt(easy, option, text);
}

static CURLcode set_protocols(CURL *easy)
{
#if LIBCURL_VERSION_NUM >= 0x075500
	return set_text(easy, CURLOPT_PROTOCOLS_STR, "http,https");
#else
	return set_number(easy, CURLOPT_PROTOCOLS, CURLPROTO_HTTP | CURLPROTO_HTTPS);
#endif
}

static CURLcode set_authorities(CURL *easy, const struct http_options *options)
{
	if (options->ca.data != NULL)
		return curl_easy_setopt(easy, CURLOPT_CAINFO_BLOB, &options->ca);
	return options->ca_file == NULL ? CURLE_OK : set_text(easy, CURLOPT_CAINFO, options->ca_file);
}

static CURLcode set_method(CURL *easy, const struct http_request *request)
{
	CURLcode code = CURLE_OK;

	if (request->has_body) { /* UPLOAD is how libcurl calls a body that is read from us, whatever the method */
		code = set_number(easy, CURLOPT_UPLOAD, 1);
		if (code == CURLE_OK)
			code = curl_easy_setopt(easy, CURLOPT_INFILESIZE_LARGE, (curl_off_t)request->body.n);
	} else if (strcmp(request->method, "HEAD") == 0) {
		return set_number(easy, CURLOPT_NOBODY, 1);
	}
	return code != CURLE_OK ? code : set_text(easy, CURLOPT_CUSTOMREQUEST, request->method);
}

enum prio_status http_setup(struct http_transfer *transfer, const struct http_request *request)
{
	const struct {
		CURLoption option;
		long number;
	} numbers[] = {
		{CURLOPT_NOSIGNAL, 1}, /* threads */
		{CURLOPT_PATH_AS_IS, 1},
		{CURLOPT_FOLLOWLOCATION, 0},
		{CURLOPT_DISALLOW_USERNAME_IN_URL, 1},
		{CURLOPT_HTTP_VERSION, CURL_HTTP_VERSION_1_1},
		{CURLOPT_SSLVERSION, CURL_SSLVERSION_TLSv1_2},
		{CURLOPT_SSL_VERIFYPEER, 1},
		{CURLOPT_SSL_VERIFYHOST, 2},
		{CURLOPT_SUPPRESS_CONNECT_HEADERS, 1},
		{CURLOPT_TCP_NODELAY, 1},
		{CURLOPT_TCP_KEEPALIVE, 1},
		{CURLOPT_BUFFERSIZE, BUFFER_BYTES},
		{CURLOPT_UPLOAD_BUFFERSIZE, BUFFER_BYTES},
		{CURLOPT_EXPECT_100_TIMEOUT_MS, EXPECT_TIMEOUT_MS},
		{CURLOPT_MAXAGE_CONN, CONNECTION_IDLE_S},
		{CURLOPT_CONNECTTIMEOUT_MS, (long)transfer->options->connect_timeout_ms},
	};
	CURL *easy = transfer->easy;
	enum prio_status status = add_headers(transfer, request);

	for (size_t i = 0; i < sizeof numbers / sizeof *numbers && status == PRIO_OK; i++)
		if (set_number(easy, numbers[i].option, numbers[i].number) != CURLE_OK)
			status = PRIO_ERR_CONFIG;
	if (status != PRIO_OK)
		return status;

	if (set_protocols(easy) != CURLE_OK || set_text(easy, CURLOPT_USERAGENT, "prio-processor/" PRIO_VERSION) != CURLE_OK ||
	    (request->is_direct && set_text(easy, CURLOPT_PROXY, "") != CURLE_OK) ||
	    set_authorities(easy, transfer->options) != CURLE_OK || set_text(easy, CURLOPT_URL, request->url) != CURLE_OK ||
	    curl_easy_setopt(easy, CURLOPT_HTTPHEADER, transfer->headers) != CURLE_OK || set_method(easy, request) != CURLE_OK)
		return PRIO_ERR_MEMORY; /* only copying can fail in these */
	return PRIO_OK;
}

void http_setup_clear(struct http_transfer *transfer)
{
	for (struct curl_slist *at = transfer->headers; at != NULL; at = at->next)
		wipe(at->data, strlen(at->data));
	curl_slist_free_all(transfer->headers);
	transfer->headers = NULL;
}
