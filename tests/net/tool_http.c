/* net-tool http: requests one after another on each of "threads" threads over one client.
 *
 *     {"requests": [{"method", "url", "headers", "body" or "body_bytes", "max_bytes", "block_bytes" (with http_open), "pause_ms"}],
 *      "threads", "times", settings}
 *
 * "results" has one list a thread; "cpu_s" is what all of it took. */
#include "tests/net/net_tool.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/crc32c.h"

enum { THREADS_MAX = 32, SHOWN_BYTES_MAX = 1 << 16 };

struct worker {
	struct http *http;
	json_t *requests; /* only read */
	size_t times;
	json_t *results;
	pthread_t thread;
};

static const char *const outcomes[] = {
	[HTTP_ANSWERED] = "answered", [HTTP_NOT_SENT] = "not-sent",	[HTTP_LOST] = "lost",	  [HTTP_UNTRUSTED] = "untrusted",
	[HTTP_TOO_LARGE] = "too-large", [HTTP_STOPPED] = "stopped", [HTTP_FAILED] = "failed",
};

static void put_body(json_t *result, struct prio_bytes body)
{
	json_object_set_new(result, "n_bytes", json_integer((json_int_t)body.n));
	json_object_set_new(result, "crc32c", json_integer(crc32c(0, body)));
	if (body.n <= SHOWN_BYTES_MAX && body.p != NULL)
		json_object_set_new(result, "body", json_stringn((const char *)body.p, body.n)); /* absent unless UTF-8 */
}

static enum http_outcome read_pieces(struct http *http, const struct http_request *request, size_t block_bytes,
				     size_t pause_ms, struct http_reply *reply, json_t *result, struct prio_error *error)
{
	struct http_body *body;
	enum http_outcome outcome = http_open(http, request, &body, reply, error);
	struct prio_mut block = {malloc(block_bytes), block_bytes};
	size_t n_bytes = 0, n = block_bytes;
	uint32_t crc = 0;

	if (block.p == NULL)
		tool_die("out of memory");
	if (body == NULL) {
		put_body(result, prio_bytes_of(reply->body));
		goto out;
	}
	while (outcome == HTTP_ANSWERED && n == block_bytes) {
		usleep((useconds_t)(1000 * pause_ms));
		outcome = http_body_fill(body, block, &n, error);
		n_bytes += n;
		crc = crc32c(crc, (struct prio_bytes){block.p, n});
	}
	http_body_close(body);
	json_object_set_new(result, "n_bytes", json_integer((json_int_t)n_bytes));
	json_object_set_new(result, "crc32c", json_integer(crc));
out:
	free(block.p);
	return outcome;
}

static void put_headers(json_t *result, const struct http_reply *reply, json_t *names)
{
	json_t *shown = json_object(), *name;
	size_t i;

	json_array_foreach(names, i, name) {
		const char *value = http_reply_header(reply, json_string_value(name));
		if (value != NULL)
			json_object_set_new(shown, json_string_value(name), json_string(value));
	}
	json_object_set_new(result, "headers", shown);
	json_object_set_new(result, "n_headers", json_integer((json_int_t)reply->n_headers_));
}

static json_t *request_once(struct http *http, json_t *input)
{
	struct http_header headers[TOOL_HEADERS_MAX];
	struct http_request request = {
		.method = tool_text(input, "method", "GET"),
		.url = tool_text(input, "url", ""),
		.headers = headers,
		.n_headers = tool_headers(headers, json_object_get(input, "headers")),
	};
	struct prio_error error = {PRIO_OK, ""};
	struct http_reply reply;
	json_t *result = json_object();
	const char *text = tool_text(input, "body", NULL);
	size_t n_body = tool_number(input, "body_bytes", SIZE_MAX), n_block = tool_number(input, "block_bytes", 0);
	uint8_t *bytes = NULL;
	enum http_outcome outcome;

	if (text != NULL)
		request.body = (struct prio_bytes){(const uint8_t *)text, strlen(text)};
	if (n_body != SIZE_MAX) {
		bytes = malloc(n_body + 1);
		if (bytes == NULL)
			tool_die("out of memory");
		memset(bytes, 'x', n_body);
		request.body = (struct prio_bytes){bytes, n_body};
	}
	request.has_body = text != NULL || bytes != NULL;

	uint64_t began_ms = clock_monotonic_ms();
	if (n_block > 0) {
		outcome = read_pieces(http, &request, n_block, tool_number(input, "pause_ms", 0), &reply, result, &error);
	} else {
		outcome = http_do(http, &request, tool_number(input, "max_bytes", 1 << 20), &reply, &error);
		put_body(result, prio_bytes_of(reply.body));
	}
	json_object_set_new(result, "ms", json_integer((json_int_t)(clock_monotonic_ms() - began_ms)));
	json_object_set_new(result, "outcome", json_string(outcomes[outcome]));
	json_object_set_new(result, "code", json_integer(reply.code));
	json_object_set_new(result, "content_length",
			    reply.content_length == UINT64_MAX ? json_null() : json_integer((json_int_t)reply.content_length));
	json_object_set_new(result, "status", json_string(prio_status_word(error.status)));
	json_object_set_new(result, "error", json_string(error.text));
	put_headers(result, &reply, json_object_get(input, "show"));
	http_reply_clear(&reply);
	free(bytes);
	return result;
}

static void *work(void *context)
{
	struct worker *worker = context;
	json_t *request;
	size_t i;

	worker->results = json_array();
	for (size_t time = 0; time < worker->times; time++) {
		json_array_foreach(worker->requests, i, request) {
			json_array_append_new(worker->results, request_once(worker->http, request));
		}
	}
	return NULL;
}

static double cpu_s(void)
{
	struct rusage usage;

	getrusage(RUSAGE_SELF, &usage);
	return (double)(usage.ru_utime.tv_sec + usage.ru_stime.tv_sec) +
	       (double)(usage.ru_utime.tv_usec + usage.ru_stime.tv_usec) / 1e6;
}

json_t *tool_http(json_t *input)
{
	struct http_settings settings = tool_settings(input);
	struct worker workers[THREADS_MAX];
	struct prio_error error = {PRIO_OK, ""};
	size_t n_threads = tool_number(input, "threads", 1);
	struct http *http = NULL;

	if (http_new(&http, &settings, &error) != PRIO_OK)
		return json_pack("{s:s,s:s}", "status", prio_status_word(error.status), "error", error.text);
	if (n_threads > THREADS_MAX)
		tool_die("threads");
	json_t *results = json_array();
	double before_s = cpu_s();
	for (size_t i = 0; i < n_threads; i++) {
		workers[i] = (struct worker){http, json_object_get(input, "requests"), tool_number(input, "times", 1), NULL, 0};
		if (pthread_create(&workers[i].thread, NULL, work, &workers[i]) != 0)
			tool_die("no thread");
	}
	for (size_t i = 0; i < n_threads; i++) {
		pthread_join(workers[i].thread, NULL);
		json_array_append_new(results, workers[i].results);
	}
	double took_s = cpu_s() - before_s;
	http_free(http);
	return json_pack("{s:s,s:o,s:f}", "status", "ok", "results", results, "cpu_s", took_s);
}
