/* Checksums, ETags and versions as S3's headers have them, and how large parts are. */
#include "tests/unit/cmocka_all.h"

#include "base/crc32c.h"
#include "store/s3_write.h"

static struct prio_bytes text(const char *s)
{
	return (struct prio_bytes){(const uint8_t *)s, strlen(s)};
}

/* RFC 3720, B.4: the CRC-32C of 32 bytes of zeros is 8a9136aa, which goes out there with its last byte first, and here
 * not; of "123456789" it is e3069283 (the check value of the algorithm). */
static void writes_checksums(void **unused)
{
	static const uint8_t zeros[32];
	char crc[S3_CRC_TEXT_BYTES];
	char hash[S3_MD5_TEXT_BYTES];
	uint8_t digest[MD5_BYTES];

	(void)unused;
	s3_crc_text(crc, crc32c(0, (struct prio_bytes){zeros, sizeof zeros}));
	assert_string_equal(crc, "ipE2qg==");
	s3_crc_text(crc, crc32c(0, text("123456789")));
	assert_string_equal(crc, "4waSgw==");
	/* RFC 1321, A.5; RFC 4648. */
	ASSERT_OK(md5(digest, text("message digest")));
	assert_bytes(digest, "f96b697d7cb7938d525a2f31aaf161d0");
	s3_md5_text(hash, digest);
	assert_string_equal(hash, "+WtpfXy3k41SWi8xqvFh0A==");
	ASSERT_OK(md5(digest, (struct prio_bytes){NULL, 0}));
	s3_md5_text(hash, digest);
	assert_string_equal(hash, "1B2M2Y8AsgTpgAmY7PhCfg==");
}

static void reads_etags(void **unused)
{
	uint8_t digest[MD5_BYTES];
	char etag[S3_ETAG_BYTES];
	char large[S3_ETAG_BYTES + 10];

	(void)unused;
	assert_true(s3_same_etag("\"a\"", "a"));
	assert_true(s3_same_etag("W/\"a\"", "\"a\""));
	assert_true(s3_same_etag(NULL, ""));
	assert_false(s3_same_etag("a", "A"));
	assert_false(s3_same_etag("a", ""));
	assert_false(s3_same_etag("\"a", "a"));

	assert_true(s3_read_md5(digest, "\"F96b697d7cb7938d525a2f31aaf161d0\""));
	assert_bytes(digest, "f96b697d7cb7938d525a2f31aaf161d0");
	assert_false(s3_read_md5(digest, "\"f96b697d7cb7938d525a2f31aaf161d0-2\""));
	assert_false(s3_read_md5(digest, "\"f96b697d7cb7938d525a2f31aaf161dg\""));
	assert_false(s3_read_md5(digest, NULL));

	s3_copy_etag(etag, "\"x\"");
	assert_string_equal(etag, "\"x\"");
	memset(large, 'e', sizeof large - 1);
	large[sizeof large - 1] = '\0';
	s3_copy_etag(etag, large);
	assert_string_equal(etag, "");
	s3_copy_etag(etag, NULL);
	assert_string_equal(etag, "");
}

static void versions_tell_objects_apart(void **unused)
{
	uint8_t a[STORE_VERSION_BYTES], b[STORE_VERSION_BYTES];

	(void)unused;
	ASSERT_OK(s3_version(a, "\"e\"", 1));
	ASSERT_OK(s3_version(b, "e", 1));
	assert_memory_equal(a, b, sizeof a);
	ASSERT_OK(s3_version(b, "e", 2));
	assert_memory_not_equal(a, b, sizeof a);
	ASSERT_OK(s3_version(b, "f", 1));
	assert_memory_not_equal(a, b, sizeof a);
	ASSERT_OK(s3_version(b, NULL, 1));
	assert_memory_not_equal(a, b, sizeof a);
}

/* Ten thousand parts hold half a terabyte, and none is smaller than S3's 5 MiB or larger than what may be held in
 * memory. */
static void parts_grow(void **unused)
{
	uint64_t sum = 0;
	size_t before = 0;

	(void)unused;
	assert_int_equal(s3_part_bytes(0), 8 << 20);
	for (size_t i = 0; i < S3_PARTS_MAX; i++) {
		size_t n = s3_part_bytes(i);

		assert_true(n >= before && n >= 5 << 20 && n <= 64 << 20);
		before = n;
		sum += n;
	}
	assert_true(sum > 500000000000);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(writes_checksums),
		cmocka_unit_test(reads_etags),
		cmocka_unit_test(versions_tell_objects_apart),
		cmocka_unit_test(parts_grow),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
