/* What this server does in a bucket, done once, with an object of its own. */
#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "pipeline/doctor.h"
#include "pipeline/plan.h"

enum { PROBE_BYTES_MAX = 4096 };
static const char probe_text[] = "prio-processor doctor was here, and should have removed this\n";

static const char list_advice[] = "allow this server's key to list it (s3:ListBucket)";
static const char read_advice[] = "allow this server's key to read in it (s3:GetObject)";
static const char write_advice[] = "allow this server's key to write to it (s3:PutObject)";
static const char delete_advice[] = "allow this server's key to delete in it (s3:DeleteObject)";

static const char *const can[] = {
	[DOCTOR_INGEST] = "can be listed and read, and what was processed can be deleted",
	[DOCTOR_PRIVATE] = "can be listed, read, written to and locked",
	[DOCTOR_INBOX] = "can be listed and read, and what was processed can be deleted",
	[DOCTOR_OUTBOX] = "can be listed, read and written to",
	[DOCTOR_FOREIGN] = "this server can neither list nor read it, as it must be",
};

struct probe {
	struct findings *findings;
	const char *variable;
	struct store *store;
	struct prio_error error;
	struct path key; /* of the object of its own */
	unsigned n_bad;
};

/* Count and say what did not go as it should. */
static bool is_good(struct probe *probe, enum prio_status status, enum finding_level level, const char *what,
		    const char *advice)
{
	if (status == PRIO_OK)
		return true;
	probe->n_bad++;
	findings_add(probe->findings, level, probe->variable, advice, "%s: %s", what,
		     probe->error.text[0] != '\0' ? probe->error.text : prio_status_sentence(status));
	probe->error.text[0] = '\0';
	return false;
}

static struct prio_bytes probe_bytes(void)
{
	return (struct prio_bytes){(const uint8_t *)probe_text, sizeof probe_text - 1};
}

/* ---- What is there ---- */

struct first {
	char key[STORE_KEY_BYTES_MAX + 1];
	bool is_empty;
};

/* One object is enough to know that there is one. */
static enum prio_status note_first(void *context, const struct store_object *object, struct prio_error *error)
{
	struct first *first = context;

	(void)error;
	memcpy(first->key, object->key, strlen(object->key) + 1);
	first->is_empty = object->size_bytes == 0;
	return first->is_empty ? PRIO_OK : PRIO_ERR_EXISTS;
}

/* List a prefix, and read the first byte of something under it; or ask for what is not there, which is no refusal.
 * False: there is no bucket. */
static bool look_around(struct probe *probe, const char *prefix)
{
	struct first first = {.is_empty = true};
	struct stream *stream = NULL;
	struct store_object object;
	uint8_t byte = 0;
	size_t n;
	enum prio_status status = store_list(probe->store, prefix, note_first, &first, &probe->error);

	if (status == PRIO_ERR_EXISTS)
		status = PRIO_OK;
	if (status == PRIO_ERR_NOT_FOUND)
		return is_good(probe, status, FINDING_FAIL, "it cannot be listed", "make the bucket, or correct its name or endpoint");
	is_good(probe, status, FINDING_FAIL, "it cannot be listed", list_advice);
	if (first.is_empty) {
		status = store_stat(probe->store, probe->key.text, &object, &probe->error);
		if (status == PRIO_ERR_NOT_FOUND)
			status = PRIO_OK;
	} else {
		status = store_open(probe->store, first.key, 0, 1, &stream, &probe->error);
		if (status == PRIO_OK)
			status = stream_lend(stream, (struct prio_mut){&byte, 1}, &probe->error);
		if (status == PRIO_OK)
			status = stream_take(stream, &n, &probe->error);
		stream_close(stream);
	}
	is_good(probe, status, FINDING_FAIL, "it cannot be read", read_advice);
	return true;
}

static enum prio_status delete_probe(struct probe *probe)
{
	const char *const keys[] = {probe->key.text};

	return store_delete_many(probe->store, keys, 1, &probe->error);
}

/* What is wrong with that shows in remove_probe. */
static void forget_probe(struct probe *probe)
{
	(void)delete_probe(probe);
	probe->error.text[0] = '\0';
}

/* Deleting what is not there is allowed or denied like any other. */
static void check_clearing(struct probe *probe)
{
	is_good(probe, delete_probe(probe), FINDING_WARN, "what was processed cannot be deleted",
		"allow this server's key to delete in it (s3:DeleteObject), or set KEEP_STATE=1 and clear it by other means");
}

