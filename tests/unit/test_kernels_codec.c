/* Reading and writing many elements: every version against the portable one, which test_codec.c holds against a table
 * of all forms.
 */
#include "tests/unit/kernels.h"

#include "prio1/codec/kernels.h"

enum {
	ROOM = 64 * 1024,
	N_MAX = 3000,
	UNTOUCHED = 0x5a,
};

/* How an element is written, by how often out of 256. Those that are no element stand last. */
enum form { USUAL, SHORTEST, PADDED, LONG_HEADER, TOO_LARGE, NOTHING, NO_STR, FORMS };

struct mixture {
	const char *what;
	uint8_t odds[FORMS]; /* of 256; USUAL gets the rest */
};

static const struct mixture mixtures[] = {
	{"usual alone", {0}},
	{"as written", {[SHORTEST] = 255}},
	{"now and then shorter", {[SHORTEST] = 8}},
	{"all good forms", {[SHORTEST] = 40, [PADDED] = 20, [LONG_HEADER] = 20}},
	{"one that is no element", {[SHORTEST] = 8, [TOO_LARGE] = 1}},
	{"many that are no elements", {[SHORTEST] = 30, [PADDED] = 3, [TOO_LARGE] = 20, [NOTHING] = 4}},
	{"a break", {[SHORTEST] = 8, [TOO_LARGE] = 1, [NO_STR] = 1}},
};

static enum form form_of(const struct mixture *mixture, uint64_t *state)
{
	unsigned roll = (unsigned)(next_number(state) % 256);

	for (enum form form = SHORTEST; form < FORMS; form++) {
		if (roll < mixture->odds[form])
			return form;
		roll -= mixture->odds[form];
	}
	return USUAL;
}

static void write_one(struct codec_writer *writer, enum form form, uint64_t *state)
{
	static const u128 outside[] = {FIELD_P, FIELD_P + 1, ((u128)1 << 87) + ((u128)1 << 48), ((u128)1 << 88) - 1};
	uint8_t bytes[32] = {0};
	u128 x = any_element(state);
	size_t n_zeros = 1 + next_number(state) % 8;

	if (form == TOO_LARGE)
		x = outside[next_number(state) % COUNT_OF(outside)];
	if (form == SHORTEST && next_number(state) % 2 == 0)
		x >>= next_number(state) % 88; /* any length */
	switch (form) {
	case SHORTEST:
		codec_write_field(writer, x);
		break;
	case NOTHING:
		codec_write_str(writer, (struct prio_bytes){bytes, 0});
		break;
	case NO_STR:
		codec_write_small(writer, 1);
		break;
	default:
		field_to_bytes(bytes + n_zeros, x);
		if (form == PADDED)
			codec_write_str(writer, (struct prio_bytes){bytes, n_zeros + FIELD_BYTES});
		else if (form == LONG_HEADER) /* str8 */
			for (uint8_t i = 0; i < 2 + FIELD_BYTES; i++)
				codec_write_small(writer, i == 0   ? 0xd9
							  : i == 1 ? FIELD_BYTES
								   : bytes[n_zeros + i - 2U]);
		else
			codec_write_str(writer, (struct prio_bytes){bytes + n_zeros, FIELD_BYTES});
	}
}

/* Read n elements of text both ways; same verdict, and after a good one the same elements and the same place. */
static void compare(const struct mixture *mixture, enum cpu_table table, struct prio_bytes text, size_t n,
		    struct field_vector *got, struct field_vector *want)
{
	struct codec_reader reader = codec_reader_of(text), portable = codec_reader_of(text);

	memset(got->lo + n + FIELD_VECTOR_SLACK, UNTOUCHED, 8);
	memset(got->hi + n + FIELD_VECTOR_SLACK, UNTOUCHED, 8);
	enum prio_status want_status = codec_read_fields_by(codec_read_portable, &portable, want, n);
	enum prio_status status = codec_read_fields_by(codec_kernels_of(table)->read, &reader, got, n);

