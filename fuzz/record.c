/* record: one line to one record. The fast path against the slow one, by a member more, which only the slow one takes;
 * both against jansson; and what is written like the record reads as the record.
 *
 * Input: is an id needed (1), then the line. */
#include "fuzz/harness/fuzz.h"

#include <jansson.h>

#include "base/utf8.h"
#include "record/base64.h"
#include "record/ndjson.h"

static const struct prio_bytes new_payload = {(const uint8_t *)"new payload", 11};
static struct record_scratch *scratches[2];

static void check_same(const struct record *a, const struct record *b)
{
	FUZZ_CHECK(a->has_id == b->has_id && a->id_is_number == b->id_is_number);
	FUZZ_CHECK(fuzz_same(a->id, b->id));
	FUZZ_CHECK(fuzz_same(prio_bytes_of(a->payload), prio_bytes_of(b->payload)));
}

/* ---- Against jansson ---- */

static bool is_number_of(const json_t *value, struct prio_bytes id)
{
	char text[32];

	snprintf(text, sizeof text, "%lld", (long long)json_integer_value(value));
	return json_is_integer(value) && fuzz_same(id, fuzz_text(text));
}

static struct prio_bytes string_of(const json_t *value)
{
	return (struct prio_bytes){(const uint8_t *)json_string_value(value), json_string_length(value)};
}

/* What the line says, and what the verdict must be for it. */
static void check_tree(const json_t *tree, const struct record *record, enum prio_status status, bool need_id)
{
	const json_t *id = json_object_get(tree, "id"), *payload = json_object_get(tree, "payload");

	if (id == NULL || json_is_null(id))
		FUZZ_CHECK(!record->has_id && (!need_id || status == PRIO_REFUSED_NO_ID));
	else if (json_is_string(id) && json_string_length(id) <= RECORD_ID_BYTES_MAX)
		FUZZ_CHECK(record->has_id && !record->id_is_number && fuzz_same(record->id, string_of(id)));
	else if (json_is_integer(id))
		FUZZ_CHECK(record->has_id && record->id_is_number && is_number_of(id, record->id));
	else
		FUZZ_CHECK(!record->has_id && status == PRIO_REFUSED_BAD_ID);
	if (status == PRIO_REFUSED_NO_ID || status == PRIO_REFUSED_BAD_ID)
		return;
	FUZZ_CHECK(status == (json_is_string(payload) ? PRIO_OK : PRIO_REFUSED_NO_PAYLOAD));
	if (status == PRIO_OK)
		FUZZ_CHECK(fuzz_same(prio_bytes_of(record->payload), string_of(payload)));
}

/* Where jansson takes the line as it is, there is no way around what it says. It refuses integers beyond 64 bits and
 * numbers beyond doubles, of which records may have any but the latter; and takes deep nesting and escaped NULs, which
 * records may not have. */
static void check_against_jansson(struct prio_bytes line, const struct record *record, enum prio_status status,
				  bool need_id)
{
	json_error_t error;
	json_t *tree = json_loadb((const char *)line.p, line.n, 0, &error);

	if (json_is_object(tree) && status != PRIO_REFUSED_NOT_JSON)
		check_tree(tree, record, status, need_id);
	if (json_is_object(tree) && status == PRIO_REFUSED_NOT_JSON) {
		size_t depth = 0;

		for (size_t i = 0; i < line.n; i++)
			depth += line.p[i] == '{' || line.p[i] == '[';
		FUZZ_CHECK(depth > 64 || memmem(line.p, line.n, "\\u0000", 6) != NULL);
	}
	if (tree != NULL && !json_is_object(tree))
		FUZZ_CHECK(status == PRIO_REFUSED_NOT_JSON);
	if (tree == NULL && json_error_code(&error) != json_error_numeric_overflow)
		FUZZ_CHECK(status == PRIO_REFUSED_NOT_JSON);
	json_decref(tree);
}

/* ---- The fast path against the slow one ---- */

static void check_fast(struct prio_bytes line, const struct record *record)
{
	static const char more[] = ", \"more\": 1}";
	struct line_buffer like[2] = {{0}, {0}};
	struct line_buffer longer = {0};
	struct record slow;
	size_t n = line.n;

	while (n > 0 && line.p[n - 1] != '}')
		n--;
	FUZZ_CHECK(n > 0);
	FUZZ_OK(line_append(&longer, line.p, n - 1));
	FUZZ_OK(line_append(&longer, more, sizeof more - 1));
	FUZZ_OK(record_parse(&slow, (struct prio_mut){longer.p, longer.n}, true, scratches[1]));
	FUZZ_CHECK(slow.parsed_slowly && slow.has_other_members && !record->has_other_members);
	check_same(record, &slow);

	FUZZ_OK(record_write_like(&like[0], record, scratches[0], new_payload));
	FUZZ_OK(record_write_like(&like[1], &slow, scratches[1], new_payload));
	FUZZ_CHECK(like[0].n >= 2 && memcmp(like[0].p + like[0].n - 2, "}\n", 2) == 0);
	FUZZ_CHECK(like[1].n == like[0].n - 2 + sizeof more && memcmp(like[0].p, like[1].p, like[0].n - 2) == 0);
	FUZZ_CHECK(memcmp(like[1].p + like[0].n - 2, more, sizeof more - 1) == 0);
	line_buffer_clear(&like[0]);
	line_buffer_clear(&like[1]);
	line_buffer_clear(&longer);
}

