#include "pipeline/process.h"

#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/error.h"
#include "base/wipe.h"
#include "crypt/random.h"
#include "pipeline/aggregate.h"
#include "pipeline/bucket.h"
#include "pipeline/inbox.h"
#include "pipeline/open_tasks.h"
#include "pipeline/output.h"
#include "pipeline/partner.h"
#include "pipeline/publish.h"
#include "pipeline/run.h"
#include "pipeline/summary.h"
#include "pipeline/verify1.h"
#include "pipeline/verify2.h"

static enum prio_status open_buckets(struct run *run, struct prio_error *error)
{
	const struct process_settings *settings = run->settings;
	enum prio_status status = bucket_open(&run->ingest, settings->internal_endpoint, settings->internal_ingest,
					      "BUCKET_INTERNAL_INGEST", error);

	if (status == PRIO_OK)
		status = bucket_open(&run->own, settings->internal_endpoint, settings->internal_private,
				     "BUCKET_INTERNAL_PRIVATE", error);
	if (status == PRIO_OK)
		status = bucket_open(&run->inbox, settings->internal_endpoint, settings->internal_shared,
				     "BUCKET_INTERNAL_SHARED", error);
	if (status == PRIO_OK)
		status = bucket_open(&run->outbox, settings->external_endpoint, settings->external_shared,
				     "BUCKET_EXTERNAL_SHARED", error);
	return status;
}

static enum prio_status make_id_hmac(struct run *run, struct prio_error *error)
{
	uint8_t key[32];
	enum prio_status status = random_bytes((struct prio_mut){key, sizeof key});

	if (status == PRIO_OK)
		status = hmac_new(&run->id_hmac, (struct prio_bytes){key, sizeof key});
	wipe(key, sizeof key);
	return status == PRIO_OK ? PRIO_OK : error_set(error, status, "%s", prio_status_sentence(status));
}

static enum prio_status run_init(struct run *run, struct prio_error *error)
{
	const struct process_settings *settings = run->settings;
	const struct path_names names = {
		.bucket_prefix = settings->bucket_prefix,
		.app_name = settings->app_name,
		.date = settings->submission_date,
		.public_key_internal = settings->public_key_hex_internal,
		.public_key_external = settings->public_key_hex_external,
	};
	enum prio_status status;

	clock_iso(run->started);
	status = prefixes_make(&run->prefixes, &names, error);
	if (status == PRIO_OK)
		status = data_config_read(&run->config, settings->data_config, settings->allow_forgeable_size, run->log, error);
	if (status != PRIO_OK)
		return status;
	run->batches = calloc(run->config.n_batches, sizeof *run->batches);
	if (run->batches == NULL)
		return error_set(error, PRIO_ERR_MEMORY, "out of memory");
	for (size_t i = 0; i < run->config.n_batches && status == PRIO_OK; i++) {
		struct batch_run *batch = &run->batches[i];

		batch->config = &run->config.batches[i];
		escape_text(batch->shown, sizeof batch->shown, batch->config->params.batch_id);
		status = path_batch(&batch->directory, batch->config->params.batch_id, error);
		if (status != PRIO_OK)
			error_prefix(error, "DATA_CONFIG, batch %s", batch->shown);
	}
	if (status == PRIO_OK)
		status = make_id_hmac(run, error);
	return status == PRIO_OK ? open_buckets(run, error) : status;
}

static void run_clear(struct run *run)
{
	if (run->batches != NULL)
		for (size_t i = 0; i < run->config.n_batches; i++)
			batch_run_clear(&run->batches[i]);
	free(run->batches);
	data_config_clear(&run->config);
	hmac_free(run->id_hmac);
	store_free(run->ingest);
	store_free(run->own);
	store_free(run->inbox);
	store_free(run->outbox);
}

/* Wait for the raw shares, and plan what to do with them. */
static enum prio_status plan_run(struct run *run, struct prio_error *error)
{
	uint64_t task_bytes = run->settings->task_bytes > 0 ? run->settings->task_bytes : TASK_BYTES;
	struct plan *plans = NULL;
	struct path raw;
	struct path marker;
	size_t found;
	const char *keys[1] = {marker.text};
	enum prio_status status = path_make(&raw, error, "%s/raw/shares", run->prefixes.internal.text);

