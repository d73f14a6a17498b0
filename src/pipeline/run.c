#include "pipeline/run.h"

#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/error.h"
#include "base/wipe.h"
#include "crypt/random.h"
#include "pipeline/clear.h"
#include "pipeline/exec.h"
#include "pipeline/journal.h"
#include "pipeline/query.h"
#include "pipeline/resend.h"
#include "pipeline/signed_json.h"
#include "pipeline/summary.h"
#include "store/fence.h"

enum prio_status run_init(struct run *run, struct prio_error *error)
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
	run->n_workers = settings->n_workers > 0 ? settings->n_workers : exec_workers();
	status = random_bytes((struct prio_mut){run->id_key, sizeof run->id_key});
	if (status == PRIO_OK)
		status = random_bytes((struct prio_mut){run->kept_key, sizeof run->kept_key});
	if (status != PRIO_OK)
		return error_set(error, status, "%s", prio_status_sentence(status));
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
		batch->read = json_array();
		escape_text(batch->shown, sizeof batch->shown, batch->config->params.batch_id);
		status = path_batch(&batch->directory, batch->config->params.batch_id, error);
		if (status != PRIO_OK)
			error_prefix(error, "DATA_CONFIG, batch %s", batch->shown);
	}
	return status;
}

void run_clear(struct run *run)
{
	if (run->batches != NULL)
		for (size_t i = 0; i < run->config.n_batches; i++)
			batch_run_clear(&run->batches[i]);
	free(run->batches);
	data_config_clear(&run->config);
	for (int i = 0; i < N_STAGES; i++)
		json_decref(run->stages[i].partner);
	store_unlock(run->lock);
	store_free(run->ingest);
	store_free(run->own);
	store_free(run->inbox);
	store_free(run->outbox);
	wipe(run->id_key, sizeof run->id_key);
	wipe(run->kept_key, sizeof run->kept_key);
}

enum prio_status run_lock(struct run *run, struct prio_error *error)
{
	struct store **const stores[] = {&run->ingest, &run->own, &run->inbox, &run->outbox};
	struct path key;
	enum prio_status status = journal_key(run, "run", "_lock", &key, error);

	if (status == PRIO_OK)
		status = store_lock(run->own, key.text, &run->lock, error);
	for (size_t i = 0; i < sizeof stores / sizeof stores[0] && status == PRIO_OK; i++)
		if (*stores[i] != NULL)
			status = store_fence(stores[i], *stores[i], run->lock, error);
	return status;
}

/* One run at a time, and nothing half-written of dead ones: where this server alone writes, also where all buckets are one. */
static enum prio_status take_over(struct run *run, struct prio_error *error)
{
	static const char *const own[] = {"checkpoint", "intermediate/internal", "journal", "processed"};
	struct path key;
	enum prio_status status = run_lock(run, error);

	for (size_t i = 0; i < sizeof own / sizeof own[0] && status == PRIO_OK; i++) {
		status = path_make(&key, error, "%s/%s", run->prefixes.internal.text, own[i]);
		if (status == PRIO_OK)
			status = store_sweep(run->own, key.text, error);
	}
	if (status == PRIO_OK)
		status = path_make(&key, error, "%s/intermediate/external", run->prefixes.external.text);
	return status == PRIO_OK ? store_sweep(run->outbox, key.text, error) : status;
}

static enum prio_status has_entry(const struct run *run, const char *name, bool *has, struct prio_error *error)
{
	json_t *entry = NULL;
	enum prio_status status = journal_read(run, "run", name, &entry, error);

	*has = entry != NULL;
	json_decref(entry);
	return status;
}

static enum prio_status read_stages(struct run *run, struct prio_error *error)
{
	enum prio_status status = has_entry(run, "partner-manifests", &run->partner_has_manifests, error);

