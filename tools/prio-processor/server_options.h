/* server_options: what one server's job is configured by: the option table of "process", and its reading. */
#ifndef TOOLS_PRIO_PROCESSOR_SERVER_OPTIONS_H
#define TOOLS_PRIO_PROCESSOR_SERVER_OPTIONS_H

#include "base/clock.h"
#include "cli/cli.h"
#include "pipeline/process.h"
#include "prio-processor/bucket_options.h"

/* Its rows, for tables that have more. */
#define ROWS_SERVER \
	{"app-name", "APP_NAME", OPTION_STRING, true, NULL, NULL, "name of the application, a directory in the buckets", NULL}, \
	{"submission-date", "SUBMISSION_DATE", OPTION_STRING, false, NULL, NULL, \
	 "date of the data, YYYY-MM-DD; today in UTC if not given", NULL}, \
	{"data-config", "DATA_CONFIG", OPTION_PATH, true, NULL, NULL, \
	 "JSON file that lists the batches: [{\"batch_id\", \"n_data\"}]", NULL}, \
	{"server-id", "SERVER_ID", OPTION_CHOICE, true, NULL, "A|B", "which of the two servers this is", NULL}, \
	{"shared-secret", "SHARED_SECRET", OPTION_SECRET, true, NULL, NULL, "the servers' shared secret, base64 of 16 bytes", NULL}, \
	{"private-key-hex", "PRIVATE_KEY_HEX", OPTION_SECRET, true, NULL, NULL, "this server's private key, 64 hexadecimal digits", NULL}, \
	{"public-key-hex-internal", "PUBLIC_KEY_HEX_INTERNAL", OPTION_STRING, true, NULL, NULL, "this server's public key", NULL}, \
	{"public-key-hex-external", "PUBLIC_KEY_HEX_EXTERNAL", OPTION_STRING, true, NULL, NULL, "the other server's public key", NULL}, \
	ROWS_BUCKET_ENDPOINT("INTERNAL", "internal", true, "this server's buckets are"), \
	ROWS_BUCKET_ENDPOINT("EXTERNAL", "external", true, "the other server's shared bucket is"), \
	ROWS_BUCKET_COMMON, \
	{"bucket-internal-ingest", "BUCKET_INTERNAL_INGEST", OPTION_STRING, true, NULL, NULL, "bucket of the raw shares", NULL}, \
	{"bucket-internal-private", "BUCKET_INTERNAL_PRIVATE", OPTION_STRING, true, NULL, NULL, \
	 "bucket that only this server can read", NULL}, \
	{"bucket-internal-shared", "BUCKET_INTERNAL_SHARED", OPTION_STRING, true, NULL, NULL, \
	 "bucket in which the other server's messages arrive", NULL}, \
	{"bucket-external-shared", "BUCKET_EXTERNAL_SHARED", OPTION_STRING, true, NULL, NULL, \
	 "the other server's bucket for our messages", NULL}, \
	{"bucket-prefix", "BUCKET_PREFIX", OPTION_STRING, false, "data/v1", NULL, "directory in every bucket that all lies under", NULL}, \
	{"retry-limit", "RETRY_LIMIT", OPTION_NUMBER, false, "5", NULL, "how often to look again for data that is not there yet", NULL}, \
	{"retry-delay", "RETRY_DELAY", OPTION_DECIMAL, false, "2", NULL, "seconds until the first look", NULL}, \
	{"retry-backoff-exponent", "RETRY_BACKOFF_EXPONENT", OPTION_DECIMAL, false, "2", NULL, \
	 "each wait is this many times the one before", NULL}, \
	{"partner", "PARTNER", OPTION_CHOICE, false, "5", "5|4.1", \
	 "version of the other server's software; 4.1 (the original) takes special care", NULL}, \
	{"allow-forgeable-size", "ALLOW_FORGEABLE_SIZE", OPTION_FLAG, false, NULL, NULL, \
	 "process batches whose n_data + 1 is a power of two, where a client can forge a proof", NULL}, \
	{"allow-copied-shares", "ALLOW_COPIED_SHARES", OPTION_FLAG, false, NULL, NULL, \
	 "count one share under several ids: for test data made by repetition only", NULL}, \
	{"min-batch", "MIN_BATCH", OPTION_NUMBER, false, "0", NULL, \
	 "accepted records below which a batch's aggregate is not sent; its min_batch in DATA_CONFIG goes before", NULL}, \
	{"max-refused-fraction", "MAX_REFUSED_FRACTION", OPTION_DECIMAL, false, "1", NULL, \
	 "fraction of the records sent at verify1 above which, refused, the aggregate is not sent", NULL}, \
	{"require-manifest", "REQUIRE_MANIFEST", OPTION_FLAG, false, NULL, NULL, \
	 "refuse a partner whose messages come without a signed manifest (an original's do)", NULL}, \
	{"keep-state", "KEEP_STATE", OPTION_FLAG, false, NULL, NULL, "delete nothing after publishing", NULL}, \
	{"force", "PRIO_FORCE", OPTION_FLAG, false, NULL, NULL, \
	 "send the stored messages of earlier runs once more, for a partner that lost them", NULL}, \
	{"memory-budget", "PRIO_MEMORY_BUDGET", OPTION_NUMBER, false, "134217728", NULL, \
	 "bytes that tables of ids, and what is known of each record, may take; beyond it, tables are made in several passes, and the rest " \
	 "lies sealed in the private bucket", NULL}, \
	{"jobs", "PRIO_JOBS", OPTION_NUMBER, false, "0", NULL, "threads that open shares; 0: one a processor", NULL}
enum { N_SERVER_OPTIONS = 43 };
extern const struct option_row server_options[N_SERVER_OPTIONS];

/* server_settings_values: the values that need no reading, as far as they are given: not server, date, keys, secret and endpoints. */
void server_settings_values(const struct invocation *call, struct process_settings *settings);

/* server_settings_read: from an invocation with these options. The strings stay the invocation's; today: room for a date that they
 * may point to. settings hold secrets: the caller wipes them. PRIO_ERR_CONFIG or PRIO_ERR_KEY, naming option and variable. */
PRIO_MUST_USE enum prio_status server_settings_read(const struct invocation *call, struct process_settings *settings,
						    char today[CLOCK_DATE_BYTES], struct prio_error *error);

#endif
