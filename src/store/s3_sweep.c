/* Uploads that a writer that died left behind are no objects and are never read as such, but they take room. Objects
 * need no sweeping: they are durable once the server says so.
 *
 * All uploads of the bucket are listed and those under the prefix are chosen here, since MinIO takes a prefix for a
 * whole key. Who may write to a bucket may not always list its uploads (a partner's bucket): then its owner has to
 * remove them, by a lifecycle rule best. */
#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "store/s3_write.h"
#include "store/s3_xml.h"

enum { PAGE_BYTES_MAX = 8 << 20, PAGES_MAX = 10000 };

struct place {
	char *key;
	char *id;
};

static void place_clear(struct place *place)
{
	free(place->key);
	free(place->id);
	*place = (struct place){NULL, NULL};
}

static enum prio_status bad_page(struct s3_store *store, struct prio_error *error)
{
	return s3_error(error, store, NULL, PRIO_ERR_FORMAT, "the server's list of uploads cannot be used");
}

/* Abort those of a page that lie under the prefix. */
static void abort_uploads(struct s3_store *store, const struct s3_xml *xml, const char *prefix, bool is_url)
{
	for (size_t i = 0; i < xml->n_records; i++) {
		char *key = xml->records[i].fields[S3_UPLOAD_KEY];
		struct s3_upload upload = {.store = store, .key = key, .id = xml->records[i].fields[S3_UPLOAD_ID]};

		if (key == NULL || upload.id == NULL || (is_url && !s3_xml_url_decode(key)))
			continue;
		if (strncmp(key, prefix, strlen(prefix)) == 0 && store_key_check(key, NULL) == PRIO_OK)
			s3_upload_abort(&upload);
	}
}

/* Where the next page begins. next->key NULL: this was the last. */
static enum prio_status read_next(struct place *next, struct s3_store *store, const struct s3_xml *xml, bool is_url,
				  struct prio_error *error)
{
	const char *truncated = xml->values[S3_UPLOADS_TRUNCATED];

	if (truncated == NULL || strcmp(truncated, "true") != 0)
		return PRIO_OK;
	if (xml->values[S3_UPLOADS_KEY] == NULL || (is_url && !s3_xml_url_decode(xml->values[S3_UPLOADS_KEY])))
		return bad_page(store, error);
	next->key = strdup(xml->values[S3_UPLOADS_KEY]);
	next->id = strdup(xml->values[S3_UPLOADS_ID] != NULL ? xml->values[S3_UPLOADS_ID] : "");
	return next->key != NULL && next->id != NULL ? PRIO_OK : error_set(error, PRIO_ERR_MEMORY, "out of memory");
}

static enum prio_status sweep_page(struct s3_store *store, const char *prefix, const struct place *from,
				   struct place *next, struct prio_error *error)
{
	struct aws_query query[] = {
		{"uploads", ""}, {"encoding-type", "url"}, {"key-marker", from->key}, {"upload-id-marker", from->id}};
	struct s3_request request = {.method = "GET",
				     .query = query,
				     .n_query = from->key != NULL ? 4 : 2,
				     .may_repeat = true,
				     .reply_bytes_max = PAGE_BYTES_MAX,
				     .permission = "s3:ListBucketMultipartUploads"};
	struct s3_reply reply;
	struct s3_xml xml = {0};
	enum prio_status status = s3_call(store, &request, &reply, error);

	if (strcmp(reply.error_code, "AccessDenied") == 0 || (status == PRIO_OK && reply.code != 200)) {
		s3_learn(store, S3_UPLOAD_LISTS, false, NULL);
		status = PRIO_OK;
	} else if (status == PRIO_OK) {
		status = s3_xml_read(&xml, &s3_xml_uploads, prio_bytes_of(reply.http.body));
		if (status != PRIO_OK)
			bad_page(store, error);
	}
	s3_reply_clear(&reply);
	if (status == PRIO_OK) {
		const char *encoding = xml.values[S3_UPLOADS_ENCODING];
		bool is_url = encoding != NULL && strcmp(encoding, "url") == 0;

		status = read_next(next, store, &xml, is_url, error);
		if (status == PRIO_OK)
			abort_uploads(store, &xml, prefix, is_url);
	}
	s3_xml_clear(&xml);
	return status;
}

enum prio_status s3_sweep(struct store *base, const char *prefix, struct prio_error *error)
{
	struct s3_store *store = s3_store_of(base);
	char with_slash[STORE_KEY_BYTES_MAX + 2] = "";
	size_t n = strlen(prefix);
	struct place from = {NULL, NULL};
	enum prio_status status = PRIO_OK;

	if (n > 0) {
		memcpy(with_slash, prefix, n);
		memcpy(with_slash + n, "/", 2);
	}
	for (unsigned n_pages = 0; status == PRIO_OK && n_pages < PAGES_MAX && !s3_lacks(store, S3_UPLOAD_LISTS);
	     n_pages++) {
		struct place next = {NULL, NULL};

		status = sweep_page(store, with_slash, &from, &next, error);
		place_clear(&from);
		from = next;
		if (from.key == NULL)
			break;
	}
	place_clear(&from);
	return status;
}
