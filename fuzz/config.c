/* config: DATA_CONFIG. A list that is taken has usable batches of different names, and means the same when it is
 * written out and read again; one that is refused says why in words that can be shown.
 *
 * Input: the file. */
#include "fuzz/harness/fuzz.h"

#include <sys/mman.h>
#include <unistd.h>

#include <jansson.h>

#include "pipeline/config.h"

static int file = -1;
static char path[64];

static void put_file(struct prio_bytes text)
{
	if (file < 0)
		file = memfd_create("config", 0);
	FUZZ_CHECK(file >= 0 && ftruncate(file, 0) == 0);
	FUZZ_CHECK(pwrite(file, text.p, text.n, 0) == (ssize_t)text.n);
	snprintf(path, sizeof path, "/proc/self/fd/%d", file);
}

static void check_batch(const struct batch_config *batch)
{
	const struct prio_params *params = &batch->params;
	enum prio_status status = prio_params_check(params, NULL);

	FUZZ_CHECK(status == PRIO_OK ||
		   (status == PRIO_ERR_FORGEABLE_SIZE && prio_n_data_is_forgeable(params->n_data)));
	FUZZ_CHECK(params->batch_id.n > 0 && params->batch_id.n == strlen(batch->batch_id));
	FUZZ_CHECK(!params->allow_forgeable_size);
	FUZZ_CHECK(batch->min_batch <= INT64_MAX);
}

static json_t *describe(const struct data_config *config)
{
	json_t *list = json_array();

	for (size_t i = 0; i < config->n_batches; i++) {
		const struct batch_config *batch = &config->batches[i];
		json_t *entry = json_pack("{s:s,s:I,s:s}", "batch_id", batch->batch_id, "n_data",
					  (json_int_t)batch->params.n_data, "prg",
					  batch->params.prg == PRIO_PRG_LEGACY ? "legacy" : "batch");

		if (batch->params.precision > 0)
			json_object_set_new(entry, "precision", json_integer(batch->params.precision));
		if (batch->min_batch > 0)
			json_object_set_new(entry, "min_batch", json_integer((json_int_t)batch->min_batch));
		json_array_append_new(list, entry);
	}
	return list;
}

static void check_config(const struct data_config *config)
{
	struct data_config again;
	json_t *list = describe(config), *relist;
	char *text = json_dumps(list, 0);

	FUZZ_CHECK(config->n_batches > 0 && text != NULL);
	for (size_t i = 0; i < config->n_batches; i++) {
		check_batch(&config->batches[i]);
		for (size_t j = 0; j < i; j++)
			FUZZ_CHECK(strcmp(config->batches[i].batch_id, config->batches[j].batch_id) != 0);
	}
	put_file(fuzz_text(text));
	FUZZ_OK(data_config_read(&again, path, false, NULL, NULL));
	relist = describe(&again);
	FUZZ_CHECK(json_equal(list, relist));
	data_config_clear(&again);
	json_decref(relist);
	json_decref(list);
	free(text);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	struct prio_error error = {PRIO_OK, ""};
	struct data_config config;

	put_file((struct prio_bytes){data, n});
	enum prio_status status = data_config_read(&config, path, false, NULL, &error);
	if (status == PRIO_OK) {
		check_config(&config);
	} else {
		FUZZ_CHECK(status == PRIO_ERR_CONFIG && config.batches == NULL && config.n_batches == 0);
		FUZZ_CHECK(error.text[0] != '\0');
		fuzz_check_error(status, &error);
	}
	data_config_clear(&config);
	return 0;
}
