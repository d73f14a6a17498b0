/* Reading. The first answer says which object it is (ETag), how long, and perhaps its checksum. When the connection
 * breaks, the next request asks for the rest of that very object.
 *
 * A small object that is read as a whole is received and checked before any of it is handed on, so that it can be asked
 * for once more where it was damaged on its way. A large one is handed on as it comes; its checksum is known at its
 * end. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/crc32c.h"
#include "base/error.h"
#include "store/s3_checksum.h"
#include "store/s3_words.h"
#include "store/s3_xml.h"

enum { LENT_MAX = 8, SMALL_BYTES_MAX = 1 << 20, LOSSES_MAX = 8, RANGE_BYTES = 64 };

struct s3_stream {
	struct stream base;
	struct s3_store *store;
	char *key;
	uint64_t begin;
	uint64_t at;  /* the next byte */
	uint64_t end; /* of what is wanted and, once an answer said so, of what is there */
	bool is_whole;
	bool is_begun; /* an answer came: etag and end are the object's */
	bool is_at_end;
	char etag[S3_ETAG_BYTES];
	struct http_body *body;
	unsigned n_losses; /* since the last byte came */
	bool has_crc;
	uint32_t wanted_crc;
	uint32_t crc; /* of what came */
	struct prio_mut small;
	size_t small_at;
	struct prio_mut lent[LENT_MAX];
	unsigned first;
	unsigned n_lent;
};

static struct s3_stream *stream_of(struct stream *stream)
{
	return (struct s3_stream *)(void *)stream;
}

static enum prio_status changed(const struct s3_stream *stream, const char *how, struct prio_error *error)
{
	return s3_error(error, stream->store, stream->key, PRIO_ERR_CHANGED, "it was %s while it was read", how);
}

/* A number and the sign behind it; the text moves on. */
static bool take_number(uint64_t *out, const char **text, char sign)
{
	char number[24];
	size_t n = strspn(*text, "0123456789");

	if (n == 0 || n >= sizeof number || (*text)[n] != sign)
		return false;
	memcpy(number, *text, n);
	number[n] = '\0';
	*text += n + (sign != '\0');
	return s3_xml_number(out, number);
}

/* "bytes 5-9/100": does it begin where it should? *size_bytes: of the object; as far as the range goes if that is not said. */
static bool begins_at(const char *content_range, uint64_t at, uint64_t *size_bytes)
{
	uint64_t first, last;

	if (content_range == NULL || strncmp(content_range, "bytes ", 6) != 0)
		return false;
	content_range += 6;
	if (!take_number(&first, &content_range, '-') || !take_number(&last, &content_range, '/') || first != at || last < first ||
	    last == UINT64_MAX)
		return false;
	*size_bytes = last + 1;
	return strcmp(content_range, "*") == 0 || (take_number(size_bytes, &content_range, '\0') && *size_bytes > last);
}

/* What an answer with a body says of the object. A server may answer with less of a range than it was asked for: what is missing then
 * is asked for like what a broken connection left out. */
static enum prio_status accept_answer(struct s3_stream *stream, const struct s3_reply *reply, struct prio_error *error)
{
	const char *etag = s3_header(reply, "etag");
	uint64_t end = reply->http.content_length;

	if (reply->code == 200 ? stream->at > 0 : !begins_at(s3_header(reply, "content-range"), stream->at, &end))
		return s3_error(error, stream->store, stream->key, PRIO_ERR_FORMAT,
				"the server does not answer with the bytes that were asked for");
	if (stream->is_begun) {
		bool is_same = s3_same_etag(stream->etag, etag) && (end >= stream->end || stream->end == UINT64_MAX);

		return is_same ? PRIO_OK : changed(stream, "replaced", error);
	}
	s3_copy_etag(stream->etag, etag);
	stream->has_crc = stream->is_whole && s3_read_crc(&stream->wanted_crc, reply);
	if (end < stream->end)
		stream->end = end;
	stream->is_begun = true;
	return PRIO_OK;
}

/* Ask for what is still wanted. */
static enum prio_status begin(struct s3_stream *stream, struct prio_error *error)
{
	char range[RANGE_BYTES];
	struct http_header headers[3];
	struct s3_request request = {.method = "GET",
				     .key = stream->key,
				     .headers = headers,
				     .may_repeat = true,
				     .permission = S3_READ_PERMISSION};
	struct s3_reply reply;
	enum prio_status status;

	if (stream->at > 0 || stream->end != UINT64_MAX) {
		int n = snprintf(range, sizeof range, "bytes=%llu-", (unsigned long long)stream->at);

		if (stream->end != UINT64_MAX)
			snprintf(range + n, sizeof range - (size_t)n, "%llu", (unsigned long long)stream->end - 1);
		headers[request.n_headers++] = (struct http_header){"range", range};
	}
	if (stream->is_begun && stream->etag[0] != '\0')
		headers[request.n_headers++] = (struct http_header){"if-match", stream->etag};
	if (stream->is_whole && !stream->is_begun)
		headers[request.n_headers++] = (struct http_header){"x-amz-checksum-mode", "ENABLED"};

