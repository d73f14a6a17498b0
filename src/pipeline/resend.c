#include "pipeline/resend.h"

#include <string.h>

#include "base/error.h"
#include "pipeline/keys.h"

enum { BLOCK_BYTES = 1 << 16 };

static enum prio_status copy(struct run *run, const char *from, const char *to, struct prio_error *error)
{
	uint8_t block[BLOCK_BYTES];
	struct stream *stream = NULL;
	struct sink *sink = NULL;
	size_t n = sizeof block;
	enum prio_status status = store_open(run->own, from, 0, UINT64_MAX, &stream, error);

	if (status == PRIO_OK)
		status = store_create(run->outbox, to, &sink, error);
	while (status == PRIO_OK && n == sizeof block) {
		status = stream_lend(stream, (struct prio_mut){block, sizeof block}, error);
		if (status == PRIO_OK)
			status = stream_take(stream, &n, error);
		if (status == PRIO_OK)
			status = sink_append(sink, (struct prio_bytes){block, n}, error);
	}
	stream_close(stream);
	if (status != PRIO_OK) {
		sink_abort(sink);
		return status;
	}
	return sink_commit(sink, error);
}

/* Everything of one stage in order: parts, markers of batches, the manifest, the top marker. */
static enum prio_status resend_stage(struct run *run, enum stage stage, bool complete, struct prio_error *error)
{
	struct keys keys = {0};
	struct store_object object;
	struct path own;
	struct path outbox;
	struct path to;
	size_t n_sent = 0;
	enum prio_status status =
		path_make(&own, error, "%s/intermediate/internal/%s", run->prefixes.internal.text, stage_name(stage));

	/* Our own manifest says that all of it was sent once. */
	if (status == PRIO_OK)
		status = path_make(&to, error, "%s/_manifest.json", own.text);
	if (status == PRIO_OK)
		status = store_stat(run->own, to.text, &object, error);
	if (status == PRIO_ERR_NOT_FOUND) {
		if (complete)
			log_warn(run->log, "%s cannot be sent again: its files were cleared after publishing (KEEP_STATE=1 keeps them)",
				 stage_name(stage));
		return PRIO_OK;
	}
	if (status == PRIO_OK)
		status = path_make(&outbox, error, "%s/intermediate/external/%s", run->prefixes.external.text, stage_name(stage));
	if (status == PRIO_OK)
		status = keys_add_all(&keys, run->own, own.text, error);
	/* Bytewise order puts "_manifest.json" and "_SUCCESS" before "batch_id=...": two rounds, the special names last. */
	for (int special = 0; special < 2; special++)
		for (size_t i = 0; i < keys.n && status == PRIO_OK; i++) {
			const char *rest = keys.p[i] + strlen(own.text);
			const char *name = strrchr(rest, '/') + 1;

			if ((name[0] == '_') != special)
				continue;
			status = path_make(&to, error, "%s%s", outbox.text, rest);
			if (status == PRIO_OK)
				status = copy(run, keys.p[i], to.text, error);
			n_sent++;
		}
	keys_clear(&keys);
	if (status != PRIO_OK)
		return status;
	status = path_make(&to, error, "%s/_SUCCESS", outbox.text);
	if (status == PRIO_OK)
		status = store_put(run->outbox, to.text, (struct prio_bytes){(const uint8_t *)"", 0}, STORE_ALWAYS, error);
	if (status == PRIO_OK)
		log_info(run->log, "%s sent again, %zu objects", stage_name(stage), n_sent);
	return status;
}

enum prio_status resend_all(struct run *run, bool complete, struct prio_error *error)
{
	enum prio_status status = PRIO_OK;

	for (enum stage stage = STAGE_VERIFY1; stage <= STAGE_AGGREGATE && status == PRIO_OK; stage++)
		if (complete || stage == STAGE_AGGREGATE || run->stages[stage].is_done)
			status = resend_stage(run, stage, complete, error);
	return status;
}
