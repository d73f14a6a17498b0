#include "pipeline/checkpoint.h"

#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "base/wipe.h"

/* An entry: kind (1), part (4), offset (8), length (8), flags (1), id length (2), id, and then for an opened share its hashes
 * and state, for a refused line its verdict (1). All integers big-endian. */
enum {
	KIND_OPENED = 'R',
	KIND_REFUSED = 'X',
	KIND_SUM = 'S',
	FLAG_HAS_ID = 1,
	FLAG_NUMBER = 2,
	HEAD_BYTES = 4 + 8 + 8 + 1 + 2,
	OPENED_BYTES = 2 * CHECKPOINT_HASH_BYTES + PRIO_STATE_BYTES,
};

static uint8_t *put(uint8_t *out, uint64_t value, size_t n)
{
	for (size_t i = 0; i < n; i++)
		out[i] = (uint8_t)(value >> (8 * (n - 1 - i)));
	return out + n;
}

static uint64_t take(const uint8_t **in, size_t n)
{
	uint64_t value = 0;

	for (size_t i = 0; i < n; i++)
		value = value << 8 | *(*in)++;
	return value;
}

enum prio_status checkpoint_write_entry(struct sealed_writer *writer, const struct checkpoint_entry *entry,
					struct prio_error *error)
{
	uint8_t bytes[1 + HEAD_BYTES + CHECKPOINT_ID_BYTES_MAX + OPENED_BYTES];
	size_t id_bytes = entry->has_id && entry->id.n <= CHECKPOINT_ID_BYTES_MAX ? entry->id.n : 0;
	uint8_t *at = bytes;

	at = put(at, entry->verdict == PRIO_OK ? KIND_OPENED : KIND_REFUSED, 1);
	at = put(at, entry->part, 4);
	at = put(at, entry->offset_bytes, 8);
	at = put(at, entry->length_bytes, 8);
	at = put(at, (entry->has_id ? FLAG_HAS_ID : 0U) | (entry->id_is_number ? FLAG_NUMBER : 0U), 1);
	at = put(at, id_bytes, 2);
	if (id_bytes > 0)
		memcpy(at, entry->id.p, id_bytes);
	at += id_bytes;
	if (entry->verdict == PRIO_OK) {
		memcpy(at, entry->epk_hash, CHECKPOINT_HASH_BYTES);
		memcpy(at + CHECKPOINT_HASH_BYTES, entry->share_digest, CHECKPOINT_HASH_BYTES);
		memcpy(at + 2 * CHECKPOINT_HASH_BYTES, entry->state.bytes, PRIO_STATE_BYTES);
		at += OPENED_BYTES;
	} else {
		at = put(at, (uint64_t)entry->verdict, 1);
	}
	enum prio_status status = sealed_append(writer, bytes, (size_t)(at - bytes), error);
	wipe(bytes, sizeof bytes);
	return status;
}

enum prio_status checkpoint_write_end(struct sealed_writer *writer, const struct prio_tentative *sum, const uint32_t *crcs,
				      size_t n_ranges, struct prio_error *error)
{
	const uint8_t kind = KIND_SUM;
	struct prio_mut bytes = {NULL, prio_tentative_bytes(sum)};
	enum prio_status status;

	bytes.p = malloc(bytes.n);
	if (bytes.p == NULL)
		return error_set(error, PRIO_ERR_MEMORY, "out of memory");
	prio_tentative_write(sum, bytes);
	status = sealed_append(writer, &kind, 1, error);
	if (status == PRIO_OK)
		status = sealed_append(writer, bytes.p, bytes.n, error);
	for (size_t i = 0; i < n_ranges && status == PRIO_OK; i++) {
		uint8_t crc[4];

		put(crc, crcs[i], sizeof crc);
		status = sealed_append(writer, crc, sizeof crc, error);
	}
	wipe(bytes.p, bytes.n);
	free(bytes.p);
	return status;
}

struct checkpoint_reader {
	struct sealed_reader *sealed;
	uint8_t id[CHECKPOINT_ID_BYTES_MAX];
};

enum prio_status checkpoint_open(struct checkpoint_reader **out, struct store *store, const char *key,
				 const struct sealed_binding *binding, struct prio_error *error)
{
	struct checkpoint_reader *reader = calloc(1, sizeof *reader);

	if (reader == NULL)
		return error_set(error, PRIO_ERR_MEMORY, "out of memory");
	enum prio_status status = sealed_reader_new(&reader->sealed, store, key, binding, error);
	if (status == PRIO_OK)
		*out = reader;
	else
		checkpoint_close(reader);
	return status;
}

