#include "base/error.h"

#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

enum prio_status error_set(struct prio_error *error, enum prio_status status, const char *format, ...)
{
	va_list arguments;

	if (error == NULL)
		return status;
	error->status = status;
	va_start(arguments, format);
	vsnprintf(error->text, sizeof error->text, format, arguments);
	va_end(arguments);
	return status;
}

void error_prefix(struct prio_error *error, const char *format, ...)
{
	char text[PRIO_ERROR_TEXT_BYTES];
	va_list arguments;
	int n;

	if (error == NULL)
		return;
	memcpy(text, error->text, sizeof text);
	va_start(arguments, format);
	n = vsnprintf(error->text, sizeof error->text, format, arguments);
	va_end(arguments);
	if (n >= 0 && (size_t)n < sizeof error->text)
		snprintf(error->text + n, sizeof error->text - (size_t)n, ": %s", text);
}

/* Length of the well-formed UTF-8 sequence at text (RFC 3629: no surrogates, no overlong forms), 0 if there is none. */
static size_t utf8_sequence(struct prio_bytes text, uint32_t *code_point)
{
	static const uint32_t smallest[5] = {0, 0, 0x80, 0x800, 0x10000};
	uint8_t first = text.p[0];
	size_t n = first < 0x80 ? 1 : first >> 5 == 6 ? 2 : first >> 4 == 14 ? 3 : first >> 3 == 30 ? 4 : 0;

	if (n == 0 || n > text.n)
		return 0;
	uint32_t value = n == 1 ? first : first & (0x7fU >> n);
	for (size_t i = 1; i < n; i++) {
		if (text.p[i] >> 6 != 2)
			return 0;
		value = value << 6 | (text.p[i] & 0x3f);
	}
	if (value < smallest[n] || value > 0x10ffff || (value >= 0xd800 && value < 0xe000))
		return 0;
	*code_point = value;
	return n;
}

/* Characters that move the cursor, start an escape sequence, or make text read otherwise than it is written. */
static bool is_unsafe(uint32_t c)
{
	return c < 0x20 || c == '\\' || (c >= 0x7f && c < 0xa0) || (c >= 0x200b && c <= 0x200f) || (c >= 0x2028 && c <= 0x202e) ||
	       (c >= 0x2060 && c <= 0x206f) || c == 0xfeff || (c >= 0xe0000 && c <= 0xe007f);
}

const char *escape_text(char *out, size_t out_bytes, struct prio_bytes text)
{
	static const char digits[] = "0123456789abcdef";
	size_t at = 0;

	if (out_bytes == 0)
		return out;
	for (size_t i = 0; i < text.n;) {
		struct prio_bytes rest = {text.p + i, text.n - i};
		uint32_t code_point = 0;
		size_t n = utf8_sequence(rest, &code_point);
		bool plain = n > 0 && !is_unsafe(code_point);
		size_t bytes = n > 0 ? n : 1;
		size_t need = plain ? bytes : 4 * bytes;

		/* Room for "..." and NUL is kept until the last piece is known to fit. */
		if (at + need + (i + bytes < text.n ? 4 : 1) > out_bytes) {
			for (size_t dots = 0; dots < 3 && at + 1 < out_bytes; dots++)
				out[at++] = '.';
			break;
		}
		for (size_t j = 0; j < bytes; j++) {
			uint8_t byte = text.p[i + j];

			if (plain) {
				out[at++] = (char)byte;
				continue;
			}
			out[at++] = '\\';
			out[at++] = 'x';
			out[at++] = digits[byte >> 4];
			out[at++] = digits[byte & 15];
		}
		i += bytes;
	}
	out[at] = '\0';
	return out;
}
