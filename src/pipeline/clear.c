#include "pipeline/clear.h"

#include <string.h>

#include "base/error.h"
#include "pipeline/journal.h"
#include "pipeline/keys.h"

static enum prio_status add_text(struct keys *keys, const json_t *text, struct prio_error *error)
{
	const char *key = json_string_value(text);

	return key == NULL ? PRIO_OK : keys_add(keys, key, error);
}

/* The raw parts that were verified, and no others. */
static enum prio_status delete_raw(struct run *run, const struct batch_run *batch, bool *denied, struct prio_error *error)
{
	struct keys keys = {0};
	json_t *entry = NULL;
	enum prio_status status = journal_read(run, batch->directory.text, "query", &entry, error);
	const json_t *parts = json_object_get(entry, "parts");

	for (size_t i = 0; i < json_array_size(parts) && status == PRIO_OK; i++)
		status = add_text(&keys, json_object_get(json_array_get(parts, i), "key"), error);
	if (status == PRIO_OK)
		status = keys_delete(&keys, run->ingest, denied, run->log, error);
	keys_clear(&keys);
	json_decref(entry);
	return status;
}

/* The partner's messages that were read, and the markers in their directories. */
static enum prio_status delete_messages(struct run *run, const struct batch_run *batch, const json_t *published, bool *denied,
					struct prio_error *error)
{
	const json_t *read = json_object_get(published, "read");
	struct keys keys = {0};
	struct path marker;
	enum prio_status status = PRIO_OK;

	for (size_t i = 0; i < json_array_size(read) && status == PRIO_OK; i++)
		status = add_text(&keys, json_array_get(read, i), error);
	for (enum stage stage = STAGE_VERIFY1; stage <= STAGE_AGGREGATE && status == PRIO_OK; stage++) {
		status = path_make(&marker, error, "%s/intermediate/external/%s/%s/_SUCCESS", run->prefixes.internal.text,
				   stage_name(stage), batch->directory.text);
		if (status == PRIO_OK)
			status = keys_add(&keys, marker.text, error);
	}
	if (status == PRIO_OK)
		status = keys_delete(&keys, run->inbox, denied, run->log, error);
	keys_clear(&keys);
	return status;
}

static enum prio_status add_directory(struct keys *keys, const struct run *run, const char *middle,
				      const struct batch_run *batch, struct prio_error *error)
{
	struct path directory;
	enum prio_status status = path_make(&directory, error, "%s/%s/%s", run->prefixes.internal.text, middle,
					    batch->directory.text);

	return status == PRIO_OK ? keys_add_all(keys, run->own, directory.text, error) : status;
}

/* Our own files of the batch: checkpoints, and what we sent. */
static enum prio_status delete_own(struct run *run, const struct batch_run *batch, bool *denied, struct prio_error *error)
{
	static const char *const middles[] = {"checkpoint", "intermediate/internal/verify1", "intermediate/internal/verify2",
					      "intermediate/internal/aggregate"};
	struct keys keys = {0};
	enum prio_status status = PRIO_OK;

	for (size_t i = 0; i < sizeof middles / sizeof middles[0] && status == PRIO_OK; i++)
		status = add_directory(&keys, run, middles[i], batch, error);
	if (status == PRIO_OK)
		status = keys_delete(&keys, run->own, denied, run->log, error);
	keys_clear(&keys);
	return status;
}

static enum prio_status note(struct run *run, const char *directory, const char *name, struct prio_error *error)
{
	json_t *entry = json_object();
	enum prio_status status = journal_write(run, directory, name, entry, error);

	json_decref(entry);
	return status;
}

static enum prio_status clear_batch(struct run *run, struct batch_run *batch, struct prio_error *error)
{
	json_t *published = NULL;
	json_t *cleared = NULL;
	bool denied = false;
	enum prio_status status = journal_read(run, batch->directory.text, "published", &published, error);

	if (status == PRIO_OK)
		status = journal_read(run, batch->directory.text, "cleared", &cleared, error);
	if (status != PRIO_OK || published == NULL)
		goto out;
	/* Messages also where an earlier run cleared the batch: the partner may have sent them again since (--force). */
	status = delete_messages(run, batch, published, &denied, error);
	if (status != PRIO_OK || cleared != NULL)
		goto out;
	status = delete_raw(run, batch, &denied, error);
	if (status == PRIO_OK)
		status = delete_own(run, batch, &denied, error);
	if (status == PRIO_OK && !denied)
		status = note(run, batch->directory.text, "cleared", error);
	run->was_denied = run->was_denied || denied;
out:
	json_decref(cleared);
	json_decref(published);
	return status;
}

/* Every batch that had data, and there was one. */
static bool all_published(struct run *run)
{
	bool all = true;
	bool any = false;

	for (size_t i = 0; i < run->config.n_batches; i++) {
		const struct batch_run *batch = &run->batches[i];

		any = any || batch->fate == BATCH_PUBLISHED;
		if (batch->fate != BATCH_NOT_PUBLISHED)
			continue;
		if (!run->settings->keep_state)
			log_info(run->log, "batch %s: its raw shares and messages stay, since it is not published", batch->shown);
		all = false;
	}
	return all && any;
}

/* The marker goes before the manifest: a marker without its manifest would look like another partner's. */
enum prio_status clear_markers(struct run *run, struct prio_error *error)
{
	static const char *const names[] = {"_SUCCESS", "_manifest.json", "_partner.json"};
	struct keys inbox = {0};
	struct keys own = {0};
	struct keys raw = {0};
	struct path key;
	bool denied = run->was_denied;
	enum prio_status status = PRIO_OK;

