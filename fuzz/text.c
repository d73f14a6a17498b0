/* text: strangers' bytes made fit for a terminal, and for JSON.
 *
 * Input: room of the escaped text (1), eight bytes that are a double, then the text. */
#include "fuzz/harness/fuzz.h"

#include <math.h>

#include <jansson.h>

#include "base/error.h"
#include "record/ndjson_internal.h"
#include "base/utf8.h"

/* What the escapes stand for; exact where nothing was cut off. */
static size_t unescape(uint8_t *out, const char *text)
{
	size_t n = 0;

	for (; *text != '\0'; text++) {
		unsigned byte = (uint8_t)*text;

		if (*text == '\\') {
			FUZZ_CHECK(text[1] == 'x' && sscanf(text + 2, "%2x", &byte) == 1);
			text += 3;
		}
		out[n++] = (uint8_t)byte;
	}
	return n;
}

static void check_escape(struct prio_bytes text, size_t room)
{
	struct prio_mut out = {malloc(room), room};
	size_t whole_bytes = 4 * text.n + 1;
	char *whole = malloc(whole_bytes);
	uint8_t *back = malloc(whole_bytes);

	FUZZ_CHECK(out.p != NULL && whole != NULL && back != NULL);
	escape_text((char *)out.p, out.n, text);
	escape_text(whole, whole_bytes, text);
	fuzz_check_printable((const char *)out.p);
	fuzz_check_printable(whole);
	FUZZ_CHECK(utf8_is_valid(fuzz_text(whole)) && utf8_is_valid(fuzz_text((const char *)out.p)));
	FUZZ_CHECK(unescape(back, whole) == text.n && (text.n == 0 || memcmp(back, text.p, text.n) == 0));
	if (strlen(whole) < room)
		FUZZ_CHECK(strcmp((const char *)out.p, whole) == 0);
	free(back);
	free(whole);
	free(out.p);
}

/* Valid UTF-8 reads as itself from JSON, in both styles; what is broken becomes U+FFFD, and JSON it is all the same. */
static void check_json(struct prio_bytes text, enum record_style style)
{
	struct line_buffer line = {0};

	FUZZ_OK(json_append_string(&line, style, text));
	for (size_t i = 0; i < line.n; i++)
		FUZZ_CHECK(line.p[i] >= 0x20 && (style == RECORD_COMPACT || line.p[i] < 0x7f));
	json_t *value = json_loadb((const char *)line.p, line.n, JSON_DECODE_ANY | JSON_ALLOW_NUL, NULL);
	FUZZ_CHECK(json_is_string(value));
	if (utf8_is_valid(text))
		FUZZ_CHECK(fuzz_same(text, (struct prio_bytes){(const uint8_t *)json_string_value(value),
							       json_string_length(value)}));
	json_decref(value);
	line_buffer_clear(&line);
}

static void check_double(double x)
{
	struct line_buffer line = {0};
	char text[64];

	if (!isfinite(x))
		return;
	FUZZ_OK(json_append_double(&line, x));
	FUZZ_CHECK(line.n > 0 && line.n < 32);
	memcpy(text, line.p, line.n);
	text[line.n] = '\0';
	double back = strtod(text, NULL);
	FUZZ_CHECK(memcmp(&back, &x, sizeof x) == 0);
	json_t *value = json_loads(text, JSON_DECODE_ANY, NULL);
	FUZZ_CHECK(json_is_real(value) && (json_real_value(value) <= x && json_real_value(value) >= x));
	json_decref(value);
	line_buffer_clear(&line);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	struct prio_bytes in = {data, n};
	size_t room = 1 + fuzz_byte(&in) % 64U;
	double x = 0;

	if (in.n >= sizeof x) {
		memcpy(&x, in.p, sizeof x);
		in = (struct prio_bytes){in.p + sizeof x, in.n - sizeof x};
	}
	struct prio_mut text = fuzz_copy(in);
	check_double(x);
	check_escape(prio_bytes_of(text), room);
	check_json(prio_bytes_of(text), RECORD_SPACED);
	check_json(prio_bytes_of(text), RECORD_COMPACT);
	free(text.p);
	return 0;
}
