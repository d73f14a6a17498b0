#include <stdlib.h>
#include <string.h>

#include "cli/internal.h"

enum { WORD_MAX = 40 };

static size_t smaller(size_t a, size_t b)
{
	return a < b ? a : b;
}

/* Edits (insert, delete, replace, swap two neighbours) that make a of b, by the usual table, three rows of it at a time. */
static size_t distance(const char *a, const char *b)
{
	size_t n_a = strlen(a);
	size_t n_b = strlen(b);
	size_t rows[3][WORD_MAX + 1];

	if (n_a > WORD_MAX || n_b > WORD_MAX)
		return SIZE_MAX;
	for (size_t j = 0; j <= n_b; j++)
		rows[0][j] = j;
	for (size_t i = 1; i <= n_a; i++) {
		size_t *row = rows[i % 3];
		const size_t *above = rows[(i + 2) % 3];
		const size_t *two_above = rows[(i + 1) % 3];

		row[0] = i;
		for (size_t j = 1; j <= n_b; j++) {
			row[j] = above[j - 1] + (a[i - 1] != b[j - 1]);
			row[j] = smaller(row[j], smaller(above[j], row[j - 1]) + 1);
			if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1])
				row[j] = smaller(row[j], two_above[j - 2] + 1);
		}
	}
	return rows[n_a % 3][n_b];
}

const char *suggest(const char *word, const char *const *names, size_t n_names)
{
	const char *best = NULL;
	size_t n = strlen(word);
	size_t best_distance = smaller(n / 3 + 1, 3) + 1; /* what is farther away is no slip */

	for (size_t i = 0; i < n_names; i++) {
		size_t edits = distance(word, names[i]);

		/* A beginning of three letters or more is as good as one slip. */
		if (n >= 3 && strncmp(word, names[i], n) == 0)
			edits = 1;
		if (edits < best_distance) {
			best = names[i];
			best_distance = edits;
		}
	}
	return best;
}
