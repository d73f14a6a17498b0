#include "pipeline/bucket.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "base/error.h"
#include "pipeline/exec.h"

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

static enum prio_status open_file(struct store **store, const char *directory, const char *name, struct prio_error *error)
{
	char path[BUCKET_PATH_BYTES];

	if (directory[0] != '/')
		return error_set(error, PRIO_ERR_CONFIG,
				 "the endpoint must have an absolute path: file:///some/directory");
	if ((size_t)snprintf(path, sizeof path, "%s/%s", directory, name) >= sizeof path)
		return error_set(error, PRIO_ERR_CONFIG, "the endpoint is too long");
	return store_file_new(store, path, error);
}

static enum prio_status open_s3(struct store **store, const struct bucket_endpoint *endpoint, const char *name,
				struct log *log, struct prio_error *error)
{
	struct s3_settings settings = {
		.endpoint = endpoint->url,
		.region = endpoint->region,
		.access_key = endpoint->access_key,
		.secret_key = endpoint->secret_key,
		.session_token = endpoint->session_token,
		.google_credentials = endpoint->google_credentials,
		.ca_file = endpoint->ca_file,
		.addressing = endpoint->addressing,
		.lease_ttl_s = endpoint->lease_ttl_s,
		.log = log,
		.is_stopped = exec_stop_requested,
	};

	return store_s3_new(store, &settings, name, error);
}

enum prio_status bucket_open(struct store **store, const struct bucket_endpoint *endpoint, const char *bucket,
			     const char *variable, struct log *log, struct prio_error *error)
{
	static const char file[] = "file://";
	char name[256];
	enum prio_status status = clean_name(name, sizeof name, bucket, variable, error);

	if (status != PRIO_OK)
		return status;
	if (strncmp(endpoint->url, file, sizeof file - 1) == 0)
		status = open_file(store, endpoint->url + sizeof file - 1, name, error);
	else if (strncmp(endpoint->url, "http://", 7) == 0 || strncmp(endpoint->url, "https://", 8) == 0)
		status = open_s3(store, endpoint, name, log, error);
	else
		status = error_set(error, PRIO_ERR_CONFIG,
				   "the endpoint must be https://host[:port], http://host[:port] or file:///some/directory");
	if (status != PRIO_OK)
		error_prefix(error, "%s", variable);
	return status;
}

void bucket_directory(char out[BUCKET_PATH_BYTES], const struct bucket_endpoint *endpoint, const char *bucket)
{
	char name[256];

	if (strncmp(endpoint->url, "file://", 7) != 0 ||
	    clean_name(name, sizeof name, bucket, "", NULL) != PRIO_OK ||
	    (size_t)snprintf(out, BUCKET_PATH_BYTES, "%s/%s", endpoint->url + 7, name) >= BUCKET_PATH_BYTES)
		out[0] = '\0';
}

enum prio_status bucket_check_present(const struct bucket_endpoint *endpoint, const char *bucket, const char *variable,
				      struct prio_error *error)
{
	char path[BUCKET_PATH_BYTES];
	char shown[300];
	struct stat info;

	bucket_directory(path, endpoint, bucket);
	if (path[0] == '\0' || stat(path, &info) == 0 || errno != ENOENT)
		return PRIO_OK;
	return error_set(error, PRIO_ERR_NOT_FOUND, "%s: there is no such bucket: the directory %s is missing", variable,
			 escape_text(shown, sizeof shown, (struct prio_bytes){(const uint8_t *)path, strlen(path)}));
}
