/* Settings as server_settings_read makes them, but each for itself, whatever is wrong with the others. */
#include <string.h>

#include "prio-processor/doctor.h"
#include "prio-processor/server_options.h"
#include "prio-processor/settings.h"

static bool is_good(struct findings *findings, enum prio_status status, const char *what, const char *advice,
		    const struct prio_error *error)
{
	if (status != PRIO_OK)
		findings_add(findings, FINDING_FAIL, what, advice, "%s", error->text);
	return status == PRIO_OK;
}

static void read_keys(struct findings *findings, const struct invocation *call, struct process_settings *settings)
{
	static const char key_advice[] = "prio keygen makes a pair of 64 hexadecimal digits each";
	struct prio_error error = {PRIO_OK, ""};
	struct prio_public_key own = {{0}};
	struct prio_public_key partner = {{0}};
	bool has_own = cli_given(call, "public-key-hex-internal");
	bool has_partner = cli_given(call, "public-key-hex-external");

	if (cli_given(call, "private-key-hex")) {
		/* Reads the public one too, and compares. */
		if (is_good(findings, cli_private_key(call, &settings->key, &error), "keys", key_advice, &error)) {
			findings_add(findings, FINDING_OK, "keys", NULL, has_own ? "the private key belongs to the public one"
									       : "the private key can be read");
			own = settings->key.public_key;
		} else {
			has_own = false;
		}
	} else if (has_own) {
		has_own = is_good(findings, cli_public_key(call, "public-key-hex-internal", &own, &error), "keys", key_advice, &error);
	}
	if (has_partner)
		has_partner = is_good(findings, cli_public_key(call, "public-key-hex-external", &partner, &error), "keys",
				      "ask the other side for its public key, 64 hexadecimal digits", &error);
	if (has_own && has_partner && memcmp(own.bytes, partner.bytes, sizeof own.bytes) == 0)
		findings_add(findings, FINDING_FAIL, "keys", "set it to the other server's",
			     "PUBLIC_KEY_HEX_EXTERNAL is this server's own public key");
	if (cli_given(call, "shared-secret") &&
	    is_good(findings, cli_shared_secret(call, &settings->secret, &error), "SHARED_SECRET",
		    "set it to what prio shared-seed printed for both servers", &error))
		findings_add(findings, FINDING_OK, "SHARED_SECRET", NULL, "it can be read; whether the partner has the same shows after verify1");
}

static void read_endpoint(struct findings *findings, const struct invocation *call, const char *side, const char *variable,
			  struct bucket_endpoint *endpoint)
{
	struct prio_error error = {PRIO_OK, ""};

	if (!is_good(findings, bucket_endpoint_read(call, side, endpoint, &error), variable, "set both, or neither", &error))
		endpoint->url = NULL;
}

bool doctor_read(struct findings *findings, const struct invocation *call, struct process_settings *settings, char *today,
		 struct prefixes *prefixes)
{
	struct prio_error error = {PRIO_OK, ""};
	struct path_names names;

	server_settings_values(call, settings);
	settings->server = PRIO_SERVER_A;
	if (cli_given(call, "server-id") && cli_server_id(call, &settings->server, &error) != PRIO_OK)
		settings->server = PRIO_SERVER_A;
	read_keys(findings, call, settings);
	read_endpoint(findings, call, "internal", "BUCKET_INTERNAL_ENDPOINT", &settings->internal);
	read_endpoint(findings, call, "external", "BUCKET_EXTERNAL_ENDPOINT", &settings->external);
	bool has_date = is_good(findings, settings_date(call, today, &settings->submission_date, &error), "SUBMISSION_DATE",
				"unset it for today's, or write a date", &error);
	if (!has_date || settings->app_name == NULL || settings->public_key_hex_internal == NULL ||
	    settings->public_key_hex_external == NULL)
		return false;
	names = (struct path_names){
		.bucket_prefix = settings->bucket_prefix,
		.app_name = settings->app_name,
		.date = settings->submission_date,
		.public_key_internal = settings->public_key_hex_internal,
		.public_key_external = settings->public_key_hex_external,
	};
	return is_good(findings, prefixes_make(prefixes, &names, &error), "paths", "choose another name", &error);
}
