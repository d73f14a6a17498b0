#include "pipeline/cleanup.h"

#include <string.h>

#include "base/error.h"
#include "pipeline/bucket.h"
#include "pipeline/clear.h"

/* A run that only knows where things lie. */
static enum prio_status open_run(struct run *run, struct prio_error *error)
{
	const struct process_settings *settings = run->settings;
	const struct path_names names = {
		.bucket_prefix = settings->bucket_prefix,
		.app_name = settings->app_name,
		.date = settings->submission_date,
		.public_key_internal = settings->public_key_hex_internal,
		.public_key_external = settings->public_key_hex_external,
	};
	const struct bucket_endpoint *endpoint = &settings->internal;
	enum prio_status status = prefixes_make(&run->prefixes, &names, error);

	if (status == PRIO_OK)
		status = bucket_open(&run->ingest, endpoint, settings->internal_ingest, "BUCKET_INTERNAL_INGEST", run->log, error);
	if (status == PRIO_OK)
		status = bucket_open(&run->own, endpoint, settings->internal_private, "BUCKET_INTERNAL_PRIVATE", run->log, error);
	if (status == PRIO_OK)
		status = bucket_open(&run->inbox, endpoint, settings->internal_shared, "BUCKET_INTERNAL_SHARED", run->log, error);
	return status == PRIO_OK ? run_lock(run, error) : status;
}

static enum prio_status forget_batch(struct run *run, const char *batch_id, struct prio_error *error)
{
	struct batch_config config = {.params.batch_id = {(const uint8_t *)batch_id, strlen(batch_id)}};
	struct batch_run batch = {.config = &config};
	const struct data_config only = {&config, 1};
	struct path raw;
	enum prio_status status = path_batch(&batch.directory, config.params.batch_id, error);

	escape_text(batch.shown, sizeof batch.shown, config.params.batch_id);
	if (status == PRIO_OK)
		status = path_make(&raw, error, "%s/raw/shares", run->prefixes.internal.text);
	if (status == PRIO_OK)
		status = plans_list(&batch.plan, &only, run->ingest, raw.text, NULL, error);
	if (status == PRIO_OK)
		status = clear_forget(run, &batch, error);
	if (status == PRIO_OK)
		log_info(run->log,
			 "batch %s: its raw shares (%zu parts) and its journal are deleted. The batch is given up: never put the same "
			 "shares there again, for a record that is verified at two query points is no longer private",
			 batch.shown, batch.plan.n_parts);
	plan_clear(&batch.plan);
	return status;
}

enum prio_status cleanup_run(const struct process_settings *settings, const char *forget, struct log *log,
			     struct prio_error *error)
{
	struct run run = {.settings = settings, .log = log};
	enum prio_status status = open_run(&run, error);

	if (status == PRIO_OK)
		status = forget != NULL ? forget_batch(&run, forget, error) : clear_everything(&run, error);
	run_clear(&run);
	return status;
}
