/* differences: every vector whose answer here is not the reference's, and why. Whatever is not in this table must be
 * equal.
 *
 * The reasons are those of FORMAT.md and SECURITY.md; a row that no vector calls for is a failed test too. */
#ifndef TESTS_VECTORS_DIFFERENCES_H
#define TESTS_VECTORS_DIFFERENCES_H

#include "tests/vectors/vectors.h"

static const struct {
	const char *file;
	const char *name;
	const char *why;
} vectors_differences[] = {
#define NO_TRUNCATION "a server's number is compared whole, not cut to 32 bits"
	{"malformed.json", "A/id_2^32_plus_id", NO_TRUNCATION},
	{"malformed.json", "B/id_2^32_plus_id", NO_TRUNCATION},
	{"malformed.json", "A/id_2^63_plus_id", NO_TRUNCATION},
	{"malformed.json", "B/id_2^63_plus_id", NO_TRUNCATION},
	{"packets.json", "total_share/idx_2^32", NO_TRUNCATION},
	{"packets.json", "total_share/idx_2^32_plus_1", NO_TRUNCATION},
#undef NO_TRUNCATION
#define KEY_MISMATCH "a private key that does not belong to the public key given with it is refused at start-up"
	{"keys.json", "private/public key of another pair", KEY_MISMATCH},
	{"keys.json", "private/all-zero public key", KEY_MISMATCH},
	{"keys.json", "private/all-zero private key", KEY_MISMATCH},
	{"keys.json", "private_key_imported_with_wrong_public_half", KEY_MISMATCH},
#undef KEY_MISMATCH
#define NO_FIELDS "a batch without fields is a mistake in the configuration"
	{"limits.json", "config/0", NO_FIELDS},
	{"limits.json", "n_data_zero_batch", NO_FIELDS},
	{"n_mismatch.json", "client 1, server 0", NO_FIELDS},
#undef NO_FIELDS
	{"prg.json", "batch_id_with_nul/6162006364", "a batch id is bytes, not text that ends at a NUL"},
	{"packets.json", "final/swapped", "both totals are given in either order; each says whose it is"},
	{"packets.json", "merge/other_public_key",
	 "a total knows its server and batch, and no keys: the case cannot be made"},
};

static bool vectors_difference_met[VECTORS_COUNT(vectors_differences)];

/* Is the answer to this case allowed, and then required, to be another one? */
__attribute__((format(printf, 2, 3))) static inline bool vectors_differs(const char *file, const char *format, ...)
{
	char name[128];
	va_list arguments;

	va_start(arguments, format);
	vsnprintf(name, sizeof name, format, arguments);
	va_end(arguments);
	for (size_t i = 0; i < VECTORS_COUNT(vectors_differences); i++)
		if (strcmp(vectors_differences[i].file, file) == 0 && strcmp(vectors_differences[i].name, name) == 0)
			return vectors_difference_met[i] = true;
	return false;
}

static inline void vectors_all_differences_met(const char *file)
{
	for (size_t i = 0; i < VECTORS_COUNT(vectors_differences); i++)
		if (strcmp(vectors_differences[i].file, file) == 0 && !vectors_difference_met[i])
			VECTORS_FAIL("%s: no vector is named %s", file, vectors_differences[i].name);
}

#endif
