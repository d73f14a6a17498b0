/* s3_write: uploads, at once and in parts. */
#ifndef STORE_S3_WRITE_H
#define STORE_S3_WRITE_H

#include "store/s3_checksum.h"

/* s3_send: s3_call with a header more, by which the server checks the body. A server that does not take that header is
 * asked again with an older one. request->n_headers: S3_SEND_HEADERS_MAX at most. */
enum { S3_SEND_HEADERS_MAX = 6 };
PRIO_MUST_USE enum prio_status s3_send(struct s3_store *store, const struct s3_request *request, struct s3_reply *reply,
				       struct prio_error *error);

/* s3_is_refused_feature: may it be that the server does not know what a header or query asks for? */
bool s3_is_refused_feature(const struct s3_reply *reply);

/* An upload in parts, which becomes an object when it is completed. */
struct s3_part {
	char etag[S3_ETAG_BYTES];
	uint32_t crc;
};
struct s3_upload {
	struct s3_store *store;
	const char *key;   /* lent */
	char *id;	   /* NULL: not begun */
	bool has_crcs;	   /* the server keeps the parts' CRCs */
	bool has_full_crc; /* and makes one of the whole object of them */
	struct s3_part *parts;
	size_t n_parts;
	size_t room;
	uint64_t n_bytes;
	uint32_t crc; /* of all so far */
};
enum { S3_PARTS_MAX = 10000 };

/* s3_part_bytes: how large a sink makes a part that has n_before parts before it. */
size_t s3_part_bytes(size_t n_before);

/* s3_upload_begin: for a zeroed upload with store and key. s3_upload_part: the next one; 5 MiB at least but for the
 * last. s3_upload_complete: make it the object. s3_upload_abort: remove what was sent, if that can be done; fine if
 * nothing was. s3_upload_clear: the memory. */
PRIO_MUST_USE enum prio_status s3_upload_begin(struct s3_upload *upload, struct prio_error *error);
PRIO_MUST_USE enum prio_status s3_upload_part(struct s3_upload *upload, struct prio_bytes bytes,
					      struct prio_error *error);
PRIO_MUST_USE enum prio_status s3_upload_complete(struct s3_upload *upload, struct prio_error *error);
void s3_upload_abort(struct s3_upload *upload);
void s3_upload_clear(struct s3_upload *upload);

#endif
