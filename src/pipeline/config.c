#include "pipeline/config.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include <jansson.h>

#include "base/error.h"
#include "pipeline/paths.h"

enum { CONFIG_BYTES_MAX = 64 << 20 };

static enum prio_status read_file(char **out, size_t *n_out, const char *path, struct prio_error *error)
{
	FILE *file = fopen(path, "rb");
	char *text = NULL;
	size_t n = 0;
	size_t room = 0;
	enum prio_status status = PRIO_ERR_MEMORY;

	if (file == NULL)
		return error_set(error, errno == ENOENT ? PRIO_ERR_NOT_FOUND : errno == EACCES ? PRIO_ERR_DENIED : PRIO_ERR_IO,
				 "DATA_CONFIG %s: %s", path, strerror(errno));
	do {
		if (n == room) {
			char *more = realloc(text, room = room == 0 ? 4096 : 2 * room);

			if (more == NULL)
				goto fail;
			text = more;
		}
		n += fread(text + n, 1, room - n, file);
	} while (!feof(file) && !ferror(file) && n <= CONFIG_BYTES_MAX);
	if (ferror(file)) {
		status = error_set(error, PRIO_ERR_IO, "DATA_CONFIG %s: %s", path, strerror(errno));
		goto fail;
	}
	if (n > CONFIG_BYTES_MAX) {
		status = error_set(error, PRIO_ERR_CONFIG, "DATA_CONFIG %s: longer than %d bytes", path, CONFIG_BYTES_MAX);
		goto fail;
	}
	fclose(file);
	*out = text;
	*n_out = n;
	return PRIO_OK;

fail:
	fclose(file);
	free(text);
	return status;
}

/* A whole number from 1 to max under a name. required: missing is an error; else it leaves *value as it is. */
static enum prio_status read_number(uint64_t *value, const json_t *entry, const char *name, uint64_t max, bool required,
				    struct prio_error *error)
{
	const json_t *member = json_object_get(entry, name);

	if (member == NULL && !required)
		return PRIO_OK;
	if (member == NULL)
		return error_set(error, PRIO_ERR_CONFIG, "\"%s\" is missing", name);
	if (!json_is_integer(member) || json_integer_value(member) < 1 || (uint64_t)json_integer_value(member) > max)
		return error_set(error, PRIO_ERR_CONFIG, "\"%s\" must be a whole number from 1 to %llu", name,
				 (unsigned long long)max);
	*value = (uint64_t)json_integer_value(member);
	return PRIO_OK;
}

static enum prio_status read_prg(enum prio_prg_rule *rule, const json_t *entry, struct prio_error *error)
{
	const json_t *member = json_object_get(entry, "prg");
	const char *text = json_string_value(member);

	*rule = PRIO_PRG_BATCH;
	if (member == NULL)
		return PRIO_OK;
	if (text != NULL && strcmp(text, "legacy") == 0)
		*rule = PRIO_PRG_LEGACY;
	else if (text == NULL || strcmp(text, "batch") != 0)
		return error_set(error, PRIO_ERR_CONFIG, "\"prg\" must be \"batch\" or \"legacy\"");
	return PRIO_OK;
}

static void warn_of_unknown_members(json_t *entry, size_t index, struct log *log)
{
	static const char *const known[] = {"batch_id", "n_data", "precision", "prg", "min_batch"};
	const char *name;
	json_t *value;
	char shown[64];

	json_object_foreach (entry, name, value) {
		bool found = false;

		for (size_t i = 0; i < sizeof known / sizeof known[0]; i++)
			found = found || strcmp(name, known[i]) == 0;
		if (!found)
			log_warn(log, "DATA_CONFIG, entry %zu: member \"%s\" is not known and is ignored", index + 1,
				 escape_text(shown, sizeof shown, (struct prio_bytes){(const uint8_t *)name, strlen(name)}));
	}
}

static enum prio_status read_entry(struct batch_config *batch, const json_t *entry, struct prio_error *error)
{
	const char *batch_id = json_string_value(json_object_get(entry, "batch_id"));
	uint64_t n_data = 0;
	uint64_t precision = 0;
	enum prio_status status;

