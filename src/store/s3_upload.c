#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/crc32c.h"
#include "base/error.h"
#include "store/s3_write.h"
#include "store/s3_xml.h"

enum { COMPLETIONS_MAX = 8, PART_XML_BYTES = 6 * S3_ETAG_BYTES + 200 };

static enum prio_status out_of_memory(struct prio_error *error)
{
	return error_set(error, PRIO_ERR_MEMORY, "out of memory");
}

/* ---- Beginning ---- */

static enum prio_status ask_for_id(struct s3_upload *upload, size_t n_headers, bool *is_refused,
				   struct prio_error *error)
{
	static const struct http_header headers[] = {{"x-amz-checksum-algorithm", "CRC32C"},
						     {"x-amz-checksum-type", "FULL_OBJECT"}};
	static const struct aws_query query = {"uploads", ""};
	struct s3_request request = {.method = "POST",
				     .key = upload->key,
				     .query = &query,
				     .n_query = 1,
				     .headers = headers,
				     .n_headers = n_headers,
				     .has_body = true,
				     .may_repeat = true, /* an upload that is begun and forgotten is swept */
				     .permission = "s3:PutObject"};
	struct s3_reply reply;
	struct s3_xml xml = {0};
	enum prio_status status = s3_call(upload->store, &request, &reply, error);

	*is_refused = status == PRIO_OK && n_headers > 0 && s3_is_refused_feature(&reply);
	if (status == PRIO_OK && reply.code != 200)
		status = s3_unexpected(upload->store, &request, &reply, error);
	else if (status == PRIO_OK)
		status = s3_xml_read(&xml, &s3_xml_initiated, prio_bytes_of(reply.http.body));
	if (status == PRIO_OK && xml.values[S3_INITIATED_ID] != NULL) {
		const char *type = s3_header(&reply, "x-amz-checksum-type");

		upload->has_crcs = n_headers > 0;
		/* Servers that make a checksum of the parts' checksums instead do not say FULL_OBJECT. */
		upload->has_full_crc = n_headers == 2 && type != NULL && strcmp(type, "FULL_OBJECT") == 0;
		upload->id = strdup(xml.values[S3_INITIATED_ID]);
		if (upload->id == NULL)
			status = out_of_memory(error);
	} else if (!*is_refused && (status == PRIO_OK || (status == PRIO_ERR_FORMAT && reply.code == 200))) {
		status = s3_error(error, upload->store, upload->key, PRIO_ERR_FORMAT,
				  "the server began an upload and did not say its name");
	}
	s3_xml_clear(&xml);
	s3_reply_clear(&reply);
	return status;
}

enum prio_status s3_upload_begin(struct s3_upload *upload, struct prio_error *error)
{
	struct s3_store *store = upload->store;
	size_t n_headers = store->is_google || s3_lacks(store, S3_CHECKSUMS) ? 0
			   : s3_lacks(store, S3_FULL_OBJECT)		     ? 1
									     : 2;
	bool is_refused;
	enum prio_status status = ask_for_id(upload, n_headers, &is_refused, error);

	while (is_refused && n_headers > 0)
		status = ask_for_id(upload, --n_headers, &is_refused, error);
	if (status == PRIO_OK && !store->is_google && !s3_lacks(store, S3_CHECKSUMS))
		s3_learn(store, S3_FULL_OBJECT, upload->has_full_crc,
			 "the server keeps no checksum of a whole object that comes in parts; reads of large objects "
			 "are not checked");
	return status;
}

/* ---- Parts ---- */

enum prio_status s3_upload_part(struct s3_upload *upload, struct prio_bytes bytes, struct prio_error *error)
{
	char number[24];
	struct aws_query query[] = {{"partNumber", number}, {"uploadId", upload->id}};
	struct s3_request request = {.method = "PUT",
				     .key = upload->key,
				     .query = query,
				     .n_query = 2,
				     .body = bytes,
				     .has_body = true,
				     .may_repeat = true,
				     .permission = "s3:PutObject"};
	struct s3_reply reply;
	enum prio_status status;

