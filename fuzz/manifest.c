/* manifest: content that the partner did sign. Whatever it says, it names only objects in the batch's own directory, a
 * disagreement ends the batch with words that can be shown, and the messages that it points at are refused or read.
 *
 * Input: the stage (1), then the content of the manifest. */
#include "fuzz/harness/run.h"

#include "fuzz/harness/fuzz.h"
#include "fuzz/harness/memory_store.h"
#include "pipeline/inbox.h"
#include "pipeline/inbox_parts.h"
#include "pipeline/manifest.h"

static void check_key(const char *key, enum stage stage)
{
	char directory[256];

	snprintf(directory, sizeof directory, FUZZ_PREFIX "/intermediate/external/%s/batch_id=fuzz/",
		 stage_name(stage));
	FUZZ_CHECK(strncmp(key, directory, strlen(directory)) == 0);
	const char *name = key + strlen(directory);
	FUZZ_CHECK(strchr(name, '/') == NULL && name[0] != '\0' && name[0] != '.' && name[0] != '_');
}

static void check_parts(struct fuzz_run *made, enum stage stage)
{
	struct prio_error error = {PRIO_OK, ""};
	struct inbox_parts parts;
	enum prio_status status = inbox_parts_list(&made->run, &made->batch, stage, &parts, &error);

	if (status != PRIO_OK)
		fuzz_check_error(status, &error);
	FUZZ_CHECK(status == PRIO_OK || status == PRIO_ERR_FORMAT || status == PRIO_ERR_CONFIG);
	for (size_t i = 0; i < parts.n; i++) {
		check_key(parts.parts[i].key, stage);
		FUZZ_CHECK(parts.parts[i].has_digest || status != PRIO_OK);
		/* Something lies there, though not what the manifest says. */
		if (store_key_check(parts.parts[i].key, NULL) == PRIO_OK)
			memory_store_put(made->run.inbox, parts.parts[i].key,
					 fuzz_text("{\"id\":\"1\",\"payload\":\"oQE=\"}\n"));
	}
	inbox_parts_clear(&parts);
}

/* The same as the stages do. */
static void check_load(struct fuzz_run *made, enum stage stage)
{
	const struct partition all = {0, 1};
	struct prio_error error = {PRIO_OK, ""};
	struct join *join = NULL;
	struct prio_mut text = {NULL, 0};
	enum prio_status status;

	if (stage == STAGE_AGGREGATE) {
		status = inbox_read_aggregate(&made->run, &made->batch, &text, &error);
		FUZZ_CHECK((text.p != NULL) || status != PRIO_OK);
		free(text.p);
	} else {
		status = inbox_load(&made->run, &made->batch, stage, all, &join, &error);
		FUZZ_CHECK(join == NULL || status == PRIO_OK);
		join_free(join);
	}
	if (status != PRIO_OK)
		fuzz_check_error(status, &error);
}

static void check_agreement(struct fuzz_run *made, enum stage stage)
{
	const json_t *entry = manifest_batch(&made->run, stage, &made->batch);
	json_t *own = manifest_describe(&made->batch);

	if (entry != NULL) {
		bool same = true;
		const char *name;
		json_t *value;

		json_object_foreach(own, name, value)
			same = same && json_equal(value, json_object_get(entry, name));
		manifest_check_batch(&made->run, &made->batch, entry);
		FUZZ_CHECK(same == batch_is_in(&made->batch));
		fuzz_check_printable(made->batch.why);
	}
	json_decref(own);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	struct prio_bytes in = {data, n};
	enum stage stage = (enum stage)(fuzz_byte(&in) % (STAGE_AGGREGATE + 1));
	struct prio_error error = {PRIO_OK, ""};
	json_t *content = json_loadb((const char *)in.p, in.n, JSON_REJECT_DUPLICATES, NULL);
	struct fuzz_run made;
	char key[256];

	if (json_is_object(content)) {
		fuzz_run_init(&made);
		made.run.n_workers = 1;
		snprintf(key, sizeof key, FUZZ_PREFIX "/intermediate/external/%s/_manifest.json", stage_name(stage));
		fuzz_sign(made.run.inbox, key,
			  (struct prio_bytes){made.settings.secret.bytes, sizeof made.settings.secret.bytes},
			  "prio-processor manifest", content);
		enum prio_status status = manifest_read(&made.run, stage, &error);

		if (status == PRIO_OK) {
			FUZZ_CHECK(json_equal(made.run.stages[stage].partner, content));
			FUZZ_CHECK(manifest_is_current(&made.run, STAGE_VERIFY1));
			(void)manifest_is_current(&made.run, stage);
			check_agreement(&made, stage);
			check_parts(&made, stage);
			check_load(&made, stage);
		} else {
			FUZZ_CHECK(status == PRIO_ERR_FORMAT || status == PRIO_ERR_MISMATCH);
			fuzz_check_error(status, &error);
		}
		fuzz_run_clear(&made);
	}
	json_decref(content);
	return 0;
}
