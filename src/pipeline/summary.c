#include "pipeline/summary.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include <jansson.h>

#include "base/clock.h"
#include "base/error.h"

enum { SUMMARY_BYTES_MAX = 64 << 20 };

static const char *fate_word(enum batch_fate fate)
{
	switch (fate) {
	case BATCH_NO_DATA:
		return "no-data";
	case BATCH_PUBLISHED:
		return "published";
	case BATCH_NOT_PUBLISHED:
		return "not-published";
	case BATCH_PENDING:
		break;
	}
	return "pending";
}

static json_t *count(uint64_t n)
{
	return json_integer((json_int_t)n);
}

static json_t *refused_object(const struct batch_run *batch)
{
	json_t *object = json_object();

	for (int reason = PRIO_OK + 1; reason < PRIO_STATUS_FIRST_ERROR_; reason++)
		if (batch->refused[reason] > 0)
			json_object_set_new(object, prio_status_word((enum prio_status)reason), count(batch->refused[reason]));
	return object;
}

json_t *summary_batch(const struct batch_run *batch)
{
	json_t *object = json_object();

	json_object_set_new(object, "batch_id", json_string(batch->config->batch_id));
	json_object_set_new(object, "n_data", count(batch->config->params.n_data));
	json_object_set_new(object, "status", json_string(fate_word(batch->fate)));
	if (batch->fate == BATCH_NOT_PUBLISHED)
		json_object_set_new(object, "why", json_string(batch->why));
	json_object_set_new(object, "parts", count(batch->plan.n_parts));
	json_object_set_new(object, "bytes", count(batch->plan.n_bytes));
	json_object_set_new(object, "lines", count(batch->n_lines));
	json_object_set_new(object, "opened", count(batch->n_opened));
	json_object_set_new(object, "sent", count(batch->n_sent));
	json_object_set_new(object, "answered", count(batch->n_answered));
	json_object_set_new(object, "total", count(batch->n_total));
	json_object_set_new(object, "error", count(batch->n_error));
	json_object_set_new(object, "accepted", count(batch->n_accepted));
	json_object_set_new(object, "partner_only", count(batch->n_partner_only));
	json_object_set_new(object, "refused", refused_object(batch));
	return object;
}

static json_t *run_object(const struct run *run)
{
	json_t *object = json_object();
	json_t *batches = json_array();
	char now[CLOCK_ISO_BYTES];

	clock_iso(now);
	json_object_set_new(object, "software", json_string("prio-processor " PRIO_VERSION));
	json_object_set_new(object, "app_name", json_string(run->settings->app_name));
	json_object_set_new(object, "submission_date", json_string(run->settings->submission_date));
	json_object_set_new(object, "server", json_string(run->settings->server == PRIO_SERVER_A ? "A" : "B"));
	json_object_set_new(object, "started", json_string(run->started));
	json_object_set_new(object, "finished", json_string(now));
	for (size_t i = 0; i < run->config.n_batches; i++)
		if (run->batches[i].summary != NULL)
			json_array_append(batches, run->batches[i].summary);
		else
			json_array_append_new(batches, summary_batch(&run->batches[i]));
	json_object_set_new(object, "batches", batches);
	return object;
}

static void say_batch(struct run *run, const struct batch_run *batch)
{
	char refused[512] = "";
	size_t at = 0;

	if (batch->summary != NULL)
		return; /* said when it was recalled */
	for (int reason = PRIO_OK + 1; reason < PRIO_STATUS_FIRST_ERROR_ && at < sizeof refused; reason++) {
		if (batch->refused[reason] == 0)
			continue;
		int n = snprintf(refused + at, sizeof refused - at, "%s%" PRIu64 " %s", at == 0 ? "; refused: " : ", ",
				 batch->refused[reason], prio_status_word((enum prio_status)reason));
		at += n > 0 ? (size_t)n : 0;
	}
	log_info(run->log, "batch %s: %s; %" PRIu64 " lines, %" PRIu64 " opened, %" PRIu64 " matched, %" PRIu64 " accepted%s",
		 batch->shown, fate_word(batch->fate), batch->n_lines, batch->n_opened, batch->n_total,
		 batch->n_accepted, refused);
	if (batch->n_partner_only > 0)
		log_info(run->log, "batch %s: %" PRIu64 " ids came from the partner only", batch->shown, batch->n_partner_only);
}

enum prio_status summary_print(struct run *run, struct prio_error *error)
{
	struct prio_mut text = {NULL, 0};
	struct path key;
	enum prio_status status = path_make(&key, error, "%s/processed/summary.json", run->prefixes.internal.text);

	if (status == PRIO_OK)
		status = store_get(run->own, key.text, SUMMARY_BYTES_MAX, &text, error);
	if (status == PRIO_OK && (printf("%s\n", (const char *)text.p) < 0 || fflush(stdout) != 0))
		status = error_set(error, PRIO_ERR_IO, "the run summary could not be written to stdout");
	free(text.p);
	return status;
}

enum prio_status summary_write(struct run *run, struct prio_error *error)
{
	struct path key;
	json_t *object = run_object(run);
	char *text = json_dumps(object, JSON_COMPACT);
	enum prio_status status = PRIO_ERR_MEMORY;

	json_decref(object);
	if (text == NULL)
		return error_set(error, status, "out of memory");
	for (size_t i = 0; i < run->config.n_batches; i++)
		say_batch(run, &run->batches[i]);
	status = path_make(&key, error, "%s/processed/summary.json", run->prefixes.internal.text);
	if (status == PRIO_OK)
		status = store_put(run->own, key.text, (struct prio_bytes){(const uint8_t *)text, strlen(text)}, STORE_ALWAYS,
				   error);
	free(text);
	return status;
}
