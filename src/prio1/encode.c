/* The proof, as a client makes it (FORMAT.md 5). f has the values f0, x_1, ..., x_n, 0, ..., 0 at the N-th roots of
 * unity, and g the values g0, x_1 - 1, ..., x_n - 1, 0, ..., 0. So g = f - P + (g0 - f0) L, where P is 1 at the places
 * of the data and L is 1 at the place of f0, both 0 elsewhere: of P and L the values at the odd 2N-th roots are
 * computed once, and h = f g takes the extension of f alone. */
#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "base/wipe.h"
#include "prio1/codec/codec.h"
#include "prio1/encode_internal.h"
#include "prio1/ntt/ntt.h"
#include "prio1/params.h"

struct prio_client {
	struct params_copy copy;
	struct prio_public_key keys[2]; /* by server */
	size_t sealed_bytes_max[2];
	struct ntt ntt;
	struct seal seal;
	struct prg prg;
	struct field_vector at_data;  /* P at the odd roots, N */
	struct field_vector at_first; /* L at the odd roots, N */
	struct field_vector work;     /* f, then h, at the odd roots, N */
	struct field_vector masks;    /* server B's shares: n_data of the data, then N of h */
	uint8_t *bits;                /* n_data, of integers */
};

static enum prio_status init_tables(struct prio_client *client)
{
	size_t n_data = client->copy.params.n_data, n_points = params_points(client->copy.params.n_data);
	enum prio_status status = ntt_init(&client->ntt, params_points_log2(client->copy.params.n_data));

	if (status == PRIO_OK)
		status = field_vector_init(&client->at_data, n_points);
	if (status == PRIO_OK)
		status = field_vector_init(&client->at_first, n_points);
	if (status == PRIO_OK)
		status = field_vector_init(&client->work, n_points);
	if (status == PRIO_OK)
		status = field_vector_init(&client->masks, n_points);
	if (status != PRIO_OK)
		return status;

	field_vector_set(&client->at_first, 0, 1);
	for (size_t i = 1; i <= n_data; i++)
		field_vector_set(&client->at_data, i, 1);
	ntt_extend(&client->ntt, &client->at_first);
	ntt_extend(&client->ntt, &client->at_data);
	return PRIO_OK;
}

enum prio_status prio_client_new(struct prio_client **client, const struct prio_params *params,
				 const struct prio_public_key *key_a, const struct prio_public_key *key_b,
				 struct prio_error *error)
{
	enum prio_status status = prio_params_check(params, error);

	*client = NULL;
	if (status != PRIO_OK)
		return status;

	struct prio_client *made = calloc(1, sizeof *made);
	if (made == NULL)
		return error_set(error, PRIO_ERR_MEMORY, "out of memory for a client");

	params_copy_init(&made->copy, params);
	made->keys[PRIO_SERVER_A] = *key_a;
	made->keys[PRIO_SERVER_B] = *key_b;
	made->sealed_bytes_max[PRIO_SERVER_A] = prio_sealed_bytes_max(params, PRIO_SERVER_A);
	made->sealed_bytes_max[PRIO_SERVER_B] = prio_sealed_bytes_max(params, PRIO_SERVER_B);
	status = init_tables(made);
	if (status == PRIO_OK)
		status = prg_init(&made->prg);
	if (status == PRIO_OK)
		status = seal_init(&made->seal);
	made->bits = calloc(params->n_data, 1);
	if (status == PRIO_OK && made->bits == NULL)
		status = PRIO_ERR_MEMORY;
	if (status != PRIO_OK) {
		prio_client_free(made);
		return error_set(error, status, "a client could not be made: %s", prio_status_sentence(status));
	}
	*client = made;
	return PRIO_OK;
}

void encode_wipe(struct prio_client *client)
{
	field_vector_wipe(&client->work, client->ntt.n);
	field_vector_wipe(&client->masks, client->ntt.n);
	prg_wipe(&client->prg);
	seal_wipe(&client->seal);
	wipe(client->bits, client->copy.params.n_data);
}

void prio_client_free(struct prio_client *client)
{
	if (client == NULL)
		return;
	field_vector_clear(&client->at_data, client->ntt.n);
	field_vector_clear(&client->at_first, client->ntt.n);
	field_vector_clear(&client->work, client->ntt.n);
	field_vector_clear(&client->masks, client->ntt.n);
	ntt_clear(&client->ntt);
	prg_clear(&client->prg);
	seal_clear(&client->seal);
	if (client->bits != NULL)
		wipe(client->bits, client->copy.params.n_data);
	free(client->bits);
	wipe(client, sizeof *client);
	free(client);
}

