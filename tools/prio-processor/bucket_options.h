/* bucket_options: BUCKET_INTERNAL_* and BUCKET_EXTERNAL_*, as every command of this program reads them. */
#ifndef TOOLS_PRIO_PROCESSOR_BUCKET_OPTIONS_H
#define TOOLS_PRIO_PROCESSOR_BUCKET_OPTIONS_H

#include "cli/cli.h"
#include "pipeline/bucket.h"

/* Rows for a table of options. SIDE and side: INTERNAL, internal or EXTERNAL, external; must: is the endpoint required? */
#define ROWS_BUCKET_ENDPOINT(SIDE, side, must, what) \
	{.name = "bucket-" side "-endpoint", .variable = "BUCKET_" SIDE "_ENDPOINT", .kind = OPTION_STRING, .required = must, \
	 .help = "where " what ": https://host, http://host:port or file:///some/directory"}, \
	{.name = "bucket-" side "-access-key", .variable = "BUCKET_" SIDE "_ACCESS_KEY", .kind = OPTION_STRING, \
	 .help = "access key for it; for Google also an HMAC key; not used by file endpoints"}, \
	{.name = "bucket-" side "-secret-key", .variable = "BUCKET_" SIDE "_SECRET_KEY", .kind = OPTION_SECRET, \
	 .help = "secret key for it; not used by file endpoints"}, \
	{.name = "bucket-" side "-session-token", .variable = "BUCKET_" SIDE "_SESSION_TOKEN", .kind = OPTION_SECRET, \
	 .help = "session token that belongs to a temporary access key"}, \
	{.name = "bucket-" side "-region", .variable = "BUCKET_" SIDE "_REGION", .kind = OPTION_STRING, \
	 .help = "its region; AWS_REGION if not given, else us-east-1"}, \
	{.name = "bucket-" side "-ca-file", .variable = "BUCKET_" SIDE "_CA_FILE", .kind = OPTION_PATH, \
	 .help = "PEM file of the authorities that its certificate may come from; the system's if not given"}, \
	{.name = "bucket-" side "-addressing", .variable = "BUCKET_" SIDE "_ADDRESSING", .kind = OPTION_CHOICE, \
	 .fallback = "auto", .choices = "auto|path|virtual", \
	 .help = "where the bucket's name stands: in the path or in the host's name; auto: in the host's at AWS alone"}
#define ROWS_BUCKET_COMMON \
	{.name = "aws-region", .variable = "AWS_REGION", .kind = OPTION_STRING, .help = "region of S3 endpoints that name none"}, \
	{.name = "google-application-credentials", .variable = "GOOGLE_APPLICATION_CREDENTIALS", .kind = OPTION_PATH, \
	 .help = "JSON key file of a service account, for Google endpoints without an access key"}, \
	{.name = "lease-ttl", .variable = "PRIO_LEASE_TTL", .kind = OPTION_NUMBER, .fallback = "60", \
	 .help = "seconds after which another run may take over from one that stopped renewing its lease (S3 endpoints)"}
enum { N_ROWS_BUCKET_ENDPOINT = 7, N_ROWS_BUCKET_COMMON = 3 };

/* bucket_endpoint_read: from an invocation with these rows.
 *
 *   side   "internal" or "external"
 *   out    its strings stay the invocation's; url is NULL where it is not given
 *
 * PRIO_OK; PRIO_ERR_CONFIG naming the option and variable: half a key, a lease of under 5 s or over a day. */
PRIO_MUST_USE enum prio_status bucket_endpoint_read(const struct invocation *call, const char *side,
						    struct bucket_endpoint *out, struct prio_error *error);

#endif
