/* The signer against the signatures that AWS published (tests/vectors/sigv4), and where S3 differs from other services. */
#include "tests/unit/cmocka_all.h"

#include <jansson.h>

#include "net/aws_sign.h"

enum { TEXT_BYTES = 4096, PARTS_MAX = 16 };

static struct aws_signed out;

static const char *header_of(const struct aws_signed *made, const char *name)
{
	for (size_t i = 0; i < made->n_headers; i++)
		if (strcmp(made->headers[i].name, name) == 0)
			return made->headers[i].value;
	return NULL;
}

static void copy(char text[TEXT_BYTES], const char *from, size_t n)
{
	assert_true(n < TEXT_BYTES);
	memcpy(text, from, n);
	text[n] = '\0';
}

static void decode_percent(char *text)
{
	char *to = text;

	for (const char *from = text; *from != '\0'; to++) {
		unsigned byte;

		if (*from == '%') {
			assert_int_equal(sscanf(from + 1, "%2x", &byte), 1);
			*to = (char)byte;
			from += 3;
		} else {
			*to = *from++;
		}
	}
	*to = '\0';
}

/* One request as a case has it: "GET /path?query HTTP/1.1", then headers, an empty line, and a body. */
struct parsed {
	char text[TEXT_BYTES], path[TEXT_BYTES], payload_hex[2 * SHA256_BYTES + 1];
	struct aws_query query[PARTS_MAX];
	struct http_header headers[PARTS_MAX];
	struct aws_request request;
};

static void parse_target(struct parsed *parsed, char *target)
{
	char *query = strchr(target, '?');

	if (query != NULL) {
		*query++ = '\0';
		for (char *next; query != NULL && *query != '\0'; query = next) {
			struct aws_query *member = &parsed->query[parsed->request.n_query++];
			char *value = strchr(query, '=');

			next = strchr(query, '&');
			if (next != NULL)
				*next++ = '\0';
			if (value != NULL)
				*value++ = '\0';
			decode_percent(query);
			if (value != NULL)
				decode_percent(value);
			*member = (struct aws_query){query, value == NULL ? "" : value};
		}
	}
	copy(parsed->path, target, strlen(target));
}

static void parse(struct parsed *parsed, const char *text)
{
	char *line = parsed->text, *next;

	*parsed = (struct parsed){.request = {.scheme = "https", .path = parsed->path, .query = parsed->query,
					      .headers = parsed->headers, .payload_sha256_hex = parsed->payload_hex}};
	copy(parsed->text, text, strlen(text));
	next = strchr(line, '\n');
	if (next != NULL)
		*next++ = '\0';
	char *target = strchr(line, ' '), *version = strstr(line, " HTTP/1.1");
	assert_true(target != NULL && version != NULL);
	*target++ = *version = '\0';
	parsed->request.method = line;
	parse_target(parsed, target);

	for (line = next; line != NULL && *line != '\0' && *line != '\n'; line = next) {
		struct http_header *header = &parsed->headers[parsed->request.n_headers];
		char *value = strchr(line, ':');

		next = strchr(line, '\n');
		while (next != NULL && next[1] == ' ') /* the value goes on in the next line */
			next = strchr(next + 1, '\n');
		if (next != NULL)
			*next++ = '\0';
		assert_non_null(value);
		*value++ = '\0';
		for (char *c = line; *c != '\0'; c++)
			*c = (char)(*c >= 'A' && *c <= 'Z' ? *c - 'A' + 'a' : *c);
		if (strcmp(line, "host") == 0) {
			parsed->request.host = value;
			continue;
		}
		*header = (struct http_header){line, value};
		parsed->request.n_headers++;
	}

	uint8_t digest[SHA256_BYTES];
	const char *body = line == NULL || *line == '\0' ? "" : line + 1;
	assert_int_equal(sha256(digest, (struct prio_bytes){(const uint8_t *)body, strlen(body)}), PRIO_OK);
	for (size_t i = 0; i < SHA256_BYTES; i++)
		snprintf(parsed->payload_hex + 2 * i, 3, "%02x", digest[i]);
}

