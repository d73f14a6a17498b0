/* Requests without a signature: what they are given, everybody is given. */
#include <stdio.h>
#include <string.h>

#include "net/http.h"
#include "pipeline/doctor.h"

enum { ANSWER_BYTES_MAX = 1 << 16, TIMEOUT_MS = 10000, URL_BYTES = 1024 };

/* HTTP status, and whether the body of the answer holds a word; 0: no answer. */
static int ask(struct http *http, const char *bucket_url, const char *rest, const char *word, bool *has_word)
{
	char url[URL_BYTES];
	struct http_request request = {.method = "GET", .url = url};
	struct http_reply reply = {0};
	int code = 0;

	*has_word = false;
	if ((size_t)snprintf(url, sizeof url, "%s%s", bucket_url, rest) >= sizeof url)
		return 0;
	if (http_do(http, &request, ANSWER_BYTES_MAX, &reply, NULL) == HTTP_ANSWERED) {
		code = reply.code;
		*has_word = reply.body.n > 0 && memmem(reply.body.p, reply.body.n, word, strlen(word)) != NULL;
	}
	http_reply_clear(&reply);
	return code;
}

bool doctor_check_public(struct findings *findings, const struct bucket_endpoint *endpoint, const struct store *store,
			 const char *variable)
{
	const struct http_settings settings = {
		.ca_file = endpoint->ca_file, .connect_timeout_ms = TIMEOUT_MS, .stall_timeout_ms = TIMEOUT_MS};
	struct http *http = NULL;
	bool is_listing, is_missing_key;

	if (strncmp(endpoint->url, "file://", 7) == 0 || http_new(&http, &settings, NULL) != PRIO_OK)
		return false;
	bool is_listed = ask(http, store->name, "?list-type=2&max-keys=1", "ListBucketResult", &is_listing) == 200 && is_listing;
	/* Who may not read is not told what is missing. */
	bool is_read = ask(http, store->name, "/_doctor", "NoSuchKey", &is_missing_key) == 404 && is_missing_key;
	http_free(http);
	if (is_listed || is_read)
		findings_add(findings, FINDING_FAIL, variable, "take its anonymous (public) policy away, and block public access",
			     "everybody can %s it, without any key", is_listed && is_read ? "list and read" : is_listed ? "list" : "read in");
	return is_listed || is_read;
}
