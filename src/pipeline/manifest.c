#include "pipeline/manifest.h"

#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "crypt/sha256.h"
#include "pipeline/signed_json.h"
#include "record/json_size.h"

/* A part takes some 150 bytes and 7 values: 50,000 of them, at 32 MB of raw shares a part, are more than a terabyte. Parsed, as much
 * as that is about 60 MB. */
enum { MANIFEST_BYTES_MAX = 16 << 20, MANIFEST_VALUES_MAX = 400000 };

static struct signer signer_of(const struct run *run)
{
	return (struct signer){{run->settings->secret.bytes, sizeof run->settings->secret.bytes}, "prio-processor manifest"};
}

static const char *letter_of(enum prio_server_id server)
{
	return server == PRIO_SERVER_A ? "A" : "B";
}

static json_t *content_of(const struct run *run, enum stage stage)
{
	json_t *content = json_object();
	json_t *batches = json_array();
	char hex[65];

	json_object_set_new(content, "format", json_integer(1));
	json_object_set_new(content, "server", json_string(letter_of(run->settings->server)));
	json_object_set_new(content, "stage", json_string(stage_name(stage)));
	if (stage > STAGE_VERIFY1 && run->stages[stage - 1].partner != NULL) {
		hex_encode(hex, run->stages[stage - 1].partner_digest, 32);
		json_object_set_new(content, "answers", json_string(hex));
	}
	for (size_t i = 0; i < run->config.n_batches; i++)
		if (run->batches[i].sent[stage] != NULL)
			json_array_append(batches, run->batches[i].sent[stage]);
	json_object_set_new(content, "batches", batches);
	return content;
}

/* Ours of a stage, as text that the caller frees, and where it goes. */
struct own_manifest {
	struct prio_mut text;
	struct path own;
	struct path outbox;
};

static enum prio_status make_own(struct own_manifest *manifest, const struct run *run, enum stage stage,
				 struct prio_error *error)
{
	const struct signer signer = signer_of(run);
	json_t *content = content_of(run, stage);
	enum prio_status status = path_make(&manifest->outbox, error, "%s/intermediate/external/%s/_manifest.json",
					    run->prefixes.external.text, stage_name(stage));

	manifest->text = (struct prio_mut){NULL, 0};
	if (status == PRIO_OK)
		status = path_make(&manifest->own, error, "%s/intermediate/internal/%s/_manifest.json",
				   run->prefixes.internal.text, stage_name(stage));
	if (status == PRIO_OK)
		status = signed_json_make(&manifest->text, content, &signer, manifest->outbox.text, error);
	json_decref(content);
	return status;
}

enum prio_status manifest_write(struct run *run, enum stage stage, struct prio_error *error)
{
	struct own_manifest manifest;
	enum prio_status status = make_own(&manifest, run, stage, error);
	struct prio_bytes text = prio_bytes_of(manifest.text);

	/* Ours last: it says that the partner's is there. */
	if (status == PRIO_OK)
		status = store_put(run->outbox, manifest.outbox.text, text, STORE_ALWAYS, error);
	if (status == PRIO_OK)
		status = store_put(run->own, manifest.own.text, text, STORE_ALWAYS, error);
	if (status == PRIO_OK && sha256(run->stages[stage].own_digest, text) != PRIO_OK)
		status = error_set(error, PRIO_ERR_CRYPTO, "hashing a manifest failed");
	free(manifest.text.p);
	return status;
}

enum prio_status manifest_was_written(const struct run *run, enum stage stage, bool *was, struct prio_error *error)
{
	struct own_manifest manifest;
	struct prio_mut stored = {NULL, 0};
	enum prio_status status = make_own(&manifest, run, stage, error);

	*was = false;
	if (status == PRIO_OK)
		status = store_get(run->own, manifest.own.text, MANIFEST_BYTES_MAX, &stored, error);
	if (status == PRIO_OK)
		*was = stored.n == manifest.text.n && memcmp(stored.p, manifest.text.p, stored.n) == 0;
	free(stored.p);
	free(manifest.text.p);
	return status == PRIO_ERR_NOT_FOUND ? PRIO_OK : status;
}

/* Signed by our partner, and for this very stage? */
static enum prio_status check_content(const struct run *run, enum stage stage, const json_t *content, const char *key,
				      struct prio_error *error)
{
	enum prio_server_id other = run->settings->server == PRIO_SERVER_A ? PRIO_SERVER_B : PRIO_SERVER_A;
	const char *server = json_string_value(json_object_get(content, "server"));
	const char *name = json_string_value(json_object_get(content, "stage"));
	char shown[32];

