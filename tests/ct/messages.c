/* Comparisons, texts of elements, envelopes, keys in digits. */
#include "tests/ct/cases.h"

#include "base/ct.h"
#include "prio/keys.h"
#include "prio1/codec/codec.h"
#include "prio1/seal/seal.h"

/* Whole words and a rest of bytes. */
static void comparisons(void)
{
	uint8_t one[37], other[37];

	ct_random(one, sizeof one, 1);
	memcpy(other, one, sizeof other);
	ct_secret(one, sizeof one);
	CT_CHECK(ct_equal(one, other, sizeof one));
	CT_CHECK(!ct_is_zero(one, sizeof one));
	CT_IS_SECRET(one, sizeof one); /* the answers alone have become known */
	other[36] ^= 1;
	CT_CHECK(!ct_equal(one, other, sizeof one));
}

enum { N_ELEMENTS = 150, TEXT_BYTES = N_ELEMENTS * CODEC_FIELD_BYTES_MAX };

/* Writes elements of which those with an index in `shorter` begin with a zero byte. */
static size_t write_elements(uint8_t text[TEXT_BYTES])
{
	static const size_t shorter[] = {5, 6, 63, 140};
	struct codec_writer writer = codec_writer_of((struct prio_mut){text, TEXT_BYTES});

	for (size_t i = 0; i < N_ELEMENTS; i++) {
		u128 x = ct_element(i);

		ct_send(&x, sizeof x);
		for (size_t k = 0; k < COUNT_OF(shorter); k++)
			if (i == shorter[k])
				x >>= 12;
		codec_write_field(&writer, x | 1);
	}
	CT_CHECK(!writer.overflow);
	return writer.n;
}

/* Headers show, and whether all are elements; what the elements are does not. */
static void reading_elements(void)
{
	uint8_t text[TEXT_BYTES];
	size_t n_bytes = write_elements(text);
	struct field_vector out = ct_vector(N_ELEMENTS, 0);
	struct codec_reader reader;

	ct_secret(text, sizeof text);
	reader = codec_reader_of((struct prio_bytes){text, n_bytes});
	CT_CHECK(codec_read_fields(&reader, &out, N_ELEMENTS) == PRIO_OK);
	CT_CHECK(reader.n == 0);
	for (size_t i = 0; i < N_ELEMENTS; i++)
		CT_IS_SECRET(&out.lo[i], 1);
	ct_vector_is_secret(&out, 5);

	reader = codec_reader_of((struct prio_bytes){text, n_bytes});
	CT_CHECK(codec_skip_fields(&reader, N_ELEMENTS) == PRIO_OK);

	/* The one that is too large is refused without telling which it was. */
	text[2 * CODEC_FIELD_BYTES_MAX + 1] = 0xff;
	ct_secret(text, sizeof text);
	reader = codec_reader_of((struct prio_bytes){text, n_bytes});
	CT_CHECK(codec_read_fields(&reader, &out, N_ELEMENTS) == PRIO_REFUSED_NOT_IN_FIELD);
	ct_vector_free(&out, N_ELEMENTS);
}

static void reading_one_element(void)
{
	uint8_t text[] = {0xa3, 1, 2, 3, 0xab, 0xff, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0};
	struct codec_reader reader = codec_reader_of((struct prio_bytes){text, sizeof text});
	u128 x;

	ct_secret(text, sizeof text);
	CT_CHECK(codec_read_field(&reader, &x) == PRIO_OK);
	CT_IS_SECRET(&x, 3);
	CT_CHECK(codec_read_field(&reader, &x) == PRIO_REFUSED_NOT_IN_FIELD);
}

static void writing_elements(void)
{
	static uint8_t text[TEXT_BYTES];
	struct field_vector x = ct_vector(N_ELEMENTS, 20), y = ct_vector(N_ELEMENTS, 500);
	struct codec_writer writer = codec_writer_of((struct prio_mut){text, sizeof text});

	codec_write_differences(&writer, &x, &y, N_ELEMENTS);
	CT_CHECK(!writer.overflow && writer.n > N_ELEMENTS * CODEC_FIELD_BYTES_MAX - 20);
	CT_IS_SECRET(text + 1, FIELD_BYTES);

	writer = codec_writer_of((struct prio_mut){text, sizeof text});
	codec_write_field(&writer, ct_element(3));
	CT_IS_SECRET(text + 1, FIELD_BYTES);
	ct_vector_free(&x, N_ELEMENTS);
	ct_vector_free(&y, N_ELEMENTS);
}

