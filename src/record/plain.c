#include <stdbool.h>

#include "record/kernels.h"

static inline bool is_plain(uint8_t c)
{
	return c >= ' ' && c <= '~' && c != '"' && c != '\\';
}

/* In blocks, which compilers make vector code of; then byte by byte up to the one that ends it. */
size_t plain_length_portable(const uint8_t *p, size_t n)
{
	enum { BLOCK_BYTES = 64 };
	size_t at = 0;

	for (; n - at >= BLOCK_BYTES; at += BLOCK_BYTES) {
		uint8_t odd = 0;

		for (size_t i = 0; i < BLOCK_BYTES; i++) {
			uint8_t c = p[at + i];

			odd = (uint8_t)(odd | ((uint8_t)(c - ' ') > '~' - ' ') | (c == '"') | (c == '\\'));
		}
		if (odd)
			break;
	}
	while (at < n && is_plain(p[at]))
		at++;
	return at;
}
