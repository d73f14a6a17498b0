/* net-tool token: {"credentials_file", "times", "pause_ms", "room" (bytes for the header), settings} ->
 * {"results": [{"status", "error", "header"}]} */
#include "tests/net/net_tool.h"

#include <stdlib.h>
#include <unistd.h>

#include "base/wipe.h"
#include "net/google_token.h"

json_t *tool_token(json_t *input)
{
	struct http_settings settings = tool_settings(input);
	struct prio_error error = {PRIO_OK, ""};
	struct google_tokens *tokens = NULL;
	struct http *http = NULL;
	json_t *results = json_array();
	size_t room = tool_number(input, "room", 8192);
	char *header = malloc(room);

	if (header == NULL || http_new(&http, &settings, &error) != PRIO_OK)
		tool_die(error.text);
	if (google_tokens_new(&tokens, tool_text(input, "credentials_file", NULL), http, &error) != PRIO_OK)
		json_array_append_new(results, json_pack("{s:s,s:s}", "status", prio_status_word(error.status), "error", error.text));
	for (size_t i = 0; tokens != NULL && i < tool_number(input, "times", 1); i++) {
		error = (struct prio_error){PRIO_OK, ""};
		if (i > 0)
			usleep((useconds_t)(1000 * tool_number(input, "pause_ms", 0)));
		enum prio_status status = google_token_header(tokens, header, room, &error);
		json_t *result = json_pack("{s:s,s:s}", "status", prio_status_word(status), "error", error.text);
		if (status == PRIO_OK)
			json_object_set_new(result, "header", json_string(header));
		json_array_append_new(results, result);
		wipe(header, room);
	}
	google_tokens_free(tokens);
	http_free(http);
	free(header);
	return json_pack("{s:o}", "results", results);
}