static enum prio_status damaged(struct prio_error *error)
{
	return error_set(error, PRIO_ERR_FORMAT, "a checkpoint is not made as this version makes it");
}

static enum prio_status read_opened(struct checkpoint_reader *reader, struct checkpoint_entry *entry, struct prio_error *error)
{
	uint8_t bytes[OPENED_BYTES];
	enum prio_status status = sealed_read(reader->sealed, bytes, sizeof bytes, error);

	entry->verdict = PRIO_OK;
	memcpy(entry->epk_hash, bytes, CHECKPOINT_HASH_BYTES);
	memcpy(entry->share_digest, bytes + CHECKPOINT_HASH_BYTES, CHECKPOINT_HASH_BYTES);
	memcpy(entry->state.bytes, bytes + 2 * CHECKPOINT_HASH_BYTES, PRIO_STATE_BYTES);
	wipe(bytes, sizeof bytes);
	return status;
}

static enum prio_status read_refused(struct checkpoint_reader *reader, struct checkpoint_entry *entry,
				     struct prio_error *error)
{
	uint8_t verdict;
	enum prio_status status = sealed_read(reader->sealed, &verdict, 1, error);

	entry->verdict = (enum prio_status)verdict;
	if (status == PRIO_OK && !prio_status_is_refusal(entry->verdict))
		status = damaged(error);
	return status;
}

enum prio_status checkpoint_next(struct checkpoint_reader *reader, struct checkpoint_entry *entry, bool *at_end,
				 struct prio_error *error)
{
	uint8_t kind;
	uint8_t head[HEAD_BYTES];
	const uint8_t *at = head;
	enum prio_status status = sealed_read(reader->sealed, &kind, 1, error);

	*at_end = status == PRIO_OK && kind == KIND_SUM;
	if (status != PRIO_OK || *at_end)
		return status;
	if (kind != KIND_OPENED && kind != KIND_REFUSED)
		return damaged(error);
	status = sealed_read(reader->sealed, head, sizeof head, error);
	if (status != PRIO_OK)
		return status;
	entry->part = (uint32_t)take(&at, 4);
	entry->offset_bytes = take(&at, 8);
	entry->length_bytes = take(&at, 8);
	uint64_t flags = take(&at, 1);
	size_t id_bytes = (size_t)take(&at, 2);
	entry->has_id = (flags & FLAG_HAS_ID) != 0;
	entry->id_is_number = (flags & FLAG_NUMBER) != 0;
	/* Nothing that would be lost if the entry were written again. */
	if (flags > (FLAG_HAS_ID | FLAG_NUMBER) || id_bytes > sizeof reader->id || (id_bytes > 0 && !entry->has_id))
		return damaged(error);
	status = sealed_read(reader->sealed, reader->id, id_bytes, error);
	entry->id = (struct prio_bytes){reader->id, id_bytes};
	if (status != PRIO_OK)
		return status;
	return kind == KIND_OPENED ? read_opened(reader, entry, error) : read_refused(reader, entry, error);
}

enum prio_status checkpoint_read_end(struct checkpoint_reader *reader, struct prio_tentative *sum, uint32_t *crcs,
				     size_t n_ranges, struct prio_error *error)
{
	struct prio_mut bytes = {NULL, prio_tentative_bytes(sum)};
	enum prio_status status;

	bytes.p = malloc(bytes.n);
	if (bytes.p == NULL)
		return error_set(error, PRIO_ERR_MEMORY, "out of memory");
	status = sealed_read(reader->sealed, bytes.p, bytes.n, error);
	for (size_t i = 0; i < n_ranges && status == PRIO_OK; i++) {
		uint8_t crc[4];
		const uint8_t *at = crc;

		status = sealed_read(reader->sealed, crc, sizeof crc, error);
		crcs[i] = (uint32_t)take(&at, sizeof crc);
	}
	if (status == PRIO_OK)
		status = sealed_at_end(reader->sealed, error);
	if (status == PRIO_OK && prio_tentative_read(sum, prio_bytes_of(bytes)) != PRIO_OK)
		status = damaged(error);
	wipe(bytes.p, bytes.n);
	free(bytes.p);
	return status;
}

void checkpoint_close(struct checkpoint_reader *reader)
{
	if (reader == NULL)
		return;
	sealed_reader_free(reader->sealed);
	wipe(reader, sizeof *reader);
	free(reader);
}