	if (status == PRIO_OK)
		status = path_make(&marker, error, "%s/_SUCCESS", raw.text);
	if (status == PRIO_OK)
		status = wait_for_any(run->ingest, keys, 1, &run->settings->retry, "raw shares", &found, run->log, error);
	if (status != PRIO_OK)
		return status;
	plans = calloc(run->config.n_batches, sizeof *plans);
	if (plans == NULL)
		return error_set(error, PRIO_ERR_MEMORY, "out of memory");
	status = plans_make(plans, &run->config, run->ingest, raw.text, task_bytes, run->log, error);
	for (size_t i = 0; i < run->config.n_batches && status == PRIO_OK; i++) {
		struct batch_run *batch = &run->batches[i];

		batch->plan = plans[i];
		if (batch->plan.n_tasks > 0)
			continue;
		batch->fate = BATCH_NO_DATA;
		log_info(run->log, "batch %s: no raw shares%s, skipped", batch->shown,
			 batch->plan.n_parts > 0 ? " in its parts" : "");
	}
	free(plans);
	return status;
}

static enum prio_status open_all(struct run *run, struct prio_error *error)
{
	enum prio_status status = PRIO_OK;

	for (size_t i = 0; i < run->config.n_batches && status == PRIO_OK; i++) {
		struct batch_run *batch = &run->batches[i];

		if (batch_is_in(batch))
			status = batch_run_prepare(run, batch, error);
		if (status == PRIO_OK && batch_is_in(batch))
			status = open_tasks(run, batch, error);
	}
	return status;
}

/* A stage over every batch that is still in, and its top marker. */
static enum prio_status run_stage(struct run *run, const char *stage,
				  enum prio_status (*stage_batch)(struct run *, struct batch_run *, struct prio_error *),
				  struct prio_error *error)
{
	enum prio_status status = PRIO_OK;

	for (size_t i = 0; i < run->config.n_batches && status == PRIO_OK; i++)
		if (batch_is_in(&run->batches[i]))
			status = stage_batch(run, &run->batches[i], error);
	if (status == PRIO_OK)
		status = output_end_stage(run, stage, error);
	if (status == PRIO_OK)
		log_info(run->log, "%s done", stage);
	return status;
}

static enum prio_status aggregate_and_publish(struct run *run, struct prio_error *error)
{
	struct prio_total **totals = calloc(run->config.n_batches, sizeof(struct prio_total *));
	enum prio_status status = PRIO_OK;

	if (totals == NULL)
		return error_set(error, PRIO_ERR_MEMORY, "out of memory");
	for (size_t i = 0; i < run->config.n_batches && status == PRIO_OK; i++)
		if (batch_is_in(&run->batches[i]))
			status = aggregate_batch(run, &run->batches[i], &totals[i], error);
	if (status == PRIO_OK)
		status = output_end_stage(run, "aggregate", error);
	if (status == PRIO_OK)
		log_info(run->log, "aggregate done");
	if (status == PRIO_OK)
		status = inbox_wait(run, "aggregate", error);
	for (size_t i = 0; i < run->config.n_batches && status == PRIO_OK; i++)
		if (batch_is_in(&run->batches[i]))
			status = publish_batch(run, &run->batches[i], totals[i], error);
	for (size_t i = 0; i < run->config.n_batches; i++)
		prio_total_free(totals[i]);
	free(totals);
	return status;
}

static enum prio_status run_all(struct run *run, struct prio_error *error)
{
	enum prio_status status = plan_run(run, error);

	if (status == PRIO_OK)
		status = open_all(run, error);
	if (status == PRIO_OK && run->settings->partner_is_41)
		status = partner_meet(run, error);
	if (status == PRIO_OK)
		status = run_stage(run, "verify1", verify1_batch, error);
	if (status == PRIO_OK)
		status = inbox_wait(run, "verify1", error);
	if (status == PRIO_OK)
		status = run_stage(run, "verify2", verify2_batch, error);
	if (status == PRIO_OK)
		status = inbox_wait(run, "verify2", error);
	if (status == PRIO_OK)
		status = aggregate_and_publish(run, error);
	return status == PRIO_OK ? summary_write(run, error) : status;
}

enum prio_status process_run(const struct process_settings *settings, struct log *log, enum process_outcome *outcome,
			     struct prio_error *error)
{
	struct run run = {.settings = settings, .log = log};
	enum prio_status status = run_init(&run, error);

	if (status == PRIO_OK)
		status = run_all(&run, error);
	*outcome = PROCESS_DONE;
	for (size_t i = 0; status == PRIO_OK && i < run.config.n_batches; i++)
		if (run.batches[i].fate == BATCH_NOT_PUBLISHED)
			*outcome = PROCESS_UNPUBLISHED;
	run_clear(&run);
	return status;
}