	for (enum stage stage = STAGE_VERIFY1; stage <= STAGE_VERIFY2 && status == PRIO_OK; stage++) {
		struct stage_state *state = &run->stages[stage];
		json_t *entry = NULL;

		status = journal_read(run, "run", stage_name(stage), &entry, error);
		if (status == PRIO_OK && entry != NULL) {
			state->is_done = true;
			if (!hex_decode(state->own_digest, sizeof state->own_digest,
					json_string_value(json_object_get(entry, "manifest"))))
				status = error_set(error, PRIO_ERR_FORMAT, "the journal's entry of %s is damaged", stage_name(stage));
		}
		json_decref(entry);
	}
	return status;
}

/* Earlier days that were begun and not finished: a run that is started again after midnight would leave its day behind. */
struct days {
	const char *today;
	size_t prefix_bytes; /* of the directory that holds the days, with its slash */
	char day[CLOCK_DATE_BYTES]; /* the one at hand: a listing is sorted, so a day's entries stand together */
	bool is_begun;
	bool is_complete;
	struct log *log;
};

static void end_day(struct days *days)
{
	if (days->is_begun && !days->is_complete)
		log_warn(days->log, "an earlier day, %s, was begun and is not complete; start with SUBMISSION_DATE=%s to finish it",
			 days->day, days->day);
	days->is_begun = days->is_complete = false;
}

static enum prio_status visit_day(void *context, const struct store_object *object, struct prio_error *error)
{
	struct days *days = context;
	const char *date = object->key + days->prefix_bytes;
	const char *rest = strchr(date, '/');

	(void)error;
	if (rest == NULL || rest - date != CLOCK_DATE_BYTES - 1 || strncmp(date, days->today, CLOCK_DATE_BYTES - 1) >= 0)
		return PRIO_OK;
	if (strncmp(days->day, date, CLOCK_DATE_BYTES - 1) != 0)
		end_day(days);
	snprintf(days->day, sizeof days->day, "%.10s", date);
	days->is_begun = days->is_begun || strcmp(rest, "/journal/run/verify1") == 0;
	days->is_complete = days->is_complete || strcmp(rest, "/journal/run/complete") == 0;
	return PRIO_OK;
}

static enum prio_status warn_of_earlier_days(struct run *run, struct prio_error *error)
{
	struct days days = {.today = run->settings->submission_date, .log = run->log};
	struct path all = run->prefixes.internal;
	enum prio_status status;

	*strrchr(all.text, '/') = '\0';
	days.prefix_bytes = strlen(all.text) + 1;
	status = store_list(run->own, all.text, visit_day, &days, error);
	end_day(&days);
	return status;
}

static enum prio_status list_raw(struct run *run, struct prio_error *error)
{
	struct plan *plans = calloc(run->config.n_batches, sizeof *plans);
	struct path raw;
	enum prio_status status = path_make(&raw, error, "%s/raw/shares", run->prefixes.internal.text);

	if (plans == NULL)
		return error_set(error, PRIO_ERR_MEMORY, "out of memory");
	if (status == PRIO_OK)
		status = plans_list(plans, &run->config, run->ingest, raw.text, run->log, error);
	for (size_t i = 0; i < run->config.n_batches && status == PRIO_OK; i++)
		run->batches[i].plan = plans[i];
	free(plans);
	return status;
}

/* Data that came for a date after it was complete: nobody will process them, so somebody must hear of it. */
static enum prio_status look_for_late_data(struct run *run, struct prio_error *error)
{
	enum prio_status status = list_raw(run, error);

	for (size_t i = 0; i < run->config.n_batches && status == PRIO_OK; i++) {
		struct batch_run *batch = &run->batches[i];
		json_t *entry = NULL;

		if (batch->plan.n_bytes == 0)
			continue;
		status = journal_read(run, batch->directory.text, "published", &entry, error);
		if (status == PRIO_OK && entry != NULL)
			status = query_warn_of_late(run, batch, error);
		else if (status == PRIO_OK)
			batch_run_end(run, batch, "its raw shares came after this date was complete; put them under another date");
		json_decref(entry);
	}
	return status;
}

