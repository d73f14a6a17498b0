/* What a run is told to do, and how long it waits for the partner. */
#include "base/error.h"
#include "pipeline/doctor.h"

/* A sum over fewer people says much about each (release.c). */
enum { SMALL_BATCH = 100, SHOWN_BYTES = 200 };

/* An original takes 275 ms of CPU a record of 2000 fields in all its stages together; its documentation asks for 32 processors or
 * more and has a million records as its reference. A partner of today's version needs no such time, but starts at another moment. */
enum { REFERENCE_RECORDS = 1000000, REFERENCE_FIELDS = 2000, PARTNER_41_PROCESSORS = 32 };
static const double partner_41_record_s = 0.275;
static const double least_wait_s = 900;

static void check_batch(struct findings *findings, const struct batch_config *batch, const struct process_settings *settings)
{
	char shown[SHOWN_BYTES];
	uint64_t min_batch = batch->min_batch > 0 ? batch->min_batch : settings->min_batch;

	escape_text(shown, sizeof shown, batch->params.batch_id);
	if (prio_n_data_is_forgeable(batch->params.n_data) && settings->allow_forgeable_size)
		findings_add(findings, FINDING_WARN, "forgeable-size",
			     "use one field more, which stays unused, as soon as clients can be changed",
			     "batch %s: with n_data %u a client can forge a proof and enter any number; ALLOW_FORGEABLE_SIZE accepts it", shown,
			     batch->params.n_data);
	else if (prio_n_data_is_forgeable(batch->params.n_data))
		findings_add(findings, FINDING_FAIL, "forgeable-size",
			     "use one field more, which stays unused; or set ALLOW_FORGEABLE_SIZE=1 if clients cannot be changed and are "
			     "trusted",
			     "batch %s will not be processed: with n_data %u a client can forge a proof and enter any number", shown,
			     batch->params.n_data);
	if (min_batch < SMALL_BATCH)
		findings_add(findings, FINDING_WARN, "MIN_BATCH", "set MIN_BATCH, or the batch's min_batch, to 100 or more",
			     "batch %s: a total of %llu or more records is sent, and a sum over few people says much about each", shown,
			     (unsigned long long)(min_batch > 0 ? min_batch : 1));
}

static void check_rules(struct findings *findings, const struct process_settings *settings)
{
	if (settings->max_refused_fraction > 1)
		findings_add(findings, FINDING_FAIL, "MAX_REFUSED_FRACTION", "0.05 is five percent",
			     "it is above 1, and would switch the floor off");
	else if (settings->max_refused_fraction >= 1)
		findings_add(findings, FINDING_WARN, "MAX_REFUSED_FRACTION", "set it to what is usual for your clients, such as 0.1",
			     "it is 1: a total is sent even if the partner got all other records refused");
	if (settings->require_manifest && settings->partner_is_41)
		findings_add(findings, FINDING_FAIL, "REQUIRE_MANIFEST", "unset it, or agree with the partner on version 5",
			     "a partner of version 4.1 writes no manifests, so none of its messages would be accepted");
	else if (!settings->require_manifest && !settings->partner_is_41)
		findings_add(findings, FINDING_WARN, "REQUIRE_MANIFEST", "set it to 1: a partner of version 5 always signs",
			     "it is off: messages that nobody signed are accepted until the partner has signed some");
	if (settings->allow_copied_shares)
		findings_add(findings, FINDING_WARN, "ALLOW_COPIED_SHARES", "unset it outside tests",
			     "it is on: somebody who copies one client's share counts it many times");
	if (settings->force)
		findings_add(findings, FINDING_WARN, "PRIO_FORCE", "set it for the one run that needs it, and unset it then",
			     "it is on: every run sends again what was sent already");
}

void doctor_check_data(struct findings *findings, const struct process_settings *settings, struct data_config *config,
		       struct log *log)
{
	struct prio_error error = {PRIO_OK, ""};

	*config = (struct data_config){0};
	check_rules(findings, settings);
	if (settings->data_config == NULL)
		return;
	if (data_config_read(config, settings->data_config, settings->allow_forgeable_size, log, &error) != PRIO_OK) {
		findings_add(findings, FINDING_FAIL, "DATA_CONFIG", "give the path of a readable file: [{\"batch_id\": ..., \"n_data\": ...}]",
			     "%s", error.text);
		return;
	}
	findings_add(findings, FINDING_OK, "DATA_CONFIG", NULL, "%zu batches", config->n_batches);
	for (size_t i = 0; i < config->n_batches; i++)
		check_batch(findings, &config->batches[i], settings);
}

void doctor_check_wait(struct findings *findings, const struct process_settings *settings, const struct data_config *config,
		       const struct doctor_work *work)
{
	double total_s = retry_rule_total_s(&settings->retry);
	double needed_s = least_wait_s;
	uint64_t n_records = work->n_records > 0 ? work->n_records : REFERENCE_RECORDS;
	double n_fields = work->n_fields;
	double partner_s;

	for (size_t i = 0; i < config->n_batches && work->n_records == 0; i++)
		if (config->batches[i].params.n_data * (double)n_records > n_fields)
			n_fields = config->batches[i].params.n_data * (double)n_records;
	partner_s = n_fields / REFERENCE_FIELDS * partner_41_record_s / PARTNER_41_PROCESSORS;
	if (settings->partner_is_41 && partner_s > needed_s)
		needed_s = partner_s;
	if (total_s >= needed_s)
		findings_add(findings, FINDING_OK, "waiting", NULL, "for up to %.0f s at each stage for the other server", total_s);
	else if (settings->partner_is_41)
		findings_add(findings, FINDING_WARN, "waiting", "raise RETRY_LIMIT, RETRY_DELAY or RETRY_BACKOFF_EXPONENT",
			     "for %.0f s at each stage; a partner of version 4.1 takes about %.0f s for %llu records with %d processors%s",
			     total_s, needed_s, (unsigned long long)n_records,
			     PARTNER_41_PROCESSORS, work->n_records > 0 ? ", as many as lie in the ingest bucket" : "");
	else
		findings_add(findings, FINDING_WARN, "waiting", "raise RETRY_LIMIT, RETRY_DELAY or RETRY_BACKOFF_EXPONENT",
			     "for %.0f s at each stage; a partner that starts %.0f s later than this server misses it", total_s, total_s);
}
