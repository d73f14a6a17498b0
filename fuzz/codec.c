/* codec: every value that is read is written again in its shortest form, reads back as itself, and takes no more room
 * than it had; reading many elements, reading them one by one and skipping them agree.
 *
 * Input: a list of steps, one byte each, ended by a byte of 0xff, then the text they are applied to. */
#include "fuzz/harness/fuzz.h"
#include "prio1/codec/codec.h"

enum { MANY_MAX = 40, STEPS_MAX = 32 };

static void check_written(const struct codec_writer *writer, size_t n_read)
{
	FUZZ_CHECK(!writer->overflow && writer->n <= n_read);
}

static void check_str(struct prio_bytes str, size_t n_read)
{
	struct prio_mut room = {malloc(n_read + 8), n_read + 8};
	struct codec_writer writer = codec_writer_of(room);
	struct prio_bytes back;

	FUZZ_CHECK(room.p != NULL);
	codec_write_str(&writer, str);
	check_written(&writer, n_read);
	FUZZ_CHECK(writer.n == codec_str_bytes(str.n));
	struct codec_reader reader = {room.p, writer.n};
	FUZZ_OK(codec_read_str(&reader, &back));
	FUZZ_CHECK(reader.n == 0 && fuzz_same(back, str));
	free(room.p);
}

static void check_field(u128 x, size_t n_read)
{
	uint8_t room[CODEC_FIELD_BYTES_MAX];
	struct codec_writer writer = codec_writer_of((struct prio_mut){room, sizeof room});
	u128 back;

	FUZZ_CHECK(field_is_element(x));
	codec_write_field(&writer, x);
	check_written(&writer, n_read);
	struct codec_reader reader = {room, writer.n};
	FUZZ_OK(codec_read_field(&reader, &back));
	FUZZ_CHECK(reader.n == 0 && back == x);
}

static void check_array(uint32_t n, size_t n_read)
{
	uint8_t room[8];
	struct codec_writer writer = codec_writer_of((struct prio_mut){room, sizeof room});
	uint32_t back;

	codec_write_array(&writer, n);
	check_written(&writer, n_read);
	FUZZ_CHECK(writer.n == codec_array_header_bytes(n));
	struct codec_reader reader = {room, writer.n};
	FUZZ_OK(codec_read_array(&reader, &back));
	FUZZ_CHECK(reader.n == 0 && back == n);
}

/* n elements at once, skipped, and one by one with the rule of the header: no str or cut comes before not in field. */
static bool check_fields(struct codec_reader *reader, size_t n)
{
	struct codec_reader many = *reader, skipped = *reader;
	enum prio_status want = PRIO_OK;
	struct field_vector vector;

	FUZZ_OK(field_vector_init(&vector, n));
	enum prio_status status = codec_read_fields(&many, &vector, n);
	FUZZ_CHECK(codec_skip_fields(&skipped, n) == status);
	for (size_t i = 0; i < n && want != PRIO_REFUSED_BAD_STRUCTURE; i++) {
		u128 x;
		enum prio_status one = codec_read_field(reader, &x);

		if (one != PRIO_OK)
			want = one;
		else if (status == PRIO_OK)
			FUZZ_CHECK(field_vector_get(&vector, i) == x);
	}
	FUZZ_CHECK(status == want);
	if (status == PRIO_OK)
		FUZZ_CHECK(many.p == reader->p && many.n == reader->n && skipped.p == reader->p);
	field_vector_clear(&vector, n);
	return status == PRIO_OK;
}

/* One value; false if there is none at this place. */
static bool step(struct codec_reader *reader, uint8_t kind)
{
	struct codec_reader before = *reader;
	struct prio_bytes str;
	uint64_t integer;
	uint32_t n;
	u128 x;

	switch (kind % 5) {
	case 0:
		if (codec_read_str(reader, &str) != PRIO_OK)
			return false;
		FUZZ_CHECK(str.p + str.n == reader->p);
		check_str(str, before.n - reader->n);
		return true;
	case 1:
		if (codec_read_integer(reader, &integer) != PRIO_OK)
			return false;
		return true;
	case 2:
		if (codec_read_array(reader, &n) != PRIO_OK)
			return false;
		check_array(n, before.n - reader->n);
		return true;
	case 3:
		if (codec_read_field(reader, &x) != PRIO_OK)
			return false;
		check_field(x, before.n - reader->n);
		return true;
	default:
		return check_fields(reader, kind / 5 % MANY_MAX + 1U);
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	struct prio_bytes in = {data, n};
	uint8_t steps[STEPS_MAX];
	size_t n_steps = 0;

	for (uint8_t kind; n_steps < STEPS_MAX && in.n > 0 && (kind = fuzz_byte(&in)) != 0xff;)
		steps[n_steps++] = kind;
	struct prio_mut text = fuzz_copy(in);
	struct codec_reader reader = codec_reader_of(prio_bytes_of(text));
	for (size_t i = 0; i < n_steps; i++) {
		bool good = step(&reader, steps[i]);

		FUZZ_CHECK(reader.p + reader.n == text.p + text.n && reader.n <= text.n);
		if (!good)
			break;
	}
	free(text.p);
	return 0;
}
