/* What S3's refusals mean, in words that say what to do. Codes: "Error Responses", Amazon S3 API Reference; MinIO,
 * versitygw and Google use the same ones, and a few of their own. */
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "store/s3_words.h"

enum { KEY_SHOWN_BYTES = 220, WORD_SHOWN_BYTES = 120 };

enum prio_status s3_error(struct prio_error *error, const struct s3_store *store, const char *key,
			  enum prio_status status, const char *format, ...)
{
	char text[PRIO_ERROR_TEXT_BYTES];
	va_list arguments;

	va_start(arguments, format);
	vsnprintf(text, sizeof text, format, arguments);
	va_end(arguments);
	error_set(error, status, "%s", text);
	s3_error_place(error, store, key);
	return status;
}

void s3_error_place(struct prio_error *error, const struct s3_store *store, const char *key)
{
	char shown[KEY_SHOWN_BYTES];

	if (key == NULL) {
		error_prefix(error, "%s", store->name);
		return;
	}
	escape_text(shown, sizeof shown, (struct prio_bytes){(const uint8_t *)key, strlen(key)});
	error_prefix(error, "%s/%s", store->name, shown);
}

static const char *shown(char out[WORD_SHOWN_BYTES], const char *word)
{
	return escape_text(out, WORD_SHOWN_BYTES, (struct prio_bytes){(const uint8_t *)word, strlen(word)});
}

/* "403 AccessDenied: Access Denied." */
static void what_it_said(char *out, size_t out_bytes, const struct s3_reply *reply)
{
	char code[WORD_SHOWN_BYTES];
	char message[WORD_SHOWN_BYTES];
	const char *between = reply->error_code[0] != '\0' ? " " : "";

	snprintf(out, out_bytes, "%d%s%s%s%s", reply->code, between, shown(code, reply->error_code),
		 reply->error_message[0] != '\0' ? ": " : "", shown(message, reply->error_message));
}

static bool is_one_of(const char *word, const char *const *words)
{
	for (; *words != NULL; words++) {
		if (strcmp(word, *words) == 0)
			return true;
	}
	return false;
}

/* Our clock and the server's, from the head of its answer. */
static enum prio_status clock_is_skewed(const struct s3_store *store, const struct s3_request *request,
					const struct s3_reply *reply, struct prio_error *error)
{
	const char *date = s3_header(reply, "date");
	struct tm parts = {0};
	long skew_s;

	if (date == NULL || strptime(date, "%a, %d %b %Y %H:%M:%S GMT", &parts) == NULL)
		return s3_error(error, store, request->key, PRIO_ERR_DENIED,
				"the server finds that this machine's clock is wrong by too much; set it (by NTP, for "
				"instance)");
	skew_s = (long)(s3_now(store) - timegm(&parts));
	return s3_error(error, store, request->key, PRIO_ERR_DENIED,
			"this machine's clock is %ld minutes %ld seconds %s the server's, which refuses that; set it "
			"(by NTP, for instance)",
			labs(skew_s) / 60, labs(skew_s) % 60, skew_s < 0 ? "behind" : "ahead of");
}

static const char *right_region(const struct s3_reply *reply)
{
	const char *region = s3_header(reply, "x-amz-bucket-region");

	return reply->error_region[0] != '\0' ? reply->error_region : region;
}

static enum prio_status wrong_region(const struct s3_store *store, const struct s3_request *request,
				     const struct s3_reply *reply, struct prio_error *error)
{
	const char *region = right_region(reply);
	char word[WORD_SHOWN_BYTES];
	char said[2 * WORD_SHOWN_BYTES + 16];

	if (region != NULL)
		return s3_error(
			error, store, request->key, PRIO_ERR_DENIED,
			"the bucket is in region \"%s\", and the requests are signed for \"%s\"; set the region",
			shown(word, region), store->region);
	what_it_said(said, sizeof said, reply);
	return s3_error(error, store, request->key, PRIO_ERR_DENIED,
			"the server refuses requests for region \"%s\", or at this endpoint; it said: %s",
			store->region, said);
}

static bool is_region_code(const struct s3_reply *reply, const struct s3_store *store)
{
	static const char *const codes[] = {"PermanentRedirect", "TemporaryRedirect",
					    "IllegalLocationConstraintException", "InvalidRegion", NULL};
	const char *region = right_region(reply);

	if (strcmp(reply->error_code, "AuthorizationHeaderMalformed") == 0)
		return region == NULL ? strstr(reply->error_message, "egion") != NULL
				      : strcmp(region, store->region) != 0;
	return is_one_of(reply->error_code, codes) || ((reply->code == 301 || reply->code == 307) && region != NULL);
}

