/* Deleting: up to a thousand names in one request where the server has that, one by one where it has not. DELETE with
 * If-Match is never used: MinIO deletes whatever the condition says. */
#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "net/retry.h"
#include "store/s3_write.h"
#include "store/s3_xml.h"

enum {
	BULK_KEYS_MAX = 1000,
	BULK_BYTES_MAX = 1 << 20, /* of the request; keys are short where there are many */
	BULK_REPLY_BYTES_MAX = 4 << 20,
	ROUNDS_MAX = 8,
};
#define BULK_BEGIN "<Delete xmlns=\"http://s3.amazonaws.com/doc/2006-03-01/\"><Quiet>true</Quiet>"
#define BULK_END "</Delete>"
#define KEY_BEGIN "<Object><Key>"
#define KEY_END "</Key></Object>"

static enum prio_status delete_one(struct s3_store *store, const char *key, struct prio_error *error)
{
	struct s3_request request = {
		.method = "DELETE", .key = key, .may_repeat = true, .permission = "s3:DeleteObject"};
	struct s3_reply reply;
	enum prio_status status = s3_call(store, &request, &reply, error);

	if (status == PRIO_OK && reply.code != 200 && reply.code != 204 && reply.code != 404)
		status = s3_unexpected(store, &request, &reply, error);
	s3_reply_clear(&reply);
	return status;
}

static enum prio_status delete_each(struct s3_store *store, const char *const *keys, size_t n_keys,
				    struct prio_error *error)
{
	enum prio_status status = PRIO_OK;

	for (size_t i = 0; i < n_keys && status == PRIO_OK; i++)
		status = delete_one(store, keys[i], error);
	return status;
}

/* ---- Many in one request ---- */

struct bulk {
	struct s3_store *store;
	char *text;
	size_t n_text;
	struct prio_error *error;
};

static void put_text(struct bulk *bulk, const char *text)
{
	size_t n = strlen(text);

	memcpy(bulk->text + bulk->n_text, text, n + 1);
	bulk->n_text += n;
}

/* Take as many keys as fit. What XML cannot express ends the list. */
static size_t gather(struct bulk *bulk, const char *const *keys, size_t n_keys)
{
	enum { REST = sizeof KEY_END + sizeof BULK_END };
	size_t n = 0;

	bulk->n_text = 0;
	put_text(bulk, BULK_BEGIN);
	for (; n < n_keys && n < BULK_KEYS_MAX; n++) {
		size_t before = bulk->n_text;

		if (sizeof KEY_BEGIN + REST > BULK_BYTES_MAX - before)
			break;
		put_text(bulk, KEY_BEGIN);
		if (!s3_xml_escape(bulk->text, BULK_BYTES_MAX - REST, &bulk->n_text, keys[n])) {
			bulk->n_text = before;
			break;
		}
		put_text(bulk, KEY_END);
	}
	put_text(bulk, BULK_END);
	return n;
}

/* What the server says of single keys inside its 200. *is_again: some of them are worth another try. */
static enum prio_status read_outcome(struct bulk *bulk, const struct s3_reply *reply, bool *is_again)
{
	struct s3_xml xml;
	enum prio_status status = s3_xml_read(&xml, &s3_xml_deleted, prio_bytes_of(reply->http.body));

	*is_again = false;
	if (status != PRIO_OK)
		return s3_error(bulk->error, bulk->store, NULL, status,
				"the server's answer to a deletion cannot be read");
	for (size_t i = 0; i < xml.n_records && status == PRIO_OK; i++) {
		const char *const key = xml.records[i].fields[S3_DELETED_KEY];
		const char *code = xml.records[i].fields[S3_DELETED_CODE];
		const char *message = xml.records[i].fields[S3_DELETED_MESSAGE];
		char shown[128];

		if (code == NULL)
			code = "";
		if (strcmp(code, "NoSuchKey") == 0)
			continue;
		if (retry_is_due(HTTP_ANSWERED, 200, code, true)) {
			*is_again = true;
			continue;
		}
		if (message == NULL)
			message = code;
		escape_text(shown, sizeof shown, (struct prio_bytes){(const uint8_t *)message, strlen(message)});
		if (strcmp(code, "AccessDenied") == 0)
			status = s3_error(bulk->error, bulk->store, key, PRIO_ERR_DENIED,
					  "access was denied; s3:DeleteObject must be allowed (the server said: %s)",
					  shown);
		else
			status =
				s3_error(bulk->error, bulk->store, key, PRIO_ERR_IO, "it cannot be deleted: %s", shown);
	}
	s3_xml_clear(&xml);
	return status;
}