static const char *text_of(const json_t *object, const char *name)
{
	return json_string_value(json_object_get(object, name));
}

static void check_case(const char *name, const json_t *files)
{
	static struct parsed parsed;
	json_t *context = json_loads(text_of(files, "context.json"), 0, NULL);
	const json_t *keys = json_object_get(context, "credentials");
	const struct aws_credentials credentials = {
		text_of(keys, "access_key_id"), text_of(keys, "secret_access_key"),
		/* "omit": the token is added after signing, which is the sender's business */
		json_is_true(json_object_get(context, "omit_session_token")) ? NULL : text_of(keys, "token")};

	assert_non_null(context);
	assert_string_equal(text_of(context, "timestamp"), "2015-08-30T12:36:00Z");
	parse(&parsed, text_of(files, "request.txt"));
	if (json_is_true(json_object_get(context, "sign_body")))
		parsed.headers[parsed.request.n_headers++] = (struct http_header){"x-amz-content-sha256", parsed.payload_hex};
	ASSERT_STATUS(name, aws_sign(&out, &parsed.request, &credentials, text_of(context, "region"), text_of(context, "service"),
				     1440938160),
		      PRIO_OK);

	/* The signature is over everything else, and the names that were signed stand before it. */
	const char *want = strstr(text_of(files, "header-signed-request.txt"), "Authorization:");
	assert_non_null(want);
	want += strlen("Authorization:");
	size_t n = strcspn(want, "\n");
	const char *got = header_of(&out, "authorization");
	if (strlen(got) != n || memcmp(got, want, n) != 0)
		fail_msg("%s:\n%s\ninstead of\n%.*s", name, got, (int)n, want);
	assert_string_equal(header_of(&out, "x-amz-date"), "20150830T123600Z");
	json_decref(context);
}

static bool is_normalized(const char *name)
{
	const char *end = strrchr(name, '-');

	return end != NULL && strcmp(end, "-normalized") == 0;
}

static void signs_as_published(void **unused)
{
	json_t *cases = json_load_file(SOURCE_DIR "/tests/vectors/sigv4/cases.json", 0, NULL), *files;
	const char *name;
	size_t n_signed = 0, n_normalized = 0, n_without_context = 0;

	(void)unused;
	assert_non_null(cases);
	json_object_foreach(cases, name, files) {
		if (is_normalized(name)) {
			n_normalized++;
		} else if (json_object_get(files, "context.json") == NULL) {
			n_without_context++;
		} else {
			check_case(name, files);
			n_signed++;
		}
	}
	assert_int_equal(n_signed, 31);
	assert_int_equal(n_normalized, 7);
	assert_int_equal(n_without_context, 2);
	json_decref(cases);
}

static const struct aws_credentials example = {"AKIAIOSFODNN7EXAMPLE", "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY", NULL};
#define EMPTY_SHA256 "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"

