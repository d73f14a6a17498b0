#include "pipeline/query.h"

#include <inttypes.h>
#include <string.h>

#include <jansson.h>

#include "base/error.h"
#include "pipeline/journal.h"
#include "pipeline/signed_json.h"

static const char advice[] =
	"A record must never be verified twice in different ways, so this date is over for the batch unless the original is "
	"restored; new data go under another date, and \"cleanup --forget\" gives up the batch's raw shares together with its journal";

static json_t *parts_of(const struct batch_run *batch)
{
	json_t *parts = json_array();
	size_t input = 0;

	for (size_t i = 0; i < batch->plan.n_parts; i++) {
		json_t *part = json_object();
		json_t *crcs = json_array();

		for (; input < batch->plan.n_inputs && batch->plan.inputs[input].part == i; input++)
			json_array_append_new(crcs, json_integer(batch->range_crcs[input]));
		json_object_set_new(part, "key", json_string(batch->plan.parts[i].key));
		json_object_set_new(part, "size", json_integer((json_int_t)batch->plan.parts[i].size_bytes));
		json_object_set_new(part, "crc32c", crcs);
		json_array_append_new(parts, part);
	}
	return parts;
}

static json_t *entry_of(const struct run *run, const struct batch_run *batch)
{
	const struct prio_params *params = &batch->config->params;
	json_t *entry = json_object();
	char hex[2 * sizeof batch->commitment + 1];

	hex_encode(hex, batch->commitment, sizeof batch->commitment);
	json_object_set_new(entry, "commitment", json_string(hex));
	json_object_set_new(entry, "n_data", json_integer(params->n_data));
	json_object_set_new(entry, "precision", json_integer(params->precision));
	json_object_set_new(entry, "prg", json_string(params->prg == PRIO_PRG_LEGACY ? "legacy" : "batch"));
	json_object_set_new(entry, "partner_is_41", json_boolean(run->partner_is_41));
	json_object_set_new(entry, "allow_copied_shares", json_boolean(run->settings->allow_copied_shares));
	json_object_set_new(entry, "task_bytes", json_integer((json_int_t)batch->task_bytes));
	json_object_set_new(entry, "parts", parts_of(batch));
	return entry;
}

/* A key for a message, short enough to leave room for the advice. */
enum { SHOWN_BYTES = 200 };

static const char *show(char out[SHOWN_BYTES], const char *key)
{
	return escape_text(out, SHOWN_BYTES, (struct prio_bytes){(const uint8_t *)key, strlen(key)});
}

static enum prio_status damaged(const struct batch_run *batch, struct prio_error *error)
{
	return error_set(error, PRIO_ERR_FORMAT, "the journal's query entry of batch %s is damaged", batch->shown);
}

static void warn_of_late(struct run *run, const struct batch_run *batch, size_t n_late)
{
	if (n_late > 0)
		log_warn(run->log,
			 "batch %s: %zu raw parts came after the batch was verified; they are left alone. Put late data under another "
			 "date",
			 batch->shown, n_late);
}

/* The fixed parts against the listed ones; both are in bytewise order. */
static enum prio_status restrict_parts(struct run *run, struct batch_run *batch, const json_t *parts, struct prio_error *error)
{
	char shown[SHOWN_BYTES];
	size_t at = 0;
	size_t n_late = 0;

	for (size_t i = 0; i < json_array_size(parts); i++) {
		const json_t *part = json_array_get(parts, i);
		const char *key = json_string_value(json_object_get(part, "key"));
		json_int_t size_bytes = json_integer_value(json_object_get(part, "size"));

		if (key == NULL)
			return damaged(batch, error);
		while (at < batch->plan.n_parts && strcmp(batch->plan.parts[at].key, key) < 0) {
			plan_drop_part(&batch->plan, at);
			n_late++;
		}
		if (at == batch->plan.n_parts || strcmp(batch->plan.parts[at].key, key) != 0)
			return error_set(error, PRIO_ERR_CHANGED, "%s was verified before and is gone. %s", show(shown, key),
					 advice);
		if (batch->plan.parts[at].size_bytes != (uint64_t)size_bytes)
			return error_set(error, PRIO_ERR_CHANGED, "%s was verified before and has another size now. %s",
					 show(shown, key), advice);
		at++;
	}
	for (; at < batch->plan.n_parts; n_late++)
		plan_drop_part(&batch->plan, at);
	warn_of_late(run, batch, n_late);
	return PRIO_OK;
}

