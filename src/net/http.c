#include "net/http.h"

#include <errno.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "base/wipe.h"
#include "net/http_transfer.h"

enum {
	CONNECT_TIMEOUT_MS = 10000,
	STALL_TIMEOUT_MS = 30000,
	CA_BYTES_MAX = 4 << 20,
	REFUSAL_BYTES_MAX = 1 << 16,
	FIRST_BODY_BYTES = 4096,
};

struct http {
	struct http_options options;
	pthread_mutex_t mutex;
	struct http_transfer *idle; /* the one used last is first, whose connection is most likely still open */
};

struct http_body {
	struct http *http;
	struct http_transfer *transfer;
};

static pthread_once_t libcurl_once = PTHREAD_ONCE_INIT;
static CURLcode libcurl_started;

static void start_libcurl(void)
{
	libcurl_started = curl_global_init(CURL_GLOBAL_DEFAULT);
}

/* Appends the file to ca. */
static enum prio_status read_authorities(struct curl_blob *ca, const char *path, struct prio_error *error)
{
	enum prio_status status = PRIO_ERR_CONFIG;
	FILE *file = fopen(path, "re");

	if (file == NULL)
		return error_set(error, status, "%s cannot be read: %s", path, strerror(errno));
	char *bytes = realloc(ca->data, CA_BYTES_MAX);
	if (bytes == NULL) {
		status = error_set(error, PRIO_ERR_MEMORY, "out of memory");
		goto close;
	}
	ca->data = bytes;
	size_t n = fread(bytes + ca->len, 1, CA_BYTES_MAX - ca->len, file);
	if (ferror(file)) {
		error_set(error, status, "%s cannot be read: %s", path, strerror(errno));
	} else if (!feof(file)) {
		error_set(error, status, "%s is too long for a file of certificates", path);
	} else if (memmem(bytes + ca->len, n, "-----BEGIN ", 11) == NULL) {
		error_set(error, status, "%s holds no certificate in PEM form", path);
	} else {
		ca->len += n;
		status = PRIO_OK;
	}
close:
	fclose(file);
	return status;
}

/* The system's authorities are one file (or what libcurl was built with, as it is), and ca_file is added to them. */
static enum prio_status set_authorities(struct http_options *options, const char *ca_file, struct prio_error *error)
{
	const char *system_file = getenv("SSL_CERT_FILE");
	const curl_version_info_data *info = curl_version_info(CURLVERSION_NOW);
	enum prio_status status = PRIO_OK;

	options->ca.flags = CURL_BLOB_NOCOPY;
	if (system_file != NULL && *system_file == '\0')
		system_file = NULL;
	if (ca_file == NULL) {
		options->ca_file = system_file == NULL ? NULL : strdup(system_file);
		return system_file != NULL && options->ca_file == NULL ? error_set(error, PRIO_ERR_MEMORY, "out of memory") : PRIO_OK;
	}

	status = read_authorities(&options->ca, ca_file, error);
	if (system_file == NULL && info->age >= CURLVERSION_SEVENTH)
		system_file = info->cainfo;
	if (status != PRIO_OK || system_file == NULL)
		return status;
	size_t n = options->ca.len;
	char *bytes = options->ca.data;
	if (n < CA_BYTES_MAX) {
		bytes[n] = '\n';
		options->ca.len++;
	}
	if (read_authorities(&options->ca, system_file, NULL) != PRIO_OK)
		options->ca.len = n; /* a system without any: the private ones alone */
	return PRIO_OK;
}

enum prio_status http_new(struct http **http, const struct http_settings *settings, struct prio_error *error)
{
	struct http *made = calloc(1, sizeof *made);
	enum prio_status status = PRIO_ERR_MEMORY;

	*http = NULL;
	if (made == NULL)
		return error_set(error, status, "out of memory");
	pthread_once(&libcurl_once, start_libcurl);
	if (libcurl_started != CURLE_OK) {
		error_set(error, status, "libcurl does not start: %s", curl_easy_strerror(libcurl_started));
		goto free_made;
	}
	made->options.connect_timeout_ms = settings->connect_timeout_ms == 0 ? CONNECT_TIMEOUT_MS : settings->connect_timeout_ms;
	made->options.stall_timeout_ms = settings->stall_timeout_ms == 0 ? STALL_TIMEOUT_MS : settings->stall_timeout_ms;
	made->options.is_stopped = settings->is_stopped;
	status = set_authorities(&made->options, settings->ca_file, error);
	if (status != PRIO_OK)
		goto free_authorities;
	if (pthread_mutex_init(&made->mutex, NULL) != 0) {
		status = error_set(error, PRIO_ERR_MEMORY, "out of memory");
		goto free_authorities;
	}
	*http = made;
	return PRIO_OK;

free_authorities:
	free(made->options.ca.data);
	free(made->options.ca_file);
free_made:
	free(made);
	return status;
}

void http_free(struct http *http)
{
	if (http == NULL)
		return;
	for (struct http_transfer *transfer = http->idle, *next; transfer != NULL; transfer = next) {
		next = transfer->next;
		http_transfer_free(transfer);
	}
	pthread_mutex_destroy(&http->mutex);
	free(http->options.ca.data);
	free(http->options.ca_file);
	free(http);
}

bool http_is_stopped(const struct http *http)
{
	return http->options.is_stopped != NULL && http->options.is_stopped();
}

