#include "prio-processor/bucket_options.h"

#include <stdio.h>
#include <string.h>

#include "base/error.h"

static const char *value_of(const struct invocation *call, const char *side, const char *what)
{
	char name[64];

	snprintf(name, sizeof name, "bucket-%s-%s", side, what);
	return cli_string(call, name);
}

static enum prio_status check_key(const struct invocation *call, const char *side, const struct bucket_endpoint *endpoint,
				  struct prio_error *error)
{
	bool has_access = endpoint->access_key != NULL;
	char name[64];
	char where[CLI_WHERE_BYTES];

	if (has_access == (endpoint->secret_key != NULL))
		return PRIO_OK;
	snprintf(name, sizeof name, "bucket-%s-%s", side, has_access ? "secret-key" : "access-key");
	return error_set(error, PRIO_ERR_CONFIG, "%s is missing: an access key and its secret key go together",
			 cli_where(call, name, where));
}

enum prio_status bucket_endpoint_read(const struct invocation *call, const char *side, struct bucket_endpoint *out,
				      struct prio_error *error)
{
	const char *addressing = value_of(call, side, "addressing");
	uint64_t ttl_s = cli_number(call, "lease-ttl");
	char where[CLI_WHERE_BYTES];

	*out = (struct bucket_endpoint){
		.url = value_of(call, side, "endpoint"),
		.region = value_of(call, side, "region"),
		.access_key = value_of(call, side, "access-key"),
		.secret_key = value_of(call, side, "secret-key"),
		.session_token = value_of(call, side, "session-token"),
		.google_credentials = cli_string(call, "google-application-credentials"),
		.ca_file = value_of(call, side, "ca-file"),
		.addressing = strcmp(addressing, "path") == 0	   ? S3_ADDRESS_PATH
			      : strcmp(addressing, "virtual") == 0 ? S3_ADDRESS_VIRTUAL
								   : S3_ADDRESS_AUTO,
	};
	if (out->region == NULL)
		out->region = cli_string(call, "aws-region");
	if (ttl_s < 5 || ttl_s > 86400)
		return error_set(error, PRIO_ERR_CONFIG, "%s must be from 5 to 86400 seconds", cli_where(call, "lease-ttl", where));
	out->lease_ttl_s = (uint32_t)ttl_s;
	return check_key(call, side, out, error);
}
