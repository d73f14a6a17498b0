/* Signature Version 4. What is signed (the canonical request) is made of
 *
 *     method LF path LF query LF {name ":" value LF}... LF names LF payload
 *
 * where path and query are written exactly as they are sent, which is why the URL is made here too: every byte but the
 * unreserved ones (and "/" in the path) as %XX, the query sorted by its encoded names, then values; and the headers sorted by
 * name. Its hash, the time and the scope "date/region/service/aws4_request" are signed under a key that HMAC derives
 * from the secret key and that same scope. The canonical request is never put together: its pieces go into the hash. */
#include "net/aws_sign.h"

#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include "base/wipe.h"
#include "crypt/hmac.h"

enum {
	OWN_HEADERS_MAX = 4, /* x-amz-content-sha256, x-amz-date, x-amz-security-token, authorization */
	SIGNED_HEADERS_MAX = AWS_HEADERS_MAX, /* without authorization, with host */
	DATE_BYTES = 17,     /* 20150830T123600Z */
	DAY_CHARS = 8,
	SCOPE_BYTES = 192,
	HEX_BYTES = 2 * SHA256_BYTES + 1,
	NAMES_BYTES = 1024,
};

/* Text that is appended to, and that remembers when it did not fit. */
struct text {
	char *p;
	size_t n, capacity;
	bool is_full;
};

__attribute__((format(printf, 2, 3))) static void text_add(struct text *text, const char *format, ...)
{
	va_list arguments;

	va_start(arguments, format);
	int n = vsnprintf(text->p + text->n, text->capacity - text->n, format, arguments);
	va_end(arguments);
	if (n < 0 || (size_t)n >= text->capacity - text->n)
		text->is_full = true;
	else
		text->n += (size_t)n;
}

static bool is_unreserved(unsigned char c)
{
	return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-' || c == '.' ||
	       c == '_' || c == '~';
}

static void text_add_encoded(struct text *text, const char *plain, bool keeps_slash)
{
	static const char digits[] = "0123456789ABCDEF";

	for (; *plain != '\0'; plain++) {
		unsigned char c = (unsigned char)*plain;
		size_t n = is_unreserved(c) || (keeps_slash && c == '/') ? 1 : 3;

		if (text->capacity - text->n <= n) {
			text->is_full = true;
			return;
		}
		char *at = text->p + text->n;
		at[0] = n == 1 ? (char)c : '%';
		if (n == 3) {
			at[1] = digits[c >> 4];
			at[2] = digits[c & 15];
		}
		at[n] = '\0';
		text->n += n;
	}
}

static void hex(char out[HEX_BYTES], const uint8_t digest[SHA256_BYTES])
{
	static const char digits[] = "0123456789abcdef";

	for (size_t i = 0; i < SHA256_BYTES; i++) {
		out[2 * i] = digits[digest[i] >> 4];
		out[2 * i + 1] = digits[digest[i] & 15];
	}
	out[2 * SHA256_BYTES] = '\0';
}

/* Where a byte stands when its encoded form is sorted: "%" comes before everything that is not encoded. */
static int rank(char c)
{
	return c == '\0' ? 0 : (unsigned char)c + (is_unreserved((unsigned char)c) ? 256 : 0);
}

static int compare_encoded(const char *a, const char *b)
{
	while (*a != '\0' && *a == *b)
		a++, b++;
	return rank(*a) - rank(*b);
}

static int compare_query(const struct aws_query *a, const struct aws_query *b)
{
	int by_name = compare_encoded(a->name, b->name);

	return by_name != 0 ? by_name : compare_encoded(a->value, b->value);
}

static enum prio_status write_url(struct text *url, size_t *path_at, size_t *query_at, const struct aws_request *request)
{
	const struct aws_query *sorted[AWS_QUERY_MAX];

	if (request->n_query > AWS_QUERY_MAX)
		return PRIO_ERR_TOO_LARGE;
	for (size_t i = 0; i < request->n_query; i++) {
		size_t at = i;

		for (; at > 0 && compare_query(&request->query[i], sorted[at - 1]) < 0; at--)
			sorted[at] = sorted[at - 1];
		sorted[at] = &request->query[i];
	}

	text_add(url, "%s://%s", request->scheme, request->host);
	*path_at = url->n;
	text_add_encoded(url, request->path[0] == '\0' ? "/" : request->path, true);
	*query_at = url->n + 1;
	for (size_t i = 0; i < request->n_query; i++) {
		text_add(url, "%s", i == 0 ? "?" : "&");
		text_add_encoded(url, sorted[i]->name, false);
		text_add(url, "=");
		text_add_encoded(url, sorted[i]->value, false);
	}
	if (request->n_query == 0)
		*query_at = url->n;
	return url->is_full ? PRIO_ERR_TOO_LARGE : PRIO_OK;
}