enum prio_status run_resume(struct run *run, bool *complete, struct prio_error *error)
{
	bool cleared = false;
	enum prio_status status = take_over(run, error);

	if (status == PRIO_OK)
		status = has_entry(run, "complete", complete, error);
	if (status == PRIO_OK)
		status = has_entry(run, "cleared", &cleared, error);
	if (status != PRIO_OK)
		return status;
	if (!*complete) {
		status = read_stages(run, error);
		if (status == PRIO_OK && run->settings->force)
			status = resend_all(run, false, error);
		return status == PRIO_OK ? warn_of_earlier_days(run, error) : status;
	}
	log_info(run->log, "%s of %s is complete: everything was published", run->settings->submission_date,
		 run->settings->app_name);
	if (run->settings->force)
		status = resend_all(run, true, error);
	if (status == PRIO_OK)
		status = look_for_late_data(run, error);
	if (status == PRIO_OK && !cleared && !run->settings->keep_state) {
		status = clear_published(run, error);
		if (status == PRIO_OK)
			status = clear_markers(run, error);
	}
	return status == PRIO_OK ? summary_print(run, error) : status;
}

/* A batch that an earlier run published: nothing is left to do but to say so, and to keep it in our manifest. */
static enum prio_status recall_published(struct run *run, struct batch_run *batch, struct prio_error *error)
{
	json_t *entry = NULL;
	enum prio_status status = journal_read(run, batch->directory.text, "published", &entry, error);

	if (entry == NULL)
		return status;
	batch->fate = BATCH_PUBLISHED;
	batch->summary = json_incref(json_object_get(entry, "summary"));
	batch->sent[STAGE_AGGREGATE] = json_incref(json_object_get(entry, "sent"));
	log_info(run->log, "batch %s: published by an earlier run", batch->shown);
	json_decref(entry);
	return query_warn_of_late(run, batch, error);
}

static enum prio_status plan_batch(struct run *run, struct batch_run *batch, struct prio_error *error)
{
	enum prio_status status = recall_published(run, batch, error);

	if (status != PRIO_OK || !batch_is_in(batch))
		return status;
	status = query_restrict(run, batch, error);
	if (!batch->is_fixed)
		batch->task_bytes = run->settings->task_bytes > 0
					    ? run->settings->task_bytes
					    : plan_task_bytes(&batch->plan, &batch->config->params, run->settings->server);
	if (status == PRIO_OK)
		status = plan_cut(&batch->plan, batch->task_bytes, error);
	if (status != PRIO_OK || batch->plan.n_tasks > 0)
		return status;
	batch->fate = BATCH_NO_DATA;
	log_info(run->log, "batch %s: no raw shares%s, skipped", batch->shown, batch->plan.n_parts > 0 ? " in its parts" : "");
	return PRIO_OK;
}

/* Is any batch not published yet? */
static enum prio_status anything_left(struct run *run, bool *left, struct prio_error *error)
{
	enum prio_status status = PRIO_OK;

	*left = false;
	for (size_t i = 0; i < run->config.n_batches && status == PRIO_OK; i++) {
		json_t *entry = NULL;

		status = journal_read(run, run->batches[i].directory.text, "published", &entry, error);
		*left = *left || entry == NULL;
		json_decref(entry);
	}
	return status;
}

enum prio_status run_plan(struct run *run, struct prio_error *error)
{
	struct path marker;
	size_t found;
	bool left = true;
	const char *keys[1] = {marker.text};
	enum prio_status status = path_make(&marker, error, "%s/raw/shares/_SUCCESS", run->prefixes.internal.text);

	if (status == PRIO_OK)
		status = anything_left(run, &left, error);
	if (status == PRIO_OK && left)
		status = wait_for_any(run->ingest, keys, 1, &run->settings->retry, "raw shares", &found, run->log, error);
	if (status == PRIO_OK)
		status = list_raw(run, error);
	for (size_t i = 0; i < run->config.n_batches && status == PRIO_OK; i++)
		status = plan_batch(run, &run->batches[i], error);
	return status;
}