/* ---- Parsed and decoded at once ---- */

static void check_decode(struct prio_mut line, const struct record *record, enum prio_status status)
{
	size_t room = base64_decoded_max(line.n);
	struct prio_mut got = {malloc(room), room}, want = {malloc(room), room};
	struct prio_bytes before = prio_bytes_of(fuzz_copy(prio_bytes_of(line)));
	struct record decoded;

	FUZZ_CHECK(got.p != NULL && want.p != NULL);
	bool is_decoded = record_decode(&decoded, line, &got);
	FUZZ_CHECK(fuzz_same(prio_bytes_of(line), before));
	if (is_decoded) {
		FUZZ_CHECK(status == PRIO_OK && !record->parsed_slowly && !decoded.parsed_slowly && !decoded.has_other_members);
		check_same(record, &decoded);
		FUZZ_CHECK(decoded.payload.p == record->payload.p && decoded.id.p == record->id.p);
		FUZZ_OK(base64_decode(&want, prio_bytes_of(record->payload)));
		FUZZ_CHECK(fuzz_same(prio_bytes_of(got), prio_bytes_of(want)));
	}
	free((uint8_t *)(uintptr_t)before.p);
	free(want.p);
	free(got.p);
}

/* ---- Written and read again ---- */

static void check_like(const struct record *record)
{
	struct line_buffer first = {0}, second = {0}, third = {0};
	struct record again;

	FUZZ_OK(record_write_like(&first, record, scratches[0], new_payload));
	FUZZ_CHECK(first.n > 0 && memchr(first.p, '\n', first.n) == first.p + first.n - 1);
	FUZZ_OK(line_append(&second, first.p, first.n - 1));
	FUZZ_OK(record_parse(&again, (struct prio_mut){second.p, second.n}, record->has_id, scratches[1]));
	FUZZ_CHECK(again.has_id == record->has_id && again.id_is_number == record->id_is_number);
	FUZZ_CHECK(fuzz_same(again.id, record->id));
	FUZZ_CHECK(again.has_other_members == record->has_other_members);
	FUZZ_CHECK(fuzz_same(prio_bytes_of(again.payload), fuzz_text("bmV3IHBheWxvYWQ=")));
	FUZZ_OK(record_write_like(&third, &again, scratches[1], new_payload));
	FUZZ_CHECK(third.n == first.n && memcmp(third.p, first.p, first.n) == 0);
	line_buffer_clear(&first);
	line_buffer_clear(&second);
	line_buffer_clear(&third);
}

static void check_write(const struct record *record, enum record_style style)
{
	struct line_buffer line = {0};
	struct record again;

	FUZZ_OK(record_write(&line, style, record->id, record->id_is_number, new_payload));
	FUZZ_CHECK(memchr(line.p, '\n', line.n) == line.p + line.n - 1);
	FUZZ_OK(record_parse(&again, (struct prio_mut){line.p, line.n - 1}, record->has_id, scratches[1]));
	FUZZ_CHECK(again.has_id == record->has_id && again.id_is_number == record->id_is_number);
	FUZZ_CHECK(fuzz_same(again.id, record->id) && !again.has_other_members);
	line_buffer_clear(&line);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	struct prio_bytes in = {data, n};
	bool need_id = fuzz_byte(&in) & 1;
	struct prio_mut line = fuzz_copy(in);
	struct record record;

	for (int i = 0; i < 2 && scratches[i] == NULL; i++)
		FUZZ_OK(record_scratch_new(&scratches[i]));
	enum prio_status status = record_parse(&record, line, need_id, scratches[0]);
	FUZZ_CHECK(status == PRIO_OK || status == PRIO_REFUSED_NOT_JSON || status == PRIO_REFUSED_NO_ID ||
		   status == PRIO_REFUSED_BAD_ID || status == PRIO_REFUSED_NO_PAYLOAD);
	FUZZ_CHECK(fuzz_same(prio_bytes_of(line), in)); /* reading writes nothing */
	FUZZ_CHECK(record.id.n <= RECORD_ID_BYTES_MAX && (record.id.n == 0 || utf8_is_valid(record.id)));
	check_against_jansson(in, &record, status, need_id);
	check_decode(line, &record, status);
	if (status == PRIO_OK) {
		if (!record.parsed_slowly)
			check_fast(in, &record);
		check_write(&record, RECORD_SPACED);
		check_write(&record, RECORD_COMPACT);
		check_like(&record);
		memset(record.payload.p, 0, record.payload.n); /* it may be decoded in place */
	}
	free(line.p);
	return 0;
}