/* The examples of the page that the header names. */
static void signs_the_examples_for_s3(void **unused)
{
	const struct http_header range = {"range", "bytes=0-9"};
	const struct http_header put[] = {{"date", "Fri, 24 May 2013 00:00:00 GMT"}, {"x-amz-storage-class", "REDUCED_REDUNDANCY"}};
	const struct aws_query lifecycle = {"lifecycle", ""};
	const struct aws_query list[] = {{"prefix", "J"}, {"max-keys", "2"}};
	const struct {
		const char *method, *path, *payload;
		const struct http_header *headers;
		size_t n_headers;
		const struct aws_query *query;
		size_t n_query;
		const char *signature;
	} rows[] = {
		{"GET", "/test.txt", EMPTY_SHA256, &range, 1, NULL, 0,
		 "f0e8bdb87c964420e857bd35b5d6ed310bd44f0170aba48dd91039c6036bdb41"},
		{"PUT", "/test$file.text", "44ce7dd67c959e0d3524ffac1771dfbba87d2b6b4b4e99e42034a8b803f8b072", put, 2, NULL, 0,
		 "98ad721746da40c64f1a55b78f14c238d841ea1380cd77a1b5971af0ece108bd"},
		{"GET", "/", EMPTY_SHA256, NULL, 0, &lifecycle, 1,
		 "fea454ca298b7da1c68078a5d1bdbfbbe0d65c699e0f91ac7a200a0136783543"},
		{"GET", "/", EMPTY_SHA256, NULL, 0, list, 2,
		 "34b48302e7b5fa45bde8084f4b7868a86f0a534bc59db6670ed5711ef69dc6f7"},
	};

	(void)unused;
	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		const struct aws_request request = {rows[i].method,  "https",	       "examplebucket.s3.amazonaws.com", rows[i].path,
						    rows[i].query,   rows[i].n_query, rows[i].headers,
						    rows[i].n_headers, rows[i].payload};

		assert_int_equal(aws_sign(&out, &request, &example, "us-east-1", "s3", 1369353600), PRIO_OK);
		const char *signature = strstr(header_of(&out, "authorization"), "Signature=");
		assert_string_equal(signature + strlen("Signature="), rows[i].signature);
		assert_string_equal(header_of(&out, "x-amz-content-sha256"), rows[i].payload);
	}
}

static const struct aws_request plain = {.method = "GET", .scheme = "http", .host = "localhost:9000", .path = "/b/k",
					 .payload_sha256_hex = "UNSIGNED-PAYLOAD"};

static void encodes_what_is_sent(void **unused)
{
	static const struct {
		const char *path, *url;
	} paths[] = {
		{"", "http://localhost:9000/"},
		{"/b/batch_id=a+b/part 0.ndjson", "http://localhost:9000/b/batch_id%3Da%2Bb/part%200.ndjson"},
		{"/b/\xc3\xa9\xe1\x88\xb4/~a//b", "http://localhost:9000/b/%C3%A9%E1%88%B4/~a//b"},
		{"/b/%41?x#y&z;'()*!@:$,", "http://localhost:9000/b/%2541%3Fx%23y%26z%3B%27%28%29%2A%21%40%3A%24%2C"},
		{"/b/./../k", "http://localhost:9000/b/./../k"},
		{"/b/\x01\x7f\xff", "http://localhost:9000/b/%01%7F%FF"},
	};
	/* In the order of what is sent: "%" before "-", "." and everything else that stays. */
	const struct aws_query query[] = {{"b", "2"}, {"a.b", ""}, {"a b", "+/=&~"}, {"ab", "1"}, {"b", "1"}, {"a-", ""}, {"a", "x"}};
	struct aws_request request = plain;

	(void)unused;
	for (size_t i = 0; i < COUNT_OF(paths); i++) {
		request.path = paths[i].path;
		assert_int_equal(aws_sign(&out, &request, &example, "r", "s3", 0), PRIO_OK);
		assert_string_equal(out.url, paths[i].url);
	}
	request = plain;
	request.query = query;
	request.n_query = COUNT_OF(query);
	assert_int_equal(aws_sign(&out, &request, &example, "r", "s3", 0), PRIO_OK);
	assert_string_equal(out.url, "http://localhost:9000/b/k?a=x&a%20b=%2B%2F%3D%26~&a-=&a.b=&ab=1&b=1&b=2");
}

static void signs_nothing_without_credentials(void **unused)
{
	const struct http_header header = {"authorization", "Bearer x"};
	struct aws_request request = plain;

	(void)unused;
	request.headers = &header;
	request.n_headers = 1;
	assert_int_equal(aws_sign(&out, &request, NULL, "r", "s3", 0), PRIO_OK);
	assert_string_equal(out.url, "http://localhost:9000/b/k");
	assert_int_equal(out.n_headers, 1);
	assert_string_equal(header_of(&out, "authorization"), "Bearer x");
}