	status = s3_call_open(stream->store, &request, &stream->body, &reply, error);
	if (status == PRIO_OK && stream->body != NULL)
		status = accept_answer(stream, &reply, error);
	else if (status == PRIO_OK && stream->is_begun && (reply.code == 404 || reply.code == 412 || reply.code == 416))
		status = changed(stream, reply.code == 404 ? "deleted" : "replaced", error);
	else if (status == PRIO_OK && reply.code == 416)
		stream->is_at_end = true; /* it is empty, or ends before */
	else if (status == PRIO_OK)
		status = s3_unexpected(stream->store, &request, &reply, error);
	s3_reply_clear(&reply);
	return status;
}

static void end_body(struct s3_stream *stream)
{
	uint8_t nothing;
	size_t n;

	/* All was received, but perhaps not yet that it was all: who closes before that ends the connection. */
	if (stream->body != NULL && stream->at == stream->end && stream->is_at_end)
		(void)!http_body_fill(stream->body, (struct prio_mut){&nothing, 1}, &n, NULL);
	http_body_close(stream->body);
	stream->body = NULL;
}

/* The connection broke. */
static enum prio_status lost(struct s3_stream *stream, const struct prio_error *why, struct prio_error *error)
{
	http_body_close(stream->body);
	stream->body = NULL;
	if (++stream->n_losses >= LOSSES_MAX) {
		*error = *why;
		error_prefix(error, "the connection broke %u times at byte %llu", stream->n_losses,
			     (unsigned long long)stream->at);
		s3_error_place(error, stream->store, stream->key);
		return error->status;
	}
	return s3_pause(stream->store, stream->n_losses, NULL, error);
}

/* Fill a block as far as the object goes. Whether that is all shows in is_at_end. */
static enum prio_status fill(struct s3_stream *stream, struct prio_mut block, size_t *n_bytes, struct prio_error *error)
{
	struct prio_error local;

	if (error == NULL)
		error = &local;
	*n_bytes = 0;
	while (*n_bytes < block.n && !stream->is_at_end) {
		uint64_t left = stream->end - stream->at;
		struct prio_mut rest = {block.p + *n_bytes, block.n - *n_bytes};
		struct prio_error why = {PRIO_ERR_IO, ""};
		enum prio_status status = PRIO_OK;
		size_t n = 0;

		if (left == 0) {
			stream->is_at_end = true;
			break;
		}
		if (rest.n > left)
			rest.n = (size_t)left;
		if (stream->body == NULL) {
			status = begin(stream, error);
			if (status != PRIO_OK)
				return status;
			continue;
		}
		enum http_outcome outcome = http_body_fill(stream->body, rest, &n, &why);
		if (stream->has_crc)
			stream->crc = crc32c(stream->crc, (struct prio_bytes){rest.p, n});
		*n_bytes += n;
		stream->at += n;
		if (n > 0)
			stream->n_losses = 0;
		if (outcome == HTTP_LOST || outcome == HTTP_NOT_SENT ||
		    (outcome == HTTP_ANSWERED && n < rest.n && stream->end != UINT64_MAX)) {
			status = lost(stream, &why, error);
		} else if (outcome != HTTP_ANSWERED) {
			*error = why;
			s3_error_place(error, stream->store, stream->key);
			status = why.status;
		} else if (n < rest.n) {
			stream->end = stream->at; /* an answer that did not say its length */
		}
		if (status != PRIO_OK)
			return status;
	}
	stream->is_at_end |= stream->at == stream->end;
	if (stream->is_at_end)
		end_body(stream);
	return PRIO_OK;
}

static enum prio_status damaged(const struct s3_stream *stream, struct prio_error *error)
{
	return s3_error(error, stream->store, stream->key, PRIO_ERR_IO,
			"it was damaged on its way, or where it is stored: its checksum is not that of its bytes");
}

static enum prio_status s3_lend(struct stream *base, struct prio_mut block, struct prio_error *error)
{
	struct s3_stream *stream = stream_of(base);

	if (stream->n_lent == LENT_MAX)
		return error_set(error, PRIO_ERR_INTERNAL, "more than %d blocks were lent", LENT_MAX);
	stream->lent[(stream->first + stream->n_lent++) % LENT_MAX] = block;
	return PRIO_OK;
}

static enum prio_status s3_take(struct stream *base, size_t *n_bytes, struct prio_error *error)
{
	struct s3_stream *stream = stream_of(base);

	*n_bytes = 0;
	if (stream->n_lent == 0)
		return error_set(error, PRIO_ERR_INTERNAL, "a block was to be taken, and none was lent");
	struct prio_mut block = stream->lent[stream->first];
	stream->first = (stream->first + 1) % LENT_MAX;
	stream->n_lent--;

