#include "tests/net/net_tool.h"

json_t *tool_token(json_t *input)
{
	(void)input;
	return NULL;
}
