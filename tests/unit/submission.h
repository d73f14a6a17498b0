/* A client's two shares, made by hand and slowly, for tests of the servers that do not trust the encoder: h comes from naive
 * interpolation. Everything can be spoilt before it is sealed. */
#ifndef TESTS_UNIT_SUBMISSION_H
#define TESTS_UNIT_SUBMISSION_H

#include "tests/unit/cmocka_all.h"

#include "prio/batch.h"
#include "prio1/codec/codec.h"
#include "prio1/params.h"
#include "prio1/prg/prg.h"
#include "prio1/seal/seal.h"

/* Both servers' parts, ready to be written: [PRIO_SERVER_A] and [PRIO_SERVER_B]. */
struct submission {
	uint32_t n_data;
	size_t n_points;
	u128 a[2], b[2], c[2], f0[2], g0[2], h0[2];
	uint8_t seed[PRG_SEED_BYTES]; /* B's arrays */
	u128 *data;                   /* A's array, n_data */
	u128 *h;                      /* A's array, n_points */
};

/* The value at x of the polynomial with these values at the roots of order n, from the definition. */
static inline u128 naive_value(const u128 *values, unsigned log2_n, u128 x)
{
	size_t n = (size_t)1 << log2_n;
	u128 sum = 0, root = 1, scale = field_mul(field_sub(field_pow(x, n), 1), field_inv(n));

	for (size_t i = 0; i < n; i++, root = field_mul(root, field_root(log2_n)))
		sum = field_add(sum, field_mul(values[i], field_mul(root, field_inv(field_sub(x, root)))));
	return field_mul(sum, scale);
}

/* submission_split: fields, and h's values at the odd points, into A's and B's shares. */
static inline void submission_split(struct submission *made, const struct prio_params *params, const u128 *fields,
				    const u128 *h, u128 f0, u128 g0, uint64_t number)
{
	struct prg prg;
	u128 x, a, b;

	made->n_data = params->n_data;
	made->n_points = params_points(params->n_data);
	made->data = calloc(made->n_data, sizeof(u128));
	made->h = calloc(made->n_points, sizeof(u128));
	assert_non_null(made->data);
	assert_non_null(made->h);

	memset(made->seed, 0x42, sizeof made->seed);
	memcpy(made->seed, &number, sizeof number);
	ASSERT_OK(prg_init(&prg));
	ASSERT_OK(prg_seed(&prg, made->seed, params->batch_id, params->prg));
	for (size_t i = 0; i < made->n_data; i++) {
		ASSERT_OK(prg_below_p(&prg, &x));
		made->data[i] = field_sub(fields[i], x);
	}
	for (size_t i = 0; i < made->n_points; i++) {
		ASSERT_OK(prg_below_p(&prg, &x));
		made->h[i] = field_sub(h[i], x);
	}

	/* Further draws serve as the client's own randomness. */
	ASSERT_OK(prg_below_p(&prg, &a));
	ASSERT_OK(prg_below_p(&prg, &b));
	u128 *const halves[] = {made->a, made->b, made->c, made->f0, made->g0, made->h0};
	const u128 wholes[] = {a, b, field_mul(a, b), f0, g0, field_mul(f0, g0)};
	for (size_t i = 0; i < COUNT_OF(wholes); i++) {
		ASSERT_OK(prg_below_p(&prg, &halves[i][PRIO_SERVER_B]));
		halves[i][PRIO_SERVER_A] = field_sub(wholes[i], halves[i][PRIO_SERVER_B]);
	}
	prg_clear(&prg);
}

