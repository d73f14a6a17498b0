#include "pipeline/output.h"

#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "crypt/sha256.h"
#include "pipeline/journal.h"
#include "pipeline/manifest.h"
#include "pipeline/signed_json.h"
#include "stage/result.h"

/* A uuid for the names of parts: from what they hold, so that the same run gives the same names. */
static enum prio_status name_parts(struct output *output, struct prio_error *error)
{
	const struct run *run = output->run;
	uint8_t digest[SHA256_BYTES];
	char text[2 * STORE_KEY_BYTES_MAX + 64];
	int n = snprintf(text, sizeof text, "prio-processor part %c %s %s", run->settings->server == PRIO_SERVER_A ? 'A' : 'B',
			 stage_name(output->stage), output->own_directory.text);
	enum prio_status status = sha256(digest, (struct prio_bytes){(const uint8_t *)text, (size_t)n});

	if (status != PRIO_OK)
		return error_set(error, status, "hashing: %s", prio_status_sentence(status));
	uuid_format(output->uuid, digest, 8);
	return PRIO_OK;
}

enum prio_status output_begin(struct output *output, struct run *run, struct batch_run *batch, enum stage stage,
			      size_t n_parts_max, struct prio_error *error)
{
	enum prio_status status;

	*output = (struct output){
		.run = run,
		.batch = batch,
		.stage = stage,
		.n_parts_max = n_parts_max,
		.is_sent = stage != STAGE_PUBLISH,
		.is_dry = run->stages[stage].is_done,
	};
	output->written = calloc(n_parts_max, sizeof(json_t *));
	if (output->written == NULL)
		return error_set(error, PRIO_ERR_MEMORY, "out of memory");
	if (output->is_sent)
		status = path_make(&output->own_directory, error, "%s/intermediate/internal/%s/%s", run->prefixes.internal.text,
				   stage_name(stage), batch->directory.text);
	else
		status = path_make(&output->own_directory, error, "%s/processed/publish/%s", run->prefixes.internal.text,
				   batch->directory.text);
	if (status == PRIO_OK && output->is_sent)
		status = path_make(&output->outbox_directory, error, "%s/intermediate/external/%s/%s",
				   run->prefixes.external.text, stage_name(stage), batch->directory.text);
	return status == PRIO_OK ? name_parts(output, error) : status;
}

void output_part_name(const struct output *output, size_t index, char name[OUTPUT_NAME_BYTES])
{
	snprintf(name, OUTPUT_NAME_BYTES, "part-%05zu-%s-c000.json", index, output->uuid);
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
	char expected[OUTPUT_NAME_BYTES];

	if (sscanf(name, "part-%zu-", &index) != 1 || index >= output->n_parts_max || output->written[index] == NULL)
		return false;
	output_part_name(output, index, expected);
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
	json_t *parts = json_array();
	bool any = false;
	enum prio_status status = PRIO_OK;

	if (output->is_dry)
		goto out;
	for (size_t i = 0; i < output->n_parts_max && status == PRIO_OK; i++)
		if (output->written[i] != NULL && json_array_append(parts, output->written[i]) != 0)
			status = error_set(error, PRIO_ERR_MEMORY, "out of memory");
	any = json_array_size(parts) > 0;
	if (status != PRIO_OK)
		goto out;
	status = sweep(output, output->run->own, &output->own_directory, error);
	if (status == PRIO_OK && output->is_sent)
		status = sweep(output, output->run->outbox, &output->outbox_directory, error);
	if (status == PRIO_OK && any)
		status = mark(output->run->own, &output->own_directory, error);
	if (status == PRIO_OK && any && output->is_sent)
		status = mark(output->run->outbox, &output->outbox_directory, error);
	if (status == PRIO_OK && any) {
		json_t *entry = manifest_describe(output->batch);

		json_object_set(entry, "parts", parts);
		json_decref(output->batch->sent[output->stage]);
		output->batch->sent[output->stage] = entry;
	}
out:
	json_decref(parts);
	return status;
}

void output_clear(struct output *output)
{
	for (size_t i = 0; i < output->n_parts_max && output->written != NULL; i++)
		json_decref(output->written[i]);
	free(output->written);
	*output = (struct output){0};
}

/* Is anything of a batch in the directory of a stage? */
struct finding {
	size_t directory_bytes;
	bool any;
};

static enum prio_status find_batch(void *context, const struct store_object *object, struct prio_error *error)
{
	struct finding *finding = context;

	(void)error;
	finding->any = finding->any || strchr(object->key + finding->directory_bytes + 1, '/') != NULL;
	return PRIO_OK;
}

/* Did an earlier run send all aggregates? Then their manifest and marker are not written again either, for the partner may have
 * cleared them. It deletes what lies in the directories of batches first and the marker last (clear.h): batches without a marker
 * are from a run that ended before it set one. Where there is nothing to send, sending it again does no harm. */
static enum prio_status aggregate_was_sent(const struct run *run, const struct path *directory, bool *was,
					   struct prio_error *error)
{
	struct finding finding = {strlen(directory->text), false};
	struct store_object object;
	struct path marker;
	bool any = false;
	enum prio_status status = manifest_was_written(run, STAGE_AGGREGATE, was, error);

	for (size_t i = 0; i < run->config.n_batches; i++)
		any = any || run->batches[i].sent[STAGE_AGGREGATE] != NULL;
	*was = *was && any;
	if (status == PRIO_OK)
		status = path_make(&marker, error, "%s/_SUCCESS", directory->text);
	if (status != PRIO_OK || !*was)
		return status;
	status = store_stat(run->outbox, marker.text, &object, error);
	if (status != PRIO_ERR_NOT_FOUND)
		return status;
	status = store_list(run->outbox, directory->text, find_batch, &finding, error);
	*was = !finding.any;
	return status;
}

enum prio_status output_end_stage(struct run *run, enum stage stage, struct prio_error *error)
{
	struct path directory;
	json_t *entry = NULL;
	bool was = run->stages[stage].is_done;
	char hex[65];
	enum prio_status status =
		path_make(&directory, error, "%s/intermediate/external/%s", run->prefixes.external.text, stage_name(stage));

	if (status == PRIO_OK && stage == STAGE_AGGREGATE)
		status = aggregate_was_sent(run, &directory, &was, error);
	if (status != PRIO_OK || was)
		return status;
	status = manifest_write(run, stage, error);
	if (status == PRIO_OK)
		status = mark(run->outbox, &directory, error);
	/* aggregate may be sent again with a further batch (aggregate.h), so it is never done. */
	if (status != PRIO_OK || stage == STAGE_AGGREGATE)
		return status;
	hex_encode(hex, run->stages[stage].own_digest, 32);
	entry = json_pack("{s:s}", "manifest", hex);
	status = journal_write(run, "run", stage_name(stage), entry, error);
	json_decref(entry);
	return status;
}
