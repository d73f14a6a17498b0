/* Every form of MessagePack that the deployed reader takes or refuses, and what both do at the end of the input. Inputs lie in
 * memory of exactly their size, so that a sanitizer sees every byte read too much. */
#include "tests/unit/cmocka_all.h"

#include "prio1/codec/codec.h"

static const u128 value = (u128)0x0102 << 64 | 0x030405060708090a;

#define ZEROS_10 "00000000000000000000"
#define P "8000000000000000080001"

static const struct {
	const char *what, *hex;
	enum prio_status want;
	u128 x;
	size_t left; /* bytes after it */
} fields[] = {
	{"shortest", "aa0102030405060708090a", PRIO_OK, value, 0},
	{"something behind", "aa0102030405060708090a" "c1", PRIO_OK, value, 1},
	{"one leading zero", "ab" "00" "0102030405060708090a", PRIO_OK, value, 0},
	{"more leading zeros", "b4" ZEROS_10 "0102030405060708090a", PRIO_OK, value, 0},
	{"str8", "d90a0102030405060708090a", PRIO_OK, value, 0},
	{"str8, leading zeros", "d928" ZEROS_10 ZEROS_10 ZEROS_10 "0102030405060708090a", PRIO_OK, value, 0},
	{"str16", "da000a0102030405060708090a", PRIO_OK, value, 0},
	{"str32", "db0000000a0102030405060708090a", PRIO_OK, value, 0},
	{"zero", "a100", PRIO_OK, 0, 0},
	{"zero in eleven bytes", "ab" "00" ZEROS_10, PRIO_OK, 0, 0},
	{"one", "a101", PRIO_OK, 1, 0},
	{"p - 1", "ab8000000000000000080000", PRIO_OK, FIELD_P - 1, 0},
	{"2^87", "ab80" ZEROS_10, PRIO_OK, (u128)1 << 87, 0},
	{"p", "ab" P, PRIO_REFUSED_NOT_IN_FIELD, 0, 0},
	{"p with leading zeros", "ad0000" P, PRIO_REFUSED_NOT_IN_FIELD, 0, 0},
	{"p + 1", "ab8000000000000000080002", PRIO_REFUSED_NOT_IN_FIELD, 0, 0},
	{"2^88 - 1", "abffffffffffffffffffffff", PRIO_REFUSED_NOT_IN_FIELD, 0, 0},
	{"2^88", "ac0100" ZEROS_10, PRIO_REFUSED_NOT_IN_FIELD, 0, 0},
	{"2^128, which 128 bits cannot hold", "b1010000000000" "00" ZEROS_10, PRIO_REFUSED_NOT_IN_FIELD, 0, 0},
	{"empty", "a0", PRIO_REFUSED_NOT_IN_FIELD, 0, 0},
	{"empty str8", "d900", PRIO_REFUSED_NOT_IN_FIELD, 0, 0},
	{"text", "b4" "3031303230333034303530363037303830393061", PRIO_REFUSED_NOT_IN_FIELD, 0, 0},
	{"bin8", "c40a0102030405060708090a", PRIO_REFUSED_BAD_STRUCTURE, 0, 0},
	{"bin16", "c5000a0102030405060708090a", PRIO_REFUSED_BAD_STRUCTURE, 0, 0},
	{"bin32", "c60000000a0102030405060708090a", PRIO_REFUSED_BAD_STRUCTURE, 0, 0},
	{"nil", "c0", PRIO_REFUSED_BAD_STRUCTURE, 0, 0},
	{"reserved", "c1", PRIO_REFUSED_BAD_STRUCTURE, 0, 0},
	{"boolean", "c3", PRIO_REFUSED_BAD_STRUCTURE, 0, 0},
	{"integer", "05", PRIO_REFUSED_BAD_STRUCTURE, 0, 0},
	{"negative integer", "ff", PRIO_REFUSED_BAD_STRUCTURE, 0, 0},
	{"uint64", "cf0102030405060708", PRIO_REFUSED_BAD_STRUCTURE, 0, 0},
	{"float", "ca00000000", PRIO_REFUSED_BAD_STRUCTURE, 0, 0},
	{"array", "91a101", PRIO_REFUSED_BAD_STRUCTURE, 0, 0},
	{"array16", "dc0001a101", PRIO_REFUSED_BAD_STRUCTURE, 0, 0},
	{"map", "81a101a101", PRIO_REFUSED_BAD_STRUCTURE, 0, 0},
	{"fixext", "d40000", PRIO_REFUSED_BAD_STRUCTURE, 0, 0},
	{"ext8", "c7010000", PRIO_REFUSED_BAD_STRUCTURE, 0, 0},
	{"nothing", "", PRIO_REFUSED_BAD_STRUCTURE, 0, 0},
	{"header alone", "ab", PRIO_REFUSED_BAD_STRUCTURE, 0, 0},
	{"cut", "ab01020304050607080910", PRIO_REFUSED_BAD_STRUCTURE, 0, 0},
	{"length cut", "db000000", PRIO_REFUSED_BAD_STRUCTURE, 0, 0},
	{"claims 2^32 - 1 bytes", "dbffffffff0102", PRIO_REFUSED_BAD_STRUCTURE, 0, 0},
};