	if (!json_is_object(entry))
		return error_set(error, PRIO_ERR_CONFIG, "not an object {\"batch_id\": ..., \"n_data\": ...}");
	if (batch_id == NULL || batch_id[0] == '\0')
		return error_set(error, PRIO_ERR_CONFIG, "\"batch_id\" must be a string that is not empty");
	status = read_number(&n_data, entry, "n_data", PRIO_N_DATA_MAX, true, error);
	if (status == PRIO_OK)
		status = read_number(&precision, entry, "precision", PRIO_PRECISION_MAX, false, error);
	if (status == PRIO_OK)
		status = read_number(&batch->min_batch, entry, "min_batch", INT64_MAX, false, error);
	if (status == PRIO_OK)
		status = read_prg(&batch->params.prg, entry, error);
	if (status != PRIO_OK)
		return status;
	batch->params.n_data = (uint32_t)n_data;
	batch->params.precision = (uint32_t)precision;
	batch->batch_id = strdup(batch_id);
	if (batch->batch_id == NULL)
		return error_set(error, PRIO_ERR_MEMORY, "out of memory");
	batch->params.batch_id = (struct prio_bytes){(const uint8_t *)batch->batch_id, strlen(batch->batch_id)};
	status = prio_params_check(&batch->params, error);
	/* Whether a forgeable size is accepted is decided batch by batch, when the batch is about to be processed. */
	return status == PRIO_ERR_FORGEABLE_SIZE ? PRIO_OK : status;
}

/* Neither the same id twice, nor two that stand for one directory in the buckets, such as "a/b" and "a%2Fb". */
static enum prio_status check_unique(const struct data_config *config, size_t index, struct prio_error *error)
{
	struct path own;
	struct path other;
	enum prio_status status = path_batch(&own, config->batches[index].params.batch_id, error);

	for (size_t i = 0; i < index && status == PRIO_OK; i++) {
		if (strcmp(config->batches[i].batch_id, config->batches[index].batch_id) == 0)
			return error_set(error, PRIO_ERR_CONFIG, "the same \"batch_id\" as entry %zu", i + 1);
		status = path_batch(&other, config->batches[i].params.batch_id, error);
		if (status == PRIO_OK && strcmp(own.text, other.text) == 0)
			return error_set(error, PRIO_ERR_CONFIG, "its \"batch_id\" stands for the same directory as that of entry %zu",
					 i + 1);
	}
	return status;
}

enum prio_status data_config_read(struct data_config *config, const char *path, bool allow_forgeable_size, struct log *log,
				  struct prio_error *error)
{
	json_error_t where;
	json_t *root = NULL;
	char *text = NULL;
	size_t n_bytes = 0;
	enum prio_status status;

	*config = (struct data_config){0};
	status = read_file(&text, &n_bytes, path, error);
	if (status != PRIO_OK)
		return status;
	root = json_loadb(text, n_bytes, JSON_REJECT_DUPLICATES, &where);
	status = PRIO_ERR_CONFIG;
	if (root == NULL) {
		char shown[256]; /* the parser quotes what it does not understand */

		error_set(error, status, "DATA_CONFIG %s, line %d: %s", path, where.line,
			  escape_text(shown, sizeof shown, (struct prio_bytes){(const uint8_t *)where.text, strlen(where.text)}));
		goto fail;
	}
	if (!json_is_array(root) || json_array_size(root) == 0) {
		error_set(error, status, "DATA_CONFIG %s: must be a list of batches that is not empty", path);
		goto fail;
	}
	config->batches = calloc(json_array_size(root), sizeof *config->batches);
	if (config->batches == NULL) {
		status = error_set(error, PRIO_ERR_MEMORY, "out of memory");
		goto fail;
	}
	for (size_t i = 0; i < json_array_size(root); i++) {
		config->n_batches++;
		status = read_entry(&config->batches[i], json_array_get(root, i), error);
		if (status == PRIO_OK)
			status = check_unique(config, i, error);
		if (status != PRIO_OK) {
			error_prefix(error, "DATA_CONFIG %s, entry %zu", path, i + 1);
			goto fail;
		}
		config->batches[i].params.allow_forgeable_size = allow_forgeable_size;
		warn_of_unknown_members(json_array_get(root, i), i, log);
	}
	json_decref(root);
	free(text);
	return PRIO_OK;

fail:
	json_decref(root);
	free(text);
	data_config_clear(config);
	return status;
}

void data_config_clear(struct data_config *config)
{
	for (size_t i = 0; i < config->n_batches; i++)
		free(config->batches[i].batch_id);
	free(config->batches);
	*config = (struct data_config){0};
}
