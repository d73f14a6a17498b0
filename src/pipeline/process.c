#include "pipeline/process.h"

#include <stdlib.h>

#include "base/error.h"
#include "base/heap.h"
#include "pipeline/aggregate.h"
#include "pipeline/bucket.h"
#include "pipeline/clear.h"
#include "pipeline/inbox.h"
#include "pipeline/manifest.h"
#include "pipeline/open_tasks.h"
#include "pipeline/output.h"
#include "pipeline/partner.h"
#include "pipeline/publish.h"
#include "pipeline/run.h"
#include "pipeline/summary.h"
#include "pipeline/verify1.h"
#include "pipeline/verify2.h"

static enum prio_status open_bucket(struct run *run, struct store **store, const struct bucket_endpoint *endpoint,
				    const char *bucket, const char *variable, const char *role, struct prio_error *error)
{
	enum prio_status status = bucket_open(store, endpoint, bucket, variable, run->log, error);

	if (status == PRIO_OK && run->settings->wrap_store != NULL)
		*store = run->settings->wrap_store(*store, role);
	return status;
}

static enum prio_status open_buckets(struct run *run, struct prio_error *error)
{
	const struct process_settings *settings = run->settings;
	const struct bucket_endpoint *internal = &settings->internal;
	enum prio_status status = open_bucket(run, &run->ingest, internal, settings->internal_ingest, "BUCKET_INTERNAL_INGEST",
					      "ingest", error);

	if (status == PRIO_OK)
		status = open_bucket(run, &run->own, internal, settings->internal_private, "BUCKET_INTERNAL_PRIVATE", "private",
				     error);
	if (status == PRIO_OK)
		status = open_bucket(run, &run->inbox, internal, settings->internal_shared, "BUCKET_INTERNAL_SHARED", "inbox",
				     error);
	if (status == PRIO_OK)
		status = open_bucket(run, &run->outbox, &settings->external, settings->external_shared,
				     "BUCKET_EXTERNAL_SHARED", "outbox", error);
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
static enum prio_status run_stage(struct run *run, enum stage stage,
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
		log_info(run->log, "%s done", stage_name(stage));
	return status;
}

/* The partner's aggregate may be there already: then a disagreement shows before ours is released. What is wrong with it is said
 * when it is waited for. */
static void peek_at_aggregate(struct run *run)
{
	if (run->partner_has_manifests && manifest_read(run, STAGE_AGGREGATE, NULL) == PRIO_OK &&
	    !manifest_is_current(run, STAGE_AGGREGATE)) {
		json_decref(run->stages[STAGE_AGGREGATE].partner);
		run->stages[STAGE_AGGREGATE].partner = NULL;
	}
}

static bool any_is_in(const struct run *run)
{
	for (size_t i = 0; i < run->config.n_batches; i++)
		if (batch_is_in(&run->batches[i]))
			return true;
	return false;
}

static enum prio_status aggregate_and_publish(struct run *run, struct prio_error *error)
{
	struct prio_total **totals = calloc(run->config.n_batches, sizeof(struct prio_total *));
	enum prio_status status = PRIO_OK;

	if (totals == NULL)
		return error_set(error, PRIO_ERR_MEMORY, "out of memory");
	peek_at_aggregate(run);
	for (size_t i = 0; i < run->config.n_batches && status == PRIO_OK; i++)
		if (batch_is_in(&run->batches[i]))
			status = aggregate_batch(run, &run->batches[i], &totals[i], error);
	if (status == PRIO_OK)
		status = output_end_stage(run, STAGE_AGGREGATE, error);
	if (status == PRIO_OK)
		log_info(run->log, "aggregate done");
	/* Where nothing is left to publish there is nothing to wait for. */
	if (status == PRIO_OK && any_is_in(run))
		status = inbox_wait(run, STAGE_AGGREGATE, error);
	for (size_t i = 0; i < run->config.n_batches && status == PRIO_OK; i++)
		if (batch_is_in(&run->batches[i]))
			status = publish_batch(run, &run->batches[i], totals[i], error);
	for (size_t i = 0; i < run->config.n_batches; i++)
		prio_total_free(totals[i]);
	free(totals);
	return status;
}

static enum prio_status run_stages(struct run *run, struct prio_error *error)
{
	enum prio_status status = open_all(run, error);

	if (status == PRIO_OK && run->settings->partner_is_41)
		status = partner_meet(run, error);
	if (status == PRIO_OK)
		status = run_stage(run, STAGE_VERIFY1, verify1_batch, error);
	if (status == PRIO_OK)
		status = inbox_wait(run, STAGE_VERIFY1, error);
	if (status == PRIO_OK)
		status = run_stage(run, STAGE_VERIFY2, verify2_batch, error);
	/* The parsed manifest may be large, and is done with. */
	json_decref(run->stages[STAGE_VERIFY1].partner);
	run->stages[STAGE_VERIFY1].partner = NULL;
	if (status == PRIO_OK)
		status = inbox_wait(run, STAGE_VERIFY2, error);
	return status == PRIO_OK ? aggregate_and_publish(run, error) : status;
}

/* Did an earlier run come to the last stage? We keep a copy of the manifest that was sent, until everything is published. */
static enum prio_status aggregate_was_sent(struct run *run, bool *was_sent, struct prio_error *error)
{
	struct store_object object;
	struct path key;
	enum prio_status status =
		path_make(&key, error, "%s/intermediate/internal/aggregate/_manifest.json", run->prefixes.internal.text);

	if (status == PRIO_OK)
		status = store_stat(run->own, key.text, &object, error);
	*was_sent = status == PRIO_OK && run->stages[STAGE_VERIFY2].is_done;
	return status == PRIO_ERR_NOT_FOUND ? PRIO_OK : status;
}

static enum prio_status run_all(struct run *run, struct prio_error *error)
{
	bool complete = false;
	bool was_sent = false;
	enum prio_status status = run_resume(run, &complete, error);

	if (status != PRIO_OK || complete)
		return status;
	status = run_plan(run, error);
	/* Without any data the markers are sent all the same, or the partner would wait for them. */
	if (status == PRIO_OK)
		status = aggregate_was_sent(run, &was_sent, error);
	if (status == PRIO_OK && (any_is_in(run) || !was_sent))
		status = run_stages(run, error);
	if (status == PRIO_OK)
		status = clear_published(run, error);
	if (status == PRIO_OK)
		status = summary_write(run, error);
	if (status == PRIO_OK)
		status = clear_complete(run, error);
	return status == PRIO_OK ? summary_print(run, error) : status;
}

enum prio_status process_run(const struct process_settings *settings, struct log *log, enum process_outcome *outcome,
			     struct prio_error *error)
{
	struct run run = {.settings = settings, .log = log};
	enum prio_status status;

	heap_return_large_blocks();
	status = run_init(&run, error);

	if (status == PRIO_OK)
		status = open_buckets(&run, error);
	if (status == PRIO_OK)
		status = run_all(&run, error);
	*outcome = PROCESS_DONE;
	for (size_t i = 0; status == PRIO_OK && i < run.config.n_batches; i++)
		if (run.batches[i].fate == BATCH_NOT_PUBLISHED)
			*outcome = PROCESS_UNPUBLISHED;
	run_clear(&run);
	return status;
}
