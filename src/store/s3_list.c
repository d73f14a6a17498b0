/* Listings come in pages. A page is received whole, read, and then visited, so whoever visits may write to the bucket
 * and delete from it; the next one begins behind the last key of this one, whatever became of that. */
#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "store/s3_call.h"
#include "store/s3_xml.h"

/* A page of 1000 keys of 1024 bytes, each of them written as %XX. A partner can write into some buckets: the bounds of
 * one directory are those of file_list.c. */
enum {
	PAGE_BYTES_MAX = 8 << 20,
	EMPTY_PAGES_MAX = 100,
	ENTRIES_MAX = 1 << 20,
	NAMES_BYTES_MAX = 64 << 20,
};
#define TEMP_PREFIX ".tmp-"

struct listing {
	struct s3_store *store;
	store_visit *visit;
	void *context;
	struct prio_error *error;
	const char *prefix; /* "a/b/" or "" */
	char last[STORE_KEY_BYTES_MAX + 1];
	uint64_t n_keys; /* which came in order, so that a listing of many pages gets somewhere */
	size_t n_in_directory; /* keys in the same directory, one after the other */
	size_t n_name_bytes;
	unsigned n_empty;
};

static enum prio_status bad_page(const struct listing *listing, const char *why)
{
	return s3_error(listing->error, listing->store, NULL, PRIO_ERR_FORMAT,
			"the server's listing cannot be used: %s", why);
}

static bool is_temporary(const char *key, size_t n_prefix)
{
	for (const char *p = key + n_prefix; p != NULL; p = strchr(p, '/')) {
		p += *p == '/';
		if (strncmp(p, TEMP_PREFIX, sizeof TEMP_PREFIX - 1) == 0)
			return true;
	}
	return false;
}

static size_t directory_bytes(const char *key)
{
	const char *slash = strrchr(key, '/');

	return slash != NULL ? (size_t)(slash - key) + 1 : 0;
}

/* Count the keys of one directory. */
static bool is_too_many(struct listing *listing, const char *key)
{
	size_t n = directory_bytes(key);

	if (n != directory_bytes(listing->last) || memcmp(key, listing->last, n) != 0)
		listing->n_in_directory = listing->n_name_bytes = 0;
	listing->n_in_directory++;
	listing->n_name_bytes += strlen(key) - n + 1;
	return listing->n_in_directory > ENTRIES_MAX || listing->n_name_bytes > NAMES_BYTES_MAX;
}

static enum prio_status visit_record(struct listing *listing, const struct s3_xml_record *record, bool is_url)
{
	char *key = record->fields[S3_OBJECT_KEY];
	struct store_object object = {.key = key};
	enum prio_status status;

	if (key == NULL || record->fields[S3_OBJECT_SIZE] == NULL)
		return bad_page(listing, "an entry has no key or no size");
	if (!s3_xml_number(&object.size_bytes, record->fields[S3_OBJECT_SIZE]))
		return bad_page(listing, "a size is no number");
	if (is_url && !s3_xml_url_decode(key))
		return bad_page(listing, "a key is not encoded as it says");
	if (strncmp(key, listing->prefix, strlen(listing->prefix)) != 0)
		return bad_page(listing, "it holds keys that were not asked for");
	/* What no name can stand for is passed over: what is too long and, below, such as the "a/b/" by which some tools make a directory. */
	if (strlen(key) > STORE_KEY_BYTES_MAX)
		return PRIO_OK;
	if (strcmp(key, listing->last) <= 0)
		return bad_page(listing, "its keys are not in order");
	if (is_too_many(listing, key))
		return s3_error(
			listing->error, listing->store, key, PRIO_ERR_TOO_LARGE,
			"there are more objects beside it than can be listed (%d, or %d MB of names in one directory)",
			ENTRIES_MAX, NAMES_BYTES_MAX >> 20);
	memcpy(listing->last, key, strlen(key) + 1);
	listing->n_keys++;
	if (store_key_check(key, NULL) != PRIO_OK || is_temporary(key, strlen(listing->prefix)))
		return PRIO_OK;
	status = s3_version(object.version, record->fields[S3_OBJECT_ETAG], object.size_bytes);
	if (status != PRIO_OK)
		return error_set(listing->error, status, "%s", prio_status_sentence(status));
	return listing->visit(listing->context, &object, listing->error);
}

/* One page. *token: of the next one, to be freed; NULL if this was the last. */
static enum prio_status list_page(struct listing *listing, const char *from, char **token)
{
	struct aws_query query[] = {{"list-type", "2"},
				    {"encoding-type", "url"},
				    {"prefix", listing->prefix},
				    {"continuation-token", from}};
	struct s3_request request = {.method = "GET",
				     .query = query,
				     .n_query = from != NULL ? 4 : 3,
				     .may_repeat = true,
				     .reply_bytes_max = PAGE_BYTES_MAX,
				     .permission = "s3:ListBucket"};
	struct s3_reply reply;
	struct s3_xml xml = {0};
	enum prio_status status = s3_call(listing->store, &request, &reply, listing->error);

	*token = NULL;
	if (status == PRIO_OK && reply.code != 200)
		status = s3_unexpected(listing->store, &request, &reply, listing->error);
	if (status == PRIO_OK) {
		status = s3_xml_read(&xml, &s3_xml_objects, prio_bytes_of(reply.http.body));
		if (status != PRIO_OK)
			bad_page(listing,
				 status == PRIO_ERR_FORMAT ? "it is no listing" : prio_status_sentence(status));
	}
	s3_reply_clear(&reply);

	uint64_t n_keys_before = listing->n_keys;
	const char *encoding = xml.values[S3_OBJECTS_ENCODING];
	bool is_url = encoding != NULL && strcmp(encoding, "url") == 0;
	for (size_t i = 0; status == PRIO_OK && i < xml.n_records; i++)
		status = visit_record(listing, &xml.records[i], is_url);

	const char *truncated = xml.values[S3_OBJECTS_TRUNCATED];
	if (status == PRIO_OK && truncated != NULL && strcmp(truncated, "true") == 0) {
		const char *next = xml.values[S3_OBJECTS_TOKEN];

		listing->n_empty = listing->n_keys > n_keys_before ? 0 : listing->n_empty + 1;
		if (next == NULL || (from != NULL && strcmp(from, next) == 0) || listing->n_empty > EMPTY_PAGES_MAX)
			status = bad_page(listing, "it does not go on where it says that it does");
		else if ((*token = strdup(next)) == NULL)
			status = error_set(listing->error, PRIO_ERR_MEMORY, "out of memory");
	}
	s3_xml_clear(&xml);
	return status;
}

enum prio_status s3_list(struct store *base, const char *prefix, store_visit *visit, void *context,
			 struct prio_error *error)
{
	char with_slash[STORE_KEY_BYTES_MAX + 2] = "";
	size_t n = strlen(prefix);
	struct listing listing = {
		.store = s3_store_of(base), .visit = visit, .context = context, .error = error, .prefix = with_slash};
	char *token = NULL;
	enum prio_status status;

	if (n > 0) {
		memcpy(with_slash, prefix, n);
		memcpy(with_slash + n, "/", 2);
	}
	do {
		char *next;

		status = list_page(&listing, token, &next);
		free(token);
		token = next;
	} while (status == PRIO_OK && token != NULL);
	return status;
}
