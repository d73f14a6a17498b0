#include "net/http_head.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/wipe.h"

enum { LENGTH_DIGITS_MAX = 18 };

static bool is_blank(uint8_t c)
{
	return c == ' ' || c == '\t' || c == '\r' || c == '\n';
}

static struct prio_bytes trimmed(struct prio_bytes text)
{
	while (text.n > 0 && is_blank(text.p[text.n - 1]))
		text.n--;
	while (text.n > 0 && is_blank(*text.p))
		text.p++, text.n--;
	return text;
}

static bool is_named(struct prio_bytes name, const char *lower)
{
	return name.n == strlen(lower) && strncasecmp((const char *)name.p, lower, name.n) == 0;
}

/* "HTTP/1.1 200 OK" -> 200; 0 if it is not so. */
static int code_of(struct prio_bytes line)
{
	const uint8_t *blank = memchr(line.p, ' ', line.n);
	int code = 0;

	if (blank == NULL || line.p + line.n - blank < 4)
		return 0;
	for (int i = 1; i <= 3; i++) {
		if (blank[i] < '0' || blank[i] > '9')
			return 0;
		code = 10 * code + (blank[i] - '0');
	}
	return code;
}

static enum prio_status reserve(struct http_head *head, size_t n)
{
	size_t capacity = head->capacity == 0 ? 1024 : head->capacity;

	while (capacity - head->n_bytes < n)
		capacity *= 2;
	if (capacity == head->capacity)
		return PRIO_OK;
	char *text = realloc(head->text, capacity);
	if (text == NULL)
		return PRIO_ERR_MEMORY;
	head->text = text;
	head->capacity = capacity;
	return PRIO_OK;
}

/* libcurl takes the last of several, and reads to the end of the connection where one is too large for it: either way a body
 * that was cut would pass for a whole one. */
static bool is_length_good(const struct http_head *head, struct prio_bytes value)
{
	const struct http_reply so_far = {.headers_ = head->text, .n_headers_ = head->n_headers};
	const char *before = http_reply_header(&so_far, "content-length");

	if (value.n == 0 || value.n > LENGTH_DIGITS_MAX)
		return false;
	for (size_t i = 0; i < value.n; i++)
		if (value.p[i] < '0' || value.p[i] > '9')
			return false;
	return before == NULL || (strlen(before) == value.n && memcmp(before, value.p, value.n) == 0);
}

static void append(struct http_head *head, struct prio_bytes text, bool is_name)
{
	for (size_t i = 0; i < text.n; i++) {
		uint8_t c = text.p[i];

		head->text[head->n_bytes++] = (char)(is_name && c >= 'A' && c <= 'Z' ? c - 'A' + 'a' : c);
	}
	head->text[head->n_bytes++] = '\0';
}

enum prio_status http_head_add(struct http_head *head, struct prio_bytes line)
{
	if (++head->n_lines > HTTP_HEAD_LINES_MAX || line.n > HTTP_HEAD_LINE_BYTES_MAX)
		return PRIO_ERR_TOO_LARGE;
	if (head->is_complete || line.n == 0)
		return PRIO_OK;
	if (memchr(line.p, '\0', line.n) != NULL)
		return PRIO_ERR_FORMAT;

	if (line.n >= 5 && memcmp(line.p, "HTTP/", 5) == 0) {
		head->code = code_of(line);
		head->n_headers = head->n_bytes = 0;
		head->has_length = false;
		return PRIO_OK;
	}
	if (trimmed(line).n == 0) {
		head->is_complete = head->code >= 200;
		return PRIO_OK;
	}
	const uint8_t *colon = memchr(line.p, ':', line.n);
	if (colon == NULL || is_blank(*line.p))
		return PRIO_OK; /* no header, or an old-style continuation: nothing that we look for */
	if (head->n_headers == HTTP_HEAD_HEADERS_MAX)
		return PRIO_ERR_TOO_LARGE;

	size_t n_before = (size_t)(colon - line.p);
	const struct prio_bytes name = trimmed((struct prio_bytes){line.p, n_before});
	const struct prio_bytes value = trimmed((struct prio_bytes){colon + 1, line.n - n_before - 1});
	bool is_length = is_named(name, "content-length");
	if (is_length && !is_length_good(head, value))
		return PRIO_ERR_FORMAT;
	head->has_length |= is_length || is_named(name, "transfer-encoding");
	enum prio_status status = reserve(head, line.n + 2);
	if (status != PRIO_OK)
		return status;
	append(head, name, true);
	append(head, value, false);
	head->n_headers++;
	return PRIO_OK;
}

void http_head_clear(struct http_head *head)
{
	free(head->text);
	*head = (struct http_head){0};
}

void http_head_give(struct http_head *head, struct http_reply *reply)
{
	reply->code = head->code;
	reply->headers_ = head->text;
	reply->n_headers_ = head->n_headers;
	head->text = NULL;
	http_head_clear(head);
}

const char *http_reply_header(const struct http_reply *reply, const char *name)
{
	const char *at = reply->headers_;

	for (size_t i = 0; i < reply->n_headers_; i++) {
		const char *value = at + strlen(at) + 1;

		if (strcmp(at, name) == 0)
			return value;
		at = value + strlen(value) + 1;
	}
	return NULL;
}

void http_reply_clear(struct http_reply *reply)
{
	free(reply->headers_);
	if (reply->body.p != NULL)
		wipe(reply->body.p, reply->body.n);
	free(reply->body.p);
	*reply = (struct http_reply){.content_length = UINT64_MAX};
}
