#include "store/s3_call.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/error.h"
#include "base/wipe.h"
#include "crypt/random.h"
#include "crypt/sha256.h"
#include "store/s3_words.h"
#include "store/s3_xml.h"

enum { TOKEN_BYTES = 4096, PATH_BYTES = STORE_KEY_BYTES_MAX + 300, PAUSE_STEP_MS = 100 };

void s3_reply_clear(struct s3_reply *reply)
{
	http_reply_clear(&reply->http);
	memset(reply, 0, sizeof *reply);
}

enum prio_status s3_pause(struct s3_store *store, unsigned n, const char *retry_after, struct prio_error *error)
{
	uint32_t random = 0;
	uint32_t left_ms;

	/* Without random bytes all wait as long as each other, which is no reason to give up. */
	(void)!random_bytes((struct prio_mut){(uint8_t *)&random, sizeof random});
	left_ms = retry_delay_ms(&store->retry, n, random, retry_after, s3_now(store));
	for (;;) {
		uint32_t step_ms = left_ms < PAUSE_STEP_MS ? left_ms : PAUSE_STEP_MS;
		struct timespec step = {.tv_nsec = (long)step_ms * 1000000};

		if (store->is_stopped != NULL && store->is_stopped())
			return error_set(error, PRIO_ERR_STOPPED, "%s", prio_status_sentence(PRIO_ERR_STOPPED));
		if (left_ms == 0)
			return PRIO_OK;
		nanosleep(&step, NULL);
		left_ms -= step_ms;
	}
}

static void hex_of(char out[2 * SHA256_BYTES + 1], const uint8_t digest[SHA256_BYTES])
{
	for (int i = 0; i < SHA256_BYTES; i++)
		snprintf(out + 2 * i, 3, "%02x", digest[i]);
}

static void copy_text(char *out, size_t out_bytes, const char *text)
{
	snprintf(out, out_bytes, "%s", text != NULL ? text : "");
}

/* Does a text hold the beginning of a secret? */
static bool repeats(const char *text, const char *secret)
{
	enum { ENOUGH_BYTES = 16 };
	char begin[ENOUGH_BYTES + 1];

	if (secret == NULL || strlen(secret) < ENOUGH_BYTES)
		return false;
	snprintf(begin, sizeof begin, "%s", secret);
	bool does = strstr(text, begin) != NULL;
	wipe(begin, sizeof begin);
	return does;
}

/* Some pages for searching faults show the request; what opens the buckets does not get into a message by that. token: "Bearer ..." or "". */
static void hide_secrets(struct s3_reply *reply, const struct s3_store *store, const char *token)
{
	static const char hidden[] = "(it repeats what it was sent)";
	const char *const secrets[] = {store->session_token, token[0] != '\0' ? token + strlen("Bearer ") : NULL};

	for (size_t i = 0; i < sizeof secrets / sizeof secrets[0]; i++) {
		if (repeats(reply->error_code, secrets[i]))
			reply->error_code[0] = '\0';
		if (repeats(reply->error_message, secrets[i]))
			snprintf(reply->error_message, sizeof reply->error_message, "%s", hidden);
	}
}

/* Code, message and region of an error answer; of one that is no XML, the beginning, for it may tell a person what it
 * was. */
static void read_error(struct s3_reply *reply)
{
	struct prio_bytes body = prio_bytes_of(reply->http.body);
	struct s3_xml xml;

	if (reply->code < 300 || body.n == 0)
		return;
	if (s3_xml_read(&xml, &s3_xml_error, body) != PRIO_OK) {
		snprintf(reply->error_message, sizeof reply->error_message, "%.*s", body.n < 100 ? (int)body.n : 100,
			 (const char *)body.p);
		reply->error_message[strcspn(reply->error_message, "\r\n")] = '\0';
		return;
	}
	copy_text(reply->error_code, sizeof reply->error_code, xml.values[S3_ERROR_CODE]);
	copy_text(reply->error_message, sizeof reply->error_message, xml.values[S3_ERROR_MESSAGE]);
	copy_text(reply->error_region, sizeof reply->error_region, xml.values[S3_ERROR_REGION]);
	s3_xml_clear(&xml);
}