/* How many records lie there, by their bytes: a line is its share in base64 and some members. */
static void count_work(const struct probe *probe, const char *raw, const struct process_settings *settings,
		       const struct data_config *config, struct doctor_work *work)
{
	enum { MEMBERS_BYTES = 60 };
	struct plan *plans = calloc(config->n_batches + 1, sizeof *plans);

	if (plans == NULL)
		return;
	if (plans_list(plans, config, probe->store, raw, NULL, NULL) == PRIO_OK)
		for (size_t i = 0; i < config->n_batches; i++) {
			const struct prio_params *params = &config->batches[i].params;
			uint64_t line_bytes = (prio_sealed_bytes_max(params, settings->server) + 2) / 3 * 4 + MEMBERS_BYTES;
			uint64_t n_records = plans[i].n_bytes / line_bytes;

			work->n_records += n_records;
			work->n_fields += (double)n_records * params->n_data;
		}
	for (size_t i = 0; i < config->n_batches; i++)
		plan_clear(&plans[i]);
	free(plans);
}

/* ---- What is written ---- */

static bool write_and_read(struct probe *probe)
{
	struct prio_mut read = {NULL, 0};
	enum prio_status status = store_put(probe->store, probe->key.text, probe_bytes(), STORE_ALWAYS, &probe->error);

	if (!is_good(probe, status, FINDING_FAIL, "it cannot be written to", write_advice))
		return false;
	status = store_get(probe->store, probe->key.text, PROBE_BYTES_MAX, &read, &probe->error);
	if (status == PRIO_OK && (read.n != sizeof probe_text - 1 || memcmp(read.p, probe_text, read.n) != 0))
		status = error_set(&probe->error, PRIO_ERR_MISMATCH, "other bytes came back");
	is_good(probe, status, FINDING_FAIL, "what was written cannot be read back", read_advice);
	free(read.p);
	return true;
}

/* A write that must not replace anything: one run at a time depends on it. The object is not there before, and is after. */
static void check_conditions(struct probe *probe)
{
	enum prio_status status = store_put(probe->store, probe->key.text, probe_bytes(), STORE_IF_ABSENT, &probe->error);

	if (status == PRIO_OK)
		status = store_put(probe->store, probe->key.text, probe_bytes(), STORE_IF_ABSENT, &probe->error);
	if (status != PRIO_ERR_EXISTS) {
		if (status == PRIO_OK)
			error_set(&probe->error, PRIO_ERR_EXISTS, "an object that was there was replaced");
		is_good(probe, PRIO_ERR_EXISTS, FINDING_FAIL, "conditional writes do not work",
			"allow this server's key to write to it and to read in it; or use a server that honours If-None-Match");
	} else if (store_s3_lacks_conditions(probe->store)) {
		error_set(&probe->error, PRIO_ERR_EXISTS, "nothing but your schedule keeps two runs from working at once");
		is_good(probe, PRIO_ERR_EXISTS, FINDING_WARN, "the server does not honour conditions on writes",
			"use a server that honours If-None-Match and If-Match");
	}
	probe->error.text[0] = '\0';
}

static void check_lock(struct probe *probe)
{
	struct store_lock *lock = NULL;
	enum prio_status status = store_lock(probe->store, probe->key.text, &lock, &probe->error);

	if (status == PRIO_OK)
		status = store_lock_check(lock, &probe->error);
	store_unlock(lock);
	is_good(probe, status, FINDING_FAIL, "it cannot hold the lock of a run",
		"use a server that honours If-None-Match and If-Match, or a file system that has flock");
}

static void remove_probe(struct probe *probe, enum finding_level level)
{
	if (!is_good(probe, delete_probe(probe), level, "nothing can be deleted in it", delete_advice))
		findings_add(probe->findings, FINDING_WARN, probe->variable, "remove it by hand", "%s was left there", probe->key.text);
}

/* ---- By role ---- */

static void check_private(struct probe *probe, const char *prefix)
{
	forget_probe(probe); /* of a doctor that was interrupted */
	if (!look_around(probe, prefix))
		return;
	check_lock(probe);
	forget_probe(probe);
	check_conditions(probe);
	write_and_read(probe);
	remove_probe(probe, FINDING_FAIL);
}

/* Another run may be at work: then process would end at once. Its lock is taken for a moment to know. */
static void look_for_run(struct probe *probe, const char *prefix)
{
	struct store_object object;
	struct store_lock *lock = NULL;
	struct path key;
	enum prio_status status = path_make(&key, NULL, "%s/journal/run/_lock", prefix);

	if (status != PRIO_OK || store_stat(probe->store, key.text, &object, NULL) != PRIO_OK)
		return;
	status = store_lock(probe->store, key.text, &lock, &probe->error);
	store_unlock(lock);
	if (status == PRIO_ERR_BUSY)
		findings_add(probe->findings, FINDING_WARN, "run", "let it end before another one is started", "%s", probe->error.text);
}

