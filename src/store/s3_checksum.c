#include "store/s3_checksum.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/crc32c.h"
#include "crypt/sha256.h"

static const char alphabet[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

static void encode(char *out, const uint8_t *p, size_t n)
{
	for (size_t i = 0; i < n; i += 3) {
		uint32_t bits =
			(uint32_t)p[i] << 16 | (i + 1 < n ? (uint32_t)p[i + 1] << 8 : 0) | (i + 2 < n ? p[i + 2] : 0u);

		*out++ = alphabet[bits >> 18];
		*out++ = alphabet[bits >> 12 & 63];
		*out++ = i + 1 < n ? alphabet[bits >> 6 & 63] : '=';
		*out++ = i + 2 < n ? alphabet[bits & 63] : '=';
	}
	*out = '\0';
}

void s3_crc_text(char out[S3_CRC_TEXT_BYTES], uint32_t crc)
{
	uint8_t bytes[4] = {(uint8_t)(crc >> 24), (uint8_t)(crc >> 16), (uint8_t)(crc >> 8), (uint8_t)crc};

	encode(out, bytes, sizeof bytes);
}

void s3_md5_text(char out[S3_MD5_TEXT_BYTES], const uint8_t digest[MD5_BYTES])
{
	encode(out, digest, MD5_BYTES);
}

/* Eight characters, the last two of them padding. */
static bool parse_crc(uint32_t *crc, const char *text)
{
	uint64_t bits = 0;

	for (int i = 0; i < 6; i++) {
		const char *digit = text[i] != '\0' ? strchr(alphabet, text[i]) : NULL;

		if (digit == NULL)
			return false;
		bits = bits << 6 | (uint64_t)(digit - alphabet);
	}
	if (text[6] != '=' || text[7] != '=' || (bits & 15) != 0)
		return false;
	*crc = (uint32_t)(bits >> 4);
	return true;
}

bool s3_read_crc(uint32_t *crc, const struct s3_reply *reply)
{
	const char *text = s3_header(reply, "x-amz-checksum-crc32c");
	const char *type = s3_header(reply, "x-amz-checksum-type");

	if (text != NULL) /* "...-3" is the CRC of three parts' CRCs */
		return (type == NULL || strcmp(type, "FULL_OBJECT") == 0) && strlen(text) == 8 && parse_crc(crc, text);
	text = s3_header(reply, "x-goog-hash");
	text = text != NULL ? strstr(text, "crc32c=") : NULL;
	return text != NULL && s3_header(reply, "x-goog-stored-content-encoding") != NULL &&
	       strcmp(s3_header(reply, "x-goog-stored-content-encoding"), "identity") == 0 &&
	       parse_crc(crc, text + strlen("crc32c="));
}

void s3_copy_etag(char out[S3_ETAG_BYTES], const char *etag)
{
	out[0] = '\0';
	if (etag != NULL && strlen(etag) < S3_ETAG_BYTES)
		snprintf(out, S3_ETAG_BYTES, "%s", etag);
}

/* Without quotes and without the mark of a weak one. */
static struct prio_bytes bare(const char *etag)
{
	struct prio_bytes text = {(const uint8_t *)etag, etag != NULL ? strlen(etag) : 0};

	if (text.n >= 2 && text.p[0] == 'W' && text.p[1] == '/')
		text.p += 2, text.n -= 2;
	if (text.n >= 2 && text.p[0] == '"' && text.p[text.n - 1] == '"')
		text.p++, text.n -= 2;
	return text;
}

bool s3_same_etag(const char *a, const char *b)
{
	struct prio_bytes x = bare(a);
	struct prio_bytes y = bare(b);

	return x.n == y.n && (x.n == 0 || memcmp(x.p, y.p, x.n) == 0);
}

bool s3_read_md5(uint8_t digest[MD5_BYTES], const char *etag)
{
	static const char digits[] = "0123456789abcdef";
	struct prio_bytes text = bare(etag);

	if (text.n != 2 * MD5_BYTES)
		return false;
	for (size_t i = 0; i < text.n; i++) {
		const char *digit = text.p[i] != '\0' ? strchr(digits, text.p[i] | 0x20) : NULL;

		if (digit == NULL)
			return false;
		digest[i / 2] = (uint8_t)(digest[i / 2] << 4 | (digit - digits));
	}
	return true;
}

enum prio_status s3_version(uint8_t version[STORE_VERSION_BYTES], const char *etag, uint64_t size_bytes)
{
	uint8_t digest[SHA256_BYTES];
	char text[S3_ETAG_BYTES + 40];
	struct prio_bytes name = bare(etag);
	int n = snprintf(text, sizeof text, "%llu %.*s", (unsigned long long)size_bytes,
			 (int)(name.n < S3_ETAG_BYTES ? name.n : S3_ETAG_BYTES),
			 name.n > 0 ? (const char *)name.p : "");
	enum prio_status status = sha256(digest, (struct prio_bytes){(const uint8_t *)text, (size_t)n});

	memcpy(version, digest, STORE_VERSION_BYTES);
	return status;
}

bool s3_checksum_header(struct http_header *header, char text[S3_HASH_TEXT_BYTES], const struct s3_store *store,
			bool is_crc, struct prio_bytes bytes)
{
	uint8_t digest[MD5_BYTES];
	char crc[S3_CRC_TEXT_BYTES];

	if (is_crc) {
		s3_crc_text(crc, crc32c(0, bytes));
		snprintf(text, S3_HASH_TEXT_BYTES, "%s%s", store->is_google ? "crc32c=" : "", crc);
		*header = (struct http_header){store->is_google ? "x-goog-hash" : "x-amz-checksum-crc32c", text};
		return true;
	}
	if (md5(digest, bytes) != PRIO_OK)
		return false;
	s3_md5_text(text, digest);
	*header = (struct http_header){"content-md5", text};
	return true;
}