	if (status != want_status)
		fail_msg("%s, %s, n = %zu: %s instead of %s", mixture->what, cpu_table_name(table), n,
			 prio_status_word(status), prio_status_word(want_status));
	for (size_t k = 0; k < 8; k++) {
		assert_int_equal(((uint8_t *)(got->lo + n + FIELD_VECTOR_SLACK))[k], UNTOUCHED);
		assert_int_equal(((uint8_t *)(got->hi + n + FIELD_VECTOR_SLACK))[k], UNTOUCHED);
	}
	if (status != PRIO_OK)
		return;
	assert_ptr_equal(reader.p, portable.p);
	assert_int_equal(reader.n, portable.n);
	for (size_t i = 0; i < n; i++)
		if (got->lo[i] != want->lo[i] || got->hi[i] != want->hi[i])
			fail_msg("%s, %s, n = %zu: element %zu", mixture->what, cpu_table_name(table), n, i);
}

/* Texts of every length that end at a guard page; read whole, in part, and beyond their end. */
static void reads_like_portable(void **unused)
{
	struct guarded memory = guarded_new(ROOM);
	uint8_t *made = malloc(ROOM);
	struct field_vector got, want;
	uint64_t state = 21;

	(void)unused;
	assert_non_null(made);
	ASSERT_OK(field_vector_init(&got, N_MAX + 16));
	ASSERT_OK(field_vector_init(&want, N_MAX + 16));
	for (size_t m = 0; m < COUNT_OF(mixtures); m++) {
		for (size_t n = 0; n <= N_MAX; n = n < 200 ? n + 1 : n + 700) {
			struct codec_writer writer = codec_writer_of((struct prio_mut){made, ROOM});

			for (size_t i = 0; i < n; i++)
				write_one(&writer, form_of(&mixtures[m], &state), &state);
			assert_false(writer.overflow);
			uint8_t *text = memory.end - writer.n;
			memcpy(text, made, writer.n);
			for (enum cpu_table table = CPU_PORTABLE; table <= cpu_best(); table++) {
				size_t n_cut = writer.n == 0 ? 0 : next_number(&state) % writer.n;

				compare(&mixtures[m], table, (struct prio_bytes){text, writer.n}, n, &got, &want);
				compare(&mixtures[m], table, (struct prio_bytes){text, writer.n}, n / 2, &got, &want);
				compare(&mixtures[m], table, (struct prio_bytes){text, writer.n}, n + 8, &got, &want);
				compare(&mixtures[m], table, (struct prio_bytes){text + writer.n - n_cut, n_cut}, n,
					&got, &want);
			}
		}
	}
	field_vector_clear(&got, N_MAX + 16);
	field_vector_clear(&want, N_MAX + 16);
	free(made);
	guarded_free(&memory);
}

/* One element that is not of the field, at each place of a step, and each header there. */
static void finds_the_one_that_is_outside(void **unused)
{
	enum { N = 40 };
	uint8_t text[N * CODEC_FIELD_BYTES_MAX];
	struct field_vector got, want;
	const struct mixture mixture = {"one place", {0}};

	(void)unused;
	ASSERT_OK(field_vector_init(&got, N + 1));
	ASSERT_OK(field_vector_init(&want, N + 1));
	for (enum cpu_table table = CPU_PORTABLE; table <= cpu_best(); table++) {
		for (size_t place = 0; place < N; place++) {
			struct codec_writer writer = codec_writer_of((struct prio_mut){text, sizeof text});
			uint8_t *one = text + place * CODEC_FIELD_BYTES_MAX;

			for (size_t i = 0; i < N; i++)
				codec_write_field(&writer, FIELD_P - 1 - i);
			struct codec_reader reader = {text, sizeof text};
			ASSERT_OK(codec_read_fields_by(codec_kernels_of(table)->read, &reader, &got, N));
			field_to_bytes(one + 1, FIELD_P);
			reader = (struct codec_reader){text, sizeof text};
			ASSERT_STATUS("p", codec_read_fields_by(codec_kernels_of(table)->read, &reader, &got, N),
				      PRIO_REFUSED_NOT_IN_FIELD);
			for (unsigned header = 0; header < 256; header++) {
				*one = (uint8_t)header;
				compare(&mixture, table, (struct prio_bytes){text, sizeof text}, N, &got, &want);
			}
		}
	}
	field_vector_clear(&got, N + 1);
	field_vector_clear(&want, N + 1);
}