static void check_outbox(struct probe *probe, const char *prefix)
{
	if (look_around(probe, prefix) && write_and_read(probe))
		remove_probe(probe, FINDING_WARN);
}

/* The partner's other buckets: everything must be refused. */
static void check_foreign(struct probe *probe)
{
	static const char advice[] = "let the other side forbid it: who can read both sides' shares sees every client's data";
	struct first first = {.is_empty = true};
	struct store_object object;
	enum prio_status listing = store_list(probe->store, "", note_first, &first, &probe->error);
	enum prio_status reading;

	if (listing == PRIO_ERR_NOT_FOUND) {
		findings_add(probe->findings, FINDING_WARN, probe->variable, "check its name with the other side",
			     "there is no such bucket, so nothing is known of it: %s", probe->error.text);
		return;
	}
	if (listing == PRIO_OK || listing == PRIO_ERR_EXISTS)
		findings_add(probe->findings, FINDING_FAIL, probe->variable, advice, "this server can list it, and must not");
	reading = store_stat(probe->store, first.key[0] != '\0' ? first.key : probe->key.text, &object, &probe->error);
	if (reading == PRIO_OK || reading == PRIO_ERR_NOT_FOUND)
		findings_add(probe->findings, FINDING_FAIL, probe->variable, advice, "this server can read in it, and must not");
	if (listing == PRIO_ERR_DENIED && reading == PRIO_ERR_DENIED)
		findings_add(probe->findings, FINDING_OK, probe->variable, NULL, "%s", can[DOCTOR_FOREIGN]);
	else if ((listing != PRIO_OK && listing != PRIO_ERR_EXISTS && listing != PRIO_ERR_DENIED) ||
		 (reading != PRIO_OK && reading != PRIO_ERR_NOT_FOUND && reading != PRIO_ERR_DENIED))
		findings_add(probe->findings, FINDING_WARN, probe->variable, "try again",
			     "whether this server can read it could not be found out: %s", probe->error.text);
}

void doctor_check_bucket(struct findings *findings, enum doctor_role role, const struct bucket_endpoint *endpoint,
			 const char *bucket, const char *variable, const struct prefixes *prefixes,
			 const struct process_settings *settings, const struct data_config *config, struct doctor_work *work,
			 struct log *log)
{
	struct probe probe = {.findings = findings, .variable = variable};
	struct path prefix;
	enum prio_status status = bucket_check_present(endpoint, bucket, variable, &probe.error);

	if (status == PRIO_ERR_NOT_FOUND) {
		findings_add(findings, FINDING_WARN, variable, "make it, with rights for those who use it; process makes it for itself alone",
			     "its directory is missing");
		return;
	}
	if (status == PRIO_OK)
		status = bucket_open(&probe.store, endpoint, bucket, variable, log, &probe.error);
	if (role == DOCTOR_FOREIGN && status == PRIO_ERR_DENIED) {
		findings_add(findings, FINDING_OK, variable, NULL, "%s", can[role]);
		return;
	}
	if (!is_good(&probe, status, FINDING_FAIL, "it cannot be used", "see what it says of the variable and its endpoint"))
		return;
	status = path_make(&prefix, &probe.error, "%s%s",
			   role == DOCTOR_OUTBOX ? prefixes->external.text : prefixes->internal.text,
			   role == DOCTOR_INGEST    ? "/raw/shares"
			   : role == DOCTOR_PRIVATE ? ""
						    : "/intermediate/external");
	if (status == PRIO_OK)
		status = path_make(&probe.key, &probe.error, "%s/_doctor", prefix.text);
	if (!is_good(&probe, status, FINDING_FAIL, "it cannot be used", "shorten APP_NAME or BUCKET_PREFIX"))
		goto out;
	switch (role) {
	case DOCTOR_INGEST:
	case DOCTOR_INBOX:
		if (look_around(&probe, prefix.text))
			check_clearing(&probe);
		if (role == DOCTOR_INGEST && config != NULL && config->n_batches > 0)
			count_work(&probe, prefix.text, settings, config, work);
		break;
	case DOCTOR_PRIVATE:
		check_private(&probe, prefix.text);
		look_for_run(&probe, prefix.text);
		break;
	case DOCTOR_OUTBOX:
		check_outbox(&probe, prefix.text);
		break;
	case DOCTOR_FOREIGN:
		check_foreign(&probe);
		break;
	}
	if (role != DOCTOR_FOREIGN && doctor_check_public(findings, endpoint, probe.store, variable))
		probe.n_bad++;
	if (probe.n_bad == 0 && role != DOCTOR_FOREIGN)
		findings_add(findings, FINDING_OK, variable, NULL, "%s", can[role]);
out:
	store_free(probe.store);
}
