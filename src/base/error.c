#include "base/error.h"

#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include "base/utf8.h"

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
	char prefix[PRIO_ERROR_TEXT_BYTES - 2];
	va_list arguments;

	if (error == NULL)
		return;
	va_start(arguments, format);
	vsnprintf(prefix, sizeof prefix, format, arguments);
	va_end(arguments);
	size_t n = strlen(prefix);
	size_t kept = strlen(error->text);
	size_t room = sizeof error->text - 1 - n - 2;
	memmove(error->text + n + 2, error->text, kept < room ? kept : room);
	memcpy(error->text, prefix, n);
	memcpy(error->text + n, ": ", 2);
	error->text[n + 2 + (kept < room ? kept : room)] = '\0';
}

/* Characters that move the cursor, start an escape sequence, or make text read otherwise than it is written. */
static bool is_unsafe(uint32_t c)
{
	return c < 0x20 || (c >= 0x7f && c < 0xa0) || (c >= 0x200b && c <= 0x200f) || (c >= 0x2028 && c <= 0x202e) ||
	       (c >= 0x2060 && c <= 0x206f) || c == 0xfeff || (c >= 0xe0000 && c <= 0xe007f);
}

/* How many bytes of text are one piece (a character, or a byte that is none), and whether it stays as it is. */
static size_t next_piece(struct prio_bytes text, bool keep_backslash, bool *plain)
{
	uint32_t code_point = 0;
	size_t n = utf8_decode(&code_point, text);

	*plain = n > 0 && !is_unsafe(code_point) && (keep_backslash || code_point != '\\');
	return n > 0 ? n : 1;
}

static size_t escaped_bytes(struct prio_bytes text, bool keep_backslash)
{
	size_t sum = 0;
	bool plain;

	for (size_t i = 0, n; i < text.n; i += n) {
		n = next_piece((struct prio_bytes){text.p + i, text.n - i}, keep_backslash, &plain);
		sum += plain ? n : 4 * n;
	}
	return sum;
}

static const char *escape(char *out, size_t out_bytes, struct prio_bytes text, bool keep_backslash)
{
	static const char digits[] = "0123456789abcdef";
	size_t at = 0;
	bool plain;

	if (out_bytes == 0)
		return out;
	/* Where not all of it fits, room for the dots is kept. */
	size_t n_dots = escaped_bytes(text, keep_backslash) < out_bytes ? 0 : out_bytes > 3 ? 3 : out_bytes - 1;
	size_t room = out_bytes - 1 - n_dots;
	for (size_t i = 0, n; i < text.n; i += n) {
		n = next_piece((struct prio_bytes){text.p + i, text.n - i}, keep_backslash, &plain);
		if (at + (plain ? n : 4 * n) > room)
			break;
		for (size_t j = 0; j < n; j++) {
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
	}
	while (n_dots-- > 0)
		out[at++] = '.';
	out[at] = '\0';
	return out;
}

const char *escape_text(char *out, size_t out_bytes, struct prio_bytes text)
{
	return escape(out, out_bytes, text, false);
}

const char *escape_line(char *out, size_t out_bytes, const char *line)
{
	return escape(out, out_bytes, (struct prio_bytes){(const uint8_t *)line, strlen(line)}, true);
}
