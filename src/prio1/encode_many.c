#include "base/ct.h"
#include "base/error.h"
#include "base/wipe.h"
#include "prio1/encode_client.h"

/* What vectors are made of: fields, or integers of the batch's precision. One of the two is NULL. */
struct source {
	const uint8_t *fields;
	const uint64_t *values;
};

static enum prio_status check_room(const struct prio_client *client, size_t n_vectors,
				   const struct prio_sealed_pair *out, struct prio_error *error)
{
	for (size_t i = 0; i < n_vectors; i++)
		if (!encode_has_room(client, &out[i]))
			return error_set(error, PRIO_ERR_ARGUMENT,
					 "the room for share %zu is smaller than prio_sealed_bytes_max", i);
	return PRIO_OK;
}

/* Most significant bit first; the bits of a value that does not fit are cut off, and *too_large becomes non-zero. */
static void spread(uint8_t *bits, const uint64_t *values, size_t n_values, uint32_t precision, uint64_t *too_large)
{
	for (size_t j = 0; j < n_values; j++) {
		*too_large |= values[j] >> precision;
		for (uint32_t i = 0; i < precision; i++)
			*bits++ = (uint8_t)(values[j] >> (precision - 1 - i)) & 1;
	}
}

/* The fields of vector i. */
static enum prio_status fields_of(const uint8_t **fields, struct prio_client *client, const struct source *source,
				  size_t i, struct prio_error *error)
{
	const struct prio_params *params = &client->copy.params;
	uint64_t too_large = 0;

	if (source->fields != NULL) {
		*fields = source->fields + i * params->n_data;
		return PRIO_OK;
	}
	size_t n_values = params->n_data / params->precision;
	spread(client->bits, source->values + i * n_values, n_values, params->precision, &too_large);
	if (ct_reveal(too_large != 0))
		return error_set(error, PRIO_ERR_ARGUMENT, "vector %zu holds an integer of more than %u bits", i,
				 params->precision);
	*fields = client->bits;
	return PRIO_OK;
}

/* Vectors first to first + n - 1 with fresh randomness, n at most ENCODE_AGREE_MAX. */
static enum prio_status encode_some(struct prio_client *client, const struct source *source, size_t first, size_t n,
				    struct prio_sealed_pair *out, struct prio_error *error)
{
	struct encode_random random[ENCODE_AGREE_MAX];
	struct encode_ephemeral ephemeral[ENCODE_AGREE_MAX];
	enum prio_status status = PRIO_OK;
	size_t i = 0;

	for (size_t k = 0; k < n && status == PRIO_OK; k++)
		status = encode_random_new(&random[k]);
	if (status == PRIO_OK)
		status = encode_agree(ephemeral, client, random, n);
	for (; i < n && status == PRIO_OK; i++) {
		const uint8_t *fields = NULL;

		status = fields_of(&fields, client, source, first + i, error);
		if (status != PRIO_OK)
			goto wipe_all; /* it said why */
		status = encode_agreed(client, fields, &random[i], &ephemeral[i], &out[first + i]);
	}
	if (status != PRIO_OK)
		error_set(error, status, "vector %zu was not encoded: %s", first + (i > 0 ? i - 1 : 0),
			  prio_status_sentence(status));
wipe_all:
	wipe(random, sizeof random);
	wipe(ephemeral, sizeof ephemeral);
	return status;
}

static enum prio_status encode_all(struct prio_client *client, const struct source *source, size_t n_vectors,
				   struct prio_sealed_pair *out, struct prio_error *error)
{
	enum prio_status status = check_room(client, n_vectors, out, error);

	for (size_t done = 0, part; done < n_vectors && status == PRIO_OK; done += part) {
		part = n_vectors - done < ENCODE_AGREE_MAX ? n_vectors - done : ENCODE_AGREE_MAX;
		status = encode_some(client, source, done, part, out, error);
	}
	encode_wipe(client);
	return status;
}

enum prio_status prio_encode_many(struct prio_client *client, const uint8_t *fields, size_t n_vectors,
				  struct prio_sealed_pair *out, struct prio_error *error)
{
	const struct source source = {fields, NULL};

	return encode_all(client, &source, n_vectors, out, error);
}

enum prio_status prio_encode_uint_many(struct prio_client *client, const uint64_t *values, size_t n_vectors,
				       struct prio_sealed_pair *out, struct prio_error *error)
{
	const struct source source = {NULL, values};

	if (client->copy.params.precision == 0)
		return error_set(error, PRIO_ERR_ARGUMENT,
				 "this batch has no precision: its fields are bits, not integers");
	return encode_all(client, &source, n_vectors, out, error);
}
