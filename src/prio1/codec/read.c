#include "prio1/codec/codec.h"

#include "base/ct.h"
#include "prio1/codec/kernels.h"
#include "prio1/field/load.h"

/* First bytes of the values in use. */
enum {
	FIXINT_MAX = 0x7f,
	FIXARRAY = 0x90, /* | 0 to 15 */
	FIXSTR = 0xa0,   /* | 0 to 31 */
	UINT8 = 0xcc,    /* then UINT16, UINT32, UINT64 */
	UINT64 = 0xcf,
	INT8 = 0xd0,     /* then INT16, INT32, INT64 */
	INT64 = 0xd3,
	STR8 = 0xd9,     /* then STR16, STR32 */
	STR32 = 0xdb,
	ARRAY16 = 0xdc,
	ARRAY32 = 0xdd,
	NEGATIVE_FIXINT = 0xe0,
};

/* A big-endian number of 1 to 8 bytes. All of them tell of the text's form, not of what it holds. */
static bool take_number(struct codec_reader *reader, size_t n_bytes, uint64_t *value)
{
	if (reader->n < n_bytes)
		return false;
	*value = 0;
	for (size_t i = 0; i < n_bytes; i++)
		*value = *value << 8 | ct_reveal(reader->p[i]);
	reader->p += n_bytes;
	reader->n -= n_bytes;
	return true;
}

enum prio_status codec_read_str(struct codec_reader *reader, struct prio_bytes *str)
{
	uint64_t first, n;

	if (!take_number(reader, 1, &first))
		return PRIO_REFUSED_BAD_STRUCTURE;

	if ((first & 0xe0) == FIXSTR)
		n = first & 0x1f;
	else if (first < STR8 || first > STR32 || !take_number(reader, (size_t)1 << (first - STR8), &n))
		return PRIO_REFUSED_BAD_STRUCTURE;

	if (n > reader->n)
		return PRIO_REFUSED_BAD_STRUCTURE;
	str->p = reader->p;
	str->n = (size_t)n;
	reader->p += str->n;
	reader->n -= str->n;
	return PRIO_OK;
}

enum prio_status codec_read_integer(struct codec_reader *reader, uint64_t *value)
{
	uint64_t first;
	size_t n_bytes;

	if (!take_number(reader, 1, &first))
		return PRIO_REFUSED_BAD_STRUCTURE;

	if (first <= FIXINT_MAX) {
		*value = first;
	} else if (first >= NEGATIVE_FIXINT) {
		*value = UINT64_MAX;
	} else if (first >= UINT8 && first <= UINT64) {
		if (!take_number(reader, (size_t)1 << (first - UINT8), value))
			return PRIO_REFUSED_BAD_STRUCTURE;
	} else if (first >= INT8 && first <= INT64) {
		n_bytes = (size_t)1 << (first - INT8);
		if (!take_number(reader, n_bytes, value))
			return PRIO_REFUSED_BAD_STRUCTURE;
		if (*value >> (8 * n_bytes - 1) != 0)
			*value = UINT64_MAX;
	} else {
		return PRIO_REFUSED_BAD_STRUCTURE;
	}
	return PRIO_OK;
}

enum prio_status codec_read_array(struct codec_reader *reader, uint32_t *n)
{
	uint64_t first, claimed;

	if (!take_number(reader, 1, &first))
		return PRIO_REFUSED_BAD_STRUCTURE;

	if ((first & 0xf0) == FIXARRAY)
		claimed = first & 0x0f;
	else if ((first != ARRAY16 && first != ARRAY32) || !take_number(reader, first == ARRAY16 ? 2 : 4, &claimed))
		return PRIO_REFUSED_BAD_STRUCTURE;

	*n = (uint32_t)claimed;
	return PRIO_OK;
}

/* The number that a str's bytes are, if it is an element: any number of zero bytes, then at most 11 bytes. */
static bool element_of(u128 *x, struct prio_bytes str)
{
	size_t n_leading = str.n > FIELD_BYTES ? str.n - FIELD_BYTES : 0;
	uint8_t leading = 0;

	if (str.n == FIELD_BYTES)
		return field_from_bytes(x, str.p); /* as most are */
	for (size_t i = 0; i < n_leading; i++)
		leading |= str.p[i];
	*x = 0;
	for (size_t i = n_leading; i < str.n; i++)
		*x = *x << 8 | str.p[i];
	return (str.n > 0) & (leading == 0) & field_is_element(*x);
}

enum prio_status codec_read_field(struct codec_reader *reader, u128 *x)
{
	struct prio_bytes str;
	enum prio_status status = codec_read_str(reader, &str);

	if (status == PRIO_OK && !ct_reveal(element_of(x, str)))
		status = PRIO_REFUSED_NOT_IN_FIELD;
	return status;
}

size_t codec_read_portable(struct codec_reader *reader, struct field_vector *out, size_t n, bool *in_field)
{
	/* x = lo + 2^48 hi is below p exactly if hi, and one more where lo is at least p's, is at most p's. */
	const uint64_t to_carry = FIELD_LO_MASK + 1 - (uint64_t)(FIELD_P & FIELD_LO_MASK);
	const uint64_t largest = (uint64_t)(FIELD_P >> FIELD_LO_BITS);
	const uint8_t *p = reader->p;
	uint64_t *lo = out->lo, *hi = out->hi, outside = 0;
	size_t n_whole = reader->n / CODEC_FIELD_BYTES_MAX, i = 0;

	if (n_whole > n)
		n_whole = n;
	for (; i < n_whole && ct_reveal(p[0]) == CODEC_WHOLE_FIELD; i++, p += CODEC_FIELD_BYTES_MAX) {
		uint64_t low = field_load_be64(p + 4) & FIELD_LO_MASK;
		uint64_t high = (uint64_t)p[1] << 32 | field_load_be32(p + 2);

		outside |= largest - (high + ((low + to_carry) >> FIELD_LO_BITS)); /* its top bit: below zero */
		lo[i] = low;
		hi[i] = high;
	}

	*in_field &= outside >> 63 == 0;
	reader->p += i * CODEC_FIELD_BYTES_MAX;
	reader->n -= i * CODEC_FIELD_BYTES_MAX;
	return i;
}

enum prio_status codec_read_fields_by(codec_read_kernel *read_kernel, struct codec_reader *reader,
				      struct field_vector *out, size_t n)
{
	bool in_field = true;

	for (size_t i = 0; i < n;) {
		struct field_vector rest = field_vector_from(out, i);
		struct prio_bytes str;
		u128 x;

		i += read_kernel(reader, &rest, n - i, &in_field);
		if (i == n)
			break;
		if (codec_read_str(reader, &str) != PRIO_OK)
			return PRIO_REFUSED_BAD_STRUCTURE;
		in_field &= element_of(&x, str);
		field_vector_set(out, i++, x);
	}
	return ct_reveal(in_field) ? PRIO_OK : PRIO_REFUSED_NOT_IN_FIELD;
}

enum prio_status codec_read_fields(struct codec_reader *reader, struct field_vector *out, size_t n)
{
	return codec_read_fields_by(codec_kernels()->read, reader, out, n);
}

enum prio_status codec_skip_fields(struct codec_reader *reader, size_t n)
{
	bool in_field = true;

	for (size_t i = 0; i < n; i++) {
		struct prio_bytes str;
		u128 x;

		if (codec_read_str(reader, &str) != PRIO_OK)
			return PRIO_REFUSED_BAD_STRUCTURE;
		in_field &= element_of(&x, str);
	}
	return ct_reveal(in_field) ? PRIO_OK : PRIO_REFUSED_NOT_IN_FIELD;
}