/* The headers to send: without a token as they were signed, with one without x-amz-*, which Google does not take beside
 * its own. */
static size_t choose_headers(struct http_header *out, const struct s3_store *store, const struct aws_signed *made,
			     const char *token)
{
	size_t n = 0;

	for (size_t i = 0; i < made->n_headers; i++) {
		if (store->tokens == NULL || strncmp(made->headers[i].name, "x-amz-", 6) != 0)
			out[n++] = made->headers[i];
	}
	if (store->tokens != NULL)
		out[n++] = (struct http_header){"authorization", token};
	return n;
}

static enum prio_status sign(struct aws_signed *made, const struct s3_store *store, const struct s3_request *request,
			     const char *payload_hex, struct prio_error *error)
{
	char path[PATH_BYTES];
	struct aws_request wanted = {.method = request->method,
				     .scheme = store->scheme,
				     .host = store->host,
				     .path = path,
				     .query = request->query,
				     .n_query = request->n_query,
				     .headers = request->headers,
				     .n_headers = request->n_headers,
				     .payload_sha256_hex = payload_hex};

	snprintf(path, sizeof path, "/%s%s%s", store->is_virtual ? "" : store->bucket,
		 !store->is_virtual && request->key != NULL ? "/" : "", request->key != NULL ? request->key : "");
	enum prio_status status = aws_sign(made, &wanted, store->tokens == NULL ? &store->credentials : NULL,
					   store->region, "s3", s3_now(store));
	if (status != PRIO_OK)
		return s3_error(error, store, request->key, status, "the request cannot be signed: %s",
				prio_status_sentence(status));
	return PRIO_OK;
}

/* One attempt. body NULL: receive the whole answer. What is no outcome (no token, no signature) is returned. */
static enum prio_status attempt(struct s3_store *store, const struct s3_request *request, const char *payload_hex,
				enum http_outcome *outcome, struct http_body **body, struct s3_reply *reply,
				struct prio_error *error)
{
	struct http_header headers[AWS_HEADERS_MAX + 1];
	struct aws_signed made;
	char token[TOKEN_BYTES] = "";
	size_t most = request->reply_bytes_max > 0 ? request->reply_bytes_max : S3_REPLY_BYTES_MAX;
	enum prio_status status = PRIO_OK;

	memset(&made, 0, sizeof made);
	if (store->tokens != NULL)
		status = google_token_header(store->tokens, token, sizeof token, error);
	if (status == PRIO_OK)
		status = sign(&made, store, request, payload_hex, error);
	if (status == PRIO_OK) {
		struct http_request sent = {.method = request->method,
					    .url = made.url,
					    .headers = headers,
					    .n_headers = choose_headers(headers, store, &made, token),
					    .body = request->body,
					    .has_body = request->has_body};

		*outcome = body == NULL ? http_do(store->http, &sent, most, &reply->http, error)
					: http_open(store->http, &sent, body, &reply->http, error);
		if (*outcome == HTTP_ANSWERED) {
			reply->code = reply->http.code;
			read_error(reply);
			hide_secrets(reply, store, token);
		}
	}
	aws_signed_clear(&made);
	wipe(headers, sizeof headers);
	wipe(token, sizeof token);
	return status;
}

/* Answers to HEAD have no body, so a refused one does not say why; a GET of one byte is refused for the same reason. */
static void ask_why(struct s3_store *store, const struct s3_request *request, struct s3_reply *reply)
{
	struct http_header range = {"range", "bytes=0-0"};
	struct s3_request again = {.method = "GET", .key = request->key, .headers = &range, .n_headers = 1};
	struct s3_reply why = {0};
	enum http_outcome outcome;
	static const char empty[] = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";

	if (attempt(store, &again, empty, &outcome, NULL, &why, NULL) == PRIO_OK && outcome == HTTP_ANSWERED &&
	    why.code >= 300) {
		copy_text(reply->error_code, sizeof reply->error_code, why.error_code);
		copy_text(reply->error_message, sizeof reply->error_message, why.error_message);
		copy_text(reply->error_region, sizeof reply->error_region, why.error_region);
	}
	s3_reply_clear(&why);
}

