#include "pipeline/inbox.h"

#include <inttypes.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "base/wipe.h"
#include "pipeline/exec.h"
#include "pipeline/hash_stream.h"
#include "pipeline/inbox_parts.h"
#include "pipeline/journal.h"
#include "pipeline/manifest.h"
#include "pipeline/wait.h"

struct waiting {
	struct run *run;
	enum stage stage;
	const char *marker;
	bool said_stale;
};

static enum prio_status without_manifest(struct run *run, enum stage stage, struct prio_error *error)
{
	if (run->partner_has_manifests)
		return error_set(error, PRIO_ERR_MISMATCH,
				 "the partner's %s has no manifest, though the partner has written manifests before: somebody deleted "
				 "it, or put this marker there",
				 stage_name(stage));
	if (run->settings->require_manifest)
		return error_set(error, PRIO_ERR_MISMATCH, "the partner's %s has no manifest, and REQUIRE_MANIFEST is set",
				 stage_name(stage));
	if (stage == STAGE_VERIFY1)
		log_warn(run->log, "the partner writes no manifests (an original does not): messages that are lost, stale or changed "
				   "on the way are noticed by their effect only. REQUIRE_MANIFEST=1 refuses such a partner");
	return PRIO_OK;
}

static enum prio_status look(void *context, struct prio_error *error)
{
	struct waiting *waiting = context;
	struct run *run = waiting->run;
	struct store_object object;
	enum prio_status status = store_stat(run->inbox, waiting->marker, &object, error);

	if (status != PRIO_OK)
		return status;
	status = manifest_read(run, waiting->stage, error);
	if (status == PRIO_ERR_NOT_FOUND)
		return without_manifest(run, waiting->stage, error);
	if (status != PRIO_OK || manifest_is_current(run, waiting->stage))
		return status;
	if (!waiting->said_stale)
		log_warn(run->log, "the partner's %s answers an earlier run or other messages than ours; waiting for a new one",
			 stage_name(waiting->stage));
	waiting->said_stale = true;
	return PRIO_ERR_NOT_FOUND;
}

/* Once a partner has shown a manifest, its absence later is an error, in this run and the next ones. */
static enum prio_status remember_manifests(struct run *run, struct prio_error *error)
{
	json_t *entry = NULL;
	enum prio_status status = PRIO_OK;

	if (run->partner_has_manifests)
		return PRIO_OK;
	run->partner_has_manifests = true;
	entry = json_object();
	status = journal_write(run, "run", "partner-manifests", entry, error);
	json_decref(entry);
	return status;
}

enum prio_status inbox_wait(struct run *run, enum stage stage, struct prio_error *error)
{
	struct path key;
	char what[64];
	struct waiting waiting = {run, stage, key.text, false};
	enum prio_status status =
		path_make(&key, error, "%s/intermediate/external/%s/_SUCCESS", run->prefixes.internal.text, stage_name(stage));

	if (status != PRIO_OK)
		return status;
	snprintf(what, sizeof what, "the partner's %s", stage_name(stage));
	status = wait_until(look, &waiting, &run->settings->retry, what, run->log, error);
	if (status == PRIO_OK && run->stages[stage].partner != NULL)
		status = remember_manifests(run, error);
	return status;
}

enum { ENTERED_TOGETHER = 256 };

/* Parts are read, and ids hashed, by all workers; the table is entered by one of them at a time, many messages together. What the
 * table becomes does not depend on their order (record/join.h). */
struct loading {
	struct run *run;
	const struct inbox_parts *parts;
	enum message_kind kind;
	struct partition partition;
	size_t packet_bytes;
	pthread_mutex_t lock; /* guards join */
	struct join *join;
	struct loader *loaders; /* one a worker */
};

struct arrival {
	struct join_hash hash;
	bool is_readable;
	uint8_t packet[JOIN_VALUE_BYTES_MAX];
};

struct loader {
	struct loading *loading;
	struct messages *messages;
	struct sha256 *sha;
	uint64_t n_without_id;
	size_t n_arrivals;
	struct arrival arrivals[ENTERED_TOGETHER];
};

static enum prio_status enter_together(struct loader *loader, struct prio_error *error)
{
	struct loading *loading = loader->loading;
	enum prio_status status = PRIO_OK;