/* The bytes in memory of exactly their size; the caller frees it. */
static struct prio_mut exactly(const char *hex)
{
	size_t n = strlen(hex) / 2;
	struct prio_mut bytes = {malloc(n == 0 ? 1 : n), n};

	assert_non_null(bytes.p);
	unhex(bytes.p, hex);
	return bytes;
}

static void reads_fields(void **unused)
{
	(void)unused;
	for (size_t i = 0; i < COUNT_OF(fields); i++) {
		struct prio_mut bytes = exactly(fields[i].hex);
		struct codec_reader reader = codec_reader_of(prio_bytes_of(bytes));
		struct codec_reader again = reader, skipping = reader;
		struct field_vector one;
		u128 x;

		ASSERT_STATUS(fields[i].what, codec_read_field(&reader, &x), fields[i].want);

		/* The way for many elements gives the same answer, kept or not. */
		ASSERT_OK(field_vector_init(&one, 1));
		ASSERT_STATUS(fields[i].what, codec_read_fields(&again, &one, 1), fields[i].want);
		ASSERT_STATUS(fields[i].what, codec_skip_fields(&skipping, 1), fields[i].want);
		if (fields[i].want == PRIO_OK) {
			assert_true(x == fields[i].x);
			assert_true(field_vector_get(&one, 0) == fields[i].x);
			assert_int_equal(reader.n, fields[i].left);
			assert_int_equal(again.n, fields[i].left);
			assert_int_equal(skipping.n, fields[i].left);
			assert_ptr_equal(reader.p, bytes.p + bytes.n - fields[i].left);
		}
		field_vector_clear(&one, 1);
		free(bytes.p);
	}
}

static const struct {
	const char *what, *hex;
	enum prio_status want;
	uint64_t value;
} integers[] = {
	{"zero", "00", PRIO_OK, 0},
	{"127", "7f", PRIO_OK, 127},
	{"uint8", "cc01", PRIO_OK, 1},
	{"uint16", "cd0001", PRIO_OK, 1},
	{"uint32", "ce00000001", PRIO_OK, 1},
	{"uint64", "cf0000000000000001", PRIO_OK, 1},
	{"int8", "d001", PRIO_OK, 1},
	{"int16", "d10100", PRIO_OK, 256},
	{"int32", "d27fffffff", PRIO_OK, INT32_MAX},
	{"int64", "d30000000000000001", PRIO_OK, 1},
	{"2^32 + 1 stays what it is", "cf0000000100000001", PRIO_OK, ((uint64_t)1 << 32) + 1},
	{"2^63 + 1 too", "cf8000000000000001", PRIO_OK, ((uint64_t)1 << 63) + 1},
	{"-1", "ff", PRIO_OK, UINT64_MAX},
	{"-32", "e0", PRIO_OK, UINT64_MAX},
	{"-128 as int8", "d080", PRIO_OK, UINT64_MAX},
	{"-256 as int16, whose low byte is zero", "d1ff00", PRIO_OK, UINT64_MAX},
	{"-2^32 + 1 as int64", "d3ffffffff00000001", PRIO_OK, UINT64_MAX},
	{"nothing", "", PRIO_REFUSED_BAD_STRUCTURE, 0},
	{"cut uint8", "cc", PRIO_REFUSED_BAD_STRUCTURE, 0},
	{"cut uint64", "cf00000000000000", PRIO_REFUSED_BAD_STRUCTURE, 0},
	{"cut int32", "d2000000", PRIO_REFUSED_BAD_STRUCTURE, 0},
	{"false", "c2", PRIO_REFUSED_BAD_STRUCTURE, 0},
	{"nil", "c0", PRIO_REFUSED_BAD_STRUCTURE, 0},
	{"float32", "ca00000000", PRIO_REFUSED_BAD_STRUCTURE, 0},
	{"float64", "cb0000000000000000", PRIO_REFUSED_BAD_STRUCTURE, 0},
	{"string", "a100", PRIO_REFUSED_BAD_STRUCTURE, 0},
	{"map", "80", PRIO_REFUSED_BAD_STRUCTURE, 0},
	{"array", "90", PRIO_REFUSED_BAD_STRUCTURE, 0},
};

