#include "pipeline/output.h"

#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "crypt/sha256.h"
#include "stage/result.h"

enum { FLUSH_BYTES = 1 << 18 };

/* A uuid for the names of parts: from what they hold, so that the same run gives the same names. */
static enum prio_status name_parts(struct output *output, const char *stage, struct prio_error *error)
{
	const struct run *run = output->run;
	uint8_t digest[SHA256_BYTES];
	char text[2 * STORE_KEY_BYTES_MAX + 64];
	int n = snprintf(text, sizeof text, "prio-processor part %c %s %s", run->settings->server == PRIO_SERVER_A ? 'A' : 'B',
			 stage, output->own_directory.text);
	enum prio_status status = sha256(digest, (struct prio_bytes){(const uint8_t *)text, (size_t)n});

	if (status != PRIO_OK)
		return error_set(error, status, "hashing: %s", prio_status_sentence(status));
	uuid_format(output->uuid, digest, 8);
	return PRIO_OK;
}

enum prio_status output_begin(struct output *output, struct run *run, const struct batch_run *batch, const char *stage,
			      size_t n_parts_max, struct prio_error *error)
{
	enum prio_status status;

	*output = (struct output){.run = run, .n_parts_max = n_parts_max, .is_sent = strcmp(stage, "publish") != 0};
	output->written = calloc(n_parts_max, sizeof *output->written);
	if (output->written == NULL)
		return error_set(error, PRIO_ERR_MEMORY, "out of memory");
	if (output->is_sent)
		status = path_make(&output->own_directory, error, "%s/intermediate/internal/%s/%s", run->prefixes.internal.text,
				   stage, batch->directory.text);
	else
		status = path_make(&output->own_directory, error, "%s/processed/publish/%s", run->prefixes.internal.text,
				   batch->directory.text);
	if (status == PRIO_OK && output->is_sent)
		status = path_make(&output->outbox_directory, error, "%s/intermediate/external/%s/%s",
				   run->prefixes.external.text, stage, batch->directory.text);
	return status == PRIO_OK ? name_parts(output, stage, error) : status;
}

static enum prio_status part_key(const struct output *output, const struct path *directory, size_t index, struct path *key,
				 struct prio_error *error)
{
	return path_make(key, error, "%s/part-%05zu-%s-c000.json", directory->text, index, output->uuid);
}

static enum prio_status open_part(struct output *output, size_t index, struct prio_error *error)
{
	struct path key;
	enum prio_status status = part_key(output, &output->own_directory, index, &key, error);

	if (status == PRIO_OK)
		status = store_create(output->run->own, key.text, &output->own_part, error);
	if (status == PRIO_OK && output->is_sent)
		status = part_key(output, &output->outbox_directory, index, &key, error);
	if (status == PRIO_OK && output->is_sent)
		status = store_create(output->run->outbox, key.text, &output->outbox_part, error);
	return status;
}

static enum prio_status write_rows(struct output *output, size_t index, struct prio_error *error)
{
	struct prio_bytes rows = {output->rows.p, output->rows.n};
	enum prio_status status = PRIO_OK;

	if (rows.n == 0)
		return PRIO_OK;
	if (output->own_part == NULL)
		status = open_part(output, index, error);
	if (status == PRIO_OK)
		status = sink_append(output->own_part, rows, error);
	if (status == PRIO_OK && output->is_sent)
		status = sink_append(output->outbox_part, rows, error);
	output->rows.n = 0;
	return status;
}

enum prio_status output_flush_rows(struct output *output, size_t index, struct prio_error *error)
{
	return output->rows.n < FLUSH_BYTES ? PRIO_OK : write_rows(output, index, error);
}

enum prio_status output_end_part(struct output *output, size_t index, struct prio_error *error)
{
	enum prio_status status = write_rows(output, index, error);
	struct sink *own_part = output->own_part;
	struct sink *outbox_part = output->outbox_part;

