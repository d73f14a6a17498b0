#include "pipeline/inbox.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "pipeline/exec.h"
#include "pipeline/wait.h"

/* The parts of one batch in the partner's directory of a stage. */
struct parts {
	struct prio_bytes batch_id;
	size_t prefix_bytes; /* with its slash */
	char **keys;
	uint64_t *sizes_bytes;
	size_t n;
};

static enum prio_status gather_part(void *context, const struct store_object *object, struct prio_error *error)
{
	struct parts *parts = context;
	const char *directory = object->key + parts->prefix_bytes;
	const char *slash = strchr(directory, '/');
	bool exact;

	if (slash == NULL || strchr(slash + 1, '/') != NULL || !path_is_part(slash + 1) || object->size_bytes == 0 ||
	    !path_is_batch(directory, (size_t)(slash - directory), parts->batch_id, &exact))
		return PRIO_OK;
	if ((parts->n & (parts->n - 1)) == 0) {
		size_t room = parts->n == 0 ? 1 : 2 * parts->n;
		char **keys = realloc(parts->keys, room * sizeof *keys);

		if (keys != NULL)
			parts->keys = keys;
		uint64_t *sizes_bytes = realloc(parts->sizes_bytes, room * sizeof *sizes_bytes);
		if (sizes_bytes != NULL)
			parts->sizes_bytes = sizes_bytes;
		if (keys == NULL || sizes_bytes == NULL)
			return error_set(error, PRIO_ERR_MEMORY, "out of memory");
	}
	parts->sizes_bytes[parts->n] = object->size_bytes;
	parts->keys[parts->n] = strdup(object->key);
	if (parts->keys[parts->n] == NULL)
		return error_set(error, PRIO_ERR_MEMORY, "out of memory");
	parts->n++;
	return PRIO_OK;
}

static void parts_clear(struct parts *parts)
{
	for (size_t i = 0; i < parts->n; i++)
		free(parts->keys[i]);
	free(parts->keys);
	free(parts->sizes_bytes);
}

static enum prio_status list_parts(struct run *run, const struct batch_run *batch, const char *stage, struct parts *parts,
				   struct prio_error *error)
{
	struct path prefix;
	enum prio_status status =
		path_make(&prefix, error, "%s/intermediate/external/%s", run->prefixes.internal.text, stage);

	*parts = (struct parts){.batch_id = batch->config->params.batch_id, .prefix_bytes = strlen(prefix.text) + 1};
	return status == PRIO_OK ? store_list(run->inbox, prefix.text, gather_part, parts, error) : status;
}

struct loading {
	struct run *run;
	struct join *join;
	uint64_t n_without_id;
};

static enum prio_status enter(void *context, const struct message *message, struct prio_error *error)
{
	struct loading *loading = context;
	struct join_hash hash;
	enum prio_status status;

	if (!message->has_id) {
		loading->n_without_id++;
		return PRIO_OK;
	}
	status = run_hash_id(loading->run, &hash, message->id, error);
	if (status != PRIO_OK)
		return status;
	status = join_add(loading->join, &hash, message->verdict == PRIO_OK ? message->packet.p : NULL);
	return status == PRIO_OK ? PRIO_OK : error_set(error, status, "joining: %s", prio_status_sentence(status));
}

static enum prio_status load_parts(struct run *run, const struct parts *parts, enum message_kind kind,
				   struct loading *loading, struct prio_error *error)
{
	struct messages *messages = NULL;
	enum prio_status status = messages_new(&messages);

	if (status != PRIO_OK)
		error_set(error, status, "reading messages: %s", prio_status_sentence(status));
	for (size_t i = 0; i < parts->n && status == PRIO_OK; i++) {
		struct stream *stream = NULL;

		status = exec_check_stop(error);
		if (status == PRIO_OK)
			status = store_open(run->inbox, parts->keys[i], 0, UINT64_MAX, &stream, error);
		if (status == PRIO_OK)
			status = messages_read(messages, stream, kind, enter, loading, error);
		stream_close(stream);
	}
	messages_free(messages);
	return status;
}

