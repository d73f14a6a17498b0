/* http_head: the head of an answer, as libcurl hands it over line by line. What is kept is what a plain reading of the last head
 * finds: each name's first value, without blanks around it; and nothing grows with what a server sends.
 *
 * Input: the lines, each ended by LF. */
#include "fuzz/harness/fuzz.h"

#include "net/http_head.h"

enum { SHOWN_MAX = HTTP_HEAD_HEADERS_MAX + 1 };

struct pair {
	char name[HTTP_HEAD_LINE_BYTES_MAX + 1], value[HTTP_HEAD_LINE_BYTES_MAX + 1];
};
static struct pair pairs[SHOWN_MAX];
static size_t n_pairs;
static int code;
static bool is_complete;

static bool is_blank(char c)
{
	return c == ' ' || c == '\t' || c == '\r' || c == '\n';
}

static void trim(char *text)
{
	size_t n_front = 0, n = strlen(text);

	while (n > 0 && is_blank(text[n - 1]))
		n--;
	while (n_front < n && is_blank(text[n_front]))
		n_front++;
	memmove(text, text + n_front, n - n_front);
	text[n - n_front] = '\0';
}

/* The plain reading of a line that was taken. */
static void read_line(struct prio_bytes line)
{
	char text[HTTP_HEAD_LINE_BYTES_MAX + 1];

	if (is_complete || line.n == 0)
		return;
	memcpy(text, line.p, line.n);
	text[line.n] = '\0';
	char *colon = strchr(text, ':'), *blank = strchr(text, ' ');

	if (strncmp(text, "HTTP/", 5) == 0) {
		unsigned digits[3];

		n_pairs = 0;
		code = 0;
		if (blank != NULL && sscanf(blank + 1, "%1[0-9]%1[0-9]%1[0-9]", (char[2]){0}, (char[2]){0}, (char[2]){0}) == 3) {
			for (int i = 0; i < 3; i++)
				digits[i] = (unsigned)(blank[1 + i] - '0');
			code = (int)(100 * digits[0] + 10 * digits[1] + digits[2]);
		}
	} else if (strspn(text, " \t\r\n") == strlen(text)) {
		is_complete = code >= 200;
	} else if (colon != NULL && !is_blank(text[0])) {
		struct pair *pair = &pairs[n_pairs++];

		FUZZ_CHECK(n_pairs <= HTTP_HEAD_HEADERS_MAX);
		*colon = '\0';
		memcpy(pair->name, text, strlen(text) + 1);
		memcpy(pair->value, colon + 1, strlen(colon + 1) + 1);
		trim(pair->name);
		trim(pair->value);
		for (char *c = pair->name; *c != '\0'; c++)
			*c = (char)(*c >= 'A' && *c <= 'Z' ? *c + 32 : *c);
	}
}

static void check_reply(const struct http_reply *reply)
{
	FUZZ_CHECK(reply->code == code && reply->n_headers_ == n_pairs);
	for (size_t i = 0; i < n_pairs; i++) {
		const char *value = http_reply_header(reply, pairs[i].name);
		size_t first = 0;

		while (strcmp(pairs[first].name, pairs[i].name) != 0)
			first++;
		FUZZ_CHECK(value != NULL && strcmp(value, pairs[first].value) == 0);
		if (strcmp(pairs[i].name, "content-length") == 0)
			FUZZ_CHECK(*value != '\0' && strlen(value) <= 18 && value[strspn(value, "0123456789")] == '\0');
	}
	FUZZ_CHECK(http_reply_header(reply, "No-Such-Header") == NULL); /* names that are kept have no upper case */
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	struct http_head head = {0};
	struct http_reply reply = {0};
	enum prio_status status = PRIO_OK;
	size_t n_lines = 0;

	n_pairs = 0;
	code = 0;
	is_complete = false;
	for (struct prio_bytes rest = {data, n}; rest.n > 0 && status == PRIO_OK;) {
		const uint8_t *end = memchr(rest.p, '\n', rest.n);
		struct prio_bytes line = {rest.p, end == NULL ? rest.n : (size_t)(end + 1 - rest.p)};
		struct prio_mut copy = fuzz_copy(line);

		status = http_head_add(&head, prio_bytes_of(copy));
		free(copy.p);
		n_lines++;
		if (status == PRIO_OK)
			read_line(line);
		rest.p += line.n;
		rest.n -= line.n;
		FUZZ_CHECK(head.is_complete == is_complete && head.code == code);
		FUZZ_CHECK(head.capacity <= 2 * (HTTP_HEAD_HEADERS_MAX * (HTTP_HEAD_LINE_BYTES_MAX + 2) + 1024));
	}
	FUZZ_CHECK(status == PRIO_OK || status == PRIO_ERR_TOO_LARGE || status == PRIO_ERR_FORMAT);
	FUZZ_CHECK(n_lines <= HTTP_HEAD_LINES_MAX || status == PRIO_ERR_TOO_LARGE);
	if (status == PRIO_OK) {
		http_head_give(&head, &reply);
		check_reply(&reply);
	}
	http_reply_clear(&reply);
	http_head_clear(&head);
	return 0;
}
