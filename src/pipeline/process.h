/* process: the whole job of one server for one date: open, verify1, verify2, aggregate, publish, over every batch. */
#ifndef PIPELINE_PROCESS_H
#define PIPELINE_PROCESS_H

#include <stdbool.h>

#include "base/log.h"
#include "pipeline/bucket.h"
#include "pipeline/wait.h"
#include "prio/batch.h"
#include "prio/keys.h"
#include "prio/status.h"
#include "store/store.h"

struct process_settings {
	const char *app_name;
	const char *submission_date;
	const char *data_config; /* path */
	enum prio_server_id server;
	struct prio_private_key key;
	struct prio_shared_secret secret;
	const char *public_key_hex_internal; /* as given: they stand in paths */
	const char *public_key_hex_external;
	const char *bucket_prefix;
	struct bucket_endpoint internal; /* where this server's buckets are */
	struct bucket_endpoint external; /* where the other server's shared bucket is */
	const char *internal_ingest;
	const char *internal_private;
	const char *internal_shared;
	const char *external_shared;
	struct retry_rule retry;
	bool partner_is_41;        /* PARTNER=4.1 */
	bool allow_forgeable_size;
	bool allow_copied_shares;
	bool require_manifest;     /* refuse a partner that writes none */
	bool keep_state;           /* delete nothing after publishing */
	bool force;                /* send again what an earlier run sent */
	uint64_t min_batch;        /* accepted records below which no aggregate is sent; 0: no floor */
	double max_refused_fraction; /* of the records sent at verify1; 1: no limit */
	unsigned n_workers;        /* 0: one a processor */
	uint64_t memory_budget_bytes; /* for tables of ids; 0: no bound */
	uint64_t task_bytes;       /* 0: plan_task_bytes */
	/* For tests: wraps each store when it is opened; NULL: as they are. role: "ingest", "private", "inbox", "outbox". */
	struct store *(*wrap_store)(struct store *store, const char *role);
};

enum process_outcome {
	PROCESS_DONE,        /* every batch that had data was published */
	PROCESS_UNPUBLISHED, /* some were not; the others were */
};

/* process_run: PRIO_OK and *outcome; or the error that ended the run (what was complete by then stays). The run summary goes
 * to the private bucket and, as one JSON line, to stdout. log may not be NULL. */
PRIO_MUST_USE enum prio_status process_run(const struct process_settings *settings, struct log *log,
					   enum process_outcome *outcome, struct prio_error *error);

#endif