static struct http_transfer *take_transfer(struct http *http)
{
	pthread_mutex_lock(&http->mutex);
	struct http_transfer *transfer = http->idle;
	if (transfer != NULL)
		http->idle = transfer->next;
	pthread_mutex_unlock(&http->mutex);
	return transfer != NULL ? transfer : http_transfer_new(&http->options);
}

static void give_back(struct http *http, struct http_transfer *transfer)
{
	http_transfer_end(transfer);
	pthread_mutex_lock(&http->mutex);
	transfer->next = http->idle;
	http->idle = transfer;
	pthread_mutex_unlock(&http->mutex);
}

/* Receive the rest into memory that grows with what came, not with what was announced. */
static enum http_outcome fill_reply(struct http_transfer *transfer, struct prio_mut *body, size_t max_bytes, bool is_cut,
				    struct prio_error *error)
{
	size_t capacity = 0;

	for (bool has_more = true; has_more;) {
		size_t larger = capacity == 0 ? FIRST_BODY_BYTES : 4 * capacity;
		if (larger > max_bytes)
			larger = max_bytes + 1; /* one more tells that it is too long; in the end the NUL stands there */
		uint8_t *bytes = malloc(larger + 1);
		if (bytes == NULL) {
			error_set(error, PRIO_ERR_MEMORY, "out of memory");
			return HTTP_FAILED;
		}
		if (body->p != NULL) {
			memcpy(bytes, body->p, body->n);
			wipe(body->p, body->n); /* may be an answer with a token */
			free(body->p);
		}
		body->p = bytes;
		capacity = larger;
		body->n += http_transfer_fill(transfer, (struct prio_mut){bytes + body->n, capacity - body->n});
		has_more = body->n == capacity && body->n <= max_bytes;
		bytes[body->n] = '\0';
	}

	if (body->n > max_bytes) {
		body->n = max_bytes;
		body->p[max_bytes] = '\0';
		if (is_cut)
			return HTTP_ANSWERED;
		error_set(error, PRIO_ERR_TOO_LARGE, "%s: the answer is longer than %zu bytes", transfer->host, max_bytes);
		return HTTP_TOO_LARGE;
	}
	return http_transfer_outcome(transfer, error);
}

/* The head, and what it says about the rest. */
static bool receive_head(struct http_transfer *transfer, const struct http_request *request, struct http_reply *reply)
{
	curl_off_t n = -1;

	if (http_transfer_begin(transfer, request) != PRIO_OK)
		return false;
	http_transfer_head(transfer);
	/* With a head there may be the beginning of a body too: who reads piece by piece goes on from there. */
	if (transfer->is_done && transfer->outcome != HTTP_ANSWERED && !transfer->head.is_complete)
		return false;
	if (curl_easy_getinfo(transfer->easy, CURLINFO_CONTENT_LENGTH_DOWNLOAD_T, &n) == CURLE_OK && n >= 0)
		reply->content_length = (uint64_t)n;
	http_head_give(&transfer->head, reply);
	transfer->head.is_complete = true; /* trailers are left out */
	return true;
}

enum http_outcome http_do(struct http *http, const struct http_request *request, size_t max_bytes, struct http_reply *reply,
			  struct prio_error *error)
{
	struct http_transfer *transfer = take_transfer(http);
	enum http_outcome outcome;

	*reply = (struct http_reply){.content_length = UINT64_MAX};
	if (transfer == NULL) {
		error_set(error, PRIO_ERR_MEMORY, "out of memory");
		return HTTP_FAILED;
	}
	if (receive_head(transfer, request, reply))
		outcome = fill_reply(transfer, &reply->body, max_bytes, reply->code >= 400, error);
	else
		outcome = http_transfer_outcome(transfer, error);
	give_back(http, transfer);
	return outcome;
}

enum http_outcome http_open(struct http *http, const struct http_request *request, struct http_body **body,
			    struct http_reply *reply, struct prio_error *error)
{
	struct http_transfer *transfer = take_transfer(http);
	struct http_body *made = calloc(1, sizeof *made);
	enum http_outcome outcome = HTTP_FAILED;

	*body = NULL;
	*reply = (struct http_reply){.content_length = UINT64_MAX};
	if (transfer == NULL || made == NULL) {
		error_set(error, PRIO_ERR_MEMORY, "out of memory");
		goto out;
	}
	if (!receive_head(transfer, request, reply)) {
		outcome = http_transfer_outcome(transfer, error);
		goto out;
	}
	if (reply->code != 200 && reply->code != 206) {
		outcome = fill_reply(transfer, &reply->body, REFUSAL_BYTES_MAX, true, error);
		goto out;
	}
	*made = (struct http_body){http, transfer};
	*body = made;
	return HTTP_ANSWERED;

out:
	if (transfer != NULL)
		give_back(http, transfer);
	free(made);
	return outcome;
}

enum http_outcome http_body_fill(struct http_body *body, struct prio_mut block, size_t *n_bytes, struct prio_error *error)
{
	*n_bytes = http_transfer_fill(body->transfer, block);
	return *n_bytes == block.n ? HTTP_ANSWERED : http_transfer_outcome(body->transfer, error);
}

void http_body_close(struct http_body *body)
{
	if (body == NULL)
		return;
	give_back(body->http, body->transfer);
	free(body);
}