	if (status != PRIO_OK || own_part == NULL)
		return status;
	output->own_part = output->outbox_part = NULL;
	status = sink_commit(own_part, error);
	if (outbox_part != NULL && status == PRIO_OK)
		status = sink_commit(outbox_part, error);
	else
		sink_abort(outbox_part);
	output->written[index] = status == PRIO_OK;
	return status;
}

/* Names that are in a directory and not ours. */
struct leftovers {
	const struct output *output;
	size_t directory_bytes;
	char **keys;
	size_t n_keys;
};

static bool is_ours(const struct output *output, const char *name)
{
	size_t index;
	char expected[96];

	if (sscanf(name, "part-%zu-", &index) != 1 || index >= output->n_parts_max || !output->written[index])
		return false;
	snprintf(expected, sizeof expected, "part-%05zu-%s-c000.json", index, output->uuid);
	return strcmp(name, expected) == 0;
}

static enum prio_status gather_leftover(void *context, const struct store_object *object, struct prio_error *error)
{
	struct leftovers *leftovers = context;
	const char *name = object->key + leftovers->directory_bytes + 1;

	if (strchr(name, '/') != NULL || !path_is_part(name) || is_ours(leftovers->output, name))
		return PRIO_OK;
	char **more = realloc(leftovers->keys, (leftovers->n_keys + 1) * sizeof *more);
	if (more == NULL)
		return error_set(error, PRIO_ERR_MEMORY, "out of memory");
	leftovers->keys = more;
	more[leftovers->n_keys] = strdup(object->key);
	if (more[leftovers->n_keys] == NULL)
		return error_set(error, PRIO_ERR_MEMORY, "out of memory");
	leftovers->n_keys++;
	return PRIO_OK;
}

/* A directory that holds parts of an earlier run beside ours would be read as one: they go. */
static enum prio_status sweep(const struct output *output, struct store *store, const struct path *directory,
			      struct prio_error *error)
{
	struct leftovers leftovers = {.output = output, .directory_bytes = strlen(directory->text)};
	enum prio_status status = store_list(store, directory->text, gather_leftover, &leftovers, error);

	if (status == PRIO_OK && leftovers.n_keys > 0)
		status = store_delete_many(store, (const char *const *)leftovers.keys, leftovers.n_keys, error);
	for (size_t i = 0; i < leftovers.n_keys; i++)
		free(leftovers.keys[i]);
	free(leftovers.keys);
	return status;
}

static enum prio_status mark(struct store *store, const struct path *directory, struct prio_error *error)
{
	struct path key;
	enum prio_status status = path_make(&key, error, "%s/_SUCCESS", directory->text);

	if (status == PRIO_OK)
		status = store_put(store, key.text, (struct prio_bytes){(const uint8_t *)"", 0}, STORE_ALWAYS, error);
	return status;
}

enum prio_status output_end(struct output *output, struct prio_error *error)
{
	bool any = false;
	enum prio_status status;

	for (size_t i = 0; i < output->n_parts_max; i++)
		any = any || output->written[i];
	status = sweep(output, output->run->own, &output->own_directory, error);
	if (status == PRIO_OK && output->is_sent)
		status = sweep(output, output->run->outbox, &output->outbox_directory, error);
	if (status == PRIO_OK && any)
		status = mark(output->run->own, &output->own_directory, error);
	if (status == PRIO_OK && any && output->is_sent)
		status = mark(output->run->outbox, &output->outbox_directory, error);
	return status;
}

void output_clear(struct output *output)
{
	sink_abort(output->own_part);
	sink_abort(output->outbox_part);
	line_buffer_clear(&output->rows);
	free(output->written);
	*output = (struct output){0};
}

enum prio_status output_end_stage(struct run *run, const char *stage, struct prio_error *error)
{
	struct path directory;
	enum prio_status status = path_make(&directory, error, "%s/intermediate/external/%s", run->prefixes.external.text, stage);

	return status == PRIO_OK ? mark(run->outbox, &directory, error) : status;
}
