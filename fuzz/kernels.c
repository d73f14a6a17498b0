/* kernels: every version of a kernel that this CPU can run gives what the portable one gives.
 *
 * Input: a byte that chooses the kernel, one that is a count or a place, then the text, elements or draws. */
#include "cpu/cpu.h"
#include "fuzz/harness/fuzz.h"
#include "prio1/codec/kernels.h"
#include "prio1/field/kernels.h"
#include "prio1/prg/kernels.h"
#include "record/base64.h"
#include "record/kernels.h"

enum { BASE64_MISSED_MAX = 128 };

static void check_base64(enum cpu_table table, struct prio_bytes text)
{
	size_t room = base64_decoded_max(text.n);
	uint8_t *want = malloc(room), *got = malloc(text.n / 4 * 3 + 1);
	struct prio_mut in_place = fuzz_copy(text);

	FUZZ_CHECK(want != NULL && got != NULL);
	size_t n_want = base64_decode_portable(want, text);
	size_t n = record_kernels_of(table)->base64_decode(got, text);
	FUZZ_CHECK(n % 4 == 0 && n <= n_want && n_want - n <= BASE64_MISSED_MAX && memcmp(got, want, n / 4 * 3) == 0);
	FUZZ_CHECK(record_kernels_of(table)->base64_decode(in_place.p, prio_bytes_of(in_place)) == n);
	FUZZ_CHECK(memcmp(in_place.p, want, n / 4 * 3) == 0);
	FUZZ_CHECK(text.n == n || memcmp(in_place.p + n, text.p + n, text.n - n) == 0);
	free(in_place.p);
	free(got);
	free(want);
}

static void check_plain(enum cpu_table table, struct prio_bytes text)
{
	FUZZ_CHECK(record_kernels_of(table)->plain_length(text.p, text.n) == plain_length_portable(text.p, text.n));
}

static void check_read(enum cpu_table table, struct prio_bytes text, size_t n)
{
	struct codec_reader portable = codec_reader_of(text), reader = portable;
	struct field_vector want, got;

	FUZZ_OK(field_vector_init(&want, n));
	FUZZ_OK(field_vector_init(&got, n));
	enum prio_status status = codec_read_fields_by(codec_read_portable, &portable, &want, n);
	FUZZ_CHECK(codec_read_fields_by(codec_kernels_of(table)->read, &reader, &got, n) == status);
	if (status == PRIO_OK) {
		FUZZ_CHECK(reader.p == portable.p && reader.n == portable.n);
		FUZZ_CHECK(memcmp(want.lo, got.lo, n * sizeof *got.lo) == 0);
		FUZZ_CHECK(memcmp(want.hi, got.hi, n * sizeof *got.hi) == 0);
	}
	field_vector_clear(&want, n);
	field_vector_clear(&got, n);
}

/* Draws of the generator, 8 at a time. */
static void check_take(enum cpu_table table, struct prio_bytes draws)
{
	enum { BYTES = PRG_TAKE_DRAWS * PRG_DRAW_BYTES };
	uint64_t planes[4][PRG_TAKE_DRAWS + 1];
	struct field_vector want = {planes[0], planes[1]}, got = {planes[2], planes[3]};

	for (; draws.n >= BYTES; draws.p += BYTES, draws.n -= BYTES) {
		size_t n = prg_take_portable(&want, draws.p);

		FUZZ_CHECK(prg_kernels_of(table)->take(&got, draws.p) == n);
		FUZZ_CHECK(memcmp(want.lo, got.lo, n * sizeof *got.lo) == 0);
		FUZZ_CHECK(memcmp(want.hi, got.hi, n * sizeof *got.hi) == 0);
	}
}

/* A key, a place in its stream, and n elements from there on: one after another they are the same as at once. */
static void check_expand(enum cpu_table table, struct prio_bytes in, size_t n)
{
	const struct prg_kernels *kernels = prg_kernels_of(table);
	uint8_t key[AES_CTR_KEY_BYTES], schedule[PRG_SCHEDULE_BYTES];
	uint64_t first = 0;
	struct field_vector all, one;

	if (kernels->schedule == NULL || n == 0)
		return;
	for (size_t i = 0; i < sizeof key; i++)
		key[i] = fuzz_byte(&in);
	for (size_t i = 0; i < 5; i++)
		first = first << 8 | fuzz_byte(&in);
	kernels->schedule(schedule, key);
	FUZZ_OK(field_vector_init(&all, n));
	FUZZ_OK(field_vector_init(&one, 1));
	uint64_t end = kernels->expand(schedule, first, &all, n);
	for (size_t i = 0; i < n; i++) {
		first = kernels->expand(schedule, first, &one, 1);
		FUZZ_CHECK(field_is_element(field_vector_get(&one, 0)));
		FUZZ_CHECK(field_vector_get(&one, 0) == field_vector_get(&all, i));
	}
	FUZZ_CHECK(first == end);
	field_vector_clear(&all, n);
	field_vector_clear(&one, 1);
}

/* Elements two by two from 22 bytes each; what is not below p is reduced. */
static void check_arithmetic(enum cpu_table table, struct prio_bytes in)
{
	size_t n = in.n / (2 * FIELD_BYTES);
	struct field_vector x, y, want;

	FUZZ_OK(field_vector_init(&x, n));
	FUZZ_OK(field_vector_init(&y, n));
	FUZZ_OK(field_vector_init(&want, n));
	for (size_t i = 0; i < n; i++) {
		u128 a, b;

		(void)field_from_bytes(&a, in.p + i * 2 * FIELD_BYTES);
		(void)field_from_bytes(&b, in.p + (i * 2 + 1) * FIELD_BYTES);
		field_vector_set(&x, i, field_reduce(a));
		field_vector_set(&y, i, field_reduce(b));
		field_vector_set(&want, i, field_reduce(b));
	}
	FUZZ_CHECK(field_kernels_of(table)->dot(&x, &y, n) == field_dot_portable(&x, &y, n));
	field_accumulate_portable(&want, &x, n);
	field_kernels_of(table)->accumulate(&y, &x, n);
	FUZZ_CHECK(memcmp(want.lo, y.lo, n * sizeof *y.lo) == 0);
	FUZZ_CHECK(memcmp(want.hi, y.hi, n * sizeof *y.hi) == 0);
	field_vector_clear(&x, n);
	field_vector_clear(&y, n);
	field_vector_clear(&want, n);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct prio_bytes in = {data, size};
	unsigned kernel = fuzz_byte(&in) % 6;
	size_t n = fuzz_byte(&in);
	struct prio_mut copy = fuzz_copy(in);
	struct prio_bytes text = prio_bytes_of(copy);

	for (enum cpu_table table = CPU_PORTABLE; table <= cpu_best(); table++) {
		switch (kernel) {
		case 0:
			check_base64(table, text);
			break;
		case 1:
			check_plain(table, text);
			break;
		case 2:
			check_read(table, text, n);
			break;
		case 3:
			check_take(table, text);
			break;
		case 4:
			check_expand(table, text, n);
			break;
		default:
			check_arithmetic(table, text);
		}
	}
	free(copy.p);
	return 0;
}
