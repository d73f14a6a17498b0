/* The proof, as a client makes it (FORMAT.md 5). f has the values f0, x_1, ..., x_n, 0, ..., 0 at the N-th roots of
 * unity, and g the values g0, x_1 - 1, ..., x_n - 1, 0, ..., 0. So g = f - P + (g0 - f0) L, where P is 1 at the places
 * of the data and L is 1 at the place of f0, both 0 elsewhere: of P and L the values at the odd 2N-th roots are
 * computed once, and h = f g takes the extension of f alone. */
#include <string.h>

#include "base/wipe.h"
#include "prio1/codec/codec.h"
#include "prio1/encode_client.h"

/* client->work = f at the N-th roots. */
static void fill_in(struct prio_client *client, const uint8_t *fields, const struct encode_random *random)
{
	struct field_vector *work = &client->work;
	size_t n_data = client->copy.params.n_data;

	field_vector_set(work, 0, field_add(random->f0[0], random->f0[1]));
	for (size_t i = 0; i < n_data; i++)
		work->lo[1 + i] = fields[i];
	memset(work->lo + 1 + n_data, 0, (client->ntt.n - 1 - n_data) * sizeof *work->lo);
	memset(work->hi + 1, 0, (client->ntt.n - 1) * sizeof *work->hi);
}

/* client->work = h at the odd roots. */
static void prove(struct prio_client *client, const struct encode_random *random)
{
	u128 f0 = field_add(random->f0[0], random->f0[1]), g0 = field_add(random->g0[0], random->g0[1]);

	ntt_extend(&client->ntt, &client->work);
	ntt_prove(&client->ntt, &client->work, &client->at_data, &client->at_first, field_sub(g0, f0));
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
	struct field_vector *masks = &client->masks, data = field_vector_from(&client->work, 1);
	enum prio_status status = prg_seed(&client->prg, random->seed, params->batch_id, params->prg);

	if (status == PRIO_OK)
		status = prg_fill(&client->prg, masks, params->n_data);
	if (status != PRIO_OK)
		return status;
	fill_in(client, fields, random);
	codec_write_array(writer, params->n_data);
	codec_write_differences(writer, &data, masks, params->n_data);

	status = prg_fill(&client->prg, masks, client->ntt.n);
	if (status != PRIO_OK)
		return status;
	prove(client, random);
	codec_write_array(writer, client->ntt.n);
	codec_write_differences(writer, &client->work, masks, client->ntt.n);
	return PRIO_OK;
}

enum prio_status encode_agree(struct encode_ephemeral *ephemeral, const struct prio_client *client,
			      const struct encode_random *random, size_t n)
{
	const uint8_t *private_keys[2 * ENCODE_AGREE_MAX] = {NULL}, *public_keys[2 * ENCODE_AGREE_MAX] = {NULL};
	uint8_t epk[2 * ENCODE_AGREE_MAX][X25519_KEY_BYTES];
	struct x25519_shared dh[2 * ENCODE_AGREE_MAX];
	enum prio_status status;

	for (size_t k = 0; k < 2 * n; k++) {
		private_keys[k] = random[k / 2].ephemeral[k % 2];
		public_keys[k] = client->keys[k % 2].bytes;
	}
	status = x25519_ephemeral(epk, dh, private_keys, public_keys, 2 * n);
	if (status == PRIO_OK) {
		for (size_t k = 0; k < 2 * n; k++) {
			memcpy(ephemeral[k / 2].epk[k % 2], epk[k], X25519_KEY_BYTES);
			ephemeral[k / 2].dh[k % 2] = dh[k];
		}
	}
	wipe(dh, 2 * n * sizeof *dh);
	return status;
}

/* Put the envelope around the n_text bytes that stand in their place already. */
static enum prio_status seal_text(struct prio_client *client, struct prio_mut *sealed, size_t n_text,
				  struct encode_ephemeral *ephemeral, const struct encode_random *random,
				  enum prio_server_id server)
{
	sealed->n = n_text + SEAL_OVERHEAD_BYTES;
	return seal_close(&client->seal, *sealed, &ephemeral->dh[server], ephemeral->epk[server], random->iv[server]);
}

static struct prio_mut text_of(struct prio_mut sealed)
{
	return (struct prio_mut){sealed.p + SEAL_TEXT_AT, sealed.n - SEAL_OVERHEAD_BYTES};
}

bool encode_has_room(const struct prio_client *client, const struct prio_sealed_pair *out)
{
	return out->a.n >= client->sealed_bytes_max[PRIO_SERVER_A] &&
	       out->b.n >= client->sealed_bytes_max[PRIO_SERVER_B];
}

enum prio_status encode_agreed(struct prio_client *client, const uint8_t *fields, const struct encode_random *random,
			       struct encode_ephemeral *ephemeral, struct prio_sealed_pair *out)
{
	const struct prio_sealed_pair room = *out;
	struct codec_writer text_a = codec_writer_of(text_of(room.a)), text_b = codec_writer_of(text_of(room.b));
	enum prio_status status;

	write_head(&text_a, client, random, PRIO_SERVER_A);
	status = write_arrays(&text_a, client, fields, random);

	write_head(&text_b, client, random, PRIO_SERVER_B);
	codec_write_str(&text_b, (struct prio_bytes){random->seed, sizeof random->seed});

	if (status == PRIO_OK && (text_a.overflow || text_b.overflow))
		status = PRIO_ERR_INTERNAL; /* prio_sealed_bytes_max was too small */
	if (status == PRIO_OK)
		status = seal_text(client, &out->a, text_a.n, ephemeral, random, PRIO_SERVER_A);
	if (status == PRIO_OK)
		status = seal_text(client, &out->b, text_b.n, ephemeral, random, PRIO_SERVER_B);
	wipe(ephemeral, sizeof *ephemeral);
	if (status != PRIO_OK) {
		wipe(room.a.p, room.a.n);
		wipe(room.b.p, room.b.n);
	}
	return status;
}

enum prio_status encode_with(struct prio_client *client, const uint8_t *fields, const struct encode_random *random,
			     struct prio_sealed_pair *out)
{
	struct encode_ephemeral ephemeral;
	enum prio_status status;

	if (!encode_has_room(client, out))
		return PRIO_ERR_ARGUMENT;
	status = encode_agree(&ephemeral, client, random, 1);
	if (status == PRIO_OK)
		return encode_agreed(client, fields, random, &ephemeral, out);
	wipe(out->a.p, out->a.n);
	wipe(out->b.p, out->b.n);
	return status;
}
