/* Decoding base64 and finding where a plain string ends: every version against the portable one, which test_base64.c
 * holds against the alphabet, or against the definition. */
#include "tests/unit/kernels.h"

#include "record/base64.h"
#include "record/kernels.h"

enum { N_MAX = 1500, MISSED_MAX = 128 };

static const char alphabet[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

static void fill(uint8_t *text, size_t n, uint64_t *state)
{
	for (size_t i = 0; i < n; i++)
		text[i] = (uint8_t)alphabet[next_number(state) % 64];
}

/* Text and output end at guard pages; the output has the room that is asked for and not a byte more. */
static void check(enum cpu_table table, const uint8_t *text, size_t n, const struct guarded *out_memory, bool in_place)
{
	uint8_t want[N_MAX], copy[N_MAX];
	size_t n_out = n / 4 * 3, n_want = base64_decode_portable(want, (struct prio_bytes){text, n});
	uint8_t *out = in_place ? copy : out_memory->end - n_out;
	size_t got;

	memcpy(copy, text, n);
	got = record_kernels_of(table)->base64_decode(out, (struct prio_bytes){in_place ? copy : text, n});
	if (got > n_want || got % 4 != 0 || n_want - got > MISSED_MAX || memcmp(out, want, got / 4 * 3) != 0)
		fail_msg("%s: %zu characters: %zu taken instead of %zu, or other bytes", cpu_table_name(table), n, got,
			 n_want);
	if (in_place)
		assert_memory_equal(copy + got, text + got, n - got); /* what it left is there for the careful reader */
}

static void decodes_like_portable(void **unused)
{
	struct guarded text_memory = guarded_new(N_MAX), out_memory = guarded_new(N_MAX);
	uint64_t state = 41;

	(void)unused;
	for (size_t n = 0; n <= N_MAX; n++) {
		uint8_t *text = text_memory.end - n;

		fill(text, n, &state);
		for (enum cpu_table table = CPU_PORTABLE; table <= cpu_best(); table++) {
			check(table, text, n, &out_memory, false);
			check(table, text, n, &out_memory, true);
		}
	}
	guarded_free(&text_memory);
	guarded_free(&out_memory);
}

/* Each of the 256 characters at each place of a text that is longer than the largest step and what must follow it. */
static void stops_at_what_is_not_of_the_alphabet(void **unused)
{
	enum { N = 600 };
	struct guarded text_memory = guarded_new(N), out_memory = guarded_new(N);
	uint8_t *text = text_memory.end - N;
	uint64_t state = 42;

	(void)unused;
	fill(text, N, &state);
	for (size_t place = 0; place < N; place++) {
		uint8_t kept = text[place];

		for (unsigned c = 0; c < 256; c++) {
			text[place] = (uint8_t)c;
			for (enum cpu_table table = CPU_AVX2; table <= cpu_best(); table++)
				check(table, text, N, &out_memory, c % 2 == 0);
		}
		text[place] = kept;
	}
	guarded_free(&text_memory);
	guarded_free(&out_memory);
}

/* The whole decoder, with white space and padding, under the table that runs. */
static void the_rest_is_read_with_care(void **unused)
{
	uint8_t bytes[1000], text[2 * 1400], back[2 * 1400];
	uint64_t state = 43;

	(void)unused;
	for (size_t n = 0; n <= sizeof bytes; n += 7) {
		struct prio_mut out = {back, sizeof back};
		size_t n_text = base64_encoded_bytes(n);

		for (size_t i = 0; i < n; i++)
			bytes[i] = (uint8_t)next_number(&state);
		base64_encode(text, (struct prio_bytes){bytes, n});
		size_t place = n_text == 0 ? 0 : next_number(&state) % n_text;
		memmove(text + place + 1, text + place, n_text - place);
		text[place] = '\n';
		ASSERT_OK(base64_decode(&out, (struct prio_bytes){text, n_text + 1}));
		assert_int_equal(out.n, n);
		assert_memory_equal(back, bytes, n);
		out = (struct prio_mut){text, sizeof text};
		ASSERT_OK(base64_decode(&out, (struct prio_bytes){text, n_text + 1}));
		assert_int_equal(out.n, n);
		assert_memory_equal(text, bytes, n);
	}
}

/* Every length up to a guard page, each of the 256 bytes at each place. */
static void plain_strings_end_where_they_should(void **unused)
{
	enum { N = 200 };
	struct guarded memory = guarded_new(N);
	uint64_t state = 44;

	(void)unused;
	for (size_t n = 0; n <= N; n++) {
		uint8_t *text = memory.end - n;

		fill(text, n, &state);
		for (enum cpu_table table = CPU_PORTABLE; table <= cpu_best(); table++)
			assert_int_equal(record_kernels_of(table)->plain_length(text, n), n);
		for (size_t place = 0; place < n; place++) {
			uint8_t kept = text[place];

			for (unsigned c = 0; c < 256; c++) {
				bool ends = c < ' ' || c > '~' || c == '"' || c == '\\';

				text[place] = (uint8_t)c;
				for (enum cpu_table table = CPU_PORTABLE; table <= cpu_best(); table++)
					if (record_kernels_of(table)->plain_length(text, n) != (ends ? place : n))
						fail_msg("%s: byte %u at %zu of %zu", cpu_table_name(table), c, place,
							 n);
			}
			text[place] = kept;
		}
	}
	guarded_free(&memory);
}

static size_t takes_quotes(const uint8_t *p, size_t n)
{
	size_t at = plain_length_portable(p, n);

	while (at < n && p[at] == '"')
		at += 1 + plain_length_portable(p + at + 1, n - at - 1);
	return at;
}

static size_t takes_dashes(uint8_t *out, struct prio_bytes text)
{
	uint8_t copy[600];

	for (size_t i = 0; i < text.n; i++)
		copy[i] = text.p[i] == '-' ? (uint8_t)'+' : text.p[i];
	return base64_decode_portable(out, (struct prio_bytes){copy, text.n});
}

static void self_test_tells_right_from_wrong(void **unused)
{
	const struct record_kernels bad = {takes_dashes, plain_length_portable};
	const struct record_kernels bad_end = {base64_decode_portable, takes_quotes};

	(void)unused;
	for (enum cpu_table table = CPU_PORTABLE; table <= cpu_best(); table++)
		assert_true(record_module.self_test(record_kernels_of(table)));
	assert_false(record_module.self_test(&bad));
	assert_false(record_module.self_test(&bad_end));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(decodes_like_portable),
		cmocka_unit_test(stops_at_what_is_not_of_the_alphabet),
		cmocka_unit_test(plain_strings_end_where_they_should),
		cmocka_unit_test(the_rest_is_read_with_care),
		cmocka_unit_test(self_test_tells_right_from_wrong),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
