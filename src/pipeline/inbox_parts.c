#include "pipeline/inbox_parts.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "pipeline/manifest.h"
#include "pipeline/signed_json.h"

enum { PART_NAME_BYTES_MAX = 128 };

/* A new part with a copy of key; NULL with an error. */
static struct inbox_part *add(struct inbox_parts *parts, const char *key, struct prio_error *error)
{
	if (parts->n == INBOX_PARTS_MAX) {
		error_set(error, PRIO_ERR_TOO_LARGE, "the partner sent more than %d parts for one batch, beginning with %s",
			  INBOX_PARTS_MAX, parts->parts[0].key);
		return NULL;
	}
	if (parts->n == parts->room) {
		size_t room = parts->room == 0 ? 16 : 2 * parts->room;
		struct inbox_part *more = realloc(parts->parts, room * sizeof *more);

		if (more == NULL) {
			error_set(error, PRIO_ERR_MEMORY, "out of memory");
			return NULL;
		}
		parts->parts = more;
		parts->room = room;
	}
	struct inbox_part *part = &parts->parts[parts->n];
	*part = (struct inbox_part){.key = strdup(key)};
	if (part->key == NULL) {
		error_set(error, PRIO_ERR_MEMORY, "out of memory");
		return NULL;
	}
	parts->n++;
	return part;
}

void inbox_parts_clear(struct inbox_parts *parts)
{
	for (size_t i = 0; i < parts->n; i++)
		free(parts->parts[i].key);
	free(parts->parts);
	*parts = (struct inbox_parts){0};
}

/* A part's name that a manifest of ours could have: it is printed as it is. */
static bool is_plain_name(const char *name)
{
	if (name == NULL || !path_is_part(name) || strlen(name) > PART_NAME_BYTES_MAX)
		return false;
	for (const char *c = name; *c != '\0'; c++)
		if (*c <= ' ' || *c > '~' || *c == '/')
			return false;
	return true;
}

struct listing {
	struct prio_bytes batch_id;
	size_t prefix_bytes; /* with its slash */
	struct inbox_parts *parts;
};

static enum prio_status gather(void *context, const struct store_object *object, struct prio_error *error)
{
	struct listing *listing = context;
	const char *directory = object->key + listing->prefix_bytes;
	const char *slash = strchr(directory, '/');
	struct inbox_part *part;
	bool exact;

	if (slash == NULL || strchr(slash + 1, '/') != NULL || !is_plain_name(slash + 1) || object->size_bytes == 0 ||
	    !path_is_batch(directory, (size_t)(slash - directory), listing->batch_id, &exact))
		return PRIO_OK;
	part = add(listing->parts, object->key, error);
	if (part == NULL)
		return listing->parts->n == INBOX_PARTS_MAX ? PRIO_ERR_TOO_LARGE : PRIO_ERR_MEMORY;
	part->size_bytes = object->size_bytes;
	return PRIO_OK;
}

static enum prio_status list_all(struct run *run, const struct batch_run *batch, const struct path *prefix,
				 struct inbox_parts *parts, struct prio_error *error)
{
	struct listing listing = {batch->config->params.batch_id, strlen(prefix->text) + 1, parts};

	return store_list(run->inbox, prefix->text, gather, &listing, error);
}

/* The parts that the manifest names for the batch. */
static enum prio_status take_named(const struct batch_run *batch, const struct path *prefix, const json_t *named,
				   const char *stage, struct inbox_parts *parts, struct prio_error *error)
{
	for (size_t i = 0; i < json_array_size(named); i++) {
		const json_t *entry = json_array_get(named, i);
		const char *name = json_string_value(json_object_get(entry, "name"));
		const json_t *size = json_object_get(entry, "size");
		struct inbox_part *part;
		struct path key;
		enum prio_status status;

		if (!is_plain_name(name) || !json_is_integer(size) || json_integer_value(size) < 0)
			return error_set(error, PRIO_ERR_FORMAT, "the partner's manifest of %s names a part that is none", stage);
		status = path_make(&key, error, "%s/%s/%s", prefix->text, batch->directory.text, name);
		if (status != PRIO_OK)
			return status;
		part = add(parts, key.text, error);
		if (part == NULL)
			return PRIO_ERR_MEMORY;
		part->size_bytes = (uint64_t)json_integer_value(size);
		part->has_digest = true;
		if (!hex_decode(part->digest, sizeof part->digest, json_string_value(json_object_get(entry, "sha256"))))
			return error_set(error, PRIO_ERR_FORMAT, "the partner's manifest of %s has no digest for %s", stage, name);
	}
	return PRIO_OK;
}

enum prio_status inbox_parts_list(struct run *run, struct batch_run *batch, enum stage stage, struct inbox_parts *parts,
				  struct prio_error *error)
{
	const json_t *entry = manifest_batch(run, stage, batch);
	struct path prefix;
	enum prio_status status =
		path_make(&prefix, error, "%s/intermediate/external/%s", run->prefixes.internal.text, stage_name(stage));

	*parts = (struct inbox_parts){0};
	if (status != PRIO_OK)
		return status;
	if (run->stages[stage].partner == NULL)
		status = list_all(run, batch, &prefix, parts, error);
	else if (entry != NULL)
		status = take_named(batch, &prefix, json_object_get(entry, "parts"), stage_name(stage), parts, error);
	if (status == PRIO_OK && !batch->is_noted[stage])
		for (size_t i = 0; i < parts->n; i++)
			json_array_append_new(batch->read, json_string(parts->parts[i].key));
	batch->is_noted[stage] = true;
	return status;
}

enum prio_status inbox_part_check(const struct inbox_part *part, struct sha256 *sha, uint64_t n_bytes,
				  struct prio_error *error)
{
	uint8_t digest[SHA256_BYTES];

	if (sha256_end(sha, digest) != PRIO_OK)
		return error_set(error, PRIO_ERR_CRYPTO, "hashing a part failed");
	if (n_bytes == part->size_bytes && memcmp(digest, part->digest, sizeof digest) == 0)
		return PRIO_OK;
	return error_set(error, PRIO_ERR_MISMATCH,
			 "%s is not what the partner's manifest says (%" PRIu64 " bytes read, %" PRIu64
			 " expected): it was damaged or replaced on the way; the partner can send it again with --force",
			 part->key, n_bytes, part->size_bytes);
}
