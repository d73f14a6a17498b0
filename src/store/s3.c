#include "store/s3.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/error.h"
#include "base/wipe.h"
#include "net/loopback.h"
#include "store/s3_internal.h"

enum { BUCKET_BYTES_MAX = 255, HOST_BYTES_MAX = 255, DEFAULT_LEASE_TTL_S = 60 };

/* ---- What is known of the server ---- */

bool s3_lacks(const struct s3_store *store, enum s3_trait trait)
{
	return atomic_load(&store->traits[trait]) == S3_LACKS;
}

bool s3_has(const struct s3_store *store, enum s3_trait trait)
{
	return atomic_load(&store->traits[trait]) == S3_HAS;
}

void s3_learn(struct s3_store *store, enum s3_trait trait, bool has, const char *words)
{
	int before = atomic_exchange(&store->traits[trait], has ? S3_HAS : S3_LACKS);

	if (!has && before != S3_LACKS && words != NULL)
		log_warn(store->log, "%s: %s", store->name, words);
}

time_t s3_now(const struct s3_store *store)
{
	return time(NULL) + atomic_load(&store->clock_offset_s);
}

/* ---- Settings ---- */

static void free_secret(char *text)
{
	if (text != NULL)
		wipe(text, strlen(text));
	free(text);
}

static void s3_free(struct store *base)
{
	struct s3_store *store = s3_store_of(base);

	google_tokens_free(store->tokens);
	http_free(store->http);
	free_secret(store->access_key);
	free_secret(store->secret_key);
	free_secret(store->session_token);
	free(store->region);
	free(store->ca_file);
	free(store->host);
	free(store->bucket);
	free(store->name);
	free(store);
}

static void s3_guard(struct store *base, struct store_lock *lock)
{
	s3_store_of(base)->guard = lock;
}

static const struct store_ops store_ops = {s3_list, s3_stat,  s3_open, s3_create, s3_put, s3_delete_many,
					   s3_lock, s3_sweep, s3_free, NULL,	  s3_guard};

bool store_s3_lacks_conditions(struct store *base)
{
	return base->ops == &store_ops && s3_lacks(s3_store_of(base), S3_CONDITIONS);
}

static bool ends_with(const char *text, const char *end)
{
	size_t n = strlen(text);
	size_t n_end = strlen(end);

	return n >= n_end && strcmp(text + n - n_end, end) == 0;
}

static enum prio_status bad(struct prio_error *error, const char *what, const char *text, const char *why)
{
	char shown[160];

	escape_text(shown, sizeof shown, (struct prio_bytes){(const uint8_t *)text, strnlen(text, 1000)});
	return error_set(error, PRIO_ERR_CONFIG, "%s \"%s\": %s", what, shown, why);
}

/* Names that are older than today's rules too, but nothing that could mean something in an URL. */
static enum prio_status check_bucket(const char *bucket, struct prio_error *error)
{
	size_t n = strnlen(bucket, BUCKET_BYTES_MAX + 1);

	if (n < 3 || n > BUCKET_BYTES_MAX)
		return bad(error, "bucket", bucket, "names have 3 to 255 characters");
	for (size_t i = 0; i < n; i++) {
		bool is_sign = bucket[i] == '.' || bucket[i] == '-' || bucket[i] == '_';

		if (!isalnum((unsigned char)bucket[i]) && !(is_sign && i > 0))
			return bad(error, "bucket", bucket,
				   "names are made of letters, digits, \".\", \"-\" and \"_\"");
	}
	return PRIO_OK;
}

/* "https://host:port/" to its scheme and "host:port", in lower case and without the scheme's own port, as libcurl will
 * send it: the signature is over that. */
static enum prio_status parse_endpoint(const char *endpoint, const char **scheme, char host[HOST_BYTES_MAX + 1],
				       struct prio_error *error)
{
	static const char what[] = "endpoint";
	const char *port = "443";
	size_t n;

	/* Some clients take keys so. They are not shown. */
	if (strchr(endpoint, '@') != NULL)
		return error_set(error, PRIO_ERR_CONFIG, "the endpoint must be a host (and port) alone, without user and password: "
							 "they have settings of their own");
	*scheme = "https";
	if (strncasecmp(endpoint, "http://", 7) == 0) {
		*scheme = "http";
		port = "80";
		endpoint += 7;
	} else if (strncasecmp(endpoint, "https://", 8) == 0) {
		endpoint += 8;
	} else {
		return bad(error, what, endpoint, "it must begin with https:// or http://");
	}
	n = strcspn(endpoint, "/");
	if (strspn(endpoint + n, "/") != strlen(endpoint + n))
		return bad(error, what, endpoint, "it must be a host (and port) alone, without a path");
	if (n == 0 || n > HOST_BYTES_MAX)
		return bad(error, what, endpoint, "it has no host, or a very long one");
	for (size_t i = 0; i < n; i++) {
		unsigned char c = (unsigned char)endpoint[i];

		if (!isalnum(c) && strchr(".-_:[]", c) == NULL)
			return bad(error, what, endpoint, "this is no host");
		host[i] = (char)tolower(c);
	}
	host[n] = '\0';
	char *colon = strrchr(host, ':');
	if (colon == NULL || strchr(colon, ']') != NULL)
		return PRIO_OK;
	if (colon[1] == '\0' || strspn(colon + 1, "0123456789") != strlen(colon + 1))
		return bad(error, what, endpoint, "its port is no number");
	if (strcmp(colon + 1, port) == 0)
		*colon = '\0';
	return PRIO_OK;
}

