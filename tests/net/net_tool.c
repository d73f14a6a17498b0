#include "tests/net/net_tool.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"

static uint64_t stop_at_ms;

void tool_die(const char *why)
{
	fprintf(stderr, "net-tool: %s\n", why);
	exit(2);
}

const char *tool_text(json_t *object, const char *name, const char *absent)
{
	json_t *value = json_object_get(object, name);

	if (value == NULL || json_is_null(value))
		return absent;
	if (!json_is_string(value))
		tool_die(name);
	return json_string_value(value);
}

size_t tool_number(json_t *object, const char *name, size_t absent)
{
	json_t *value = json_object_get(object, name);

	if (value == NULL || json_is_null(value))
		return absent;
	if (!json_is_integer(value) || json_integer_value(value) < 0)
		tool_die(name);
	return (size_t)json_integer_value(value);
}

size_t tool_headers(struct http_header headers[TOOL_HEADERS_MAX], json_t *pairs)
{
	size_t i;
	json_t *pair;

	if (json_array_size(pairs) > TOOL_HEADERS_MAX)
		tool_die("headers");
	json_array_foreach(pairs, i, pair) {
		headers[i].name = json_string_value(json_array_get(pair, 0));
		headers[i].value = json_string_value(json_array_get(pair, 1));
		if (headers[i].name == NULL || headers[i].value == NULL)
			tool_die("headers");
	}
	return json_array_size(pairs);
}

static bool is_stopped(void)
{
	return clock_monotonic_ms() >= stop_at_ms;
}

struct http_settings tool_settings(json_t *input)
{
	size_t stop_after_ms = tool_number(input, "stop_after_ms", SIZE_MAX);

	stop_at_ms = stop_after_ms == SIZE_MAX ? UINT64_MAX : clock_monotonic_ms() + stop_after_ms;
	return (struct http_settings){
		.ca_file = tool_text(input, "ca_file", NULL),
		.connect_timeout_ms = (uint32_t)tool_number(input, "connect_timeout_ms", 0),
		.stall_timeout_ms = (uint32_t)tool_number(input, "stall_timeout_ms", 0),
		.is_stopped = is_stopped,
	};
}

int main(int argc, char **argv)
{
	json_t *(*command)(json_t *) = NULL;
	json_error_t json_error;

	if (argc == 2 && strcmp(argv[1], "http") == 0)
		command = tool_http;
	else if (argc == 2 && strcmp(argv[1], "sign") == 0)
		command = tool_sign;
	else if (argc == 2 && strcmp(argv[1], "token") == 0)
		command = tool_token;
	else
		tool_die("usage: net-tool http|sign|token <input.json");

	json_t *input = json_loadf(stdin, 0, &json_error);
	if (!json_is_object(input))
		tool_die("the input is no JSON object");
	json_t *output = command(input);
	if (output == NULL || json_dumpf(output, stdout, 0) != 0)
		tool_die("no output");
	putchar('\n');
	json_decref(output);
	json_decref(input);
	return 0;
}
