/* s3_xml: the XML that S3 servers answer with: listings, outcomes of deletions, uploads, errors. All of them are a root
 * with some values, and perhaps records with some values; one reader serves all.
 *
 * Strict: no document type, so no entities but XML's own five; UTF-8; a bounded depth; a value that comes twice is
 * refused. Names are taken with or without a namespace. What is not asked for is passed over. */
#ifndef STORE_S3_XML_H
#define STORE_S3_XML_H

#include <stdbool.h>

#include "prio/bytes.h"
#include "prio/status.h"

enum { S3_XML_VALUES = 4, S3_XML_FIELDS = 3 };

struct s3_xml_shape {
	const char *root;
	const char *values[S3_XML_VALUES]; /* elements right under the root; NULL: no more */
	const char *record;		   /* elements right under the root that repeat; NULL: none */
	const char *fields[S3_XML_FIELDS]; /* elements right under a record */
};

struct s3_xml_record {
	char *fields[S3_XML_FIELDS]; /* as in the shape; NULL where it is missing */
};
struct s3_xml {
	char *values[S3_XML_VALUES];
	struct s3_xml_record *records;
	size_t n_records;
	char *text_;
};

extern const struct s3_xml_shape s3_xml_objects; /* ListObjectsV2 */
enum { S3_OBJECTS_TRUNCATED, S3_OBJECTS_TOKEN, S3_OBJECTS_ENCODING };
enum { S3_OBJECT_KEY, S3_OBJECT_ETAG, S3_OBJECT_SIZE };
extern const struct s3_xml_shape s3_xml_uploads; /* ListMultipartUploads */
enum { S3_UPLOADS_TRUNCATED, S3_UPLOADS_KEY, S3_UPLOADS_ENCODING, S3_UPLOADS_ID };
enum { S3_UPLOAD_KEY, S3_UPLOAD_ID };
extern const struct s3_xml_shape s3_xml_deleted; /* DeleteObjects */
enum { S3_DELETED_KEY, S3_DELETED_CODE, S3_DELETED_MESSAGE };
extern const struct s3_xml_shape s3_xml_initiated; /* CreateMultipartUpload */
enum { S3_INITIATED_ID };
extern const struct s3_xml_shape s3_xml_completed; /* CompleteMultipartUpload */
enum { S3_COMPLETED_ETAG };
extern const struct s3_xml_shape s3_xml_error;
enum { S3_ERROR_CODE, S3_ERROR_MESSAGE, S3_ERROR_REGION };

/* s3_xml_read: a whole document. White space before it is passed over (a server keeps a connection alive with it).
 *
 *   xml   out, zeroed where it fails; s3_xml_clear frees it, and then its strings are gone
 *
 * PRIO_OK; PRIO_ERR_FORMAT (no such document); PRIO_ERR_MEMORY. Memory: about twice the text. */
PRIO_MUST_USE enum prio_status s3_xml_read(struct s3_xml *xml, const struct s3_xml_shape *shape,
					   struct prio_bytes text);
void s3_xml_clear(struct s3_xml *xml);

/* s3_xml_url_decode: percent-decode in place, "+" being a blank, as keys are where a listing says EncodingType "url".
 * false: not well-formed, or it holds a NUL. */
bool s3_xml_url_decode(char *text);

/* s3_xml_escape: append text to out at *at, NUL-terminated, with & < > " and white space written so that a parser gives
 * them back. false: it does not fit, or holds what XML cannot express (controls, broken UTF-8, U+FFFE, U+FFFF); *at is
 * as it was. */
bool s3_xml_escape(char *out, size_t out_bytes, size_t *at, const char *text);

/* s3_xml_number: a decimal number without sign or blanks. */
bool s3_xml_number(uint64_t *out, const char *text);

#endif
