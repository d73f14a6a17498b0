/* net-tool sign: {"requests": [{"method", "scheme", "host", "path", "query": [[name, value]], "headers", "payload", "access_key",
 * "secret_key", "session_token", "region", "service", "time"}]} -> {"signed": [{"status", "url", "headers": [[name, value]]}]} */
#include "tests/net/net_tool.h"

#include "net/aws_sign.h"

static json_t *sign_once(json_t *input)
{
	static struct aws_signed out;
	struct http_header headers[TOOL_HEADERS_MAX], pairs[TOOL_HEADERS_MAX];
	struct aws_query query[TOOL_HEADERS_MAX];
	struct aws_request request = {
		.method = tool_text(input, "method", "GET"),
		.scheme = tool_text(input, "scheme", "https"),
		.host = tool_text(input, "host", ""),
		.path = tool_text(input, "path", "/"),
		.query = query,
		.n_query = tool_headers(pairs, json_object_get(input, "query")),
		.headers = headers,
		.n_headers = tool_headers(headers, json_object_get(input, "headers")),
		.payload_sha256_hex = tool_text(input, "payload", "UNSIGNED-PAYLOAD"),
	};
	struct aws_credentials credentials = {
		.access_key = tool_text(input, "access_key", NULL),
		.secret_key = tool_text(input, "secret_key", NULL),
		.session_token = tool_text(input, "session_token", NULL),
	};
	json_t *shown = json_array();

	for (size_t i = 0; i < request.n_query; i++)
		query[i] = (struct aws_query){pairs[i].name, pairs[i].value};
	enum prio_status status = aws_sign(&out, &request, credentials.access_key == NULL ? NULL : &credentials,
					   tool_text(input, "region", "us-east-1"), tool_text(input, "service", "s3"),
					   (time_t)tool_number(input, "time", 0));
	for (size_t i = 0; status == PRIO_OK && i < out.n_headers; i++)
		json_array_append_new(shown, json_pack("[ss]", out.headers[i].name, out.headers[i].value));
	json_t *result = json_pack("{s:s,s:o}", "status", prio_status_word(status), "headers", shown);
	if (status == PRIO_OK)
		json_object_set_new(result, "url", json_string(out.url));
	aws_signed_clear(&out);
	return result;
}

json_t *tool_sign(json_t *input)
{
	json_t *all = json_array(), *request;
	size_t i;

	json_array_foreach(json_object_get(input, "requests"), i, request) {
		json_array_append_new(all, sign_once(request));
	}
	return json_pack("{s:o}", "signed", all);
}
