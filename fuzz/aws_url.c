/* aws_url: the URL that is made of a key and a query: read backwards it is the same key and query, and it is in the order that
 * is signed.
 *
 * Input: the path, then names and values in turn, separated by NUL. */
#include "fuzz/harness/fuzz.h"

#include "net/aws_sign.h"

static int digit_of(char c)
{
	FUZZ_CHECK((c >= '0' && c <= '9') || (c >= 'A' && c <= 'F'));
	return c <= '9' ? c - '0' : c - 'A' + 10;
}

/* Decodes up to one of the bytes in ends; returns where that is. */
static const char *decode(char *out, const char *at, const char *ends)
{
	for (; strchr(ends, *at) == NULL && *at != '\0'; at++) {
		bool is_plain = (*at >= 'a' && *at <= 'z') || (*at >= 'A' && *at <= 'Z') || (*at >= '0' && *at <= '9') ||
				strchr("-_.~/", *at) != NULL;

		if (*at == '%') {
			*out++ = (char)(16 * digit_of(at[1]) + digit_of(at[2]));
			at += 2;
		} else {
			FUZZ_CHECK(is_plain);
			*out++ = *at;
		}
	}
	*out = '\0';
	return at;
}

static void check_query(const char *at, const struct aws_query *query, size_t n_query)
{
	static char name[AWS_URL_BYTES_MAX], value[AWS_URL_BYTES_MAX];
	static char before[AWS_URL_BYTES_MAX], now[AWS_URL_BYTES_MAX];
	bool is_used[AWS_QUERY_MAX] = {false};

	before[0] = '\0';
	for (size_t i = 0; i < n_query; i++) {
		const char *end = at + strcspn(at, "&"), *equals = at + strcspn(at, "=");
		size_t found = 0;

		/* "=" sorts behind everything that a name is written with but letters, "_" and "~": so that names compare as whole
		 * words, a byte below all takes its place. */
		memcpy(now, at, (size_t)(end - at));
		now[end - at] = '\0';
		FUZZ_CHECK(equals < end);
		now[equals - at] = '\1';
		FUZZ_CHECK(strcmp(before, now) <= 0);
		memcpy(before, now, strlen(now) + 1);

		FUZZ_CHECK(decode(name, at, "=") == equals && decode(value, equals + 1, "&") == end);
		while (found < n_query && (is_used[found] || strcmp(query[found].name, name) != 0 || strcmp(query[found].value, value) != 0))
			found++;
		FUZZ_CHECK(found < n_query);
		is_used[found] = true;
		FUZZ_CHECK(*end == (i + 1 < n_query ? '&' : '\0'));
		at = end + 1;
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	static struct aws_signed out;
	static char path[AWS_URL_BYTES_MAX];
	struct aws_query query[AWS_QUERY_MAX];
	const char *words[1 + 2 * AWS_QUERY_MAX];
	size_t n_words = 0;
	char *copy = malloc(n + 1);

	FUZZ_CHECK(copy != NULL);
	if (n > 0)
		memcpy(copy, data, n);
	copy[n] = '\0';
	for (size_t at = 0; at <= n && n_words < 1 + 2 * AWS_QUERY_MAX; at += strlen(copy + at) + 1)
		words[n_words++] = copy + at;
	const size_t n_query = (n_words - 1) / 2;
	for (size_t i = 0; i < n_query; i++)
		query[i] = (struct aws_query){words[1 + 2 * i], words[2 + 2 * i]};

	const struct aws_request request = {.method = "GET", .scheme = "https", .host = "h", .path = words[0], .query = query,
					    .n_query = n_query, .payload_sha256_hex = "UNSIGNED-PAYLOAD"};
	enum prio_status status = aws_sign(&out, &request, NULL, "r", "s3", 0);
	if (status == PRIO_OK) {
		FUZZ_CHECK(memcmp(out.url, "https://h", 9) == 0 && strlen(out.url) < sizeof out.url);
		const char *end = decode(path, out.url + 9, "?");
		FUZZ_CHECK(strcmp(path, words[0][0] == '\0' ? "/" : words[0]) == 0);
		FUZZ_CHECK((*end == '?') == (n_query > 0));
		check_query(end + 1, query, n_query);
	} else {
		FUZZ_CHECK(status == PRIO_ERR_TOO_LARGE && 3 * n + 64 > sizeof out.url);
	}
	aws_signed_clear(&out);
	free(copy);
	return 0;
}