static enum prio_status denied(const struct s3_store *store, const struct s3_request *request,
			       const struct s3_reply *reply, struct prio_error *error)
{
	static const char *const token_codes[] = {"ExpiredToken", "InvalidToken", "TokenRefreshRequired",
						  "InvalidTokenId", NULL};
	static const char *const key_codes[] = {"InvalidAccessKeyId", "InvalidAccessKey", "XMinioInvalidAccessKey",
						NULL};
	char said[2 * WORD_SHOWN_BYTES + 16];
	const char *code = reply->error_code;

	what_it_said(said, sizeof said, reply);
	if (is_one_of(code, key_codes))
		return s3_error(error, store, request->key, PRIO_ERR_DENIED,
				"the server does not know this access key (%s)", said);
	if (strcmp(code, "SignatureDoesNotMatch") == 0)
		return s3_error(error, store, request->key, PRIO_ERR_DENIED,
				"the secret key does not belong to the access key, or something on the way changes "
				"requests (%s)",
				said);
	if (is_one_of(code, token_codes))
		return s3_error(error, store, request->key, PRIO_ERR_DENIED,
				"the session token is not valid, or no more (%s)", said);
	return s3_error(error, store, request->key, PRIO_ERR_DENIED,
			"access was denied; %s must be allowed (the server said: %s)",
			request->permission != NULL ? request->permission : "the request", said);
}

static bool is_full(const struct s3_reply *reply)
{
	return reply->code == 507 || strstr(reply->error_code, "Quota") != NULL ||
	       strstr(reply->error_code, "StorageFull") != NULL;
}

/* What some caller has a use for. */
static bool is_for_caller(int code)
{
	static const int codes[] = {304, 400, 404, 405, 409, 411, 412, 416, 501};

	for (size_t i = 0; i < sizeof codes / sizeof codes[0]; i++) {
		if (code == codes[i])
			return true;
	}
	return code >= 200 && code < 300;
}

enum prio_status s3_translate(const struct s3_store *store, const struct s3_request *request,
			      const struct s3_reply *reply, unsigned n_attempts, struct prio_error *error)
{
	char said[2 * WORD_SHOWN_BYTES + 16];

	if (reply->code >= 200 && reply->code < 300)
		return PRIO_OK;
	if (strcmp(reply->error_code, "RequestTimeTooSkewed") == 0)
		return clock_is_skewed(store, request, reply, error);
	if (is_region_code(reply, store))
		return wrong_region(store, request, reply, error);
	what_it_said(said, sizeof said, reply);
	if (strcmp(reply->error_code, "NoSuchBucket") == 0)
		return s3_error(error, store, NULL, PRIO_ERR_NOT_FOUND, "there is no such bucket");
	if (is_full(reply))
		return s3_error(error, store, request->key, PRIO_ERR_FULL, "no space is left for it (%s)", said);
	if (reply->code == 401 || reply->code == 403 || strcmp(reply->error_code, "InvalidAccessKeyId") == 0 ||
	    strcmp(reply->error_code, "ExpiredToken") == 0 || strcmp(reply->error_code, "InvalidToken") == 0)
		return denied(store, request, reply, error);
	if (is_for_caller(reply->code))
		return PRIO_OK;
	if (reply->code == 413)
		return s3_error(error, store, request->key, PRIO_ERR_TOO_LARGE,
				"the server takes nothing as large (%s)", said);
	if (reply->code >= 500 || reply->code == 429 || reply->code == 408)
		return s3_error(error, store, request->key, PRIO_ERR_IO,
				"the server failed %u times, the last time with %s", n_attempts, said);
	return s3_error(error, store, request->key, PRIO_ERR_FORMAT, "the server gave an answer that is none of S3: %s",
			said);
}

enum prio_status s3_unexpected(const struct s3_store *store, const struct s3_request *request,
			       const struct s3_reply *reply, struct prio_error *error)
{
	static const char *const damaged[] = {"BadDigest",
					      "XAmzContentChecksumMismatch",
					      "XAmzContentSHA256Mismatch",
					      "InvalidDigest",
					      "IncompleteBody",
					      NULL};
	char said[2 * WORD_SHOWN_BYTES + 16];

	what_it_said(said, sizeof said, reply);
	if (reply->code == 404)
		return s3_error(error, store, request->key, PRIO_ERR_NOT_FOUND, "there is no such object");
	if (reply->code == 412)
		return s3_error(error, store, request->key, PRIO_ERR_EXISTS, "the object exists already");
	if (is_one_of(reply->error_code, damaged))
		return s3_error(error, store, request->key, PRIO_ERR_IO,
				"it was damaged on its way to the server, every time (%s)", said);
	if (reply->code == 409)
		return s3_error(error, store, request->key, PRIO_ERR_IO,
				"the server refuses it: it is in conflict with another object or request (%s)", said);
	if (reply->code >= 200 && reply->code < 300)
		return s3_error(error, store, request->key, PRIO_ERR_FORMAT,
				"the server gave an answer that is none of S3: %s", said);
	return s3_error(error, store, request->key, PRIO_ERR_IO, "the server refuses it: %s", said);
}