enum prio_status inbox_load(struct run *run, const struct batch_run *batch, const char *stage, enum message_kind kind,
			    struct join **join, struct prio_error *error)
{
	size_t packet_bytes =
		kind == MESSAGE_VERIFY1 ? sizeof(struct prio_verify1_packet) : sizeof(struct prio_verify2_packet);
	struct loading loading = {.run = run};
	struct parts parts;
	enum prio_status status = list_parts(run, batch, stage, &parts, error);

	*join = NULL;
	if (status != PRIO_OK || parts.n == 0)
		goto out;
	status = join_new(&loading.join, packet_bytes);
	if (status != PRIO_OK) {
		error_set(error, status, "joining: %s", prio_status_sentence(status));
		goto out;
	}
	status = load_parts(run, &parts, kind, &loading, error);
	if (status != PRIO_OK) {
		join_free(loading.join);
		goto out;
	}
	if (loading.n_without_id > 0)
		log_warn(run->log, "batch %s: %" PRIu64 " lines of the partner's %s are no records with an id and are ignored",
			 batch->shown, loading.n_without_id, stage);
	*join = loading.join;
out:
	parts_clear(&parts);
	return status;
}

enum prio_status inbox_take(struct run *run, struct join *join, struct prio_bytes id, const void **packet,
			    struct prio_error *error)
{
	struct join_hash hash;
	enum join_state state;
	uint32_t n_copies;
	enum prio_status status = run_hash_id(run, &hash, id, error);

	if (status != PRIO_OK)
		return status;
	if (!join_take(join, &hash, packet, &state, &n_copies))
		return PRIO_REFUSED_UNMATCHED;
	if (state == JOIN_CONFLICT)
		return PRIO_REFUSED_PARTNER_CONFLICT;
	if (state == JOIN_UNREADABLE)
		return PRIO_REFUSED_PARTNER_PACKET;
	/* Our ids that reach this point are unique: a second look-up of one would be a mistake of ours. */
	if (state == JOIN_MATCHED)
		return error_set(error, PRIO_ERR_INTERNAL, "an id was matched twice");
	return PRIO_OK;
}

enum prio_status inbox_read_aggregate(struct run *run, const struct batch_run *batch, struct prio_mut *text,
				      struct prio_error *error)
{
	/* A total share takes at most 17 characters a field in base64; twice that leaves room for padded elements. */
	size_t max_bytes = 4096 + 34 * (size_t)batch->config->params.n_data;
	struct parts parts;
	enum prio_status status = list_parts(run, batch, "aggregate", &parts, error);

	if (status == PRIO_OK && parts.n == 0)
		status = error_set(error, PRIO_ERR_NOT_FOUND, "the partner sent no aggregate for it");
	if (status == PRIO_OK && parts.n > 1)
		status = error_set(error, PRIO_ERR_FORMAT,
				   "the partner's aggregate has %zu parts where there should be one; parts of an earlier run may lie "
				   "beside it",
				   parts.n);
	if (status == PRIO_OK)
		status = store_get(run->inbox, parts.keys[0], max_bytes, text, error);
	parts_clear(&parts);
	return status;
}

enum prio_status inbox_wait(struct run *run, const char *stage, struct prio_error *error)
{
	struct path key;
	char what[64];
	size_t found;
	const char *keys[1] = {key.text};
	enum prio_status status =
		path_make(&key, error, "%s/intermediate/external/%s/_SUCCESS", run->prefixes.internal.text, stage);

	if (status != PRIO_OK)
		return status;
	snprintf(what, sizeof what, "the partner's %s", stage);
	return wait_for_any(run->inbox, keys, 1, &run->settings->retry, what, &found, run->log, error);
}
