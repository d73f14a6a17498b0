#include "prio/total.h"

#include <stdlib.h>

#include "base/error.h"
#include "base/wipe.h"
#include "prio1/codec/codec.h"
#include "prio1/total_internal.h"

enum prio_status total_new(struct prio_total **total, const struct prio_params *params, enum prio_server_id server)
{
	struct prio_total *made = calloc(1, sizeof *made);

	*total = NULL;
	if (made == NULL)
		return PRIO_ERR_MEMORY;
	params_copy_init(&made->copy, params);
	made->server = server;
	made->n_fields = made->n_room = params->n_data;
	if (field_vector_init(&made->fields, made->n_room) != PRIO_OK) {
		free(made);
		return PRIO_ERR_MEMORY;
	}
	*total = made;
	return PRIO_OK;
}

void prio_total_free(struct prio_total *total)
{
	if (total == NULL)
		return;
	field_vector_clear(&total->fields, total->n_room);
	wipe(total, sizeof *total);
	free(total);
}

enum prio_server_id prio_total_server(const struct prio_total *total)
{
	return total->server;
}

size_t prio_total_fields(const struct prio_total *total)
{
	return total->n_fields;
}

enum prio_status prio_total_merge(struct prio_total *total, const struct prio_total *other)
{
	if (total->server != other->server || total->recombined != other->recombined ||
	    !params_same_batch(&total->copy.params, &other->copy.params))
		return PRIO_ERR_MISMATCH;
	for (size_t i = 0; i < total->n_fields; i++)
		field_vector_set(&total->fields, i,
				 field_add(field_vector_get(&total->fields, i), field_vector_get(&other->fields, i)));
	return PRIO_OK;
}

size_t prio_total_bytes_max(const struct prio_total *total)
{
	return 1 + codec_array_header_bytes(total->n_fields) + total->n_fields * CODEC_FIELD_BYTES_MAX;
}

static enum prio_status write_total(const struct prio_total *total, struct prio_mut *out, bool with_server)
{
	struct codec_writer writer = codec_writer_of(*out);

	if (with_server)
		codec_write_small(&writer, (uint8_t)total->server);
	codec_write_array(&writer, total->n_fields);
	for (size_t i = 0; i < total->n_fields; i++)
		codec_write_field(&writer, field_vector_get(&total->fields, i));
	out->n = writer.n;
	return writer.overflow ? PRIO_ERR_ARGUMENT : PRIO_OK;
}

enum prio_status prio_total_write(const struct prio_total *total, struct prio_mut *out)
{
	return write_total(total, out, true);
}

enum prio_status prio_total_write_partial(const struct prio_total *total, struct prio_mut *out)
{
	return write_total(total, out, false);
}

/* The array. params have been checked, so the memory is sized by them. */
static enum prio_status read_fields(struct prio_total **total, const struct prio_params *params,
				    enum prio_server_id server, struct codec_reader *reader, struct prio_error *error)
{
	uint32_t n;
	enum prio_status status;

	if (codec_read_array(reader, &n) != PRIO_OK)
		return error_set(error, PRIO_ERR_FORMAT, "a total share has no array where its sums should be");
	if (n != params->n_data)
		return error_set(error, PRIO_ERR_FORMAT, "a total share has %u sums, this batch has %u", n, params->n_data);

	status = total_new(total, params, server);
	if (status != PRIO_OK)
		return error_set(error, status, "out of memory for a total share");
	for (uint32_t i = 0; i < n; i++) {
		u128 x;

		status = codec_read_field(reader, &x);
		if (status != PRIO_OK) {
			prio_total_free(*total);
			*total = NULL;
			return error_set(error, PRIO_ERR_FORMAT, "a total share is broken at sum %u: %s", i,
					 status == PRIO_REFUSED_NOT_IN_FIELD ? "it is no element of the field"
									     : "it is cut off, or no string of bytes");
		}
		field_vector_set(&(*total)->fields, i, x);
	}
	return PRIO_OK; /* bytes after the last value are ignored, as the deployed reader does */
}

enum prio_status prio_total_read(struct prio_total **total, const struct prio_params *params, struct prio_bytes in,
				 struct prio_error *error)
{
	struct codec_reader reader = codec_reader_of(in);
	enum prio_status status = prio_params_check(params, error);
	uint64_t server;

	*total = NULL;
	if (status != PRIO_OK)
		return status;
	if (codec_read_integer(&reader, &server) != PRIO_OK)
		return error_set(error, PRIO_ERR_FORMAT, "a total share does not begin with a server's number");
	if (server != PRIO_SERVER_A && server != PRIO_SERVER_B)
		return error_set(error, PRIO_ERR_FORMAT, "a total share's server number is neither 0 (A) nor 1 (B)");
	return read_fields(total, params, server == PRIO_SERVER_A ? PRIO_SERVER_A : PRIO_SERVER_B, &reader, error);
}

enum prio_status prio_total_read_partial(struct prio_total **total, const struct prio_params *params,
					 enum prio_server_id server, struct prio_bytes in, struct prio_error *error)
{
	struct codec_reader reader = codec_reader_of(in);
	enum prio_status status = prio_params_check(params, error);

	*total = NULL;
	return status == PRIO_OK ? read_fields(total, params, server, &reader, error) : status;
}