	if (stream->small.p != NULL) {
		size_t left = stream->small.n - stream->small_at;

		*n_bytes = left < block.n ? left : block.n;
		if (*n_bytes > 0)
			memcpy(block.p, stream->small.p + stream->small_at, *n_bytes);
		stream->small_at += *n_bytes;
		return PRIO_OK;
	}
	enum prio_status status = fill(stream, block, n_bytes, error);
	if (status == PRIO_OK && stream->is_at_end && stream->has_crc && stream->crc != stream->wanted_crc)
		status = damaged(stream, error);
	if (status != PRIO_OK)
		*n_bytes = 0;
	return status;
}

static void s3_close(struct stream *base)
{
	struct s3_stream *stream = stream_of(base);

	http_body_close(stream->body);
	free(stream->small.p);
	free(stream->key);
	free(stream);
}

static const struct stream_ops stream_ops = {s3_lend, s3_take, s3_close};

/* ---- Small objects ---- */

static enum prio_status start(struct s3_stream *stream, struct prio_error *error)
{
	http_body_close(stream->body);
	stream->body = NULL;
	stream->at = stream->begin;
	stream->is_begun = stream->is_at_end = stream->has_crc = false;
	stream->crc = 0;
	if (stream->is_whole)
		stream->end = UINT64_MAX;
	return begin(stream, error);
}

/* Receive all of it. *is_small: false if it turns out to be longer. */
static enum prio_status receive(struct s3_stream *stream, bool *is_small, struct prio_error *error)
{
	*is_small = stream->body != NULL && stream->end <= SMALL_BYTES_MAX;
	if (!*is_small)
		return PRIO_OK;
	free(stream->small.p);
	stream->small = (struct prio_mut){malloc((size_t)stream->end + 1), (size_t)stream->end};
	if (stream->small.p == NULL)
		return error_set(error, PRIO_ERR_MEMORY, "out of memory");
	return fill(stream, stream->small, &stream->small.n, error);
}

/* Is it what the server has? Where no checksum is known, most ETags are one. digest: of what came, where it was needed.
 */
static bool is_intact(struct s3_stream *stream, uint8_t digest[MD5_BYTES])
{
	uint8_t wanted[MD5_BYTES];

	memset(digest, 0, MD5_BYTES);
	if (stream->has_crc)
		return stream->crc == stream->wanted_crc;
	if (s3_lacks(stream->store, S3_MD5_ETAGS) || !s3_read_md5(wanted, stream->etag) ||
	    md5(digest, prio_bytes_of(stream->small)) != PRIO_OK)
		return true;
	return memcmp(wanted, digest, MD5_BYTES) == 0;
}

static enum prio_status receive_small(struct s3_stream *stream, struct prio_error *error)
{
	uint8_t before[MD5_BYTES];
	uint8_t digest[MD5_BYTES];
	struct store_object object;
	bool is_small;
	enum prio_status status = receive(stream, &is_small, error);

	if (status != PRIO_OK || !is_small || is_intact(stream, before))
		return status;
	status = start(stream, error);
	if (status == PRIO_OK)
		status = receive(stream, &is_small, error);
	if (status != PRIO_OK)
		return status;
	if (!is_small) {
		free(stream->small.p); /* another object by now, and a long one */
		stream->small = (struct prio_mut){NULL, 0};
		return PRIO_OK;
	}
	if (is_intact(stream, digest))
		return PRIO_OK;
	if (stream->has_crc || memcmp(before, digest, MD5_BYTES) != 0)
		return damaged(stream, error);
	/* The same bytes twice, and all of them: this server's ETags are something else (where it encrypts, for instance). */
	status = s3_stat(&stream->store->base, stream->key, &object, error);
	if (status != PRIO_OK || object.size_bytes != stream->small.n)
		return status != PRIO_OK ? status : damaged(stream, error);
	s3_learn(stream->store, S3_MD5_ETAGS, false, NULL);
	return PRIO_OK;
}

enum prio_status s3_open(struct store *base, const char *key, uint64_t offset_bytes, uint64_t length_bytes,
			 struct stream **out, struct prio_error *error)
{
	struct s3_store *store = s3_store_of(base);
	struct s3_stream *stream;
	struct store_object object;
	enum prio_status status = PRIO_OK;

	if (length_bytes == 0) /* no range is that short */
		status = s3_stat(base, key, &object, error);
	if (status != PRIO_OK)
		return status;
	stream = calloc(1, sizeof *stream);
	if (stream == NULL || (stream->key = strdup(key)) == NULL) {
		free(stream);
		return error_set(error, PRIO_ERR_MEMORY, "out of memory");
	}
	stream->base.ops = &stream_ops;
	stream->store = store;
	stream->begin = stream->at = offset_bytes;
	stream->end = length_bytes < UINT64_MAX - offset_bytes ? offset_bytes + length_bytes : UINT64_MAX;
	stream->is_whole = offset_bytes == 0 && stream->end == UINT64_MAX;
	stream->is_at_end = length_bytes == 0;
	if (length_bytes > 0)
		status = start(stream, error);
	if (status == PRIO_OK && stream->is_whole)
		status = receive_small(stream, error);
	if (status != PRIO_OK) {
		s3_close(&stream->base);
		return status;
	}
	*out = &stream->base;
	return PRIO_OK;
}
