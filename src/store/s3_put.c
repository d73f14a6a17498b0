/* Small objects, in one request each.
 *
 * "Only if it is absent" is If-None-Match: * where the server knows it. Two things are to be told apart there:
 *
 * - A server that does not know it ignores the header and overwrites. So the first time we look whether the object
 * exists, and, once it was written, write it a second time: that must be refused.
 * - An answer that was lost. The repetition is refused because of what we wrote ourselves. So every such object carries
 * a random mark in its metadata, by which we know it again. */
#include <stdio.h>
#include <string.h>

#include "base/error.h"
#include "crypt/random.h"
#include "store/s3_write.h"

enum { MARK_BYTES = 16 };

bool s3_is_refused_feature(const struct s3_reply *reply)
{
	static const char *const codes[] = {"NotImplemented", "InvalidRequest", "InvalidArgument", "MissingContentMD5",
					    ""};

	if (reply->code == 501)
		return true;
	for (size_t i = 0; reply->code == 400 && i < sizeof codes / sizeof codes[0]; i++) {
		if (strcmp(reply->error_code, codes[i]) == 0)
			return true;
	}
	return false;
}

enum prio_status s3_send(struct s3_store *store, const struct s3_request *request, struct s3_reply *reply,
			 struct prio_error *error)
{
	struct http_header headers[S3_SEND_HEADERS_MAX + 1];
	char text[S3_HASH_TEXT_BYTES];
	struct s3_request checked = *request;
	bool is_crc = !s3_lacks(store, S3_CHECKSUMS);
	enum prio_status status;

	for (size_t i = 0; i < request->n_headers; i++)
		headers[i] = request->headers[i];
	checked.headers = headers;
	checked.n_headers = request->n_headers +
			    s3_checksum_header(&headers[request->n_headers], text, store, is_crc, request->body);
	status = s3_call(store, &checked, reply, error);
	if (status != PRIO_OK || !is_crc)
		return status;
	if (reply->code >= 200 && reply->code < 300)
		s3_learn(store, S3_CHECKSUMS, true, NULL);
	if (!s3_is_refused_feature(reply) || s3_has(store, S3_CHECKSUMS))
		return PRIO_OK;

	/* Perhaps it is the checksum that it does not like. */
	s3_reply_clear(reply);
	checked.n_headers = request->n_headers +
			    s3_checksum_header(&headers[request->n_headers], text, store, false, request->body);
	status = s3_call(store, &checked, reply, error);
	if (status == PRIO_OK && reply->code >= 200 && reply->code < 300)
		s3_learn(store, S3_CHECKSUMS, false,
			 "the server takes no CRC-32C with what it is sent; uploads are checked by their MD5 alone, "
			 "and reads of large "
			 "objects are not");
	return status;
}

static enum prio_status put_always(struct s3_store *store, const char *key, struct prio_bytes bytes,
				   struct prio_error *error)
{
	struct s3_request request = {.method = "PUT",
				     .key = key,
				     .body = bytes,
				     .has_body = true,
				     .may_repeat = true,
				     .permission = "s3:PutObject"};
	struct s3_reply reply;
	enum prio_status status = s3_send(store, &request, &reply, error);

	if (status == PRIO_OK && reply.code != 200)
		status = s3_unexpected(store, &request, &reply, error);
	s3_reply_clear(&reply);
	return status;
}

/* ---- Only if it is absent ---- */

struct marked {
	struct s3_store *store;
	const char *key;
	struct http_header headers[2];
	char mark[2 * MARK_BYTES + 1];
};

static const char *mark_header(const struct s3_store *store)
{
	return store->is_google ? "x-goog-meta-prio-writer" : "x-amz-meta-prio-writer";
}

static enum prio_status exists(const struct marked *marked, struct prio_error *error)
{
	return s3_error(error, marked->store, marked->key, PRIO_ERR_EXISTS, "the object exists already");
}

/* PRIO_OK: it is absent, or by_us: it bears our mark. */
static enum prio_status look(const struct marked *marked, bool by_us, struct prio_error *error)
{
	struct s3_request request = {.method = "HEAD",
				     .key = marked->key,
				     .may_repeat = true,
				     .permission = "s3:GetObject and s3:ListBucket"};
	struct s3_reply reply;
	enum prio_status status = s3_call(marked->store, &request, &reply, error);

