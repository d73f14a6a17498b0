#include "pipeline/publish.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/error.h"
#include "crypt/random.h"
#include "pipeline/accepted.h"
#include "pipeline/inbox.h"
#include "pipeline/journal.h"
#include "pipeline/manifest.h"
#include "pipeline/output.h"
#include "pipeline/signed_json.h"
#include "pipeline/summary.h"
#include "stage/result.h"

/* The partner's total. What is wrong with it is its doing: it ends the batch (*total stays NULL), not the run. */
static enum prio_status read_partner(struct run *run, struct batch_run *batch, struct aggregate_record *record,
				     struct prio_total **total, struct prio_error *error)
{
	struct prio_mut text = {NULL, 0};
	struct prio_error wrong = {PRIO_OK, ""};
	enum prio_status status = inbox_read_aggregate(run, batch, &text, &wrong);

	if (status == PRIO_OK)
		status = aggregate_record_read(record, prio_bytes_of(text), &wrong);
	free(text.p);
	if (status == PRIO_OK)
		status = prio_total_read(total, &batch->config->params, prio_bytes_of(record->payload), &wrong);
	if (status == PRIO_OK)
		return PRIO_OK;
	if (status == PRIO_ERR_NOT_FOUND || status == PRIO_ERR_FORMAT || status == PRIO_ERR_TOO_LARGE) {
		batch_run_end(run, batch, "%s", wrong.text[0] != '\0' ? wrong.text : prio_status_sentence(status));
		return PRIO_OK;
	}
	if (error != NULL)
		*error = wrong;
	return status;
}

/* The largest value that one accepted record can add to a sum. */
static uint64_t largest_value(const struct prio_params *params)
{
	return params->precision == 0 ? 1 : ((uint64_t)1 << params->precision) - 1;
}

static bool sums_are_possible(struct run *run, struct batch_run *batch, const uint64_t *sums, size_t n_sums)
{
	uint64_t n_accepted = batch->n_accepted;
	uint64_t largest = largest_value(&batch->config->params);

	for (size_t i = 0; i < n_sums; i++) {
		/* Divided, since the product may not fit. */
		if (sums[i] / largest + (sums[i] % largest != 0) <= n_accepted)
			continue;
		batch_run_end(run, batch,
			      "field %zu would be %" PRIu64 ", more than %" PRIu64
			      " accepted records can add up to: the servers summed different records",
			      i, sums[i], n_accepted);
		return false;
	}
	return true;
}

/* The accepted sets, where the partner's manifest says its own. */
static enum prio_status check_agreement(struct run *run, struct batch_run *batch, struct prio_error *error)
{
	uint8_t ours[ACCEPTED_DIGEST_BYTES];

	if (!hex_decode(ours, sizeof ours, json_string_value(json_object_get(batch->sent[STAGE_AGGREGATE], "digest"))))
		return error_set(error, PRIO_ERR_INTERNAL, "our own aggregate has no digest");
	return accepted_compare(run, batch, manifest_batch(run, STAGE_AGGREGATE, batch), ours,
				"Both totals are released, so this date is over for the batch", error);
}

/* Id and time of the result: journaled before it is written, so that a run that starts again writes the same one. */
static enum prio_status name_result(struct run *run, struct batch_run *batch, char id[UUID_CHARS + 1],
				    char timestamp[CLOCK_ISO_BYTES], struct prio_error *error)
{
	uint8_t random[16];
	json_t *entry = NULL;
	enum prio_status status = journal_read(run, batch->directory.text, "result", &entry, error);

	if (status == PRIO_OK && entry == NULL) {
		status = random_bytes((struct prio_mut){random, sizeof random});
		if (status != PRIO_OK)
			return error_set(error, status, "%s", prio_status_sentence(status));
		uuid_format(id, random, 4);
		clock_iso(timestamp);
		entry = json_pack("{s:s,s:s}", "id", id, "timestamp", timestamp);
		status = journal_write(run, batch->directory.text, "result", entry, error);
	}
	const char *known_id = json_string_value(json_object_get(entry, "id"));
	const char *known_timestamp = json_string_value(json_object_get(entry, "timestamp"));
	if (status == PRIO_OK && (known_id == NULL || known_timestamp == NULL))
		status = error_set(error, PRIO_ERR_FORMAT, "the journal's result entry of batch %s is damaged", batch->shown);
	if (status == PRIO_OK) {
		snprintf(id, UUID_CHARS + 1, "%s", known_id);
		snprintf(timestamp, CLOCK_ISO_BYTES, "%s", known_timestamp);
	}
	json_decref(entry);
	return status;
}