static enum prio_status add_text(struct sha256 *sha, const char *text, size_t n)
{
	return sha256_add(sha, (struct prio_bytes){(const uint8_t *)text, n});
}

/* Without blanks around it, and with one for several inside. */
static enum prio_status add_value(struct sha256 *sha, const char *value)
{
	enum prio_status status = PRIO_OK;
	bool is_first = true;

	for (; status == PRIO_OK;) {
		value += strspn(value, " \t\r\n");
		size_t n = strcspn(value, " \t\r\n");
		if (n == 0)
			break;
		if (!is_first)
			status = add_text(sha, " ", 1);
		if (status == PRIO_OK)
			status = add_text(sha, value, n);
		value += n;
		is_first = false;
	}
	return status;
}

/* The headers in the order of their names; those of one name as they came, for their values become one list. */
static void sort_headers(const struct http_header *sorted[], const struct http_header *headers, size_t n_headers)
{
	for (size_t i = 0; i < n_headers; i++) {
		size_t at = i;

		for (; at > 0 && strcmp(headers[i].name, sorted[at - 1]->name) < 0; at--)
			sorted[at] = sorted[at - 1];
		sorted[at] = &headers[i];
	}
}

static enum prio_status add_headers(struct sha256 *sha, struct text *names, const struct http_header *headers,
				    size_t n_headers)
{
	const struct http_header *sorted[SIGNED_HEADERS_MAX];
	enum prio_status status = PRIO_OK;

	sort_headers(sorted, headers, n_headers);
	for (size_t i = 0; i < n_headers && status == PRIO_OK; i++) {
		bool is_further = i > 0 && strcmp(sorted[i]->name, sorted[i - 1]->name) == 0;
		bool has_further = i + 1 < n_headers && strcmp(sorted[i]->name, sorted[i + 1]->name) == 0;

		if (!is_further) {
			text_add(names, "%s%s", i == 0 ? "" : ";", sorted[i]->name);
			status = add_text(sha, sorted[i]->name, strlen(sorted[i]->name));
			if (status == PRIO_OK)
				status = add_text(sha, ":", 1);
		}
		if (status == PRIO_OK)
			status = add_value(sha, sorted[i]->value);
		if (status == PRIO_OK)
			status = add_text(sha, has_further ? "," : "\n", 1);
	}
	return names->is_full ? PRIO_ERR_TOO_LARGE : status;
}

/* The hash of the canonical request; names: out, of the signed headers, as in the header authorization. */
static enum prio_status hash_request(char digest_hex[HEX_BYTES], struct text *names, const struct aws_request *request,
				     const char *path, size_t n_path, const char *query, const struct http_header *headers,
				     size_t n_headers)
{
	uint8_t digest[SHA256_BYTES];
	struct sha256 *sha;
	enum prio_status status = sha256_new(&sha);

	if (status == PRIO_OK)
		status = sha256_begin(sha);
	if (status == PRIO_OK)
		status = add_text(sha, request->method, strlen(request->method));
	if (status == PRIO_OK)
		status = add_text(sha, "\n", 1);
	if (status == PRIO_OK)
		status = add_text(sha, path, n_path);
	if (status == PRIO_OK)
		status = add_text(sha, "\n", 1);
	if (status == PRIO_OK)
		status = add_text(sha, query, strlen(query));
	if (status == PRIO_OK)
		status = add_text(sha, "\n", 1);
	if (status == PRIO_OK)
		status = add_headers(sha, names, headers, n_headers);
	if (status == PRIO_OK)
		status = add_text(sha, "\n", 1);
	if (status == PRIO_OK)
		status = add_text(sha, names->p, names->n);
	if (status == PRIO_OK)
		status = add_text(sha, "\n", 1);
	if (status == PRIO_OK)
		status = add_text(sha, request->payload_sha256_hex, strlen(request->payload_sha256_hex));
	if (status == PRIO_OK)
		status = sha256_end(sha, digest);
	if (status == PRIO_OK)
		hex(digest_hex, digest);
	sha256_free(sha);
	return status;
}

static struct prio_bytes bytes_of(const char *text)
{
	return (struct prio_bytes){(const uint8_t *)text, strlen(text)};
}

