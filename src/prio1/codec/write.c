#include "prio1/codec/codec.h"

#include <string.h>

#include "base/ct.h"
#include "prio1/codec/kernels.h"
#include "prio1/field/load.h"

static size_t str_header_bytes(size_t n)
{
	return n < 32 ? 1 : n <= UINT8_MAX ? 2 : n <= UINT16_MAX ? 3 : 5;
}

size_t codec_str_bytes(size_t n)
{
	return str_header_bytes(n) + n;
}

size_t codec_array_header_bytes(size_t n)
{
	return n < 16 ? 1 : n <= UINT16_MAX ? 3 : 5;
}

static void put(struct codec_writer *writer, const uint8_t *bytes, size_t n)
{
	if (writer->overflow || n > writer->room - writer->n) {
		writer->overflow = true;
		return;
	}
	if (n > 0)
		memcpy(writer->p + writer->n, bytes, n);
	writer->n += n;
}

/* A first byte and a big-endian number of 0, 1, 2 or 4 bytes. */
static void put_header(struct codec_writer *writer, unsigned first, size_t number, size_t n_bytes)
{
	uint8_t header[5] = {(uint8_t)first};

	for (size_t i = 0; i < n_bytes; i++)
		header[1 + i] = (uint8_t)(number >> (8 * (n_bytes - 1 - i)));
	put(writer, header, 1 + n_bytes);
}

void codec_write_str(struct codec_writer *writer, struct prio_bytes str)
{
	size_t n_bytes = str_header_bytes(str.n) - 1;

	if (n_bytes == 0)
		put_header(writer, 0xa0 | (unsigned)str.n, 0, 0);
	else
		put_header(writer, n_bytes == 1 ? 0xd9 : n_bytes == 2 ? 0xda : 0xdb, str.n, n_bytes);
	put(writer, str.p, str.n);
}

void codec_write_small(struct codec_writer *writer, uint8_t value)
{
	put(writer, &value, 1);
}

void codec_write_array(struct codec_writer *writer, size_t n)
{
	size_t n_bytes = codec_array_header_bytes(n) - 1;

	if (n_bytes == 0)
		put_header(writer, 0x90 | (unsigned)n, 0, 0);
	else
		put_header(writer, n_bytes == 2 ? 0xdc : 0xdd, n, n_bytes);
}

void codec_write_field(struct codec_writer *writer, u128 x)
{
	uint8_t bytes[1 + FIELD_BYTES];
	size_t n = FIELD_BYTES;

	field_to_bytes(bytes + 1, x);
	while (n > 1 && ct_reveal(bytes[1 + FIELD_BYTES - n] == 0))
		n--;

	uint8_t *start = bytes + FIELD_BYTES - n; /* the byte before the first that counts */
	start[0] = (uint8_t)(0xa0 | n);
	put(writer, start, 1 + n);
}

/* A header that says 11 bytes, and those, in two stores. Only one in 256 is shorter. */
size_t codec_write_portable(uint8_t *out, const struct field_vector *x, const struct field_vector *y, size_t n)
{
	uint8_t *end = out;

	for (size_t i = 0; i < n; i++) {
		u128 value = field_sub(field_vector_get(x, i), field_vector_get(y, i));

		if (ct_reveal(value >> (FIELD_BITS - 8) != 0)) {
			field_store_be64(end, (uint64_t)CODEC_WHOLE_FIELD << 56 | (uint64_t)(value >> 32));
			field_store_be32(end + 8, (uint32_t)value);
			end += CODEC_FIELD_BYTES_MAX;
		} else {
			struct codec_writer writer = codec_writer_of((struct prio_mut){end, CODEC_FIELD_BYTES_MAX});

			codec_write_field(&writer, value);
			end += writer.n;
		}
	}
	return (size_t)(end - out);
}

void codec_write_differences(struct codec_writer *writer, const struct field_vector *x, const struct field_vector *y,
			     size_t n)
{
	if (writer->overflow || n > (writer->room - writer->n) / CODEC_FIELD_BYTES_MAX) {
		writer->overflow = true;
		return;
	}
	writer->n += codec_kernels()->write(writer->p + writer->n, x, y, n);
}