/* Read the result back: only what is there is published. */
static enum prio_status check_written(struct run *run, const struct output *output, const struct line_buffer *line,
				      struct prio_error *error)
{
	const char *name = json_string_value(json_object_get(output->written[0], "name"));
	struct prio_mut text = {NULL, 0};
	struct path key;
	enum prio_status status = path_make(&key, error, "%s/%s", output->own_directory.text, name);

	if (status == PRIO_OK)
		status = store_get(run->own, key.text, line->n, &text, error);
	if (status == PRIO_OK && (text.n != line->n || memcmp(text.p, line->p, line->n) != 0))
		status = error_set(error, PRIO_ERR_CHANGED, "%s reads back as something else than was written", key.text);
	free(text.p);
	return status;
}

static enum prio_status write_result(struct run *run, struct batch_run *batch, const uint64_t *sums, size_t n_sums,
				     struct prio_error *error)
{
	char id[UUID_CHARS + 1];
	char timestamp[CLOCK_ISO_BYTES];
	struct line_buffer line = {0};
	struct output output;
	enum prio_status status = output_begin(&output, run, batch, STAGE_PUBLISH, 1, error);

	if (status == PRIO_OK)
		status = name_result(run, batch, id, timestamp, error);
	if (status != PRIO_OK)
		goto out;
	const struct published_record record = {
		.id = id,
		.timestamp = timestamp,
		.sums = sums,
		.n_sums = n_sums,
		.with_counts = true,
		.error = batch->n_error,
		.total = batch->n_total,
	};
	status = published_record_write(&line, RECORD_COMPACT, &record);
	if (status == PRIO_OK)
		status = line_append(&line, "\n", 1);
	if (status != PRIO_OK)
		error_set(error, status, "writing the result: %s", prio_status_sentence(status));
	if (status == PRIO_OK)
		status = output_write(&output, (struct prio_bytes){line.p, line.n}, error);
	if (status == PRIO_OK)
		status = output_end(&output, error);
	if (status == PRIO_OK)
		status = check_written(run, &output, &line, error);
out:
	line_buffer_clear(&line);
	output_clear(&output);
	return status;
}

/* From here on the batch is published, whatever happens. What was read of the partner's is noted for clearing. */
static enum prio_status note_published(struct run *run, struct batch_run *batch, struct prio_error *error)
{
	json_t *entry;
	enum prio_status status;

	batch->fate = BATCH_PUBLISHED;
	entry = json_pack("{s:o,s:O,s:O}", "summary", summary_batch(batch), "sent", batch->sent[STAGE_AGGREGATE], "read", batch->read);
	if (entry == NULL)
		return error_set(error, PRIO_ERR_MEMORY, "out of memory");
	status = journal_write(run, batch->directory.text, "published", entry, error);
	json_decref(entry);
	return status;
}

enum prio_status publish_batch(struct run *run, struct batch_run *batch, struct prio_total *total, struct prio_error *error)
{
	struct aggregate_record partner = {0};
	struct prio_total *partner_total = NULL;
	struct prio_error wrong = {PRIO_OK, ""};
	uint64_t *sums = NULL;
	enum prio_status status = read_partner(run, batch, &partner, &partner_total, error);

	if (status == PRIO_OK && partner_total != NULL)
		status = check_agreement(run, batch, error);
	if (status != PRIO_OK || !batch_is_in(batch))
		goto out;
	if (partner.total != batch->n_total || partner.error != batch->n_error) {
		batch_run_end(run, batch,
			      "the servers disagree: the partner counts %" PRIu64 " records with %" PRIu64 " errors, we count %" PRIu64
			      " with %" PRIu64,
			      partner.total, partner.error, batch->n_total, batch->n_error);
		goto out;
	}
	if (batch->config->params.precision > 0) {
		status = prio_total_recombine(total);
		if (status == PRIO_OK)
			status = prio_total_recombine(partner_total);
	}
	sums = calloc(prio_total_fields(total), sizeof *sums);
	if (sums == NULL)
		status = PRIO_ERR_MEMORY;
	if (status != PRIO_OK) {
		error_set(error, status, "publishing: %s", prio_status_sentence(status));
		goto out;
	}
	status = prio_publish(sums, total, partner_total, &wrong);
	if (status != PRIO_OK && error != NULL)
		*error = wrong;
	if (status == PRIO_ERR_OVERFLOW || status == PRIO_ERR_MISMATCH) {
		batch_run_end(run, batch, "%s", wrong.text[0] != '\0' ? wrong.text : prio_status_sentence(status));
		status = PRIO_OK;
		goto out;
	}
	if (status != PRIO_OK || !sums_are_possible(run, batch, sums, prio_total_fields(total)))
		goto out;
	status = write_result(run, batch, sums, prio_total_fields(total), error);
	if (status == PRIO_OK)
		status = note_published(run, batch, error);
out:
	free(sums);
	prio_total_free(partner_total);
	aggregate_record_clear(&partner);
	return status;
}