/* A good envelope, one whose tag does not match, one without a secret. */
static void envelopes(void)
{
	enum { TEXT = 100 };
	uint8_t sealed[TEXT + SEAL_OVERHEAD_BYTES], spoilt[sizeof sealed], epk[SEAL_EPK_BYTES], iv[SEAL_IV_BYTES];
	struct x25519_shared dh, again;
	struct prio_mut plaintext;
	struct seal seal;

	ct_random(sealed, sizeof sealed, 1);
	ct_random(&dh, sizeof dh, 2);
	ct_random(epk, sizeof epk, 3);
	ct_random(iv, sizeof iv, 4);
	ct_secret(sealed, sizeof sealed);
	ct_secret(&dh, sizeof dh);
	again = dh;
	CT_CHECK(seal_init(&seal) == PRIO_OK);
	CT_CHECK(seal_close(&seal, (struct prio_mut){sealed, sizeof sealed}, &dh, epk, iv) == PRIO_OK);
	CT_IS_SECRET(sealed + SEAL_TEXT_AT, TEXT + SEAL_TAG_BYTES);
	ct_send(sealed, sizeof sealed);
	memcpy(spoilt, sealed, sizeof spoilt);
	spoilt[SEAL_TEXT_AT] ^= 1;

	dh = again;
	CT_CHECK(seal_open(&seal, (struct prio_mut){spoilt, sizeof spoilt}, &dh, &plaintext) == PRIO_REFUSED_BAD_TAG);
	dh = again;
	CT_CHECK(seal_open(&seal, (struct prio_mut){sealed, sizeof sealed}, &dh, &plaintext) == PRIO_OK);
	CT_IS_SECRET(plaintext.p, TEXT);
	memset(&dh, 0, sizeof dh);
	ct_secret(&dh, sizeof dh);
	CT_CHECK(seal_open(&seal, (struct prio_mut){sealed, sizeof sealed}, &dh, &plaintext) ==
		 PRIO_REFUSED_LOW_ORDER_KEY);
	seal_clear(&seal);
}

static void keys_in_digits(void)
{
	char digits[PRIO_KEY_HEX_DIGITS + 1], written[PRIO_KEY_HEX_DIGITS + 1];
	uint8_t bytes[PRIO_KEY_BYTES];
	struct prio_private_key key;
	struct prio_bytes hex = {(const uint8_t *)digits, PRIO_KEY_HEX_DIGITS};

	ct_random(bytes, sizeof bytes, 5);
	ct_secret(bytes, sizeof bytes);
	prio_key_to_hex(digits, bytes);
	CT_IS_SECRET(digits, PRIO_KEY_HEX_DIGITS);
	CT_CHECK(prio_private_key_from_hex(&key, hex, NULL, NULL) == PRIO_OK);
	CT_IS_SECRET(key.bytes, sizeof key.bytes);
	prio_key_to_hex(written, key.bytes);
	CT_CHECK(ct_equal(written, digits, PRIO_KEY_HEX_DIGITS));

	struct prio_public_key public_key = key.public_key;
	CT_CHECK(prio_private_key_from_hex(&key, hex, &public_key, NULL) == PRIO_OK);
	public_key.bytes[7] ^= 1;
	CT_CHECK(prio_private_key_from_hex(&key, hex, &public_key, NULL) == PRIO_ERR_KEY);
	digits[20] = 'x';
	CT_CHECK(prio_private_key_from_hex(&key, hex, NULL, NULL) == PRIO_ERR_KEY);
}

const struct ct_case ct_messages[] = {
	{"comparisons", comparisons, false, CPU_PORTABLE},
	{"reading elements", reading_elements, false, CPU_PORTABLE},
	{"reading one element", reading_one_element, false, CPU_PORTABLE},
	{"writing elements", writing_elements, false, CPU_PORTABLE},
	{"envelopes and their tags", envelopes, false, CPU_PORTABLE},
	{"keys in digits", keys_in_digits, false, CPU_PORTABLE},
	{NULL, NULL, false, CPU_PORTABLE},
};
