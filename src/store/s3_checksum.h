/* s3_checksum: checksums and ETags as S3's headers have them. */
#ifndef STORE_S3_CHECKSUM_H
#define STORE_S3_CHECKSUM_H

#include "crypt/md5.h"
#include "store/s3_call.h"

enum { S3_CRC_TEXT_BYTES = 9, S3_MD5_TEXT_BYTES = 25, S3_HASH_TEXT_BYTES = 48, S3_ETAG_BYTES = 80 };

/* s3_crc_text, s3_md5_text: base64 of the four bytes of a CRC, big-endian, and of a digest. */
void s3_crc_text(char out[S3_CRC_TEXT_BYTES], uint32_t crc);
void s3_md5_text(char out[S3_MD5_TEXT_BYTES], const uint8_t digest[MD5_BYTES]);

/* s3_read_crc: the CRC-32C of the whole object, where an answer says it; not one of its parts' CRCs. */
bool s3_read_crc(uint32_t *crc, const struct s3_reply *reply);

/* s3_copy_etag: an ETag as it was sent, quotes included, for If-Match; "" if there is none or it is too long. */
void s3_copy_etag(char out[S3_ETAG_BYTES], const char *etag);

/* s3_same_etag: are they the same, quotes or not? "" is the same as nothing. */
bool s3_same_etag(const char *a, const char *b);

/* s3_read_md5: is this ETag that of an object that was sent at once (32 hexadecimal digits)? Its MD5 then, as most
 * servers have it. */
bool s3_read_md5(uint8_t digest[MD5_BYTES], const char *etag);

/* s3_checksum_header: the header by which the server checks what it gets: the CRC-32C, or the MD5.
 *
 *   text   lives as long as the header is used
 *
 * false: this system has no MD5. */
bool s3_checksum_header(struct http_header *header, char text[S3_HASH_TEXT_BYTES], const struct s3_store *store,
			bool is_crc, struct prio_bytes bytes);

#endif
