/* vectors: reading tests/vectors/data, so that a missing member is a failed test and an unread one too.
 *
 * A test program includes this once. What is handed out lives until vectors_release, the tests' teardown. Where a check
 * fails, the words of the last vectors_at stand before the reason. */
#ifndef TESTS_VECTORS_VECTORS_H
#define TESTS_VECTORS_VECTORS_H

#include <inttypes.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#include <jansson.h>

#include "prio/status.h"
#include "prio1/field/field.h"
#include "record/base64.h"

#define VECTORS_COUNT(array) (sizeof(array) / sizeof((array)[0]))

struct vectors_block {
	struct vectors_block *next;
	max_align_t data[];
};

static struct vectors_block *vectors_blocks;
static json_t *vectors_json; /* the file that is open */
static json_t *vectors_read; /* an object whose keys are the members that were read, as "address/name" */
static char vectors_place[256];

#define VECTORS_FAIL(...)                                                                                              \
	do {                                                                                                           \
		print_error("at %s:\n", vectors_place);                                                                \
		fail_msg(__VA_ARGS__);                                                                                 \
	} while (0)
#define CHECK(condition)                                                                                               \
	do {                                                                                                           \
		if (!(condition))                                                                                      \
			VECTORS_FAIL("not so: %s", #condition);                                                        \
	} while (0)
#define CHECK_STATUS(got, want)                                                                                        \
	do {                                                                                                           \
		enum prio_status got_ = (got), want_ = (want);                                                         \
		if (got_ != want_)                                                                                     \
			VECTORS_FAIL("%s is %s, not %s", #got, prio_status_word(got_), prio_status_word(want_));       \
	} while (0)

__attribute__((format(printf, 1, 2))) static inline void vectors_at(const char *format, ...)
{
	va_list arguments;

	va_start(arguments, format);
	vsnprintf(vectors_place, sizeof vectors_place, format, arguments);
	va_end(arguments);
}

/* Zeroed memory. */
static inline void *vectors_hold(size_t n_bytes)
{
	struct vectors_block *block = calloc(1, sizeof *block + n_bytes + 1);

	assert_non_null(block);
	block->next = vectors_blocks;
	vectors_blocks = block;
	return block->data;
}

static inline int vectors_release(void **unused)
{
	(void)unused;
	while (vectors_blocks != NULL) {
		struct vectors_block *block = vectors_blocks;

		vectors_blocks = block->next;
		free(block);
	}
	json_decref(vectors_json);
	json_decref(vectors_read);
	vectors_json = vectors_read = NULL;
	return 0;
}

/* Open a file; one at a time. Integers are read as reals, because some do not fit 63 bits; all that are used are
 * exact. */
static inline json_t *vectors_open(const char *name)
{
	json_error_t error;
	char path[1024];

	vectors_at("%s", name);
	snprintf(path, sizeof path, "%s/tests/vectors/data/%s", SOURCE_DIR, name);
	json_decref(vectors_json);
	json_decref(vectors_read);
	vectors_json = json_load_file(path, JSON_DECODE_INT_AS_REAL | JSON_ALLOW_NUL | JSON_REJECT_DUPLICATES, &error);
	vectors_read = json_object();
	if (vectors_json == NULL)
		VECTORS_FAIL("line %d: %s", error.line, error.text);
	return vectors_json;
}

static inline void vectors_key(char key[128], const json_t *object, const char *name)
{
	snprintf(key, 128, "%" PRIxPTR "/%s", (uintptr_t)object, name);
}

/* A member that may be absent; it counts as read. */
static inline json_t *vectors_try(const json_t *object, const char *name)
{
	char key[128];

	vectors_key(key, object, name);
	json_object_set_new(vectors_read, key, json_true());
	return json_object_get(object, name);
}

static inline json_t *vectors_get(const json_t *object, const char *name)
{
	json_t *value = vectors_try(object, name);

	if (value == NULL)
		VECTORS_FAIL("there is no member %s", name);
	return value;
}

/* Count a member and all that is in it as read: for what is out of a test's reach, which the test says. */
static inline void vectors_set_aside(json_t *object, const char *name)
{
	vectors_get(object, name);
	json_object_set_new(object, name, json_null());
}

/* Members that explain, or say again what another one says. */
static inline bool vectors_is_remark(const char *name)
{
	static const char *const remarks[] = {"header", "note", "notes", "description", "pattern", "id", "batch_id"};

	for (size_t i = 0; i < VECTORS_COUNT(remarks); i++)
		if (strcmp(name, remarks[i]) == 0)
			return true;
	return false;
}

static inline void vectors_find_unread(json_t *value, const char *path)
{
	char longer[512], key[128];
	const char *name;
	json_t *inner;
	size_t i;

	json_object_foreach(value, name, inner) {
		if (vectors_is_remark(name))
			continue;
		snprintf(longer, sizeof longer, "%s.%s", path, name);
		vectors_key(key, value, name);
		if (json_object_get(vectors_read, key) == NULL)
			VECTORS_FAIL("%s is checked by nothing", longer);
		vectors_find_unread(inner, longer);
	}
	json_array_foreach(value, i, inner) {
		snprintf(longer, sizeof longer, "%s[%zu]", path, i);
		vectors_find_unread(inner, longer);
	}
}

/* At a file's end: was every member of it read, remarks apart? */
static inline void vectors_all_read(const char *name)
{
	vectors_at("%s", name);
	vectors_find_unread(vectors_json, "");
}

/* Scalars. */
static inline double vectors_number_in(const json_t *value)
{
	CHECK(json_is_number(value));
	return json_number_value(value);
}

static inline int64_t vectors_number(const json_t *object, const char *name)
{
	return (int64_t)vectors_number_in(vectors_get(object, name));
}

static inline bool vectors_bool(const json_t *object, const char *name)
{
	json_t *value = vectors_get(object, name);

	CHECK(json_is_boolean(value));
	return json_is_true(value);
}

static inline const char *vectors_text_in(const json_t *value)
{
	CHECK(json_is_string(value));
	return json_string_value(value);
}

static inline const char *vectors_text(const json_t *object, const char *name)
{
	return vectors_text_in(vectors_get(object, name));
}

/* Bytes; every call makes a new copy that may be overwritten. */
static inline struct prio_mut vectors_base64_in(const json_t *value)
{
	const char *text = vectors_text_in(value);
	struct prio_mut out = {NULL, base64_decoded_max(strlen(text))};

	out.p = vectors_hold(out.n);
	CHECK_STATUS(base64_decode(&out, (struct prio_bytes){(const uint8_t *)text, strlen(text)}), PRIO_OK);
	return out;
}

static inline struct prio_mut vectors_base64(const json_t *object, const char *name)
{
	return vectors_base64_in(vectors_get(object, name));
}

static inline struct prio_mut vectors_copy(struct prio_bytes bytes)
{
	struct prio_mut copy = {vectors_hold(bytes.n), bytes.n};

	if (bytes.n > 0)
		memcpy(copy.p, bytes.p, bytes.n);
	return copy;
}

static inline unsigned vectors_digit(char c)
{
	CHECK((c >= '0' && c <= '9') || (c >= 'a' && c <= 'f'));
	return (unsigned)(c <= '9' ? c - '0' : c - 'a' + 10);
}

static inline struct prio_mut vectors_hex(const json_t *object, const char *name)
{
	const char *text = vectors_text(object, name);
	struct prio_mut out = {NULL, strlen(text) / 2};

	CHECK(strlen(text) % 2 == 0);
	out.p = vectors_hold(out.n);
	for (size_t i = 0; i < out.n; i++)
		out.p[i] = (uint8_t)(vectors_digit(text[2 * i]) << 4 | vectors_digit(text[2 * i + 1]));
	return out;
}

/* A hexadecimal number of any length up to 128 bits. */
static inline u128 vectors_element_in(const json_t *value)
{
	u128 x = 0;

	for (const char *text = vectors_text_in(value); *text != '\0'; text++)
		x = x << 4 | vectors_digit(*text);
	return x;
}

static inline u128 vectors_element(const json_t *object, const char *name)
{
	return vectors_element_in(vectors_get(object, name));
}

/* Comparisons. */
static inline void vectors_same_bytes(const char *what, struct prio_bytes got, struct prio_bytes want)
{
	if (got.n != want.n)
		VECTORS_FAIL("%s: %zu bytes, not %zu", what, got.n, want.n);
	for (size_t i = 0; i < got.n; i++)
		if (got.p[i] != want.p[i])
			VECTORS_FAIL("%s: byte %zu of %zu is %02x, not %02x", what, i, got.n, got.p[i], want.p[i]);
}

static inline void vectors_same_element(const char *what, u128 got, u128 want)
{
	if (got != want)
		VECTORS_FAIL("%s: %06" PRIx64 "%016" PRIx64 ", not %06" PRIx64 "%016" PRIx64, what,
			     (uint64_t)(got >> 64), (uint64_t)got, (uint64_t)(want >> 64), (uint64_t)want);
}

/* Servers' members are named a and b. */
static inline const char *vectors_server(size_t server)
{
	return server == 0 ? "a" : "b";
}

#endif
