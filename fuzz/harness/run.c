#include "fuzz/harness/run.h"

#include "fuzz/harness/fuzz.h"
#include "fuzz/harness/memory_store.h"
#include "pipeline/signed_json.h"

void fuzz_run_init(struct fuzz_run *made)
{
	static char batch_id[] = "fuzz";
	static const struct path_names names = {"", "app", "2024-01-01", "own", "partner"};

	memset(made, 0, sizeof *made);
	made->settings.app_name = names.app_name;
	made->settings.submission_date = names.date;
	made->settings.server = PRIO_SERVER_A;
	made->settings.max_refused_fraction = 1;
	memset(made->settings.key.bytes, 0x41, sizeof made->settings.key.bytes);
	memset(made->settings.secret.bytes, 0x53, sizeof made->settings.secret.bytes);
	made->config.batch_id = batch_id;
	made->config.params.batch_id = fuzz_text(batch_id);
	made->config.params.n_data = 3;
	made->config.params.allow_forgeable_size = true;
	made->batch.config = &made->config;
	made->batch.read = json_array();
	snprintf(made->batch.shown, sizeof made->batch.shown, "%s", batch_id);
	FUZZ_OK(path_batch(&made->batch.directory, made->config.params.batch_id, NULL));
	made->run.settings = &made->settings;
	made->run.config = (struct data_config){&made->config, 1};
	made->run.batches = &made->batch;
	made->run.ingest = memory_store();
	made->run.own = memory_store();
	made->run.inbox = memory_store();
	made->run.outbox = memory_store();
	made->ingest = made->run.ingest;
	made->own = made->run.own;
	made->inbox = made->run.inbox;
	FUZZ_OK(prefixes_make(&made->run.prefixes, &names, NULL));
	FUZZ_CHECK(strcmp(made->run.prefixes.internal.text, FUZZ_PREFIX) == 0);
}

void fuzz_run_clear(struct fuzz_run *made)
{
	batch_run_clear(&made->batch);
	for (int i = 0; i < N_STAGES; i++)
		json_decref(made->run.stages[i].partner);
	store_unlock(made->run.lock);
	store_free(made->run.ingest);
	store_free(made->run.own);
	store_free(made->run.inbox);
	store_free(made->run.outbox);
}

void fuzz_sign(struct store *store, const char *key, struct prio_bytes secret, const char *label, const json_t *content)
{
	const struct signer signer = {secret, label};
	struct prio_mut text;

	FUZZ_OK(signed_json_make(&text, content, &signer, key, NULL));
	memory_store_put(store, key, prio_bytes_of(text));
	free(text.p);
}