enum prio_status query_warn_of_late(struct run *run, const struct batch_run *batch, struct prio_error *error)
{
	json_t *entry = NULL;
	enum prio_status status = journal_read(run, batch->directory.text, "query", &entry, error);
	const json_t *parts = json_object_get(entry, "parts");
	size_t at = 0;
	size_t n_late = 0;

	/* Both lists are in bytewise order. Fixed parts that are gone were cleared. */
	for (size_t i = 0; i < batch->plan.n_parts && status == PRIO_OK; i++) {
		const char *key = NULL;

		for (; at < json_array_size(parts); at++) {
			key = json_string_value(json_object_get(json_array_get(parts, at), "key"));
			if (key == NULL || strcmp(key, batch->plan.parts[i].key) >= 0)
				break;
		}
		n_late += at == json_array_size(parts) || key == NULL || strcmp(key, batch->plan.parts[i].key) != 0;
	}
	json_decref(entry);
	warn_of_late(run, batch, n_late);
	return status;
}

enum prio_status query_restrict(struct run *run, struct batch_run *batch, struct prio_error *error)
{
	json_t *entry = NULL;
	enum prio_status status = journal_read(run, batch->directory.text, "query", &entry, error);

	if (status != PRIO_OK || entry == NULL)
		return status;
	json_int_t task_bytes = json_integer_value(json_object_get(entry, "task_bytes"));
	batch->is_fixed = true;
	batch->task_bytes = (uint64_t)task_bytes;
	if (task_bytes < 1)
		status = damaged(batch, error);
	else
		status = restrict_parts(run, batch, json_object_get(entry, "parts"), error);
	json_decref(entry);
	return status;
}

static enum prio_status say_difference(const struct batch_run *batch, const json_t *was, const json_t *is,
				       struct prio_error *error)
{
	static const char *const settings[] = {"n_data", "precision", "prg", "partner_is_41", "allow_copied_shares"};
	static const char *const names[] = {"n_data in DATA_CONFIG", "precision in DATA_CONFIG", "prg in DATA_CONFIG", "PARTNER",
					    "ALLOW_COPIED_SHARES"};
	const json_t *parts = json_object_get(is, "parts");
	char shown[SHOWN_BYTES];

	for (size_t i = 0; i < sizeof settings / sizeof settings[0]; i++)
		if (!json_equal(json_object_get(was, settings[i]), json_object_get(is, settings[i])))
			return error_set(error, PRIO_ERR_CONFIG, "batch %s was verified before with another %s. %s", batch->shown,
					 names[i], advice);
	if (!json_equal(json_object_get(was, "commitment"), json_object_get(is, "commitment")))
		return error_set(error, PRIO_ERR_CONFIG, "batch %s was verified before with another SHARED_SECRET. %s", batch->shown,
				 advice);
	for (size_t i = 0; i < json_array_size(parts); i++)
		if (!json_equal(json_array_get(parts, i), json_array_get(json_object_get(was, "parts"), i)))
			return error_set(error, PRIO_ERR_CHANGED, "%s was verified before and has other content now. %s",
					 show(shown, json_string_value(json_object_get(json_array_get(parts, i), "key"))), advice);
	return error_set(error, PRIO_ERR_CHANGED, "the raw parts of batch %s are not the ones that were verified before. %s",
			 batch->shown, advice);
}

enum prio_status query_fix(struct run *run, struct batch_run *batch, struct prio_error *error)
{
	json_t *is = entry_of(run, batch);
	json_t *was = NULL;
	enum prio_status status = journal_write(run, batch->directory.text, "query", is, error);

	if (status == PRIO_ERR_EXISTS) {
		status = journal_read(run, batch->directory.text, "query", &was, error);
		if (status == PRIO_OK)
			status = say_difference(batch, was, is, error);
	}
	json_decref(was);
	json_decref(is);
	return status;
}