/* x - y of elements whose differences have all lengths, at places that are not aligned, into room that ends at a guard
 * page: every version against one element after another. */
static void writes_like_portable(void **unused)
{
	struct guarded memory = guarded_new(N_MAX * CODEC_FIELD_BYTES_MAX);
	uint8_t *want = malloc(N_MAX * CODEC_FIELD_BYTES_MAX);
	struct field_vector x, y;
	uint64_t state = 22;

	(void)unused;
	assert_non_null(want);
	ASSERT_OK(field_vector_init(&x, N_MAX + 1));
	ASSERT_OK(field_vector_init(&y, N_MAX + 1));
	for (unsigned short_ones = 0; short_ones < 4; short_ones++) { /* none, then one in 256, 16, 1 */
		for (size_t n = 0; n <= N_MAX; n = n < 200 ? n + 1 : n + 700) {
			struct codec_writer writer =
				codec_writer_of((struct prio_mut){want, n * CODEC_FIELD_BYTES_MAX});
			const struct field_vector x_part = field_vector_from(&x, n % 2);
			struct field_vector x_set = x_part;

			for (size_t i = 0; i < n; i++) {
				u128 difference = any_element(&state), less = any_element(&state);

				if (short_ones > 0 && next_number(&state) % (256 >> (4 * (short_ones - 1))) == 0)
					difference >>= next_number(&state) % 88;
				field_vector_set(&y, i, less);
				field_vector_set(&x_set, i, field_add(difference, less));
				codec_write_field(&writer, difference);
			}
			assert_false(writer.overflow);
			for (enum cpu_table table = CPU_PORTABLE; table <= cpu_best(); table++) {
				uint8_t *room = memory.end - n * CODEC_FIELD_BYTES_MAX;

				memset(room, UNTOUCHED, n * CODEC_FIELD_BYTES_MAX);
				assert_int_equal(codec_kernels_of(table)->write(room, &x_part, &y, n), writer.n);
				if (n > 0)
					assert_memory_equal(room, want, writer.n);
			}
		}
	}

	/* The writer itself: behind what is there, and never beyond the room. */
	struct codec_writer writer = codec_writer_of((struct prio_mut){want, 1 + 9 * CODEC_FIELD_BYTES_MAX});
	codec_write_small(&writer, 1);
	codec_write_differences(&writer, &x, &y, 9);
	assert_false(writer.overflow);
	writer.n = 2;
	codec_write_differences(&writer, &x, &y, 9);
	assert_true(writer.overflow);
	assert_int_equal(writer.n, 2);

	field_vector_clear(&x, N_MAX + 1);
	field_vector_clear(&y, N_MAX + 1);
	free(want);
	guarded_free(&memory);
}

static size_t wrong_order(struct codec_reader *reader, struct field_vector *out, size_t n, bool *in_field)
{
	size_t got = codec_read_portable(reader, out, n, in_field);

	if (got > 8)
		out->lo[7] ^= 1;
	return got;
}

static size_t takes_all(struct codec_reader *reader, struct field_vector *out, size_t n, bool *in_field)
{
	bool ignored = true;

	(void)in_field;
	return codec_read_portable(reader, out, n, &ignored);
}

static size_t ignores_less(uint8_t *out, const struct field_vector *x, const struct field_vector *y, size_t n)
{
	(void)y;
	return codec_write_portable(out, x, x, n);
}

static void self_test_tells_right_from_wrong(void **unused)
{
	const struct codec_kernels bad_order = {wrong_order, codec_write_portable};
	const struct codec_kernels bad_limit = {takes_all, codec_write_portable};
	const struct codec_kernels bad_writer = {codec_read_portable, ignores_less};

	(void)unused;
	for (enum cpu_table table = CPU_PORTABLE; table <= cpu_best(); table++)
		assert_true(codec_module.self_test(codec_kernels_of(table)));
	assert_false(codec_module.self_test(&bad_order));
	assert_false(codec_module.self_test(&bad_limit));
	assert_false(codec_module.self_test(&bad_writer));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(reads_like_portable),
		cmocka_unit_test(writes_like_portable),
		cmocka_unit_test(finds_the_one_that_is_outside),
		cmocka_unit_test(self_test_tells_right_from_wrong),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
