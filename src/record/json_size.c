#include "record/json_size.h"

/* Every value but the first comes after one of these. Those inside strings are counted too: it is a bound. */
size_t json_values_max(struct prio_bytes text)
{
	size_t n = 1;

	for (size_t i = 0; i < text.n; i++)
		n += text.p[i] == '[' || text.p[i] == '{' || text.p[i] == ',' || text.p[i] == ':';
	return n;
}