	pthread_mutex_lock(&loading->lock);
	for (size_t i = 0; i < loader->n_arrivals && status == PRIO_OK; i++) {
		const struct arrival *arrival = &loader->arrivals[i];

		status = join_add(loading->join, &arrival->hash, arrival->is_readable ? arrival->packet : NULL);
	}
	pthread_mutex_unlock(&loading->lock);
	loader->n_arrivals = 0;
	return status == PRIO_OK ? PRIO_OK : error_set(error, status, "joining: %s", prio_status_sentence(status));
}

static enum prio_status enter(void *context, const struct message *message, struct prio_error *error)
{
	struct loader *loader = context;
	struct loading *loading = loader->loading;
	struct join_hash hash;

	if (!message->has_id) {
		loader->n_without_id++;
		return PRIO_OK;
	}
	hash = run_hash_id(loading->run, message->id);
	if (!partition_has(loading->partition, hash.bytes))
		return PRIO_OK;
	struct arrival *arrival = &loader->arrivals[loader->n_arrivals++];
	arrival->hash = hash;
	arrival->is_readable = message->verdict == PRIO_OK;
	if (arrival->is_readable)
		memcpy(arrival->packet, message->packet.p, loading->packet_bytes);
	return loader->n_arrivals < ENTERED_TOGETHER ? PRIO_OK : enter_together(loader, error);
}

static enum prio_status load_part(void *context, unsigned worker, size_t index, struct prio_error *error)
{
	struct loading *loading = context;
	struct loader *loader = &loading->loaders[worker];
	const struct inbox_part *part = &loading->parts->parts[index];
	struct hash_stream hashing;
	struct stream *stream = NULL;
	/* No more than was said of it, for the table was made for that; with a digest, one byte that shows that there is more. */
	uint64_t most_bytes = part->size_bytes + part->has_digest;
	enum prio_status status = loader->messages == NULL ? messages_new(&loader->messages) : PRIO_OK;

	if (status == PRIO_OK && loader->sha == NULL)
		status = sha256_new(&loader->sha);
	if (status != PRIO_OK)
		return error_set(error, status, "reading messages: %s", prio_status_sentence(status));
	status = store_open(loading->run->inbox, part->key, 0, most_bytes, &stream, error);
	if (status == PRIO_ERR_NOT_FOUND)
		error_set(error, status, "the partner's manifest names %s, which is not there", part->key);
	if (status == PRIO_OK && hash_stream_init(&hashing, stream, loader->sha) != PRIO_OK)
		status = error_set(error, PRIO_ERR_CRYPTO, "hashing a part failed");
	if (status == PRIO_OK)
		status = messages_read(loader->messages, part->has_digest ? &hashing.stream : stream, loading->kind, enter, loader,
				       error);
	if (status == PRIO_OK)
		status = enter_together(loader, error);
	if (status == PRIO_OK && part->has_digest)
		status = inbox_part_check(part, loader->sha, hashing.n_bytes, error);
	stream_close(stream);
	return status;
}

static enum prio_status load_parts(struct loading *loading, uint64_t *n_without_id, struct prio_error *error)
{
	unsigned n_workers = loading->run->n_workers;
	enum prio_status status;

	loading->loaders = calloc(n_workers, sizeof *loading->loaders);
	if (loading->loaders == NULL)
		return error_set(error, PRIO_ERR_MEMORY, "out of memory");
	for (unsigned i = 0; i < n_workers; i++)
		loading->loaders[i].loading = loading;
	pthread_mutex_init(&loading->lock, NULL);
	status = exec_run(n_workers, loading->parts->n, load_part, loading, error);
	pthread_mutex_destroy(&loading->lock);
	for (unsigned i = 0; i < n_workers; i++) {
		*n_without_id += loading->loaders[i].n_without_id;
		sha256_free(loading->loaders[i].sha);
		messages_free(loading->loaders[i].messages);
	}
	wipe(loading->loaders, n_workers * sizeof *loading->loaders);
	free(loading->loaders);
	return status;
}

/* Sizes are what the partner says: their sum may be beyond everything. */
static uint64_t n_bytes_of(const struct inbox_parts *parts)
{
	uint64_t n_bytes = 0;

	for (size_t i = 0; i < parts->n; i++)
		n_bytes = parts->parts[i].size_bytes < UINT64_MAX - n_bytes ? n_bytes + parts->parts[i].size_bytes : UINT64_MAX;
	return n_bytes;
}

/* Room for as many messages as there most likely are, of usual ids; for a million at most, because nothing has come yet. */
static enum prio_status reserve(struct join *join, const struct inbox_parts *parts, struct partition partition)
{
	const uint64_t usual_line_bytes = 64;
	uint64_t n = n_bytes_of(parts) / usual_line_bytes / partition.n;