	if (json_integer_value(json_object_get(content, "format")) != 1)
		return error_set(error, PRIO_ERR_FORMAT,
				 "%s has a format that this version does not read; both servers need the same major version", key);
	if (server == NULL || strcmp(server, letter_of(other)) != 0)
		return error_set(error, PRIO_ERR_MISMATCH,
				 "the other server's manifest %s says that it is server %s too; one of the two SERVER_ID is wrong", key,
				 escape_text(shown, sizeof shown,
					     (struct prio_bytes){(const uint8_t *)server, server != NULL ? strlen(server) : 0}));
	if (name == NULL || strcmp(name, stage_name(stage)) != 0 || !json_is_array(json_object_get(content, "batches")))
		return error_set(error, PRIO_ERR_FORMAT, "%s is not the manifest of %s", key, stage_name(stage));
	return PRIO_OK;
}

enum prio_status manifest_read(struct run *run, enum stage stage, struct prio_error *error)
{
	const struct signer signer = signer_of(run);
	struct stage_state *state = &run->stages[stage];
	struct prio_mut text = {NULL, 0};
	struct path key;
	enum prio_status status = path_make(&key, error, "%s/intermediate/external/%s/_manifest.json",
					    run->prefixes.internal.text, stage_name(stage));

	json_decref(state->partner);
	state->partner = NULL;
	if (status == PRIO_OK)
		status = store_get(run->inbox, key.text, MANIFEST_BYTES_MAX, &text, error);
	if (status == PRIO_OK && json_values_max(prio_bytes_of(text)) > MANIFEST_VALUES_MAX)
		status = PRIO_ERR_TOO_LARGE;
	if (status == PRIO_ERR_TOO_LARGE)
		error_set(error, status, "the partner's manifest %s is larger than any that is read (%d bytes, %d values)", key.text,
			  MANIFEST_BYTES_MAX, MANIFEST_VALUES_MAX);
	if (status == PRIO_OK)
		status = signed_json_read(&state->partner, prio_bytes_of(text), &signer, key.text, error);
	if (status == PRIO_ERR_MISMATCH)
		error_set(error, status,
			  "the partner's manifest %s was not signed with our shared secret: the servers have different SHARED_SECRET, "
			  "or it was altered, or it belongs to another application, date or stage",
			  key.text);
	if (status == PRIO_OK)
		status = check_content(run, stage, state->partner, key.text, error);
	if (status == PRIO_OK && sha256(state->partner_digest, prio_bytes_of(text)) != PRIO_OK)
		status = error_set(error, PRIO_ERR_CRYPTO, "hashing a manifest failed");
	if (status != PRIO_OK) {
		json_decref(state->partner);
		state->partner = NULL;
	}
	free(text.p);
	return status;
}

bool manifest_is_current(const struct run *run, enum stage stage)
{
	char hex[65];
	const char *answers = json_string_value(json_object_get(run->stages[stage].partner, "answers"));

	if (stage == STAGE_VERIFY1)
		return true;
	hex_encode(hex, run->stages[stage - 1].own_digest, 32);
	return answers != NULL && strcmp(answers, hex) == 0;
}

const json_t *manifest_batch(const struct run *run, enum stage stage, const struct batch_run *batch)
{
	const json_t *batches = json_object_get(run->stages[stage].partner, "batches");

	for (size_t i = 0; i < json_array_size(batches); i++) {
		const json_t *entry = json_array_get(batches, i);
		const char *batch_id = json_string_value(json_object_get(entry, "batch_id"));

		if (batch_id != NULL && strcmp(batch_id, batch->config->batch_id) == 0)
			return entry;
	}
	return NULL;
}

json_t *manifest_describe(const struct batch_run *batch)
{
	const struct prio_params *params = &batch->config->params;
	json_t *entry = json_object();
	char hex[65];

	hex_encode(hex, batch->commitment, sizeof batch->commitment);
	json_object_set_new(entry, "batch_id", json_string(batch->config->batch_id));
	json_object_set_new(entry, "commitment", json_string(hex));
	json_object_set_new(entry, "n_data", json_integer(params->n_data));
	json_object_set_new(entry, "precision", json_integer(params->precision));
	json_object_set_new(entry, "prg", json_string(params->prg == PRIO_PRG_LEGACY ? "legacy" : "batch"));
	return entry;
}

void manifest_check_batch(struct run *run, struct batch_run *batch, const json_t *entry)
{
	static const char *const members[] = {"n_data", "precision", "prg", "commitment"};
	static const char *const names[] = {"n_data", "precision", "prg", "query point"};
	json_t *own = manifest_describe(batch);

	for (size_t i = 0; i < sizeof members / sizeof members[0] && batch_is_in(batch); i++) {
		const json_t *ours = json_object_get(own, members[i]);
		const json_t *theirs = json_object_get(entry, members[i]);

		if (json_equal(ours, theirs))
			continue;
		if (json_is_integer(ours) && json_is_integer(theirs))
			batch_run_end(run, batch, "its %s is %" JSON_INTEGER_FORMAT " here and %" JSON_INTEGER_FORMAT
						  " at the partner; both DATA_CONFIG must agree",
				      names[i], json_integer_value(ours), json_integer_value(theirs));
		else
			batch_run_end(run, batch, "its %s differs from the partner's; both DATA_CONFIG must agree", names[i]);
	}
	json_decref(own);
}
