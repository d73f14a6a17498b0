#include "store/s3_checksum.h"

enum prio_status s3_stat(struct store *base, const char *key, struct store_object *object, struct prio_error *error)
{
	static const struct http_header checksum = {"x-amz-checksum-mode", "ENABLED"};
	struct s3_store *store = s3_store_of(base);
	struct s3_request request = {.method = "HEAD",
				     .key = key,
				     .headers = &checksum,
				     .n_headers = 1,
				     .may_repeat = true,
				     .permission = S3_READ_PERMISSION};
	struct s3_reply reply;
	enum prio_status status = s3_call(store, &request, &reply, error);

	if (status == PRIO_OK && reply.code == 200) {
		object->key = key;
		object->size_bytes = reply.http.content_length;
		object->has_crc32c = s3_read_crc(&object->crc32c, &reply);
		status = s3_version(object->version, s3_header(&reply, "etag"), object->size_bytes);
		if (status != PRIO_OK)
			s3_error(error, store, key, status, "%s", prio_status_sentence(status));
		else if (object->size_bytes == UINT64_MAX)
			status = s3_error(error, store, key, PRIO_ERR_FORMAT, "the server does not say how long it is");
	} else if (status == PRIO_OK) {
		status = s3_unexpected(store, &request, &reply, error);
	}
	s3_reply_clear(&reply);
	return status;
}