static void refuses_what_does_not_fit(void **unused)
{
	static char path[AWS_URL_BYTES_MAX], secret[1024];
	struct aws_query query[AWS_QUERY_MAX + 1];
	struct http_header headers[AWS_HEADERS_MAX];
	struct aws_credentials credentials = example;
	struct aws_request request = plain;
	const size_t n_front = strlen("http://localhost:9000");

	(void)unused;
	/* The longest URL that fits, ended with a NUL, and one byte more. */
	memset(path, 'k', sizeof path);
	path[0] = '/';
	path[AWS_URL_BYTES_MAX - 1 - n_front] = '\0';
	request.path = path;
	assert_int_equal(aws_sign(&out, &request, &example, "r", "s3", 0), PRIO_OK);
	assert_int_equal(strlen(out.url), AWS_URL_BYTES_MAX - 1);
	path[AWS_URL_BYTES_MAX - 1 - n_front] = 'k';
	path[AWS_URL_BYTES_MAX - n_front] = '\0';
	assert_int_equal(aws_sign(&out, &request, &example, "r", "s3", 0), PRIO_ERR_TOO_LARGE);
	path[AWS_URL_BYTES_MAX - 2 - n_front] = '='; /* three bytes when it is sent */
	path[AWS_URL_BYTES_MAX - 1 - n_front] = '\0';
	assert_int_equal(aws_sign(&out, &request, &example, "r", "s3", 0), PRIO_ERR_TOO_LARGE);

	request = plain;
	for (size_t i = 0; i < COUNT_OF(query); i++)
		query[i] = (struct aws_query){"a", "b"};
	request.query = query;
	request.n_query = AWS_QUERY_MAX;
	assert_int_equal(aws_sign(&out, &request, &example, "r", "s3", 0), PRIO_OK);
	request.n_query++;
	assert_int_equal(aws_sign(&out, &request, &example, "r", "s3", 0), PRIO_ERR_TOO_LARGE);

	request = plain;
	for (size_t i = 0; i < COUNT_OF(headers); i++)
		headers[i] = (struct http_header){"x-amz-meta-a", "b"};
	request.headers = headers;
	request.n_headers = AWS_HEADERS_MAX - 4;
	credentials.session_token = "token";
	assert_int_equal(aws_sign(&out, &request, &credentials, "r", "s3", 0), PRIO_OK);
	assert_int_equal(out.n_headers, AWS_HEADERS_MAX);
	request.n_headers++;
	assert_int_equal(aws_sign(&out, &request, &credentials, "r", "s3", 0), PRIO_ERR_TOO_LARGE);

	memset(secret, 's', sizeof secret - 1);
	credentials.secret_key = secret;
	assert_int_equal(aws_sign(&out, &plain, &credentials, "r", "s3", 0), PRIO_ERR_TOO_LARGE);
	memset(path, 'r', 300);
	path[300] = '\0';
	assert_int_equal(aws_sign(&out, &plain, &example, path, "s3", 0), PRIO_ERR_TOO_LARGE);
}

static void is_wiped(void **unused)
{
	(void)unused;
	assert_int_equal(aws_sign(&out, &plain, &example, "r", "s3", 0), PRIO_OK);
	aws_signed_clear(&out);
	for (size_t i = 0; i < sizeof out; i++)
		assert_int_equal(((const uint8_t *)&out)[i], 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(signs_as_published),	     cmocka_unit_test(signs_the_examples_for_s3),
		cmocka_unit_test(encodes_what_is_sent),	     cmocka_unit_test(signs_nothing_without_credentials),
		cmocka_unit_test(refuses_what_does_not_fit), cmocka_unit_test(is_wiped),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
