#include "pipeline/journal.h"

#include <stdlib.h>

#include "base/error.h"
#include "pipeline/signed_json.h"

/* A query entry lists every raw part: 100,000 of them with long names are about 30 MB. */
enum { ENTRY_BYTES_MAX = 256 << 20 };

static struct signer signer_of(const struct run *run)
{
	return (struct signer){{run->settings->key.bytes, sizeof run->settings->key.bytes}, "prio-processor journal"};
}

enum prio_status journal_key(const struct run *run, const char *directory, const char *name, struct path *key,
			     struct prio_error *error)
{
	return path_make(key, error, "%s/journal/%s/%s", run->prefixes.internal.text, directory, name);
}

enum prio_status journal_read(const struct run *run, const char *directory, const char *name, json_t **entry,
			      struct prio_error *error)
{
	const struct signer signer = signer_of(run);
	struct prio_mut text = {NULL, 0};
	struct path key;
	enum prio_status status = journal_key(run, directory, name, &key, error);

	*entry = NULL;
	if (status == PRIO_OK)
		status = store_get(run->own, key.text, ENTRY_BYTES_MAX, &text, error);
	if (status == PRIO_ERR_NOT_FOUND)
		return PRIO_OK;
	if (status != PRIO_OK)
		return status;
	status = signed_json_read(entry, prio_bytes_of(text), &signer, key.text, error);
	free(text.p);
	if (status == PRIO_ERR_MISMATCH)
		error_set(error, status,
			  "the journal entry %s was not written under this private key: it was changed, or the key was. A key must "
			  "not change for shares that are being processed",
			  key.text);
	return status;
}

enum prio_status journal_write(const struct run *run, const char *directory, const char *name, const json_t *entry,
			       struct prio_error *error)
{
	const struct signer signer = signer_of(run);
	struct prio_mut text = {NULL, 0};
	json_t *present = NULL;
	struct path key;
	enum prio_status status = journal_key(run, directory, name, &key, error);

	if (status == PRIO_OK)
		status = signed_json_make(&text, entry, &signer, key.text, error);
	if (status == PRIO_OK)
		status = store_put(run->own, key.text, prio_bytes_of(text), STORE_IF_ABSENT, error);
	free(text.p);
	if (status != PRIO_ERR_EXISTS)
		return status;
	status = journal_read(run, directory, name, &present, error);
	if (status == PRIO_OK && (present == NULL || !json_equal(present, entry)))
		status = error_set(error, PRIO_ERR_EXISTS, "the journal has another %s entry for %s", name, directory);
	json_decref(present);
	return status;
}
