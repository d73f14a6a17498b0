#include "prio1/codec/kernels.h"

#include <string.h>

static const struct codec_kernels portable = {.read = codec_read_portable, .write = codec_write_portable};
#ifndef PRIO_PORTABLE_ONLY
static const struct codec_kernels avx2 = {.read = codec_read_avx2, .write = codec_write_portable};
static const struct codec_kernels avx512 = {.read = codec_read_avx512, .write = codec_write_portable};
static const struct codec_kernels avx512ifma = {.read = codec_read_avx512ifma, .write = codec_write_avx512ifma};
#endif

/* Elements of the usual form are 12 bytes. One of them, in the middle of a step, is made a byte shorter. */
enum { TEST_ELEMENTS = 43, SHORT_ONE = 13, TEST_BYTES = TEST_ELEMENTS * CODEC_FIELD_BYTES_MAX };

/* Byte k of element i: any rule will do under which all bytes of an element, and those of its neighbours, differ. The
 * first is at most 0x7f, as it must be below 2^87. */
static uint8_t test_byte(size_t i, size_t k)
{
	return (uint8_t)(k == 0 ? i : 16 * i + k + 0x20);
}

static void write_test(struct codec_writer *writer)
{
	for (size_t i = 0; i < TEST_ELEMENTS; i++) {
		uint8_t bytes[FIELD_BYTES];

		for (size_t k = 0; k < FIELD_BYTES; k++)
			bytes[k] = test_byte(i, k);
		size_t n_cut = i == SHORT_ONE;
		codec_write_str(writer, (struct prio_bytes){bytes + n_cut, FIELD_BYTES - n_cut});
	}
}

static bool element_is_right(const struct field_vector *out, size_t i)
{
	u128 want = 0;

	for (size_t k = i == SHORT_ONE; k < FIELD_BYTES; k++)
		want = want << 8 | test_byte(i, k);
	return field_vector_get(out, i) == want && out->lo[i] <= FIELD_LO_MASK;
}

static bool reads_right(codec_read_kernel *read)
{
	uint8_t text[TEST_BYTES];
	uint64_t planes[2][TEST_ELEMENTS + FIELD_VECTOR_SLACK];
	struct field_vector out = {planes[0], planes[1]};
	struct codec_writer writer = codec_writer_of((struct prio_mut){text, sizeof text});
	bool in_field = true, good;
	size_t got;

	write_test(&writer);
	good = !writer.overflow && writer.n == TEST_BYTES - 1;

	/* Up to the short one or beyond it; then the rest. */
	struct codec_reader reader = {text, writer.n};
	got = read(&reader, &out, TEST_ELEMENTS, &in_field);
	good &= got == SHORT_ONE || got == TEST_ELEMENTS;
	if (got == SHORT_ONE) {
		u128 x = 0;
		struct field_vector rest = field_vector_from(&out, SHORT_ONE + 1);

		good &= codec_read_field(&reader, &x) == PRIO_OK;
		field_vector_set(&out, got, x);
		got += 1 + read(&reader, &rest, TEST_ELEMENTS - SHORT_ONE - 1, &in_field);
	}
	good &= got == TEST_ELEMENTS && reader.n == 0 && in_field;
	for (size_t i = 0; good && i < TEST_ELEMENTS; i++)
		good &= element_is_right(&out, i);

	/* Nothing at or above p passes, wherever it stands. */
	for (size_t i = 0; i < SHORT_ONE; i++) {
		uint8_t *first = text + i * CODEC_FIELD_BYTES_MAX + 1;
		const uint8_t kept = *first;

		reader = (struct codec_reader){text, writer.n};
		in_field = true;
		*first = 0x80;
		(void)read(&reader, &out, SHORT_ONE, &in_field);
		good &= !in_field;
		*first = kept;
	}
	return good;
}

/* What must come out are the test's elements; less ones that need a loan, and that stay below zero, go in. */
static bool writes_right(codec_write_kernel *write)
{
	uint8_t want[TEST_BYTES], text[TEST_BYTES];
	uint64_t planes[4][TEST_ELEMENTS];
	struct field_vector x = {planes[0], planes[1]}, y = {planes[2], planes[3]};
	struct codec_writer writer = codec_writer_of((struct prio_mut){want, sizeof want});

	for (size_t i = 0; i < TEST_ELEMENTS; i++) {
		u128 less = i % 3 == 0 ? i : FIELD_P - 1 - i, value = 0;

		for (size_t k = i == SHORT_ONE; k < FIELD_BYTES; k++)
			value = value << 8 | test_byte(i, k);
		field_vector_set(&y, i, less);
		field_vector_set(&x, i, field_add(value, less));
		codec_write_field(&writer, value);
	}
	return write(text, &x, &y, TEST_ELEMENTS) == writer.n && memcmp(text, want, writer.n) == 0;
}

static bool self_test(const void *table)
{
	const struct codec_kernels *kernels = table;

	return reads_right(kernels->read) && writes_right(kernels->write);
}

struct cpu_module codec_module = {
	.name = "codec",
	.tables =
		{
			[CPU_PORTABLE] = &portable,
#ifndef PRIO_PORTABLE_ONLY
			[CPU_AVX2] = &avx2,
			[CPU_AVX512] = &avx512,
			[CPU_AVX512IFMA] = &avx512ifma,
#endif
		},
	.self_test = self_test,
};
