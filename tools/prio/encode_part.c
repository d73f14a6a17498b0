#include "prio/encode_part.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>

#include "base/error.h"
#include "base/wipe.h"
#include "stage/result.h"

enum { SEALED_BYTES = 4 << 20 };

bool part_is_full(const struct encode_part *part, size_t n_lines_max)
{
	return part->n_lines == n_lines_max || part->text.n >= PART_BYTES;
}

enum prio_status part_add(struct encode_part *part, const struct row *row)
{
	struct part_line *line = &part->lines[part->n_lines++];

	*line = (struct part_line){.offset = part->text.n, .number = row->number, .is_too_long = row->is_too_long};
	if (row->is_too_long)
		return PRIO_OK;
	line->n_bytes = row->text.n;
	return line_append(&part->text, row->text.p, row->text.n);
}

void part_reset(struct encode_part *part)
{
	part->n_lines = part->text.n = part->out[0].n = part->out[1].n = 0;
	part->n_no_bits = part->n_longer = part->bad_line = 0;
	part->status = PRIO_OK;
}

void part_clear(struct encode_part *part)
{
	if (part->text.p != NULL)
		wipe(part->text.p, part->text.room);
	line_buffer_clear(&part->text);
	line_buffer_clear(&part->out[0]);
	line_buffer_clear(&part->out[1]);
}

size_t part_vectors_at_a_time(const struct prio_params *params)
{
	size_t n = SEALED_BYTES / prio_sealed_bytes_max(params, PRIO_SERVER_A);

	return n < 1 ? 1 : n > PART_LINES ? PART_LINES : n;
}

enum prio_status part_worker_init(struct part_worker *worker, const struct prio_params *params,
				  const struct prio_public_key *key_a, const struct prio_public_key *key_b,
				  struct prio_error *error)
{
	size_t n = part_vectors_at_a_time(params);
	enum prio_status status = prio_client_new(&worker->client, params, key_a, key_b, error);

	if (status != PRIO_OK)
		return status;
	worker->params = params;
	worker->n_vectors = n;
	worker->room[PRIO_SERVER_A] = prio_sealed_bytes_max(params, PRIO_SERVER_A);
	worker->room[PRIO_SERVER_B] = prio_sealed_bytes_max(params, PRIO_SERVER_B);
	worker->fields = calloc(n * params->n_data, sizeof *worker->fields);
	worker->values = calloc(n * params->n_data, sizeof *worker->values);
	worker->sealed = malloc(n * (worker->room[0] + worker->room[1]));
	if (worker->fields == NULL || worker->values == NULL || worker->sealed == NULL ||
	    record_scratch_new(&worker->scratch) != PRIO_OK)
		return error_set(error, PRIO_ERR_MEMORY, "out of memory");
	return PRIO_OK;
}

void part_worker_clear(struct part_worker *worker)
{
	if (worker->fields != NULL)
		wipe(worker->fields, worker->n_vectors * worker->params->n_data * sizeof *worker->fields);
	if (worker->values != NULL)
		wipe(worker->values, worker->n_vectors * worker->params->n_data * sizeof *worker->values);
	free(worker->fields);
	free(worker->values);
	free(worker->sealed);
	record_scratch_free(worker->scratch);
	prio_client_free(worker->client);
}

static struct prio_mut text_of(const struct encode_part *part, const struct part_line *line)
{
	return (struct prio_mut){part->text.p + line->offset, line->n_bytes};
}

/* A line as vector number `slot` of the worker's. */
static void read_line(struct encode_part *part, struct part_line *line, struct part_worker *worker, size_t slot)
{
	const struct prio_params *params = worker->params;
	struct vector_line vector = {.params = params};

	vector.fields = worker->fields + slot * params->n_data;
	vector.values = params->precision == 0 ? worker->values
					       : worker->values + slot * (params->n_data / params->precision);
	if (line->is_too_long)
		part->status = error_set(&part->error, PRIO_ERR_FORMAT,
					 "the line is longer than a vector of this batch can be");
	else
		part->status = vector_line_read(&vector, prio_bytes_of(text_of(part, line)), &part->error);
	part->bad_line = line->number;
	line->has_id = vector.has_id;
	line->is_payload_alone = vector.is_payload_alone;
	part->n_no_bits += vector.is_no_bits;
	part->n_longer += vector.is_longer;
}