	if (status == PRIO_OK && reply.code == 200) {
		const char *mark = s3_header(&reply, mark_header(marked->store));

		status = by_us && mark != NULL && strcmp(mark, marked->mark) == 0 ? PRIO_OK : exists(marked, error);
	} else if (status == PRIO_OK && (reply.code != 404 || by_us)) {
		status = s3_unexpected(marked->store, &request, &reply, error);
	}
	s3_reply_clear(&reply);
	return status;
}

static enum prio_status send_marked(const struct marked *marked, struct prio_bytes bytes, struct s3_reply *reply,
				    struct prio_error *error)
{
	struct s3_request request = {.method = "PUT",
				     .key = marked->key,
				     .headers = marked->headers,
				     .n_headers = 2,
				     .body = bytes,
				     .has_body = true,
				     .may_repeat = true,
				     .permission = "s3:PutObject"};

	return s3_send(marked->store, &request, reply, error);
}

/* It was written: would it have been, had it existed? */
static void prove_conditions(const struct marked *marked, struct prio_bytes bytes)
{
	struct s3_reply reply;

	if (send_marked(marked, bytes, &reply, NULL) == PRIO_OK && (reply.code == 412 || reply.code == 200))
		s3_learn(marked->store, S3_CONDITIONS, reply.code == 412,
			 "the server ignores If-None-Match; objects that must be written once are looked for before, "
			 "which does not protect "
			 "against a second run at the same moment");
	s3_reply_clear(&reply);
}

static enum prio_status put_if_absent(struct marked *marked, struct prio_bytes bytes, struct prio_error *error)
{
	struct s3_store *store = marked->store;
	struct s3_request request = {.method = "PUT", .key = marked->key};
	struct s3_reply reply;
	enum prio_status status;

	if (!s3_has(store, S3_CONDITIONS)) {
		status = look(marked, false, error);
		if (status != PRIO_OK)
			return status;
	}
	if (s3_lacks(store, S3_CONDITIONS))
		return put_always(store, marked->key, bytes, error);

	status = send_marked(marked, bytes, &reply, error);
	if (status == PRIO_OK && reply.code == 200) {
		if (!s3_has(store, S3_CONDITIONS))
			prove_conditions(marked, bytes);
	} else if (status == PRIO_OK && reply.code == 412) {
		status = reply.maybe_done ? look(marked, true, error) : exists(marked, error);
	} else if (status == PRIO_OK && s3_is_refused_feature(&reply) && !s3_has(store, S3_CONDITIONS)) {
		status = put_always(store, marked->key, bytes, error);
		if (status == PRIO_OK)
			s3_learn(store, S3_CONDITIONS, false,
				 "the server does not know If-None-Match; objects that must be written once are looked "
				 "for before, which does "
				 "not protect against a second run at the same moment");
	} else if (status == PRIO_OK) {
		status = s3_unexpected(store, &request, &reply, error);
	}
	s3_reply_clear(&reply);
	return status;
}

enum prio_status s3_put(struct store *base, const char *key, struct prio_bytes bytes, enum store_condition condition,
			struct prio_error *error)
{
	struct s3_store *store = s3_store_of(base);
	struct marked marked = {.store = store, .key = key};
	uint8_t random[MARK_BYTES];
	enum prio_status status;

	if (condition == STORE_ALWAYS)
		return put_always(store, key, bytes, error);
	status = random_bytes((struct prio_mut){random, sizeof random});
	if (status != PRIO_OK)
		return error_set(error, status, "%s", prio_status_sentence(status));
	for (size_t i = 0; i < sizeof random; i++)
		snprintf(marked.mark + 2 * i, 3, "%02x", random[i]);
	marked.headers[0] = store->is_google ? (struct http_header){"x-goog-if-generation-match", "0"}
					     : (struct http_header){"if-none-match", "*"};
	marked.headers[1] = (struct http_header){mark_header(store), marked.mark};
	return put_if_absent(&marked, bytes, error);
}
