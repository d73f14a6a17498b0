/* json_size: what a JSON text is said to hold at most, before it is parsed, it does not exceed when it is; and the
 * bound is no more than the text has characters for.
 *
 * Input: the text. */
#include "record/json_size.h"

#include <jansson.h>

#include "fuzz/harness/fuzz.h"

static size_t count(json_t *value)
{
	const char *name;
	json_t *inner;
	size_t n = 1, i;

	json_object_foreach(value, name, inner)
		n += 1 + count(inner);
	json_array_foreach(value, i, inner)
		n += count(inner);
	return n;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	struct prio_mut text = fuzz_copy((struct prio_bytes){data, n});
	size_t bound = json_values_max(prio_bytes_of(text));
	json_t *root = json_loadb((const char *)text.p, text.n, JSON_DECODE_ANY | JSON_ALLOW_NUL, NULL);

	FUZZ_CHECK(bound <= n + 1);
	if (root != NULL)
		FUZZ_CHECK(count(root) <= bound);
	json_decref(root);
	free(text.p);
	return 0;
}