/* client->work = h at the odd roots. */
static void prove(struct prio_client *client, const uint8_t *fields, u128 f0, u128 g0)
{
	struct field_vector *work = &client->work;
	u128 first = field_sub(g0, f0);
	size_t n_data = client->copy.params.n_data;

	field_vector_set(work, 0, f0);
	for (size_t i = 0; i < client->ntt.n - 1; i++)
		field_vector_set(work, i + 1, i < n_data ? fields[i] : 0);
	ntt_extend(&client->ntt, work);

	for (size_t j = 0; j < client->ntt.n; j++) {
		u128 f = field_vector_get(work, j);
		u128 g = field_add(field_sub(f, field_vector_get(&client->at_data, j)),
				   field_mul(first, field_vector_get(&client->at_first, j)));

		field_vector_set(work, j, field_mul(f, g));
	}
}

/* Of two numbers that are each the sum of both servers' shares. */
static u128 product(const u128 one[2], const u128 other[2])
{
	return field_mul(field_add(one[0], one[1]), field_add(other[0], other[1]));
}

/* What both shares begin with (FORMAT.md 3). */
static void write_head(struct codec_writer *writer, const struct prio_client *client,
		       const struct encode_random *random, enum prio_server_id server)
{
	u128 c = random->c_of_a, h0 = random->h0_of_a;

	if (server == PRIO_SERVER_B) {
		c = field_sub(product(random->a, random->b), c);
		h0 = field_sub(product(random->f0, random->g0), h0);
	}
	codec_write_str(writer, client->copy.params.batch_id);
	codec_write_field(writer, random->a[server]);
	codec_write_field(writer, random->b[server]);
	codec_write_field(writer, c);
	codec_write_field(writer, random->f0[server]);
	codec_write_field(writer, random->g0[server]);
	codec_write_field(writer, h0);
	codec_write_small(writer, (uint8_t)server);
}

/* What server A holds in full: the data and h less B's shares, which B expands from the seed in this order. */
static enum prio_status write_arrays(struct codec_writer *writer, struct prio_client *client, const uint8_t *fields,
				     const struct encode_random *random)
{
	const struct prio_params *params = &client->copy.params;
	struct field_vector *masks = &client->masks;
	enum prio_status status = prg_seed(&client->prg, random->seed, params->batch_id, params->prg);

	if (status == PRIO_OK)
		status = prg_fill(&client->prg, masks, params->n_data);
	if (status != PRIO_OK)
		return status;
	codec_write_array(writer, params->n_data);
	for (size_t i = 0; i < params->n_data; i++)
		codec_write_field(writer, field_sub(fields[i], field_vector_get(masks, i)));

	status = prg_fill(&client->prg, masks, client->ntt.n);
	if (status != PRIO_OK)
		return status;
	codec_write_array(writer, client->ntt.n);
	for (size_t j = 0; j < client->ntt.n; j++)
		codec_write_field(writer, field_sub(field_vector_get(&client->work, j), field_vector_get(masks, j)));
	return PRIO_OK;
}

/* The ephemeral keys of both envelopes, and what they share with the servers' keys. */
struct ephemeral {
	uint8_t epk[2][X25519_KEY_BYTES];
	struct x25519_shared dh[2];
};

static enum prio_status agree(struct ephemeral *ephemeral, const struct prio_client *client,
			      const struct encode_random *random)
{
	const uint8_t *const private_keys[] = {random->ephemeral[PRIO_SERVER_A], random->ephemeral[PRIO_SERVER_B]};
	const uint8_t *const public_keys[] = {client->keys[PRIO_SERVER_A].bytes, client->keys[PRIO_SERVER_B].bytes};

	return x25519_ephemeral(ephemeral->epk, ephemeral->dh, private_keys, public_keys, 2);
}

/* Put the envelope around the n_text bytes that stand in their place already. */
static enum prio_status seal_text(struct prio_client *client, struct prio_mut *sealed, size_t n_text,
				  struct ephemeral *ephemeral, const struct encode_random *random,
				  enum prio_server_id server)
{
	sealed->n = n_text + SEAL_OVERHEAD_BYTES;
	return seal_close(&client->seal, *sealed, &ephemeral->dh[server], ephemeral->epk[server], random->iv[server]);
}

static struct prio_mut text_of(struct prio_mut sealed)
{
	return (struct prio_mut){sealed.p + SEAL_TEXT_AT, sealed.n - SEAL_OVERHEAD_BYTES};
}