static enum prio_status payload_hash(char hex[2 * SHA256_BYTES + 1], const struct s3_request *request,
				     struct prio_error *error)
{
	uint8_t digest[SHA256_BYTES];
	enum prio_status status = sha256(digest, request->body);

	if (status != PRIO_OK)
		return error_set(error, status, "%s", prio_status_sentence(status));
	hex_of(hex, digest);
	return PRIO_OK;
}

static bool was_refused_unread(const struct s3_reply *reply)
{
	return reply->code < 500 || reply->code == 501 || strcmp(reply->error_code, "SlowDown") == 0;
}

/* Repeated long enough, a request outlives the lease under which it began. */
static enum prio_status ask_guard(const struct s3_store *store, const struct s3_request *request, struct prio_error *error)
{
	bool is_reading = strcmp(request->method, "GET") == 0 || strcmp(request->method, "HEAD") == 0;

	return is_reading || store->guard == NULL ? PRIO_OK : store_lock_check(store->guard, error);
}

static enum prio_status run(struct s3_store *store, const struct s3_request *request, struct http_body **body,
			    struct s3_reply *reply, struct prio_error *error)
{
	unsigned most = retry_max_attempts(&store->retry);
	char payload_hex[2 * SHA256_BYTES + 1];
	enum http_outcome outcome = HTTP_FAILED;
	bool maybe_done = false;
	struct prio_error unwanted;
	enum prio_status status;
	unsigned n = 1;

	if (error == NULL)
		error = &unwanted; /* what an outcome comes to stands there */
	memset(reply, 0, sizeof *reply);
	status = payload_hash(payload_hex, request, error);
	if (status != PRIO_OK)
		return status;
	for (;; n++) {
		s3_reply_clear(reply);
		status = ask_guard(store, request, error);
		if (status == PRIO_OK)
			status = attempt(store, request, payload_hex, &outcome, body, reply, error);
		reply->maybe_done = maybe_done;
		if (status != PRIO_OK)
			return status;
		bool may_be_done_now = outcome == HTTP_LOST || (outcome == HTTP_ANSWERED && !was_refused_unread(reply));
		if (n == most || !retry_is_due(outcome, reply->code, reply->error_code, request->may_repeat)) {
			reply->maybe_done |= outcome == HTTP_LOST;
			break;
		}
		maybe_done |= may_be_done_now;
		status = s3_pause(store, n, s3_header(reply, "retry-after"), error);
		if (status != PRIO_OK)
			return status;
	}

	if (outcome != HTTP_ANSWERED) {
		if (n > 1)
			error_prefix(error, "tried %u times", n);
		s3_error_place(error, store, request->key);
		return error->status;
	}
	if (strcmp(request->method, "HEAD") == 0 && request->key != NULL &&
	    (reply->code == 400 || reply->code == 403 || reply->code == 301))
		ask_why(store, request, reply);
	return s3_translate(store, request, reply, n, error);
}

enum prio_status s3_call(struct s3_store *store, const struct s3_request *request, struct s3_reply *reply,
			 struct prio_error *error)
{
	return run(store, request, NULL, reply, error);
}

enum prio_status s3_call_open(struct s3_store *store, const struct s3_request *request, struct http_body **body,
			      struct s3_reply *reply, struct prio_error *error)
{
	enum prio_status status;

	*body = NULL;
	status = run(store, request, body, reply, error);
	if (status != PRIO_OK) {
		http_body_close(*body);
		*body = NULL;
	}
	return status;
}
