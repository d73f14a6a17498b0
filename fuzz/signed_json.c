/* signed_json: hostile bytes never pass for signed ones; what was signed reads as itself, under this name and this
 * secret alone, and not any more once a byte of it means something else.
 *
 * Input: a place to damage (2), what to make of the byte there (1), then the text. */
#include "fuzz/harness/fuzz.h"

#include <jansson.h>

#include "pipeline/signed_json.h"

static const uint8_t secret[16] = {1, 2, 3}, other_secret[16] = {1, 2, 4};
static const char name[] = "prefix/_manifest.json";

static const struct signer signer = {{secret, sizeof secret}, "label"};
static const struct signer strangers[] = {{{other_secret, sizeof other_secret}, "label"},
					  {{secret, sizeof secret}, "other"}};

static void check_hostile(struct prio_bytes text)
{
	struct prio_error error = {PRIO_OK, ""};
	json_t *content = NULL;
	enum prio_status status = signed_json_read(&content, text, &signer, name, &error);

	FUZZ_CHECK(status == PRIO_ERR_FORMAT || status == PRIO_ERR_MISMATCH);
	FUZZ_CHECK(content == NULL);
	fuzz_check_error(status, &error);
}

static void check_refused(struct prio_bytes text, const struct signer *reader, const char *key)
{
	json_t *content = NULL;

	FUZZ_CHECK(signed_json_read(&content, text, reader, key, NULL) == PRIO_ERR_MISMATCH);
	FUZZ_CHECK(content == NULL);
}

/* One byte differs: it is refused, or the text means the same (white space, an escape in another case). */
static void check_damaged(struct prio_bytes text, const json_t *content, size_t place, uint8_t value)
{
	struct prio_mut damaged = fuzz_copy(text);
	json_t *read = NULL;

	damaged.p[place % damaged.n] = value;
	if (signed_json_read(&read, prio_bytes_of(damaged), &signer, name, NULL) == PRIO_OK)
		FUZZ_CHECK(json_equal(read, content));
	json_decref(read);
	free(damaged.p);
}

static void check_signed(const json_t *content, size_t place, uint8_t value)
{
	struct prio_mut text, again;
	json_t *read = NULL;

	FUZZ_OK(signed_json_make(&text, content, &signer, name, NULL));
	FUZZ_OK(signed_json_read(&read, prio_bytes_of(text), &signer, name, NULL));
	FUZZ_CHECK(json_equal(read, content));
	FUZZ_OK(signed_json_make(&again, read, &signer, name, NULL));
	FUZZ_CHECK(fuzz_same(prio_bytes_of(text), prio_bytes_of(again)));
	check_refused(prio_bytes_of(text), &signer, "prefix/_manifest.jso");
	for (size_t i = 0; i < sizeof strangers / sizeof strangers[0]; i++)
		check_refused(prio_bytes_of(text), &strangers[i], name);
	check_damaged(prio_bytes_of(text), content, place, value);
	json_decref(read);
	free(again.p);
	free(text.p);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	struct prio_bytes in = {data, n};
	size_t place = (size_t)fuzz_byte(&in) << 8;

	place |= fuzz_byte(&in);
	uint8_t value = fuzz_byte(&in);
	struct prio_mut text = fuzz_copy(in);
	json_t *content = json_loadb((const char *)text.p, text.n, JSON_REJECT_DUPLICATES, NULL);
	check_hostile(prio_bytes_of(text));
	if (json_is_object(content))
		check_signed(content, place, value);
	json_decref(content);
	free(text.p);
	return 0;
}
