#include "pipeline/refused.h"

#include <inttypes.h>
#include <string.h>

#include "base/error.h"
#include "pipeline/exec.h"
#include "record/ndjson.h"

enum { FLUSH_BYTES = 1 << 16 };

struct refused {
	struct run *run;
	struct batch_run *batch;
	enum stage stage;
	struct path key;
	struct sink *sink;
	struct line_buffer rows;
	bool has_any; /* in the task at hand */
};

static enum prio_status flush(struct refused *refused, struct prio_error *error)
{
	enum prio_status status = PRIO_OK;

	if (refused->rows.n == 0)
		return PRIO_OK;
	if (refused->sink == NULL)
		status = store_create(refused->run->own, refused->key.text, &refused->sink, error);
	if (status == PRIO_OK)
		status = sink_append(refused->sink, (struct prio_bytes){refused->rows.p, refused->rows.n}, error);
	refused->rows.n = 0;
	return status;
}

static enum prio_status append_text(struct line_buffer *rows, const char *text)
{
	return line_append(rows, text, strlen(text));
}

static enum prio_status append_id(struct line_buffer *rows, const struct checkpoint_entry *entry)
{
	if (!entry->has_id)
		return append_text(rows, "null");
	if (entry->id_is_number)
		return line_append(rows, entry->id.p, entry->id.n);
	return json_append_string(rows, RECORD_COMPACT, entry->id);
}

static enum prio_status add(struct refused *refused, const struct checkpoint_entry *entry, enum prio_status reason,
			    struct prio_error *error)
{
	const char *key = refused->batch->plan.parts[entry->part].key;
	const char *slash = strrchr(key, '/');
	const char *name = slash != NULL ? slash + 1 : key;
	struct line_buffer *rows = &refused->rows;
	char text[96];
	enum prio_status status;

	refused->batch->refused[reason]++;
	status = append_text(rows, "{\"id\":");
	if (status == PRIO_OK)
		status = append_id(rows, entry);
	snprintf(text, sizeof text, ",\"reason\":\"%s\",\"part\":", prio_status_word(reason));
	if (status == PRIO_OK)
		status = append_text(rows, text);
	if (status == PRIO_OK)
		status = json_append_string(rows, RECORD_COMPACT, (struct prio_bytes){(const uint8_t *)name, strlen(name)});
	snprintf(text, sizeof text, ",\"offset\":%" PRIu64 "}\n", entry->offset_bytes);
	if (status == PRIO_OK)
		status = append_text(rows, text);
	if (status != PRIO_OK)
		return error_set(error, status, "listing a refused record: %s", prio_status_sentence(status));
	return rows->n < FLUSH_BYTES ? PRIO_OK : flush(refused, error);
}

static bool is_listed(const struct refused *refused, const struct kept_record *kept)
{
	return kept->verdict != PRIO_OK && kept->refused_at == refused->stage;
}

static enum prio_status list_entry(void *context, const struct checkpoint_entry *entry, uint64_t record,
				   struct kept_record *kept, struct prio_error *error)
{
	struct refused *refused = context;

	if (record == UINT64_MAX)
		return refused->stage == STAGE_VERIFY1 ? add(refused, entry, entry->verdict, error) : PRIO_OK;
	return is_listed(refused, kept) ? add(refused, entry, (enum prio_status)kept->verdict, error) : PRIO_OK;
}

static enum prio_status look_at(void *context, uint64_t record, struct kept_record *kept, struct prio_error *error)
{
	struct refused *refused = context;

	(void)record;
	(void)error;
	refused->has_any = refused->has_any || is_listed(refused, kept);
	return PRIO_OK;
}

/* Mostly there is nothing to list: then the task's checkpoint is not read. */
static enum prio_status list_task(struct refused *refused, size_t task, struct prio_error *error)
{
	const struct batch_run *batch = refused->batch;
	enum prio_status status = PRIO_OK;

	refused->has_any = refused->stage == STAGE_VERIFY1 && batch->n_unopened[task] > 0;
	if (!refused->has_any)
		status = kept_visit_task(refused->run, batch, task, KEPT_READ, look_at, refused, error);
	if (status == PRIO_OK && refused->has_any)
		status = batch_visit_task(refused->run, batch, task, KEPT_READ, list_entry, refused, NULL, error);
	return status;
}

static enum prio_status end(struct refused *refused, struct prio_error *error)
{
	enum prio_status status = flush(refused, error);
	struct sink *sink = refused->sink;
	const char *const key = refused->key.text;

	if (status != PRIO_OK)
		return status;
	refused->sink = NULL;
	/* Nothing refused: a list that an earlier run left here would be wrong. */
	return sink != NULL ? sink_commit(sink, error) : store_delete_many(refused->run->own, &key, 1, error);
}

enum prio_status refused_list(struct run *run, struct batch_run *batch, enum stage stage, struct prio_error *error)
{
	struct refused refused = {.run = run, .batch = batch, .stage = stage};
	enum prio_status status = path_make(&refused.key, error, "%s/processed/refused/%s/%s.json",
					    run->prefixes.internal.text, batch->directory.text, stage_name(stage));

	for (size_t task = 0; task < batch->plan.n_tasks && status == PRIO_OK; task++) {
		status = exec_check_stop(error);
		if (status == PRIO_OK)
			status = list_task(&refused, task, error);
	}
	if (status == PRIO_OK)
		status = end(&refused, error);
	sink_abort(refused.sink);
	line_buffer_clear(&refused.rows);
	return status;
}
