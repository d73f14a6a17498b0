/* net-tool: src/net for tests that are written in Python. Each command reads one JSON object from stdin and writes one to stdout. */
#ifndef TESTS_NET_NET_TOOL_H
#define TESTS_NET_NET_TOOL_H

#include <jansson.h>

#include "net/http.h"

enum { TOOL_HEADERS_MAX = 128 };

json_t *tool_http(json_t *input);
json_t *tool_sign(json_t *input);
json_t *tool_token(json_t *input);

/* Members of the input; the program ends where one is not as it should be. */
const char *tool_text(json_t *object, const char *name, const char *absent);
size_t tool_number(json_t *object, const char *name, size_t absent);
size_t tool_headers(struct http_header headers[TOOL_HEADERS_MAX], json_t *pairs); /* [[name, value], ...] */

/* http_settings of the input: ca_file, connect_timeout_ms, stall_timeout_ms, and stop_after_ms, after which is_stopped says so. */
struct http_settings tool_settings(json_t *input);

void tool_die(const char *why);

#endif
