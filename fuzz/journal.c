/* journal: entries that this server did sign, of a journal that may be another version's. A run that starts again on
 * them goes on or stops with a sentence; it deletes nothing but what the entry names and what is always deleted; and
 * the entry stays.
 *
 * Input: which entry (1), then its content. */
#include "fuzz/harness/run.h"

#include "fuzz/harness/fuzz.h"
#include "fuzz/harness/memory_store.h"
#include "pipeline/accepted.h"
#include "pipeline/clear.h"
#include "pipeline/journal.h"
#include "pipeline/query.h"
#include "pipeline/release.h"

static const struct {
	const char *directory, *name;
} entries[] = {
	{"batch_id=fuzz", "query"},   {"batch_id=fuzz", "published"},
	{"batch_id=fuzz", "release"}, {"batch_id=fuzz", "result"},
	{"run", "verify1"},	      {"run", "verify2"},
	{"run", "partner-manifests"},
};
enum { N_ENTRIES = sizeof entries / sizeof entries[0] };

#define RAW FUZZ_PREFIX "/raw/shares/"
static const char *const raw_parts[] = {RAW "batch_id=fuzz/part-0", RAW "batch_id=fuzz/part-1",
					RAW "batch_id=fuzz/part-2"};
static const char elsewhere[] = "another/app/object";

static void note_error(enum prio_status status, struct prio_error *error)
{
	if (status != PRIO_OK)
		fuzz_check_error(status, error);
	*error = (struct prio_error){PRIO_OK, ""};
}

/* As run_plan and the stages do it. */
static void go_on(struct fuzz_run *made)
{
	struct prio_error error = {PRIO_OK, ""};
	struct accepted accepted = {0};
	struct run *run = &made->run;
	struct batch_run *batch = &made->batch;
	bool complete = false;
	enum prio_status status = run_resume(run, &complete, &error);

	FUZZ_CHECK(!complete);
	note_error(status, &error);
	if (status != PRIO_OK)
		return;
	status = run_plan(run, &error);
	note_error(status, &error);
	if (status != PRIO_OK || !batch_is_in(batch))
		return;
	FUZZ_CHECK(batch->plan.n_tasks > 0 && batch->plan.n_tasks <= batch->plan.n_inputs);
	status = batch_run_prepare(run, batch, &error);
	FUZZ_CHECK(status == PRIO_OK);
	status = query_fix(run, batch, &error);
	note_error(status, &error);
	if (status != PRIO_OK)
		return;
	FUZZ_OK(kept_init(run, batch, NULL)); /* nothing was opened */
	status = release_check(run, batch, &accepted, &error);
	note_error(status, &error);
	fuzz_check_printable(batch->why);
}

static bool is_named(const json_t *list, const char *member, const char *key)
{
	for (size_t i = 0; i < json_array_size(list); i++) {
		const json_t *item = json_array_get(list, i);
		const char *text = json_string_value(member != NULL ? json_object_get(item, member) : item);

		if (text != NULL && strcmp(text, key) == 0)
			return true;
	}
	return false;
}

static void check_clearing(struct fuzz_run *made, const json_t *content, const char *name)
{
	struct prio_error error = {PRIO_OK, ""};
	const json_t *parts = strcmp(name, "query") == 0 ? json_object_get(content, "parts") : NULL;
	const json_t *read = strcmp(name, "published") == 0 ? json_object_get(content, "read") : NULL;

	note_error(clear_published(&made->run, &error), &error);
	for (size_t i = 0; i < sizeof raw_parts / sizeof raw_parts[0]; i++)
		FUZZ_CHECK(memory_store_look(made->ingest, raw_parts[i]).p != NULL ||
			   is_named(parts, "key", raw_parts[i]));
	FUZZ_CHECK(memory_store_look(made->ingest, elsewhere).p != NULL || is_named(parts, "key", elsewhere));
	FUZZ_CHECK(memory_store_look(made->inbox, elsewhere).p != NULL || is_named(read, NULL, elsewhere));
	FUZZ_CHECK(memory_store_look(made->own, elsewhere).p != NULL);
}

static void check_entry(const json_t *content, const char *directory, const char *name)
{
	struct prio_bytes key_bytes;
	struct fuzz_run made;
	struct path key;
	json_t *read;

	fuzz_run_init(&made);
	for (size_t i = 0; i < sizeof raw_parts / sizeof raw_parts[0]; i++)
		memory_store_put(made.run.ingest, raw_parts[i], fuzz_text("{}\n{}\n"));
	memory_store_put(made.run.ingest, RAW "_SUCCESS", fuzz_text(""));
	memory_store_put(made.run.ingest, elsewhere, fuzz_text("x"));
	memory_store_put(made.run.inbox, elsewhere, fuzz_text("x"));
	memory_store_put(made.run.own, elsewhere, fuzz_text("x"));
	key_bytes = (struct prio_bytes){made.settings.key.bytes, sizeof made.settings.key.bytes};
	FUZZ_OK(journal_key(&made.run, directory, name, &key, NULL));
	fuzz_sign(made.run.own, key.text, key_bytes, "prio-processor journal", content);
	struct prio_mut before = fuzz_copy(memory_store_look(made.own, key.text));

	FUZZ_OK(journal_read(&made.run, directory, name, &read, NULL));
	FUZZ_CHECK(json_equal(read, content));
	FUZZ_OK(journal_write(&made.run, directory, name, read, NULL)); /* the same again */
	json_object_set_new(read, "one more", json_true());
	FUZZ_CHECK(json_equal(read, content) ||
		   journal_write(&made.run, directory, name, read, NULL) == PRIO_ERR_EXISTS);
	json_decref(read);
	go_on(&made);
	check_clearing(&made, content, name);
	FUZZ_CHECK(fuzz_same(prio_bytes_of(before), memory_store_look(made.own, key.text)));
	free(before.p);
	fuzz_run_clear(&made);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	struct prio_bytes in = {data, n};
	size_t which = fuzz_byte(&in) % N_ENTRIES;
	json_t *content = json_loadb((const char *)in.p, in.n, JSON_REJECT_DUPLICATES, NULL);

	if (json_is_object(content))
		check_entry(content, entries[which].directory, entries[which].name);
	json_decref(content);
	return 0;
}
