#include "net/loopback.h"

#include <string.h>

bool loopback_is_host(const char *text)
{
	size_t n = strncmp(text, "[::1]", 5) == 0	? 5
		   : strncmp(text, "localhost", 9) == 0 ? 9
		   : strncmp(text, "127.", 4) == 0	? strspn(text, "0123456789.")
							: 0;

	return n > 0 && (text[n] == '\0' || text[n] == ':' || text[n] == '/');
}
