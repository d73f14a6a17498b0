#include "pipeline/bucket.h"

#include <string.h>

#include "base/error.h"

static const char file_scheme[] = "file://";

/* A bucket's name without scheme and trailing slash, as one component of a path. */
static enum prio_status clean_name(char *out, size_t out_bytes, const char *bucket, const char *variable,
				   struct prio_error *error)
{
	size_t n;

	if (strncmp(bucket, "s3://", 5) == 0 || strncmp(bucket, "gs://", 5) == 0)
		bucket += 5;
	n = strlen(bucket);
	while (n > 0 && bucket[n - 1] == '/')
		n--;
	if (n >= out_bytes)
		return error_set(error, PRIO_ERR_CONFIG, "%s is too long for the name of a bucket", variable);
	memcpy(out, bucket, n);
	out[n] = '\0';
	if (n == 0 || memchr(out, '/', n) != NULL || store_key_check(out, NULL) != PRIO_OK)
		return error_set(error, PRIO_ERR_CONFIG, "%s must be the name of a bucket, without a path", variable);
	return PRIO_OK;
}

enum prio_status bucket_open(struct store **store, const char *endpoint, const char *bucket, const char *variable,
			     struct prio_error *error)
{
	char name[256];
	char directory[4096];
	enum prio_status status = clean_name(name, sizeof name, bucket, variable, error);

	if (status != PRIO_OK)
		return status;
	if (strncmp(endpoint, file_scheme, sizeof file_scheme - 1) != 0)
		return error_set(error, PRIO_ERR_CONFIG,
				 "the endpoint of %s must be file:///some/directory; S3 endpoints are not supported yet",
				 variable);
	endpoint += sizeof file_scheme - 1;
	if (endpoint[0] != '/')
		return error_set(error, PRIO_ERR_CONFIG,
				 "the endpoint of %s must have an absolute path: file:///some/directory", variable);
	if ((size_t)snprintf(directory, sizeof directory, "%s/%s", endpoint, name) >= sizeof directory)
		return error_set(error, PRIO_ERR_CONFIG, "the endpoint of %s is too long", variable);
	status = store_file_new(store, directory, error);
	if (status != PRIO_OK)
		error_prefix(error, "%s", variable);
	return status;
}
