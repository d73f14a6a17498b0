#include "pipeline/answers.h"

#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "crypt/sha256.h"
#include "pipeline/journal.h"
#include "pipeline/sealed_file.h"

enum { NUMBER_BYTES = 8, PACKETS_BYTES = PRIO_VERIFY1_BYTES_MAX + 1 + PRIO_VERIFY2_BYTES_MAX + 1 };

/* The answers of one batch at one query point. */
static enum prio_status binding_of(struct sealed_binding *binding, struct path *key, const struct run *run,
				   const struct batch_run *batch, struct prio_error *error)
{
	char text[STORE_KEY_BYTES_MAX + 128];
	enum prio_status status = journal_key(run, batch->directory.text, "answers", key, error);

	if (status != PRIO_OK)
		return status;
	binding->secret = (struct prio_bytes){run->settings->key.bytes, sizeof run->settings->key.bytes};
	binding->label = "prio-processor answers";
	memcpy(text, batch->commitment, sizeof batch->commitment);
	int n = snprintf(text + sizeof batch->commitment, sizeof text - sizeof batch->commitment, "%s", key->text);
	if (sha256(binding->digest, (struct prio_bytes){(const uint8_t *)text, sizeof batch->commitment + (size_t)n}) != PRIO_OK)
		return error_set(error, PRIO_ERR_CRYPTO, "hashing failed");
	return PRIO_OK;
}

struct answers_writer {
	struct sealed_writer *sealed;
};

enum prio_status answers_create(struct answers_writer **out, const struct run *run, const struct batch_run *batch,
				struct prio_error *error)
{
	struct answers_writer *writer = calloc(1, sizeof *writer);
	struct sealed_binding binding;
	struct path key;
	enum prio_status status;

	if (writer == NULL)
		return error_set(error, PRIO_ERR_MEMORY, "out of memory");
	status = binding_of(&binding, &key, run, batch, error);
	if (status == PRIO_OK)
		status = sealed_writer_new(&writer->sealed, run->own, key.text, SEALED_DURABLE, &binding, error);
	if (status == PRIO_OK)
		*out = writer;
	else
		free(writer);
	return status;
}

static enum prio_status append_number(struct answers_writer *writer, uint64_t number, struct prio_error *error)
{
	uint8_t bytes[NUMBER_BYTES];

	for (int i = 0; i < NUMBER_BYTES; i++)
		bytes[i] = (uint8_t)(number >> (56 - 8 * i));
	return sealed_append(writer->sealed, bytes, sizeof bytes, error);
}

enum prio_status answers_add(struct answers_writer *writer, const struct answer *answer, struct prio_error *error)
{
	uint8_t bytes[PACKETS_BYTES];
	uint8_t *at = bytes;
	enum prio_status status = append_number(writer, answer->record, error);

	*at++ = answer->partner.n_bytes;
	memcpy(at, answer->partner.bytes, PRIO_VERIFY1_BYTES_MAX);
	at += PRIO_VERIFY1_BYTES_MAX;
	*at++ = answer->own.n_bytes;
	memcpy(at, answer->own.bytes, PRIO_VERIFY2_BYTES_MAX);
	return status == PRIO_OK ? sealed_append(writer->sealed, bytes, sizeof bytes, error) : status;
}

enum prio_status answers_commit(struct answers_writer *writer, struct prio_error *error)
{
	struct sealed_writer *sealed = writer->sealed;
	enum prio_status status = append_number(writer, UINT64_MAX, error);

	free(writer);
	if (status == PRIO_OK)
		return sealed_commit(sealed, error);
	sealed_abort(sealed);
	return status;
}

void answers_abort(struct answers_writer *writer)
{
	if (writer == NULL)
		return;
	sealed_abort(writer->sealed);
	free(writer);
}

struct answers_reader {
	struct sealed_reader *sealed;
};

enum prio_status answers_open(struct answers_reader **out, const struct run *run, const struct batch_run *batch,
			      struct prio_error *error)
{
	struct answers_reader *reader = calloc(1, sizeof *reader);
	struct sealed_binding binding;
	struct path key;
	enum prio_status status;

	*out = NULL;
	if (reader == NULL)
		return error_set(error, PRIO_ERR_MEMORY, "out of memory");
	status = binding_of(&binding, &key, run, batch, error);
	if (status == PRIO_OK)
		status = sealed_reader_new(&reader->sealed, run->own, key.text, &binding, error);
	if (status == PRIO_OK)
		*out = reader;
	else
		free(reader);
	return status == PRIO_ERR_NOT_FOUND ? PRIO_OK : status;
}

enum prio_status answers_next(struct answers_reader *reader, struct answer *answer, struct prio_error *error)
{
	uint8_t number[NUMBER_BYTES];
	uint8_t bytes[PACKETS_BYTES];
	const uint8_t *at = bytes;
	enum prio_status status = sealed_read(reader->sealed, number, sizeof number, error);

	if (status != PRIO_OK)
		return status;
	memset(answer, 0, sizeof *answer);
	for (int i = 0; i < NUMBER_BYTES; i++)
		answer->record = answer->record << 8 | number[i];
	if (answer->record == UINT64_MAX)
		return sealed_at_end(reader->sealed, error);
	status = sealed_read(reader->sealed, bytes, sizeof bytes, error);
	if (status != PRIO_OK)
		return status;
	answer->partner.n_bytes = *at++;
	memcpy(answer->partner.bytes, at, PRIO_VERIFY1_BYTES_MAX);
	at += PRIO_VERIFY1_BYTES_MAX;
	answer->own.n_bytes = *at++;
	memcpy(answer->own.bytes, at, PRIO_VERIFY2_BYTES_MAX);
	if (answer->partner.n_bytes > PRIO_VERIFY1_BYTES_MAX || answer->own.n_bytes > PRIO_VERIFY2_BYTES_MAX)
		return error_set(error, PRIO_ERR_FORMAT, "the stored answers are not made as this version makes them");
	return PRIO_OK;
}

void answers_close(struct answers_reader *reader)
{
	if (reader == NULL)
		return;
	sealed_reader_free(reader->sealed);
	free(reader);
}