/* submission_new: what an honest client sends for these fields, be they bits or not. Slow: for small n_data. */
static inline void submission_new(struct submission *made, const struct prio_params *params, const u128 *fields,
				  uint64_t number)
{
	unsigned log2_n = params_points_log2(params->n_data);
	size_t n = (size_t)1 << log2_n;
	u128 *f = calloc(n, sizeof *f), *g = calloc(n, sizeof *g), *h = calloc(n, sizeof *h);
	u128 odd = field_root(log2_n + 1);

	assert_true(f != NULL && g != NULL && h != NULL);
	f[0] = 1234567 + number;
	g[0] = field_neg(7654321 * (u128)(number + 1));
	for (size_t i = 0; i < params->n_data; i++) {
		f[1 + i] = fields[i];
		g[1 + i] = field_sub(fields[i], 1);
	}
	for (size_t j = 0; j < n; j++, odd = field_mul(odd, field_root(log2_n)))
		h[j] = field_mul(naive_value(f, log2_n, odd), naive_value(g, log2_n, odd));
	submission_split(made, params, fields, h, f[0], g[0], number);
	free(f);
	free(g);
	free(h);
}

static inline void submission_clear(struct submission *made)
{
	free(made->data);
	free(made->h);
}

/* submission_write: one server's plaintext, as an honest client writes it. */
static inline void submission_write(struct codec_writer *writer, const struct submission *made,
				    const struct prio_params *params, enum prio_server_id server)
{
	const u128 *const halves[] = {made->a, made->b, made->c, made->f0, made->g0, made->h0};

	codec_write_str(writer, params->batch_id);
	for (size_t i = 0; i < COUNT_OF(halves); i++)
		codec_write_field(writer, halves[i][server]);
	codec_write_small(writer, (uint8_t)server);
	if (server == PRIO_SERVER_B) {
		codec_write_str(writer, (struct prio_bytes){made->seed, sizeof made->seed});
		return;
	}
	codec_write_array(writer, made->n_data);
	for (size_t i = 0; i < made->n_data; i++)
		codec_write_field(writer, made->data[i]);
	codec_write_array(writer, made->n_points);
	for (size_t i = 0; i < made->n_points; i++)
		codec_write_field(writer, made->h[i]);
}

/* seal_text: an envelope in fresh memory of exactly its size, for a server's public key; the caller frees it. */
static inline struct prio_mut seal_text(struct prio_bytes text, const struct prio_public_key *key, uint8_t number)
{
	const uint8_t ephemeral[X25519_KEY_BYTES] = {number, 1, 2, 3}, iv[SEAL_IV_BYTES] = {number};
	struct prio_mut sealed = {malloc(SEAL_OVERHEAD_BYTES + text.n), SEAL_OVERHEAD_BYTES + text.n};
	uint8_t epk[X25519_KEY_BYTES];
	struct x25519_shared dh;
	struct seal seal;

	assert_non_null(sealed.p);
	if (text.n > 0)
		memcpy(sealed.p + SEAL_TEXT_AT, text.p, text.n);
	ASSERT_OK(seal_init(&seal));
	ASSERT_OK(x25519_public(epk, ephemeral));
	ASSERT_OK(x25519_agree(&dh, ephemeral, key->bytes));
	ASSERT_OK(seal_close(&seal, sealed, &dh, epk, iv));
	seal_clear(&seal);
	return sealed;
}

/* submission_seal: write and seal in one. */
static inline struct prio_mut submission_seal(const struct submission *made, const struct prio_params *params,
					      enum prio_server_id server, const struct prio_public_key *key)
{
	size_t room = params_plaintext_bytes_max(params, server);
	uint8_t *text = malloc(room);
	struct codec_writer writer = codec_writer_of((struct prio_mut){text, room});
	struct prio_mut sealed;

	assert_non_null(text);
	submission_write(&writer, made, params, server);
	assert_false(writer.overflow);
	sealed = seal_text((struct prio_bytes){text, writer.n}, key, made->seed[0]);
	free(text);
	return sealed;
}

/* One server with all its objects for one batch. */
struct test_server {
	struct prio_private_key key;
	struct prio_batch *batch;
	struct prio_query *query;
	struct prio_workspace *workspace;
	struct prio_tentative *sum;
};

#endif
