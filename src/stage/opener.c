#include "stage/opener.h"

#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "base/secret_alloc.h"
#include "base/wipe.h"
#include "record/base64.h"
#include "record/lines.h"
#include "record/ndjson.h"

enum {
	BATCH_MAX = 32,                /* shares opened together, at most */
	LANES = 8,                     /* as many key agreements go side by side: fewer cost as much */
	ARENA_BYTES = 1 << 20,         /* what they take together: about one L2 cache */
	LINE_ROOM_BYTES = 16384,       /* for an id, escapes and other members */
	EPK_AND_IV_BYTES = 44,
	TAG_BYTES = 16,
};

/* A line that waits for its batch. */
struct pending {
	struct opened_record record;
	uint8_t id[RECORD_ID_BYTES_MAX];
};

struct opener {
	const struct prio_batch *batch;
	struct prio_workspace *workspace;
	struct lines *lines;
	struct record_scratch *scratch;
	uint8_t *arena;
	size_t arena_bytes;
	size_t arena_used;
	struct pending *pending;
	size_t n_pending;
	/* The shares among the pending lines, and which line each belongs to. */
	struct prio_mut sealed[BATCH_MAX];
	size_t line_of[BATCH_MAX];
	size_t n_sealed;
	enum prio_status verdicts[BATCH_MAX];
	struct prio_verify1_packet packets[BATCH_MAX];
	struct prio_state states[BATCH_MAX];
	/* The run at hand. */
	const struct prio_query *query;
	struct prio_tentative *sum;
	opener_visit *visit;
	void *context;
};

size_t opener_max_line_bytes(const struct prio_params *params, enum prio_server_id server)
{
	return LINE_ROOM_BYTES + 2 * base64_encoded_bytes(prio_sealed_bytes_max(params, server));
}

enum prio_status opener_new(struct opener **out, const struct prio_batch *batch)
{
	size_t max_line_bytes = opener_max_line_bytes(prio_batch_params(batch), prio_batch_server(batch));
	struct opener *opener = secret_alloc(sizeof *opener);
	enum prio_status status = PRIO_ERR_MEMORY;

	if (opener == NULL)
		return status;
	opener->batch = batch;
	opener->arena_bytes = base64_decoded_max(max_line_bytes);
	if (opener->arena_bytes < ARENA_BYTES)
		opener->arena_bytes = ARENA_BYTES;
	opener->arena = secret_alloc(opener->arena_bytes);
	opener->pending = calloc(BATCH_MAX, sizeof *opener->pending);
	if (opener->arena == NULL || opener->pending == NULL)
		goto fail;
	status = prio_workspace_new(&opener->workspace, batch);
	if (status == PRIO_OK)
		status = lines_new(&opener->lines, max_line_bytes);
	if (status == PRIO_OK)
		status = record_scratch_new(&opener->scratch);
	if (status != PRIO_OK)
		goto fail;
	*out = opener;
	return PRIO_OK;

fail:
	opener_free(opener);
	return status;
}

void opener_free(struct opener *opener)
{
	if (opener == NULL)
		return;
	record_scratch_free(opener->scratch);
	lines_free(opener->lines);
	prio_workspace_free(opener->workspace);
	secret_free(opener->arena, opener->arena_bytes);
	free(opener->pending);
	secret_free(opener, sizeof *opener);
}

void opener_begin(struct opener *opener, const struct prio_query *query, struct prio_tentative *sum, opener_visit *visit,
		  void *context)
{
	opener->query = query;
	opener->sum = sum;
	opener->visit = visit;
	opener->context = context;
	opener->arena_used = opener->n_pending = opener->n_sealed = 0;
}

enum prio_status opener_flush(struct opener *opener, struct prio_error *error)
{
	enum prio_status status = PRIO_OK;

	if (opener->n_sealed > 0) {
		if (opener->query != NULL)
			status = prio_verify1_many(opener->batch, opener->query, opener->workspace, opener->sealed,
						   opener->n_sealed, opener->verdicts, opener->packets, opener->states,
						   opener->sum);
		else
			status = prio_sum_many(opener->batch, opener->workspace, opener->sealed, opener->n_sealed,
					       opener->verdicts, opener->sum);
		if (status != PRIO_OK) {
			error_set(error, status, "opening shares: %s", prio_status_sentence(status));
			goto out;
		}
	}
	for (size_t i = 0; i < opener->n_sealed; i++) {
		struct opened_record *record = &opener->pending[opener->line_of[i]].record;

		record->verdict = opener->verdicts[i];
		if (record->verdict == PRIO_OK && opener->query != NULL) {
			record->state = &opener->states[i];
			record->packet = &opener->packets[i];
		}
	}
	for (size_t i = 0; i < opener->n_pending && status == PRIO_OK; i++)
		status = opener->visit(opener->context, &opener->pending[i].record, error);
out:
	wipe(opener->states, sizeof opener->states);
	opener->arena_used = opener->n_pending = opener->n_sealed = 0;
	return status;
}

/* Is the batch as large as it should be? There is no room for a further share, or, where that begins a new group of lanes, none for
 * the whole group. */