void part_check(struct encode_part *part, struct part_worker *worker)
{
	for (size_t i = 0; i < part->n_lines && part->status == PRIO_OK; i++)
		read_line(part, &part->lines[i], worker, 0);
}

static void fail(struct encode_part *part, enum prio_status status)
{
	part->status = error_set(&part->error, status, "%s", prio_status_sentence(status));
}

static void new_id(struct encode_part *part, char id[UUID_CHARS + 1])
{
	uint8_t random[16];

	if (getrandom(random, sizeof random, 0) != (ssize_t)sizeof random)
		fail(part, PRIO_ERR_RANDOM);
	else
		uuid_format(id, random, 4);
}

/* The record as it came, with the share as its payload; one without an id gets a new one, as its first member. */
static enum prio_status write_like(struct line_buffer *out, const struct part_line *line, const struct record *record,
				   const char *id, struct record_scratch *scratch, struct prio_bytes share)
{
	char head[UUID_CHARS + 16];
	size_t begin = out->n;
	enum prio_status status = PRIO_OK;

	if (line->has_id)
		return record_write_like(out, record, scratch, share);
	int n = snprintf(head, sizeof head, "{\"id\": \"%s\", ", id);
	status = line_append(out, head, (size_t)n);
	begin = out->n;
	if (status == PRIO_OK)
		status = record_write_like(out, record, scratch, share);
	if (status == PRIO_OK) { /* without its own brace */
		memmove(out->p + begin, out->p + begin + 1, out->n - begin - 1);
		out->n--;
	}
	return status;
}

static void write_records(struct encode_part *part, struct part_line *line, struct part_worker *worker,
			  const struct prio_sealed_pair *pair)
{
	const struct prio_bytes shares[2] = {prio_bytes_of(pair->a), prio_bytes_of(pair->b)};
	char id[UUID_CHARS + 1] = "";
	struct record record;
	enum prio_status status = PRIO_OK;

	if (!line->has_id)
		new_id(part, id);
	if (part->status != PRIO_OK)
		return;
	/* Parsed once more, by the one who can write it back: it says that an array is no payload, which is fine here. */
	if (!line->is_payload_alone)
		status = record_parse(&record, text_of(part, line), false, worker->scratch);
	if (status == PRIO_REFUSED_NO_PAYLOAD)
		status = PRIO_OK;
	if (status != PRIO_OK) {
		part->bad_line = line->number;
		fail(part, prio_status_is_refusal(status) ? PRIO_ERR_FORMAT : status);
		return;
	}
	for (size_t s = 0; s < 2 && status == PRIO_OK; s++) {
		if (line->is_payload_alone)
			status = record_write(&part->out[s], RECORD_SPACED,
					      (struct prio_bytes){(const uint8_t *)id, UUID_CHARS}, false, shares[s]);
		else
			status = write_like(&part->out[s], line, &record, id, worker->scratch, shares[s]);
	}
	if (status != PRIO_OK)
		fail(part, status);
}

void part_encode(struct encode_part *part, struct part_worker *worker)
{
	struct prio_sealed_pair pairs[PART_LINES];
	uint8_t *at = worker->sealed;

	for (size_t i = 0; i < part->n_lines && part->status == PRIO_OK; i++) {
		read_line(part, &part->lines[i], worker, i);
		pairs[i].a = (struct prio_mut){at, worker->room[PRIO_SERVER_A]};
		at += worker->room[PRIO_SERVER_A];
		pairs[i].b = (struct prio_mut){at, worker->room[PRIO_SERVER_B]};
		at += worker->room[PRIO_SERVER_B];
	}
	if (part->status == PRIO_OK)
		part->status = worker->params->precision == 0
				       ? prio_encode_many(worker->client, worker->fields, part->n_lines, pairs, &part->error)
				       : prio_encode_uint_many(worker->client, worker->values, part->n_lines, pairs,
							       &part->error);
	for (size_t i = 0; i < part->n_lines && part->status == PRIO_OK; i++)
		write_records(part, &part->lines[i], worker, &pairs[i]);
}