	for (size_t i = 0; i < sizeof names / sizeof names[0]; i++)
		for (enum stage stage = STAGE_VERIFY1; stage <= STAGE_AGGREGATE && status == PRIO_OK; stage++) {
			status = path_make(&key, error, "%s/intermediate/external/%s/%s", run->prefixes.internal.text,
					   stage_name(stage), names[i]);
			if (status == PRIO_OK)
				status = keys_add(&inbox, key.text, error);
			if (status == PRIO_OK)
				status = path_make(&key, error, "%s/intermediate/internal/%s/%s", run->prefixes.internal.text,
						   stage_name(stage), names[i]);
			if (status == PRIO_OK)
				status = keys_add(&own, key.text, error);
		}
	if (status == PRIO_OK)
		status = path_make(&key, error, "%s/raw/shares/_SUCCESS", run->prefixes.internal.text);
	if (status == PRIO_OK)
		status = keys_add(&raw, key.text, error);
	if (status == PRIO_OK)
		status = keys_delete(&inbox, run->inbox, &denied, run->log, error);
	if (status == PRIO_OK)
		status = keys_delete(&own, run->own, &denied, run->log, error);
	if (status == PRIO_OK)
		status = keys_delete(&raw, run->ingest, &denied, run->log, error);
	keys_clear(&inbox);
	keys_clear(&own);
	keys_clear(&raw);
	return status == PRIO_OK && !denied ? note(run, "run", "cleared", error) : status;
}

enum prio_status clear_published(struct run *run, struct prio_error *error)
{
	enum prio_status status = PRIO_OK;

	for (size_t i = 0; i < run->config.n_batches && status == PRIO_OK && !run->settings->keep_state; i++)
		status = clear_batch(run, &run->batches[i], error);
	return status;
}

enum prio_status clear_complete(struct run *run, struct prio_error *error)
{
	enum prio_status status;

	if (!all_published(run))
		return PRIO_OK;
	/* Complete before the markers go: without them a run that starts again would wait for raw shares. */
	status = note(run, "run", "complete", error);
	return status == PRIO_OK && !run->settings->keep_state ? clear_markers(run, error) : status;
}

enum prio_status clear_everything(struct run *run, struct prio_error *error)
{
	struct path journal;
	struct path processed;
	struct keys own = {0};
	struct keys keep = {0};
	struct keys inbox = {0};
	struct keys raw = {0};
	bool denied = false;
	enum prio_status status = path_make(&journal, error, "%s/journal/", run->prefixes.internal.text);

	if (status == PRIO_OK)
		status = path_make(&processed, error, "%s/processed/", run->prefixes.internal.text);
	if (status == PRIO_OK)
		status = keys_add_all(&own, run->own, run->prefixes.internal.text, error);
	for (size_t i = 0; i < own.n && status == PRIO_OK; i++)
		if (strncmp(own.p[i], journal.text, strlen(journal.text)) != 0 &&
		    strncmp(own.p[i], processed.text, strlen(processed.text)) != 0)
			status = keys_add(&keep, own.p[i], error);
	if (status == PRIO_OK)
		status = path_make(&journal, error, "%s/intermediate/external", run->prefixes.internal.text);
	if (status == PRIO_OK)
		status = keys_add_all(&inbox, run->inbox, journal.text, error);
	if (status == PRIO_OK)
		status = path_make(&journal, error, "%s/raw", run->prefixes.internal.text);
	if (status == PRIO_OK)
		status = keys_add_all(&raw, run->ingest, journal.text, error);
	log_info(run->log, "deleting %zu private objects, %zu messages and %zu raw objects", keep.n, inbox.n, raw.n);
	if (status == PRIO_OK)
		status = keys_delete(&keep, run->own, &denied, run->log, error);
	if (status == PRIO_OK)
		status = keys_delete(&inbox, run->inbox, &denied, run->log, error);
	if (status == PRIO_OK)
		status = keys_delete(&raw, run->ingest, &denied, run->log, error);
	keys_clear(&own);
	keys_clear(&keep);
	keys_clear(&inbox);
	keys_clear(&raw);
	if (status == PRIO_OK && denied)
		status = error_set(error, PRIO_ERR_DENIED, "some objects could not be deleted; the warnings say which bucket");
	return status;
}

static enum prio_status forget_raw(struct run *run, const struct batch_run *batch, bool *denied, struct prio_error *error)
{
	struct keys keys = {0};

	for (size_t i = 0; i < batch->plan.n_parts; i++) {
		enum prio_status status = keys_add(&keys, batch->plan.parts[i].key, error);

		if (status != PRIO_OK)
			return status;
	}
	return keys_delete(&keys, run->ingest, denied, run->log, error);
}

enum prio_status clear_forget(struct run *run, struct batch_run *batch, struct prio_error *error)
{
	struct keys keys = {0};
	bool denied = false;
	enum prio_status status = add_directory(&keys, run, "journal", batch, error);

	if (status == PRIO_OK && keys.n == 0 && batch->plan.n_parts == 0)
		return error_set(error, PRIO_ERR_NOT_FOUND, "batch %s has neither raw shares nor a journal here; is its name right?",
				 batch->shown);
	/* The raw shares go first: a journal without them is harmless, they without a journal are not. */
	if (status == PRIO_OK)
		status = forget_raw(run, batch, &denied, error);
	if (status == PRIO_OK && denied) {
		keys_clear(&keys);
		return error_set(error, PRIO_ERR_DENIED, "batch %s: its raw shares could not be deleted, so its journal stays",
				 batch->shown);
	}
	if (status == PRIO_OK)
		status = delete_own(run, batch, &denied, error);
	if (status == PRIO_OK)
		status = keys_delete(&keys, run->own, &denied, run->log, error);
	keys_clear(&keys);
	return status;
}
