#include "pipeline/publish.h"

#include <inttypes.h>
#include <stdlib.h>

#include "base/clock.h"
#include "base/error.h"
#include "crypt/random.h"
#include "pipeline/inbox.h"
#include "pipeline/output.h"
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
	uint64_t n_accepted = batch->n_total - batch->n_error;
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

static enum prio_status write_result(struct run *run, struct batch_run *batch, const uint64_t *sums, size_t n_sums,
				     struct prio_error *error)
{
	uint8_t random[16];
	char id[UUID_CHARS + 1];
	char timestamp[CLOCK_ISO_BYTES];
	struct output output;
	enum prio_status status = output_begin(&output, run, batch, "publish", 1, error);

	if (status == PRIO_OK) {
		status = random_bytes((struct prio_mut){random, sizeof random});
		if (status != PRIO_OK)
			error_set(error, status, "%s", prio_status_sentence(status));
	}
	if (status != PRIO_OK)
		goto out;
	uuid_format(id, random, 4);
	clock_iso(timestamp);
	const struct published_record record = {
		.id = id,
		.timestamp = timestamp,
		.sums = sums,
		.n_sums = n_sums,
		.with_counts = true,
		.error = batch->n_error,
		.total = batch->n_total,
	};
	status = published_record_write(&output.rows, RECORD_COMPACT, &record);
	if (status == PRIO_OK)
		status = line_append(&output.rows, "\n", 1);
	if (status != PRIO_OK)
		error_set(error, status, "writing the result: %s", prio_status_sentence(status));
	if (status == PRIO_OK)
		status = output_end_part(&output, 0, error);
	if (status == PRIO_OK)
		status = output_end(&output, error);
out:
	output_clear(&output);
	return status;
}

enum prio_status publish_batch(struct run *run, struct batch_run *batch, struct prio_total *total, struct prio_error *error)
{
	struct aggregate_record partner = {0};
	struct prio_total *partner_total = NULL;
	struct prio_error wrong = {PRIO_OK, ""};
	uint64_t *sums = NULL;
	enum prio_status status = read_partner(run, batch, &partner, &partner_total, error);

	if (status != PRIO_OK || partner_total == NULL)
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
	if (status == PRIO_ERR_OVERFLOW || status == PRIO_ERR_MISMATCH) {
		batch_run_end(run, batch, "%s", wrong.text[0] != '\0' ? wrong.text : prio_status_sentence(status));
		status = PRIO_OK;
		goto out;
	}
	if (status != PRIO_OK || !sums_are_possible(run, batch, sums, prio_total_fields(total)))
		goto out;
	status = write_result(run, batch, sums, prio_total_fields(total), error);
	if (status == PRIO_OK)
		batch->fate = BATCH_PUBLISHED;
out:
	free(sums);
	prio_total_free(partner_total);
	aggregate_record_clear(&partner);
	return status;
}