	return join_reserve(join, n < 1 << 20 ? (size_t)n : 1 << 20);
}

enum prio_status inbox_partitions(struct run *run, struct batch_run *batch, enum stage stage, uint32_t *n,
				  struct prio_error *error)
{
	const uint64_t line_bytes = 48; /* the shortest line with an id that is worth its name */
	struct inbox_parts parts;
	enum prio_status status = inbox_parts_list(run, batch, stage, &parts, error);

	*n = run_partitions(run, n_bytes_of(&parts) / line_bytes);
	inbox_parts_clear(&parts);
	return status;
}

enum prio_status inbox_load(struct run *run, struct batch_run *batch, enum stage stage, struct partition partition,
			    struct join **join, struct prio_error *error)
{
	enum message_kind kind = stage == STAGE_VERIFY1 ? MESSAGE_VERIFY1 : MESSAGE_VERIFY2;
	size_t packet_bytes =
		kind == MESSAGE_VERIFY1 ? sizeof(struct prio_verify1_packet) : sizeof(struct prio_verify2_packet);
	struct inbox_parts parts;
	struct loading loading = {
		.run = run, .parts = &parts, .kind = kind, .partition = partition, .packet_bytes = packet_bytes};
	uint64_t n_without_id = 0;
	enum prio_status status = inbox_parts_list(run, batch, stage, &parts, error);

	*join = NULL;
	if (status != PRIO_OK || parts.n == 0)
		goto out;
	status = join_new(&loading.join, packet_bytes);
	if (status == PRIO_OK)
		status = reserve(loading.join, &parts, partition);
	if (status != PRIO_OK) {
		join_free(loading.join);
		error_set(error, status, "joining: %s", prio_status_sentence(status));
		goto out;
	}
	status = load_parts(&loading, &n_without_id, error);
	if (status != PRIO_OK) {
		join_free(loading.join);
		goto out;
	}
	if (n_without_id > 0 && partition.index == 0)
		log_warn(run->log, "batch %s: %" PRIu64 " lines of the partner's %s are no records with an id and are ignored",
			 batch->shown, n_without_id, stage_name(stage));
	*join = loading.join;
out:
	inbox_parts_clear(&parts);
	return status;
}

enum prio_status inbox_take(const struct run *run, struct join *join, struct partition partition,
			    struct prio_bytes id, const void **packet, struct prio_error *error)
{
	const struct join_hash hash = run_hash_id(run, id);
	enum join_state state;
	uint32_t n_copies;

	if (!partition_has(partition, hash.bytes))
		return PRIO_ERR_NOT_FOUND;
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

enum prio_status inbox_read_aggregate(struct run *run, struct batch_run *batch, struct prio_mut *text,
				      struct prio_error *error)
{
	/* A total share takes at most 17 characters a field in base64; twice that leaves room for padded elements. */
	size_t max_bytes = 4096 + 34 * (size_t)batch->config->params.n_data;
	struct sha256 *sha = NULL;
	struct inbox_parts parts;
	enum prio_status status = inbox_parts_list(run, batch, STAGE_AGGREGATE, &parts, error);

	*text = (struct prio_mut){NULL, 0};
	if (status == PRIO_OK && parts.n == 0)
		status = error_set(error, PRIO_ERR_NOT_FOUND, "the partner sent no aggregate for it");
	if (status == PRIO_OK && parts.n > 1)
		status = error_set(error, PRIO_ERR_FORMAT,
				   "the partner's aggregate has %zu parts where there should be one; parts of an earlier run may lie "
				   "beside it",
				   parts.n);
	if (status == PRIO_OK)
		status = store_get(run->inbox, parts.parts[0].key, max_bytes, text, error);
	if (status == PRIO_ERR_NOT_FOUND && parts.n == 1 && parts.parts[0].has_digest)
		error_set(error, status, "the partner's manifest names %s, which is not there", parts.parts[0].key);
	if (status == PRIO_OK && parts.parts[0].has_digest) {
		status = sha256_new(&sha);
		if (status == PRIO_OK)
			status = sha256_begin(sha);
		if (status == PRIO_OK)
			status = sha256_add(sha, prio_bytes_of(*text));
		if (status != PRIO_OK)
			error_set(error, status, "hashing: %s", prio_status_sentence(status));
		else if (inbox_part_check(&parts.parts[0], sha, text->n, error) != PRIO_OK)
			status = PRIO_ERR_FORMAT;
	}
	sha256_free(sha);
	inbox_parts_clear(&parts);
	return status;
}