	if (upload->n_parts == S3_PARTS_MAX)
		return s3_error(error, upload->store, upload->key, PRIO_ERR_TOO_LARGE,
				"it would take more than %d parts", S3_PARTS_MAX);
	if (upload->n_parts == upload->room) {
		size_t room = upload->room == 0 ? 16 : 2 * upload->room;
		struct s3_part *parts = realloc(upload->parts, room * sizeof *parts);

		if (parts == NULL)
			return out_of_memory(error);
		upload->parts = parts;
		upload->room = room;
	}
	snprintf(number, sizeof number, "%zu", upload->n_parts + 1);
	status = s3_send(upload->store, &request, &reply, error);
	if (status == PRIO_OK && reply.code != 200)
		status = s3_unexpected(upload->store, &request, &reply, error);
	if (status == PRIO_OK) {
		struct s3_part *part = &upload->parts[upload->n_parts];

		s3_copy_etag(part->etag, s3_header(&reply, "etag"));
		part->crc = crc32c(0, bytes);
		if (part->etag[0] == '\0')
			status = s3_error(error, upload->store, upload->key, PRIO_ERR_FORMAT,
					  "the server took a part and gave no ETag");
		else
			upload->n_parts++;
	}
	if (status == PRIO_OK) {
		upload->crc = crc32c(upload->crc, bytes);
		upload->n_bytes += bytes.n;
	}
	s3_reply_clear(&reply);
	return status;
}

/* ---- Completing ---- */

static bool add(struct prio_mut *out, size_t room, const char *text)
{
	size_t n = strlen(text);

	if (n >= room - out->n)
		return false;
	memcpy(out->p + out->n, text, n + 1);
	out->n += n;
	return true;
}

/* The list of parts. out->p NULL: out of memory. */
static struct prio_mut list_of_parts(const struct s3_upload *upload)
{
	bool has_crcs =
		upload->has_crcs && !s3_lacks(upload->store, S3_CHECKSUMS); /* which may have been learnt from a part */
	size_t room = (upload->n_parts + 1) * PART_XML_BYTES;
	struct prio_mut out = {malloc(room), 0};
	bool fits = out.p != NULL &&
		    add(&out, room, "<CompleteMultipartUpload xmlns=\"http://s3.amazonaws.com/doc/2006-03-01/\">");

	for (size_t i = 0; fits && i < upload->n_parts; i++) {
		char crc[S3_CRC_TEXT_BYTES];
		char text[80];

		snprintf(text, sizeof text, "<Part><PartNumber>%zu</PartNumber><ETag>", i + 1);
		fits = add(&out, room, text) && s3_xml_escape((char *)out.p, room, &out.n, upload->parts[i].etag) &&
		       add(&out, room, "</ETag>");
		s3_crc_text(crc, upload->parts[i].crc);
		snprintf(text, sizeof text, "<ChecksumCRC32C>%s</ChecksumCRC32C>", crc);
		fits = fits && (!has_crcs || add(&out, room, text)) && add(&out, room, "</Part>");
	}
	fits = fits && add(&out, room, "</CompleteMultipartUpload>");
	if (!fits) {
		free(out.p);
		out = (struct prio_mut){NULL, 0};
	}
	return out;
}

/* The ETag that the object will have where those of the parts are their MD5s: the MD5 of these, and how many they are.
 */
static bool expected_etag(char out[S3_ETAG_BYTES], const struct s3_upload *upload)
{
	uint8_t *digests = malloc(upload->n_parts * MD5_BYTES + 1);
	uint8_t digest[MD5_BYTES];
	bool is_known = digests != NULL;

	for (size_t i = 0; is_known && i < upload->n_parts; i++)
		is_known = s3_read_md5(digests + i * MD5_BYTES, upload->parts[i].etag);
	is_known = is_known && md5(digest, (struct prio_bytes){digests, upload->n_parts * MD5_BYTES}) == PRIO_OK;
	free(digests);
	for (size_t i = 0; is_known && i < MD5_BYTES; i++)
		snprintf(out + 2 * i, 3, "%02x", digest[i]);
	if (is_known)
		snprintf(out + 2 * (size_t)MD5_BYTES, 24, "-%zu", upload->n_parts);
	return is_known;
}

