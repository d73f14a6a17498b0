#include "prio1/open.h"

#include "base/ct.h"
#include "base/wipe.h"
#include "prio1/codec/codec.h"

enum prio_status open_begin(struct prio_workspace *workspace, const struct prio_mut *sealed, size_t n, size_t *n_begun)
{
	static const uint8_t no_key[X25519_KEY_BYTES];
	const uint8_t *keys[WORKSPACE_LANES];

	*n_begun = n < WORKSPACE_LANES ? n : WORKSPACE_LANES;
	for (size_t i = 0; i < *n_begun; i++)
		keys[i] = sealed[i].n < SEAL_OVERHEAD_BYTES ? no_key : sealed[i].p; /* the former is refused later */
	return x25519_many(workspace->x25519, workspace->dh, keys, *n_begun);
}

/* The part of the plaintext that both servers' shares have. */
static enum prio_status read_head(struct share *share, struct codec_reader *reader, const struct prio_batch *batch)
{
	const struct prio_bytes expected = batch->copy.params.batch_id;
	u128 *const elements[] = {&share->a, &share->b, &share->c, &share->f0, &share->g0, &share->h0};
	struct prio_bytes batch_id;
	uint64_t server;
	enum prio_status status = codec_read_str(reader, &batch_id);

	if (status != PRIO_OK)
		return status;
	if (batch_id.n != expected.n || !ct_equal(batch_id.p, expected.p, expected.n))
		return PRIO_REFUSED_OTHER_BATCH;

	for (size_t i = 0; i < sizeof elements / sizeof elements[0]; i++) {
		status = codec_read_field(reader, elements[i]);
		if (status != PRIO_OK)
			return status;
	}

	status = codec_read_integer(reader, &server);
	if (status == PRIO_OK && server != (uint64_t)batch->server)
		status = PRIO_REFUSED_OTHER_SERVER;
	return status;
}

/* One array that must have n elements. Where it claims another number, *wrong_length is set and the elements are looked at
 * all the same, because only a share that is well made otherwise is of a wrong length. */
static enum prio_status read_array(struct codec_reader *reader, struct field_vector *out, size_t n, bool *wrong_length)
{
	uint32_t claimed;
	enum prio_status status = codec_read_array(reader, &claimed);

	if (status != PRIO_OK)
		return status;
	if (claimed == n)
		return codec_read_fields(reader, out, n);
	*wrong_length = true;
	return codec_skip_fields(reader, claimed);
}

static enum prio_status read_arrays(struct codec_reader *reader, struct prio_workspace *workspace)
{
	bool wrong_length = false;
	enum prio_status status = read_array(reader, &workspace->data, workspace->n_data, &wrong_length);

	if (status == PRIO_OK)
		status = read_array(reader, &workspace->h, workspace->n_points, &wrong_length);
	if (status == PRIO_OK && wrong_length)
		status = PRIO_REFUSED_WRONG_LENGTH;
	return status;
}

static enum prio_status read_seed(struct codec_reader *reader, const struct prio_batch *batch,
				  struct prio_workspace *workspace, bool want_h)
{
	struct prio_bytes seed;
	enum prio_status status = codec_read_str(reader, &seed);

	if (status != PRIO_OK)
		return status;
	if (seed.n != PRG_SEED_BYTES)
		return PRIO_REFUSED_BAD_STRUCTURE;

	status = prg_seed(&workspace->prg, seed.p, batch->copy.params.batch_id, batch->copy.params.prg);
	if (status == PRIO_OK)
		status = prg_fill(&workspace->prg, &workspace->data, workspace->n_data);
	if (status == PRIO_OK && want_h)
		status = prg_fill(&workspace->prg, &workspace->h, workspace->n_points);
	return status;
}

enum prio_status open_share(struct share *share, const struct prio_batch *batch, struct prio_workspace *workspace,
			    struct prio_mut sealed, size_t i, bool want_h)
{
	struct prio_mut plaintext;
	enum prio_status status = seal_open(&workspace->seal, sealed, &workspace->dh[i], &plaintext);

	if (status != PRIO_OK)
		return status;

	/* Bytes after the last value are ignored, as the deployed reader does. */
	struct codec_reader reader = codec_reader_of(prio_bytes_of(plaintext));
	status = read_head(share, &reader, batch);
	if (status == PRIO_OK)
		status = batch->server == PRIO_SERVER_A ? read_arrays(&reader, workspace)
							: read_seed(&reader, batch, workspace, want_h);

	wipe(plaintext.p, plaintext.n);
	return status;
}
