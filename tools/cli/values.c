/* The values that several commands share, from text to what libprio takes. */
#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "base/wipe.h"
#include "cli/internal.h"
#include "record/base64.h"

static struct prio_bytes bytes_of(const char *text)
{
	return (struct prio_bytes){(const uint8_t *)text, text == NULL ? 0 : strlen(text)};
}

static bool has_option(const struct invocation *call, const char *name)
{
	return option_find(call->command, name, strlen(name)) != SIZE_MAX;
}

/* The library knows what is wrong, this side knows what it is called. */
static enum prio_status at_option(const struct invocation *call, const char *name, enum prio_status status,
				  struct prio_error *error)
{
	char where[CLI_WHERE_BYTES];

	if (status != PRIO_OK)
		error_prefix(error, "%s", cli_where(call, name, where));
	return status;
}

enum prio_status cli_server_id(const struct invocation *call, enum prio_server_id *server, struct prio_error *error)
{
	const char *text = cli_string(call, "server-id");
	char where[CLI_WHERE_BYTES];

	if (text == NULL)
		return error_set(error, PRIO_ERR_CONFIG, "%s is missing; it must be A or B",
				 cli_where(call, "server-id", where));
	*server = text[0] == 'A' ? PRIO_SERVER_A : PRIO_SERVER_B;
	return PRIO_OK;
}

enum prio_status cli_public_key(const struct invocation *call, const char *name, struct prio_public_key *key,
				struct prio_error *error)
{
	return at_option(call, name, prio_public_key_from_hex(key, bytes_of(cli_string(call, name)), error), error);
}

enum prio_status cli_private_key(const struct invocation *call, struct prio_private_key *key, struct prio_error *error)
{
	bool has_public = has_option(call, "public-key-hex-internal") && cli_given(call, "public-key-hex-internal");
	struct prio_public_key expected;
	enum prio_status status;

	if (has_public) {
		status = cli_public_key(call, "public-key-hex-internal", &expected, error);
		if (status != PRIO_OK)
			return status;
	}
	status = prio_private_key_from_hex(key, bytes_of(cli_string(call, "private-key-hex")), has_public ? &expected : NULL,
					   error);
	return at_option(call, "private-key-hex", status, error);
}

enum prio_status cli_shared_secret(const struct invocation *call, struct prio_shared_secret *secret,
				   struct prio_error *error)
{
	struct prio_bytes text = bytes_of(cli_string(call, "shared-secret"));
	size_t room = base64_decoded_max(text.n);
	struct prio_mut decoded = {malloc(room), room};
	enum prio_status status;

	if (decoded.p == NULL)
		return error_set(error, PRIO_ERR_MEMORY, "out of memory");
	status = base64_decode(&decoded, text);
	if (status == PRIO_OK)
		status = prio_secret_from_bytes(secret, prio_bytes_of(decoded), error);
	else
		status = error_set(error, PRIO_ERR_KEY,
				   "not base64; it must be the 24 characters that `prio shared-seed` printed");
	wipe(decoded.p, room);
	free(decoded.p);
	return at_option(call, "shared-secret", status, error);
}

/* A number that has to fit 32 bits before the library can say more about it. */
static enum prio_status small_number(const struct invocation *call, const char *name, uint32_t *number,
				     struct prio_error *error)
{
	char where[CLI_WHERE_BYTES];
	uint64_t given = cli_number(call, name);

	if (given > UINT32_MAX)
		return error_set(error, PRIO_ERR_CONFIG, "%s is %llu, which is far too large", cli_where(call, name, where),
				 (unsigned long long)given);
	*number = (uint32_t)given;
	return PRIO_OK;
}

enum prio_status cli_params(const struct invocation *call, struct prio_params *params, struct prio_error *error)
{
	char where[CLI_WHERE_BYTES];
	enum prio_status status;

	*params = (struct prio_params){.batch_id = bytes_of(cli_string(call, "batch-id")), .prg = PRIO_PRG_BATCH};
	status = small_number(call, "n-data", &params->n_data, error);
	if (status == PRIO_OK && has_option(call, "precision"))
		status = small_number(call, "precision", &params->precision, error);
	if (status != PRIO_OK)
		return status;
	const char *prg = has_option(call, "prg") ? cli_string(call, "prg") : NULL;
	if (prg != NULL && strcmp(prg, "legacy") == 0)
		params->prg = PRIO_PRG_LEGACY;
	if (has_option(call, "allow-forgeable-size"))
		params->allow_forgeable_size = cli_flag(call, "allow-forgeable-size");

	status = prio_params_check(params, error);
	if (status == PRIO_ERR_FORGEABLE_SIZE && has_option(call, "allow-forgeable-size"))
		error_prefix(error, "refused, unless %s accepts the risk", cli_where(call, "allow-forgeable-size", where));
	if (status == PRIO_OK && prio_n_data_is_forgeable(params->n_data))
		log_warn(call->log,
			 "n_data is %u, and %u is a power of two: a client can forge a proof and enter any number; accepted "
			 "because of %s",
			 params->n_data, params->n_data + 1, cli_where(call, "allow-forgeable-size", where));
	return status;
}
