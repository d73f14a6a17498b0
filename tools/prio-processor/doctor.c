/* doctor: is this server configured so that process can do its job, and nobody else more than they should? */
#include <stdio.h>
#include <stdlib.h>

#include <jansson.h>

#include "prio-processor/doctor.h"
#include "prio-processor/server_options.h"

extern const struct command command_doctor;

static const struct option_row options[] = {
	ROWS_SERVER,
	{"bucket-external-private", "BUCKET_EXTERNAL_PRIVATE", OPTION_STRING, false, NULL, NULL,
	 "the other server's private bucket, to see that this server cannot read it", NULL},
	{"bucket-external-ingest", "BUCKET_EXTERNAL_INGEST", OPTION_STRING, false, NULL, NULL,
	 "the other server's ingest bucket, likewise", NULL},
	{"json", NULL, OPTION_FLAG, false, NULL, NULL, "print JSON instead of a table", NULL},
};

static const char details[] =
	"Looks at everything that process would use, with the same options and variables, and prints a table of findings: ok, warn or FAIL, "
	"what it is about, what was found, and what to do about it. It goes on after whatever is wrong. Exit code 0 if nothing failed, 1 "
	"otherwise; warnings are no failure.\n"
	"In each bucket it does what the server will do there, to an object named _doctor under the server's prefix, which it removes again. "
	"Where the lock of a run is there it is held for a moment, to see whether a run is at work. Name the other side's buckets with "
	"BUCKET_EXTERNAL_PRIVATE and BUCKET_EXTERNAL_INGEST, to see that they are out of reach.\n"
	"JSON is {\"findings\": [{\"level\": \"ok\"|\"warn\"|\"fail\", \"what\", \"text\", \"advice\"}], \"ok\", \"warn\", \"fail\"}, the last "
	"three being how many there are of each. No secret is ever printed.";

/* ---- Printing ---- */

static void print_table(const struct findings *findings)
{
	static const char *const words[] = {"ok", "warn", "FAIL"};

	for (size_t i = 0; i < findings->n; i++) {
		const struct finding *finding = &findings->p[i];

		printf("%-4s  %-25s %s\n", words[finding->level], finding->what, finding->text);
		if (finding->advice != NULL)
			printf("%-4s  %-25s -> %s\n", "", "", finding->advice);
	}
	printf("%zu ok, %zu warnings, %zu failures\n", findings_count(findings, FINDING_OK), findings_count(findings, FINDING_WARN),
	       findings_count(findings, FINDING_FAIL));
}

static enum prio_status print_json(const struct findings *findings)
{
	static const char *const words[] = {"ok", "warn", "fail"};
	json_t *list = json_array();
	json_t *all = NULL;
	char *text = NULL;

	for (size_t i = 0; i < findings->n; i++) {
		const struct finding *finding = &findings->p[i];
		json_t *one = json_pack("{s:s, s:s, s:s}", "level", words[finding->level], "what", finding->what, "text", finding->text);

		if (finding->advice != NULL)
			json_object_set_new(one, "advice", json_string(finding->advice));
		json_array_append_new(list, one);
	}
	all = json_pack("{s:o}", "findings", list);
	for (int level = FINDING_OK; level <= FINDING_FAIL; level++)
		json_object_set_new(all, words[level], json_integer((json_int_t)findings_count(findings, (enum finding_level)level)));
	text = json_dumps(all, JSON_INDENT(1));
	if (text != NULL)
		puts(text);
	json_decref(all);
	free(text);
	return text != NULL ? PRIO_OK : PRIO_ERR_MEMORY;
}

/* ---- Buckets ---- */

struct bucket_check {
	const char *option;
	const char *variable;
	enum doctor_role role;
	bool is_external;
};

static const struct bucket_check bucket_checks[] = {
	{"bucket-internal-ingest", "BUCKET_INTERNAL_INGEST", DOCTOR_INGEST, false},
	{"bucket-internal-private", "BUCKET_INTERNAL_PRIVATE", DOCTOR_PRIVATE, false},
	{"bucket-internal-shared", "BUCKET_INTERNAL_SHARED", DOCTOR_INBOX, false},
	{"bucket-external-shared", "BUCKET_EXTERNAL_SHARED", DOCTOR_OUTBOX, true},
	{"bucket-external-private", "BUCKET_EXTERNAL_PRIVATE", DOCTOR_FOREIGN, true},
	{"bucket-external-ingest", "BUCKET_EXTERNAL_INGEST", DOCTOR_FOREIGN, true},
};

static void check_buckets(struct findings *findings, const struct invocation *call, const struct process_settings *settings,
			  const struct prefixes *prefixes, const struct data_config *config, struct doctor_work *work)
{
	bool is_internal_there = doctor_check_endpoint(findings, &settings->internal, "BUCKET_INTERNAL_ENDPOINT");
	bool is_external_there = doctor_check_endpoint(findings, &settings->external, "BUCKET_EXTERNAL_ENDPOINT");

	for (size_t i = 0; i < sizeof bucket_checks / sizeof bucket_checks[0]; i++) {
		const struct bucket_check *check = &bucket_checks[i];
		const struct bucket_endpoint *endpoint = check->is_external ? &settings->external : &settings->internal;
		const char *bucket = cli_string(call, check->option);

		if (bucket == NULL || !(check->is_external ? is_external_there : is_internal_there))
			continue;
		doctor_check_bucket(findings, check->role, endpoint, bucket, check->variable, prefixes, settings, config, work,
				    cli_log(call));
		doctor_check_directory(findings, check->role, endpoint, bucket, check->variable, work);
	}
}

/* ---- The command ---- */

static int run(struct invocation *call)
{
	struct findings findings = {0};
	struct process_settings settings = {0};
	struct data_config config = {0};
	struct doctor_work work = {0};
	struct prefixes prefixes;
	char today[CLOCK_DATE_BYTES];
	enum prio_status status = PRIO_OK;
	int code;

	doctor_check_variables(&findings, call);
	bool has_paths = doctor_read(&findings, call, &settings, today, &prefixes);
	doctor_check_data(&findings, &settings, &config, cli_log(call));
	if (has_paths)
		check_buckets(&findings, call, &settings, &prefixes, &config, &work);
	else
		findings_add(&findings, FINDING_FAIL, "buckets", "see above", "they were not looked at: where things lie in them is not known");
	doctor_check_wait(&findings, &settings, &config, &work);
	doctor_check_machine(&findings);

	if (cli_flag(call, "json"))
		status = print_json(&findings);
	else
		print_table(&findings);
	code = findings_count(&findings, FINDING_FAIL) > 0 ? EXIT_FAILED : EXIT_DONE;
	if (findings.is_incomplete || status != PRIO_OK)
		code = cli_fail(call, PRIO_ERR_MEMORY, NULL);
	data_config_clear(&config);
	findings_clear(&findings);
	prio_wipe(&settings, sizeof settings);
	return code;
}

const struct command command_doctor = {
	.name = "doctor",
	.summary = "check the configuration, keys, buckets and permissions of a server",
	.details = details,
	.options = options,
	.n_options = sizeof options / sizeof options[0],
	.run = run,
	.keeps_faults = true,
};