/* The answer was lost, or a repetition finds no such upload: is the object there, and ours? */
static bool was_completed(const struct s3_upload *upload)
{
	static const struct http_header checksum = {"x-amz-checksum-mode", "ENABLED"};
	struct s3_request request = {
		.method = "HEAD", .key = upload->key, .headers = &checksum, .n_headers = 1, .may_repeat = true};
	struct s3_reply reply;
	char wanted[S3_ETAG_BYTES];
	uint32_t crc;
	bool is_ours = false;

	if (s3_call(upload->store, &request, &reply, NULL) == PRIO_OK && reply.code == 200 &&
	    reply.http.content_length == upload->n_bytes) {
		if (s3_read_crc(&crc, &reply))
			is_ours = crc == upload->crc;
		else
			is_ours = expected_etag(wanted, upload) && s3_same_etag(wanted, s3_header(&reply, "etag"));
	}
	s3_reply_clear(&reply);
	return is_ours;
}

/* A 200 may hold an error: the server began to answer before it had done it. */
static bool is_completed(struct s3_reply *reply)
{
	struct prio_bytes body = prio_bytes_of(reply->http.body);
	struct s3_xml xml;
	bool is_done = s3_xml_read(&xml, &s3_xml_completed, body) == PRIO_OK;

	s3_xml_clear(&xml);
	if (is_done)
		return true;
	if (s3_xml_read(&xml, &s3_xml_error, body) == PRIO_OK && xml.values[S3_ERROR_CODE] != NULL)
		snprintf(reply->error_code, sizeof reply->error_code, "%s", xml.values[S3_ERROR_CODE]);
	s3_xml_clear(&xml);
	return false;
}

static enum prio_status complete(struct s3_upload *upload, struct prio_bytes list, struct prio_error *error)
{
	char crc[S3_CRC_TEXT_BYTES];
	struct http_header headers[] = {{"x-amz-checksum-crc32c", crc}, {"x-amz-checksum-type", "FULL_OBJECT"}};
	struct aws_query query = {"uploadId", upload->id};
	struct s3_request request = {.method = "POST",
				     .key = upload->key,
				     .query = &query,
				     .n_query = 1,
				     .headers = headers,
				     .n_headers =
					     upload->has_full_crc && !s3_lacks(upload->store, S3_CHECKSUMS) ? 2 : 0,
				     .body = list,
				     .has_body = true,
				     .may_repeat = true,
				     .permission = "s3:PutObject"};
	struct s3_reply reply;

	s3_crc_text(crc, upload->crc);
	for (unsigned n = 1;; n++) {
		enum prio_status status = s3_call(upload->store, &request, &reply, error);
		bool is_refused = status == PRIO_OK && reply.code != 200 && reply.code != 404;
		bool is_again = false;

		if (status == PRIO_OK && reply.code == 200 && is_completed(&reply)) {
			s3_reply_clear(&reply);
			return PRIO_OK;
		}
		if (status == PRIO_OK && reply.code == 200)
			is_again = n < COMPLETIONS_MAX && (retry_is_due(HTTP_ANSWERED, 500, reply.error_code, true));
		if (status == PRIO_OK && !is_again)
			status = s3_unexpected(upload->store, &request, &reply, error);
		s3_reply_clear(&reply);
		if (!is_again)
			return !is_refused && status != PRIO_ERR_STOPPED && was_completed(upload) ? PRIO_OK : status;
		status = s3_pause(upload->store, n, NULL, error);
		if (status != PRIO_OK)
			return status;
	}
}

enum prio_status s3_upload_complete(struct s3_upload *upload, struct prio_error *error)
{
	struct prio_mut list = list_of_parts(upload);
	enum prio_status status;

	if (list.p == NULL)
		return out_of_memory(error);
	status = complete(upload, prio_bytes_of(list), error);
	free(list.p);
	return status;
}

void s3_upload_abort(struct s3_upload *upload)
{
	struct aws_query query = {"uploadId", upload->id};
	struct s3_request request = {
		.method = "DELETE", .key = upload->key, .query = &query, .n_query = 1, .may_repeat = true};
	struct s3_reply reply;

	if (upload->id == NULL)
		return;
	(void)!s3_call(upload->store, &request, &reply, NULL);
	s3_reply_clear(&reply);
}

void s3_upload_clear(struct s3_upload *upload)
{
	free(upload->id);
	free(upload->parts);
	memset(upload, 0, sizeof *upload);
}