static bool has_no_bulk(const struct s3_reply *reply)
{
	return s3_is_refused_feature(reply) || reply->code == 405 || strcmp(reply->error_code, "MethodNotAllowed") == 0;
}

/* The request that has been gathered. *is_lacking: the server does not know of such. */
static enum prio_status send_bulk(struct bulk *bulk, bool *is_lacking)
{
	static const struct aws_query query = {"delete", ""};
	char text[S3_HASH_TEXT_BYTES];
	struct http_header header;
	struct s3_request request = {.method = "POST",
				     .query = &query,
				     .n_query = 1,
				     .headers = &header,
				     .body = {(const uint8_t *)bulk->text, bulk->n_text},
				     .has_body = true,
				     .may_repeat = true,
				     .reply_bytes_max = BULK_REPLY_BYTES_MAX,
				     .permission = "s3:DeleteObject"};
	enum prio_status status;

	*is_lacking = false;
	/* The MD5 is what servers of every age take here. */
	if (s3_checksum_header(&header, text, bulk->store, false, request.body) ||
	    s3_checksum_header(&header, text, bulk->store, true, request.body))
		request.n_headers = 1;
	for (unsigned n = 1;; n++) {
		struct s3_reply reply;
		bool is_again = false;

		status = s3_call(bulk->store, &request, &reply, bulk->error);
		if (status == PRIO_OK && reply.code == 200)
			status = read_outcome(bulk, &reply, &is_again);
		else if (status == PRIO_OK && has_no_bulk(&reply))
			*is_lacking = true;
		else if (status == PRIO_OK)
			status = s3_unexpected(bulk->store, &request, &reply, bulk->error);
		s3_reply_clear(&reply);
		if (status != PRIO_OK || !is_again)
			return status;
		if (n == ROUNDS_MAX)
			return s3_error(bulk->error, bulk->store, NULL, PRIO_ERR_IO,
					"the server failed %u times to delete some objects", n);
		status = s3_pause(bulk->store, n, NULL, bulk->error);
		if (status != PRIO_OK)
			return status;
	}
}

static enum prio_status delete_in_bulk(struct s3_store *store, const char *const *keys, size_t n_keys,
				       struct prio_error *error)
{
	struct bulk bulk = {.store = store, .error = error, .text = malloc(BULK_BYTES_MAX)};
	enum prio_status status = PRIO_OK;

	if (bulk.text == NULL)
		return error_set(error, PRIO_ERR_MEMORY, "out of memory");
	for (size_t i = 0; i < n_keys && status == PRIO_OK;) {
		bool is_lacking = false;
		size_t n = s3_lacks(store, S3_BULK_DELETE) ? 0 : gather(&bulk, keys + i, n_keys - i);

		if (n > 1)
			status = send_bulk(&bulk, &is_lacking);
		if (is_lacking)
			s3_learn(store, S3_BULK_DELETE, false,
				 "the server cannot delete many objects at once; they are deleted one by one");
		if (n <= 1 || is_lacking) {
			n = n > 0 ? n : 1;
			status = delete_each(store, keys + i, n, error);
		}
		i += n;
	}
	free(bulk.text);
	return status;
}

enum prio_status s3_delete_many(struct store *base, const char *const *keys, size_t n_keys, struct prio_error *error)
{
	struct s3_store *store = s3_store_of(base);

	return n_keys > 1 && !s3_lacks(store, S3_BULK_DELETE) ? delete_in_bulk(store, keys, n_keys, error)
							      : delete_each(store, keys, n_keys, error);
}