/* Signature = HMAC(HMAC(HMAC(HMAC(HMAC("AWS4" secret, day), region), service), "aws4_request"), what is signed). */
static enum prio_status sign_text(char signature[HEX_BYTES], const char *secret_key, const char *day, const char *region,
				  const char *service, const char *signed_text)
{
	const char *const steps[] = {day, region, service, "aws4_request", signed_text};
	const struct prio_bytes first[] = {bytes_of("AWS4"), bytes_of(secret_key)};
	uint8_t key[HMAC_BYTES];
	char seed[512];
	size_t n_seed = first[0].n + first[1].n;
	enum prio_status status = PRIO_ERR_TOO_LARGE;

	if (n_seed > sizeof seed)
		return status;
	memcpy(seed, first[0].p, first[0].n);
	memcpy(seed + first[0].n, first[1].p, first[1].n);
	status = hmac_sha256(key, (struct prio_bytes){(uint8_t *)seed, n_seed}, bytes_of(steps[0]));
	for (size_t i = 1; i < sizeof steps / sizeof *steps && status == PRIO_OK; i++)
		status = hmac_sha256(key, (struct prio_bytes){key, sizeof key}, bytes_of(steps[i]));
	if (status == PRIO_OK)
		hex(signature, key);
	wipe(seed, sizeof seed);
	wipe(key, sizeof key);
	return status;
}

static void put_header(struct aws_signed *out, const char *name, const char *value)
{
	out->headers[out->n_headers++] = (struct http_header){name, value};
}

enum prio_status aws_sign(struct aws_signed *out, const struct aws_request *request, const struct aws_credentials *credentials,
			  const char *region, const char *service, time_t now)
{
	struct http_header headers[SIGNED_HEADERS_MAX];
	struct text url = {.p = out->url, .capacity = sizeof out->url};
	struct text store = {.p = out->store_, .capacity = sizeof out->store_};
	char date[DATE_BYTES], day[DAY_CHARS + 1], scope_bytes[SCOPE_BYTES], names_bytes[NAMES_BYTES];
	char request_hex[HEX_BYTES], signature[HEX_BYTES], signed_bytes[SCOPE_BYTES + 2 * HEX_BYTES];
	struct text scope = {.p = scope_bytes, .capacity = sizeof scope_bytes};
	struct text names = {.p = names_bytes, .capacity = sizeof names_bytes};
	struct text to_sign = {.p = signed_bytes, .capacity = sizeof signed_bytes};
	size_t path_at, query_at;
	struct tm utc;

	out->n_headers = 0;
	enum prio_status status = write_url(&url, &path_at, &query_at, request);
	if (status != PRIO_OK)
		return status;
	if (request->n_headers > AWS_HEADERS_MAX - OWN_HEADERS_MAX)
		return PRIO_ERR_TOO_LARGE;
	for (size_t i = 0; i < request->n_headers; i++)
		put_header(out, request->headers[i].name, request->headers[i].value);
	if (credentials == NULL)
		return PRIO_OK;

	if (gmtime_r(&now, &utc) == NULL || strftime(date, sizeof date, "%Y%m%dT%H%M%SZ", &utc) != DATE_BYTES - 1)
		return PRIO_ERR_TOO_LARGE;
	memcpy(day, date, DAY_CHARS);
	day[DAY_CHARS] = '\0';
	text_add(&scope, "%s/%s/%s/aws4_request", day, region, service);
	text_add(&store, "%s", date);
	const char *stored_date = out->store_;
	store.n++; /* its NUL stays */

	if (strcmp(service, "s3") == 0)
		put_header(out, "x-amz-content-sha256", request->payload_sha256_hex);
	put_header(out, "x-amz-date", stored_date);
	if (credentials->session_token != NULL)
		put_header(out, "x-amz-security-token", credentials->session_token);

	memcpy(headers, out->headers, out->n_headers * sizeof *headers);
	headers[out->n_headers] = (struct http_header){"host", request->host};
	size_t n_path = (request->n_query == 0 ? query_at : query_at - 1) - path_at;
	status = hash_request(request_hex, &names, request, out->url + path_at, n_path, out->url + query_at, headers,
			      out->n_headers + 1);
	if (status != PRIO_OK)
		return status;

	text_add(&to_sign, "AWS4-HMAC-SHA256\n%s\n%s\n%s", date, scope.p, request_hex);
	status = scope.is_full || to_sign.is_full ? PRIO_ERR_TOO_LARGE
						  : sign_text(signature, credentials->secret_key, day, region, service, to_sign.p);
	if (status != PRIO_OK)
		return status;
	const char *authorization = out->store_ + store.n;
	text_add(&store, "AWS4-HMAC-SHA256 Credential=%s/%s, SignedHeaders=%s, Signature=%s", credentials->access_key, scope.p,
		 names.p, signature);
	put_header(out, "authorization", authorization);
	return store.is_full ? PRIO_ERR_TOO_LARGE : PRIO_OK;
}

void aws_signed_clear(struct aws_signed *out)
{
	wipe(out, sizeof *out);
}