static const struct {
	const char *what, *hex;
	enum prio_status want;
	uint32_t n;
} arrays[] = {
	{"fixarray", "93", PRIO_OK, 3},
	{"empty", "90", PRIO_OK, 0},
	{"array16", "dc0003", PRIO_OK, 3},
	{"array32", "dd00000003", PRIO_OK, 3},
	{"array32, all it can say", "ddffffffff", PRIO_OK, UINT32_MAX},
	{"cut array16", "dc00", PRIO_REFUSED_BAD_STRUCTURE, 0},
	{"cut array32", "dd000000", PRIO_REFUSED_BAD_STRUCTURE, 0},
	{"nothing", "", PRIO_REFUSED_BAD_STRUCTURE, 0},
	{"map", "83", PRIO_REFUSED_BAD_STRUCTURE, 0},
	{"map16", "de0003", PRIO_REFUSED_BAD_STRUCTURE, 0},
	{"string", "a3616263", PRIO_REFUSED_BAD_STRUCTURE, 0},
	{"nil", "c0", PRIO_REFUSED_BAD_STRUCTURE, 0},
};

static void reads_integers_and_arrays(void **unused)
{
	(void)unused;
	for (size_t i = 0; i < COUNT_OF(integers); i++) {
		struct prio_mut bytes = exactly(integers[i].hex);
		struct codec_reader reader = codec_reader_of(prio_bytes_of(bytes));
		uint64_t x;

		ASSERT_STATUS(integers[i].what, codec_read_integer(&reader, &x), integers[i].want);
		if (integers[i].want == PRIO_OK) {
			assert_true(x == integers[i].value);
			assert_int_equal(reader.n, 0);
		}
		free(bytes.p);
	}
	for (size_t i = 0; i < COUNT_OF(arrays); i++) {
		struct prio_mut bytes = exactly(arrays[i].hex);
		struct codec_reader reader = codec_reader_of(prio_bytes_of(bytes));
		uint32_t n;

		ASSERT_STATUS(arrays[i].what, codec_read_array(&reader, &n), arrays[i].want);
		if (arrays[i].want == PRIO_OK)
			assert_int_equal(n, arrays[i].n);
		free(bytes.p);
	}
}

/* Whole elements, short ones and odd headers mixed; then one element replaced by something refused, at every place. */
static void reads_many(void **unused)
{
	static const char *const forms[] = {"ab0102030405060708090a0b", "ab7fffffffffffffffffffff", "aa0102030405060708090a",
					    "a105", "d90b0000000000000000000009", "ac000102030405060708090a0b",
					    "ab8000000000000000080000"};
	enum { N = 60, ROOM = 14 * N };
	uint8_t *wire = malloc(ROOM);
	struct field_vector out;

	(void)unused;
	assert_non_null(wire);
	ASSERT_OK(field_vector_init(&out, N));
	for (size_t bad = 0; bad <= N; bad++) {
		for (int kind = 0; kind < 3; kind++) {
			static const char *const replacements[] = {("ab" P), "a0", "c0"};
			static const enum prio_status wants[] = {PRIO_REFUSED_NOT_IN_FIELD, PRIO_REFUSED_NOT_IN_FIELD,
								 PRIO_REFUSED_BAD_STRUCTURE};
			enum prio_status want = bad == N ? PRIO_OK : wants[kind];
			struct codec_reader reader, single;
			size_t n = 0;

			/* At the end of the memory, so that nothing readable lies behind it. */
			for (size_t i = 0; i < N; i++)
				n += strlen(i == bad ? replacements[kind] : forms[i * i % COUNT_OF(forms)]) / 2;
			uint8_t *p = wire + ROOM - n;
			reader = single = codec_reader_of((struct prio_bytes){p, n});
			for (size_t i = 0; i < N; i++)
				p += unhex(p, i == bad ? replacements[kind] : forms[i * i % COUNT_OF(forms)]);

			ASSERT_STATUS("many", codec_read_fields(&reader, &out, N), want);
			if (want != PRIO_OK)
				continue;
			assert_int_equal(reader.n, 0);
			for (size_t i = 0; i < N; i++) {
				u128 x;

				ASSERT_OK(codec_read_field(&single, &x));
				assert_true(x == field_vector_get(&out, i));
			}
		}
	}

	/* Structure is looked at first: an element out of the field before a broken one is no excuse. */
	struct codec_reader both = {wire, 0};
	both.n = unhex(wire, "ab" P "a101" "c0");
	ASSERT_STATUS("both", codec_read_fields(&both, &out, 3), PRIO_REFUSED_BAD_STRUCTURE);
	/* A claim of four billion elements takes no longer than the input. */
	both = (struct codec_reader){wire, unhex(wire, "a101" "a102")};
	ASSERT_STATUS("claim", codec_skip_fields(&both, UINT32_MAX), PRIO_REFUSED_BAD_STRUCTURE);
	field_vector_clear(&out, N);
	free(wire);
}

