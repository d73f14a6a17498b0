#include "prio-processor/server_options.h"

#include <string.h>

#include "base/error.h"
#include "prio-processor/settings.h"

const struct option_row server_options[N_SERVER_OPTIONS] = {
	ROWS_SERVER,
};

void server_settings_values(const struct invocation *call, struct process_settings *settings)
{
	settings->app_name = cli_string(call, "app-name");
	settings->data_config = cli_string(call, "data-config");
	settings->public_key_hex_internal = cli_string(call, "public-key-hex-internal");
	settings->public_key_hex_external = cli_string(call, "public-key-hex-external");
	settings->bucket_prefix = cli_string(call, "bucket-prefix");
	settings->internal_ingest = cli_string(call, "bucket-internal-ingest");
	settings->internal_private = cli_string(call, "bucket-internal-private");
	settings->internal_shared = cli_string(call, "bucket-internal-shared");
	settings->external_shared = cli_string(call, "bucket-external-shared");
	settings->retry.limit = cli_number(call, "retry-limit");
	settings->retry.delay_s = cli_decimal(call, "retry-delay");
	settings->retry.backoff_exponent = cli_decimal(call, "retry-backoff-exponent");
	settings->partner_is_41 = strcmp(cli_string(call, "partner"), "4.1") == 0;
	settings->allow_forgeable_size = cli_flag(call, "allow-forgeable-size");
	settings->allow_copied_shares = cli_flag(call, "allow-copied-shares");
	settings->min_batch = cli_number(call, "min-batch");
	settings->max_refused_fraction = cli_decimal(call, "max-refused-fraction");
	settings->require_manifest = cli_flag(call, "require-manifest");
	settings->keep_state = cli_flag(call, "keep-state");
	settings->force = cli_flag(call, "force");
	settings->memory_budget_bytes = cli_number(call, "memory-budget");
	settings->n_workers = cli_number(call, "jobs") < 256 ? (unsigned)cli_number(call, "jobs") : 256;
}

enum prio_status server_settings_read(const struct invocation *call, struct process_settings *settings,
				      char today[CLOCK_DATE_BYTES], struct prio_error *error)
{
	struct prio_public_key partner;
	char where[CLI_WHERE_BYTES];
	enum prio_status status = cli_server_id(call, &settings->server, error);

	if (status == PRIO_OK)
		status = settings_date(call, today, &settings->submission_date, error);
	if (status == PRIO_OK)
		status = cli_private_key(call, &settings->key, error);
	if (status == PRIO_OK)
		status = cli_public_key(call, "public-key-hex-external", &partner, error);
	if (status == PRIO_OK && memcmp(partner.bytes, settings->key.public_key.bytes, sizeof partner.bytes) == 0)
		status = error_set(error, PRIO_ERR_KEY,
				   "PUBLIC_KEY_HEX_EXTERNAL is this server's own public key; it must be the other server's");
	if (status == PRIO_OK)
		status = cli_shared_secret(call, &settings->secret, error);
	/* Meant as a percentage, it would switch the floor off without a word. */
	if (status == PRIO_OK && cli_decimal(call, "max-refused-fraction") > 1)
		status = error_set(error, PRIO_ERR_CONFIG, "%s must be from 0 to 1; 0.05 is five percent",
				   cli_where(call, "max-refused-fraction", where));
	if (status == PRIO_OK)
		status = bucket_endpoint_read(call, "internal", &settings->internal, error);
	if (status == PRIO_OK)
		status = bucket_endpoint_read(call, "external", &settings->external, error);
	if (status != PRIO_OK)
		return status;
	server_settings_values(call, settings);
	return PRIO_OK;
}