static bool is_amazon(const char *host)
{
	return ends_with(host, ".amazonaws.com") || ends_with(host, ".amazonaws.com.cn");
}

static bool is_set(const char *text)
{
	return text != NULL && text[0] != '\0';
}

/* A token opens all that its account may open, to whoever receives it: that has to be Google, and nobody on the way. One side's
 * credentials are in the environment also when requests go to the other side's server. */
static bool may_have_token(const struct s3_store *store, bool has_google_file)
{
	return (strcmp(store->scheme, "https") == 0 && ends_with(store->host, ".googleapis.com")) ||
	       (has_google_file && loopback_is_host(store->host));
}

/* Keys, or a token that stands for them. */
static enum prio_status set_credentials(struct s3_store *store, const struct s3_settings *settings,
					struct prio_error *error)
{
	bool has_google_file = is_set(settings->google_credentials);

	if (is_set(settings->access_key) && is_set(settings->secret_key)) {
		store->access_key = strdup(settings->access_key);
		store->secret_key = strdup(settings->secret_key);
		store->session_token = is_set(settings->session_token) ? strdup(settings->session_token) : NULL;
		if (store->access_key == NULL || store->secret_key == NULL ||
		    (is_set(settings->session_token) && store->session_token == NULL))
			return error_set(error, PRIO_ERR_MEMORY, "out of memory");
		store->credentials =
			(struct aws_credentials){store->access_key, store->secret_key, store->session_token};
		return PRIO_OK;
	}
	if (is_set(settings->access_key) != is_set(settings->secret_key))
		return error_set(error, PRIO_ERR_CONFIG, "%s: the %s key is given and the %s key is missing",
				 store->name, is_set(settings->access_key) ? "access" : "secret",
				 is_set(settings->access_key) ? "secret" : "access");
	if (!may_have_token(store, has_google_file))
		return error_set(error, PRIO_ERR_CONFIG, "%s: access key and secret key are missing%s", store->name,
				 has_google_file ? " (a Google account's tokens go to https://storage.googleapis.com alone)" : "");
	store->is_google = true;
	return google_tokens_new(&store->tokens, has_google_file ? settings->google_credentials : NULL, store->http,
				 error);
}

static enum prio_status set_place(struct s3_store *store, const struct s3_settings *settings, const char *bucket,
				  struct prio_error *error)
{
	char host[HOST_BYTES_MAX + 1];
	enum prio_status status = check_bucket(bucket, error);

	if (status == PRIO_OK)
		status = parse_endpoint(settings->endpoint != NULL ? settings->endpoint : "", &store->scheme, host,
					error);
	if (status != PRIO_OK)
		return status;
	store->is_virtual = settings->addressing == S3_ADDRESS_VIRTUAL ||
			    (settings->addressing == S3_ADDRESS_AUTO && is_amazon(host) && strchr(bucket, '.') == NULL);
	store->bucket = strdup(bucket);
	store->region = strdup(is_set(settings->region) ? settings->region : "us-east-1");
	store->ca_file = is_set(settings->ca_file) ? strdup(settings->ca_file) : NULL;
	if (asprintf(&store->name, "%s://%s/%s", store->scheme, host, bucket) < 0)
		store->name = NULL;
	if (asprintf(&store->host, "%s%s%s", store->is_virtual ? bucket : "", store->is_virtual ? "." : "", host) < 0)
		store->host = NULL;
	if (store->bucket == NULL || store->region == NULL || (is_set(settings->ca_file) && store->ca_file == NULL) ||
	    store->name == NULL || store->host == NULL)
		return error_set(error, PRIO_ERR_MEMORY, "out of memory");
	store->base.name = store->name;
	return PRIO_OK;
}

enum prio_status store_s3_new(struct store **out, const struct s3_settings *settings, const char *bucket,
			      struct prio_error *error)
{
	struct s3_store *store = calloc(1, sizeof *store);
	struct http_settings http = {.ca_file = settings->ca_file, .is_stopped = settings->is_stopped};
	enum prio_status status;

	*out = NULL;
	if (store == NULL)
		return error_set(error, PRIO_ERR_MEMORY, "out of memory");
	store->base.ops = &store_ops;
	store->log = settings->log;
	store->is_stopped = settings->is_stopped;
	store->lease_ttl_s = settings->lease_ttl_s > 0 ? settings->lease_ttl_s : DEFAULT_LEASE_TTL_S;
	status = set_place(store, settings, bucket, error);
	if (status == PRIO_OK)
		status = http_new(&store->http, &http, error);
	if (status == PRIO_OK)
		status = set_credentials(store, settings, error);
	if (status != PRIO_OK) {
		s3_free(&store->base);
		return status;
	}
	*out = &store->base;
	return PRIO_OK;
}