/* Random bytes: the way for many elements and the way for one always agree. */
static void agree_on_anything(void **unused)
{
	enum { N = 8, BYTES = 40 };
	uint64_t state = 9;
	struct field_vector out;

	(void)unused;
	ASSERT_OK(field_vector_init(&out, N));
	for (size_t round = 0; round < 20000; round++) {
		size_t n = next_number(&state) % BYTES;
		uint8_t *wire = malloc(n + 1);
		enum prio_status want = PRIO_OK;

		assert_non_null(wire);
		for (size_t i = 0; i < n; i++) {
			uint64_t random = next_number(&state) >> 20;

			/* Mostly headers of short strs, or nothing would ever be read. */
			wire[i] = (uint8_t)(random % 4 != 0 ? 0xa0 + random / 4 % 4 : random / 4);
		}
		size_t want_n = next_number(&state) % N;
		struct codec_reader many = codec_reader_of((struct prio_bytes){wire, n}), one = many, skipping = many;

		for (size_t i = 0; i < want_n && want != PRIO_REFUSED_BAD_STRUCTURE; i++) {
			u128 x;
			enum prio_status status = codec_read_field(&one, &x);

			if (status != PRIO_OK)
				want = status;
		}
		ASSERT_STATUS("many", codec_read_fields(&many, &out, want_n), want);
		ASSERT_STATUS("skipping", codec_skip_fields(&skipping, want_n), want);
		if (want == PRIO_OK) {
			assert_int_equal(many.n, one.n);
			assert_int_equal(skipping.n, one.n);
		}
		free(wire);
	}
	field_vector_clear(&out, N);
}

static void writes_the_shortest(void **unused)
{
	static const struct {
		u128 x;
		const char *hex;
	} wants[] = {
		{0, "a100"}, {1, "a101"}, {255, "a1ff"}, {256, "a20100"}, {value, "aa0102030405060708090a"},
		{UINT64_MAX, "a8ffffffffffffffff"}, {FIELD_P - 1, "ab8000000000000000080000"},
	};
	static const size_t lengths[] = {0, 1, 31, 32, 255, 256, 65535, 65536};
	static uint8_t buffer[70000], text[65536];

	(void)unused;
	for (size_t i = 0; i < COUNT_OF(wants); i++) {
		struct codec_writer writer = codec_writer_of((struct prio_mut){buffer, sizeof buffer});

		codec_write_field(&writer, wants[i].x);
		assert_int_equal(writer.n, strlen(wants[i].hex) / 2);
		assert_bytes(buffer, wants[i].hex);
	}
	for (size_t i = 0; i < COUNT_OF(lengths); i++) {
		struct codec_writer writer = codec_writer_of((struct prio_mut){buffer, sizeof buffer});
		struct codec_reader reader;
		struct prio_bytes str;
		uint32_t n;

		codec_write_str(&writer, (struct prio_bytes){text, lengths[i]});
		assert_int_equal(writer.n, codec_str_bytes(lengths[i]));
		reader = codec_reader_of((struct prio_bytes){buffer, writer.n});
		ASSERT_OK(codec_read_str(&reader, &str));
		assert_int_equal(str.n, lengths[i]);
		assert_int_equal(reader.n, 0);

		writer = codec_writer_of((struct prio_mut){buffer, sizeof buffer});
		codec_write_array(&writer, lengths[i]);
		assert_int_equal(writer.n, codec_array_header_bytes(lengths[i]));
		reader = codec_reader_of((struct prio_bytes){buffer, writer.n});
		ASSERT_OK(codec_read_array(&reader, &n));
		assert_int_equal(n, lengths[i]);
		assert_int_equal(reader.n, 0);
	}
}

/* Whatever the room: nothing is written past it, and too little is noticed. */
static void writer_stays_in_its_room(void **unused)
{
	(void)unused;
	for (size_t room = 0; room <= 22; room++) {
		uint8_t *memory = malloc(room + 1);
		struct codec_writer writer = codec_writer_of((struct prio_mut){memory, room});

		assert_non_null(memory);
		memory[room] = 0x5a;
		codec_write_str(&writer, (struct prio_bytes){(const uint8_t *)"abc", 3});
		codec_write_small(&writer, 1);
		codec_write_array(&writer, 20);
		codec_write_field(&writer, value);
		codec_write_field(&writer, 0);
		assert_int_equal(writer.overflow, room < 21);
		assert_true(writer.n <= room);
		assert_int_equal(memory[room], 0x5a);
		free(memory);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(reads_fields),      cmocka_unit_test(reads_integers_and_arrays),
		cmocka_unit_test(reads_many),        cmocka_unit_test(agree_on_anything),
		cmocka_unit_test(writes_the_shortest), cmocka_unit_test(writer_stays_in_its_room),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
