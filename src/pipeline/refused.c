#include "pipeline/refused.h"

#include <inttypes.h>
#include <string.h>

#include "base/error.h"

enum { FLUSH_BYTES = 1 << 16 };

enum prio_status refused_begin(struct refused *refused, struct run *run, struct batch_run *batch, const char *stage,
			       struct prio_error *error)
{
	*refused = (struct refused){.run = run, .batch = batch};
	return path_make(&refused->key, error, "%s/processed/refused/%s/%s.json", run->prefixes.internal.text,
			 batch->directory.text, stage);
}

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

enum prio_status refused_add(struct refused *refused, const struct checkpoint_entry *entry, enum prio_status reason,
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

enum prio_status refused_end(struct refused *refused, struct prio_error *error)
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

void refused_clear(struct refused *refused)
{
	sink_abort(refused->sink);
	line_buffer_clear(&refused->rows);
	*refused = (struct refused){0};
}