static bool is_full(const struct opener *opener, size_t room_bytes)
{
	size_t left_bytes = opener->arena_bytes - opener->arena_used;

	return opener->n_pending == BATCH_MAX || left_bytes < room_bytes ||
	       (opener->n_pending > 0 && opener->n_pending % LANES == 0 && left_bytes / LANES < room_bytes);
}

/* The next place for a line, opening what was gathered first if the batch is full. */
static enum prio_status next_pending(struct opener *opener, size_t room_bytes, struct pending **pending,
				     struct prio_error *error)
{
	if (is_full(opener, room_bytes)) {
		enum prio_status status = opener_flush(opener, error);

		if (status != PRIO_OK)
			return status;
	}
	*pending = &opener->pending[opener->n_pending];
	memset(&(*pending)->record, 0, sizeof (*pending)->record);
	return PRIO_OK;
}

static void keep_id(struct pending *pending, const struct record *record)
{
	if (!record->has_id || record->id.n > sizeof pending->id)
		return;
	pending->record.has_id = true;
	pending->record.id_is_number = record->id_is_number;
	memcpy(pending->id, record->id.p, record->id.n);
	pending->record.id = (struct prio_bytes){pending->id, record->id.n};
}

/* Read a line and decode its payload into what is left of the arena. */
static enum prio_status read_line(struct opener *opener, struct record *record, struct prio_mut *sealed, struct prio_mut text)
{
	if (base64_decoded_max(text.n) <= sealed->n && record_decode(record, text, sealed))
		return PRIO_OK;

	enum prio_status status = record_parse(record, text, true, opener->scratch);
	if (status != PRIO_OK)
		return status;
	if (base64_decoded_max(record->payload.n) > sealed->n)
		return PRIO_REFUSED_LINE_TOO_LONG;
	return base64_decode(sealed, prio_bytes_of(record->payload));
}

/* Add a share to the batch and remember its envelope, which opening will overwrite. */
static enum prio_status gather_share(struct opener *opener, struct pending *pending, struct prio_mut sealed)
{
	struct opened_record *record = &pending->record;

	if (sealed.n < OPENER_ENVELOPE_BYTES)
		return PRIO_REFUSED_TRUNCATED;
	memcpy(record->envelope, sealed.p, EPK_AND_IV_BYTES);
	memcpy(record->envelope + EPK_AND_IV_BYTES, sealed.p + sealed.n - TAG_BYTES, TAG_BYTES);
	record->sealed_bytes = sealed.n;
	opener->sealed[opener->n_sealed] = sealed;
	opener->line_of[opener->n_sealed] = opener->n_pending;
	opener->n_sealed++;
	opener->arena_used += sealed.n;
	return PRIO_OK;
}

enum prio_status opener_push(struct opener *opener, uint32_t input, uint64_t offset_bytes, struct prio_mut text,
			     struct prio_error *error)
{
	struct record record = {0};
	struct pending *pending;
	enum prio_status status = next_pending(opener, base64_decoded_max(text.n), &pending, error);

	if (status != PRIO_OK)
		return status;
	pending->record.input = input;
	pending->record.offset_bytes = offset_bytes;
	pending->record.length_bytes = text.n;
	struct prio_mut sealed = {opener->arena + opener->arena_used, opener->arena_bytes - opener->arena_used};
	enum prio_status verdict = read_line(opener, &record, &sealed, text);
	keep_id(pending, &record);
	if (verdict != PRIO_OK && !prio_status_is_refusal(verdict))
		return error_set(error, verdict, "reading a record: %s", prio_status_sentence(verdict));
	if (verdict == PRIO_OK)
		verdict = gather_share(opener, pending, sealed);
	pending->record.verdict = verdict;
	opener->n_pending++;
	return PRIO_OK;
}

static enum prio_status push_too_long(struct opener *opener, uint32_t input, const struct line *line,
				      struct prio_error *error)
{
	struct pending *pending;
	enum prio_status status = next_pending(opener, 0, &pending, error);

	if (status != PRIO_OK)
		return status;
	pending->record.verdict = PRIO_REFUSED_LINE_TOO_LONG;
	pending->record.input = input;
	pending->record.offset_bytes = line->offset_bytes;
	pending->record.length_bytes = line->length_bytes;
	opener->n_pending++;
	return PRIO_OK;
}

enum prio_status opener_push_stream(struct opener *opener, uint32_t input, struct stream *stream, uint64_t begin_bytes,
				    uint64_t end_bytes, uint32_t *crc, uint64_t *owned_end_bytes, struct prio_error *error)
{
	struct line line;
	enum prio_status status = lines_begin(opener->lines, stream, begin_bytes, end_bytes, error);

	while (status == PRIO_OK) {
		status = lines_next(opener->lines, &line, error);
		if (status != PRIO_OK || line.at_end)
			break;
		if (line.too_long)
			status = push_too_long(opener, input, &line, error);
		else
			status = opener_push(opener, input, line.offset_bytes, line.text, error);
	}
	*crc = lines_crc(opener->lines, owned_end_bytes);
	return status;
}