static bool has_room(const struct prio_client *client, const struct prio_sealed_pair *out)
{
	return out->a.n >= client->sealed_bytes_max[PRIO_SERVER_A] &&
	       out->b.n >= client->sealed_bytes_max[PRIO_SERVER_B];
}

enum prio_status encode_with(struct prio_client *client, const uint8_t *fields, const struct encode_random *random,
			     struct prio_sealed_pair *out)
{
	const struct prio_sealed_pair room = *out;
	struct codec_writer text_a, text_b;
	struct ephemeral ephemeral;
	enum prio_status status;

	if (!has_room(client, out))
		return PRIO_ERR_ARGUMENT;

	prove(client, fields, field_add(random->f0[0], random->f0[1]), field_add(random->g0[0], random->g0[1]));

	text_a = codec_writer_of(text_of(room.a));
	write_head(&text_a, client, random, PRIO_SERVER_A);
	status = write_arrays(&text_a, client, fields, random);

	text_b = codec_writer_of(text_of(room.b));
	write_head(&text_b, client, random, PRIO_SERVER_B);
	codec_write_str(&text_b, (struct prio_bytes){random->seed, sizeof random->seed});

	if (status == PRIO_OK && (text_a.overflow || text_b.overflow))
		status = PRIO_ERR_INTERNAL; /* prio_sealed_bytes_max was too small */
	if (status == PRIO_OK)
		status = agree(&ephemeral, client, random);
	if (status == PRIO_OK)
		status = seal_text(client, &out->a, text_a.n, &ephemeral, random, PRIO_SERVER_A);
	if (status == PRIO_OK)
		status = seal_text(client, &out->b, text_b.n, &ephemeral, random, PRIO_SERVER_B);
	wipe(&ephemeral, sizeof ephemeral);
	if (status != PRIO_OK) {
		wipe(room.a.p, room.a.n);
		wipe(room.b.p, room.b.n);
	}
	return status;
}

/* One vector with fresh randomness. */
static enum prio_status encode_one(struct prio_client *client, const uint8_t *fields, struct prio_sealed_pair *out)
{
	struct encode_random random;
	enum prio_status status = encode_random_new(&random);

	if (status == PRIO_OK)
		status = encode_with(client, fields, &random, out);
	wipe(&random, sizeof random);
	return status;
}

static enum prio_status check_room(const struct prio_client *client, size_t n_vectors,
				   const struct prio_sealed_pair *out, struct prio_error *error)
{
	for (size_t i = 0; i < n_vectors; i++)
		if (!has_room(client, &out[i]))
			return error_set(error, PRIO_ERR_ARGUMENT,
					 "the room for share %zu is smaller than prio_sealed_bytes_max", i);
	return PRIO_OK;
}

enum prio_status prio_encode_many(struct prio_client *client, const uint8_t *fields, size_t n_vectors,
				  struct prio_sealed_pair *out, struct prio_error *error)
{
	enum prio_status status = check_room(client, n_vectors, out, error);

	if (status != PRIO_OK)
		return status;
	for (size_t i = 0; i < n_vectors && status == PRIO_OK; i++) {
		status = encode_one(client, fields + i * client->copy.params.n_data, &out[i]);
		if (status != PRIO_OK)
			error_set(error, status, "vector %zu was not encoded: %s", i, prio_status_sentence(status));
	}
	encode_wipe(client);
	return status;
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

enum prio_status prio_encode_uint_many(struct prio_client *client, const uint64_t *values, size_t n_vectors,
				       struct prio_sealed_pair *out, struct prio_error *error)
{
	uint32_t precision = client->copy.params.precision;
	enum prio_status status;

	if (precision == 0)
		return error_set(error, PRIO_ERR_ARGUMENT,
				 "this batch has no precision: its fields are bits, not integers");
	status = check_room(client, n_vectors, out, error);
	if (status != PRIO_OK)
		return status;

	size_t n_values = client->copy.params.n_data / precision;
	for (size_t i = 0; i < n_vectors && status == PRIO_OK; i++) {
		uint64_t too_large = 0;

		spread(client->bits, values + i * n_values, n_values, precision, &too_large);
		if (too_large != 0) {
			status = error_set(error, PRIO_ERR_ARGUMENT, "vector %zu holds an integer of more than %u bits",
					   i, precision);
			break;
		}
		status = encode_one(client, client->bits, &out[i]);
		if (status != PRIO_OK)
			error_set(error, status, "vector %zu was not encoded: %s", i, prio_status_sentence(status));
	}
	encode_wipe(client);
	return status;
}
