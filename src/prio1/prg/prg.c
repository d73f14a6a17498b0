#include "prio1/prg/prg.h"

#include <stdbool.h>
#include <string.h>

#include "base/wipe.h"
#include "prio1/field/load.h"

enum prio_status prg_init(struct prg *prg)
{
	enum prio_status status;

	prg->ctr = NULL;
	prg->sha = NULL;
	prg->at = prg->end = 0;
	status = aes_ctr_new(&prg->ctr);
	if (status == PRIO_OK)
		status = sha256_new(&prg->sha);
	if (status != PRIO_OK)
		prg_clear(prg);
	return status;
}

void prg_clear(struct prg *prg)
{
	aes_ctr_free(prg->ctr);
	sha256_free(prg->sha);
	wipe(prg, sizeof *prg);
}

void prg_wipe(struct prg *prg)
{
	static const uint8_t no_key[AES_CTR_KEY_BYTES];

	/* Whether this works does not matter to the caller, who is done with the stream. */
	enum prio_status ignored = aes_ctr_start(prg->ctr, no_key);

	(void)ignored;
	wipe(prg->stream, sizeof prg->stream);
	prg->at = prg->end = 0;
}

enum prio_status prg_seed(struct prg *prg, const uint8_t seed[PRG_SEED_BYTES], struct prio_bytes batch_id,
			  enum prio_prg_rule rule)
{
	const struct prio_bytes parts[] = {{seed, PRG_SEED_BYTES}, batch_id};
	uint8_t digest[SHA256_BYTES];
	enum prio_status status = PRIO_OK;

	prg->at = prg->end = 0;
	if (rule == PRIO_PRG_LEGACY)
		memcpy(digest, seed, AES_CTR_KEY_BYTES);
	else
		status = sha256_of(prg->sha, digest, parts, 2);
	if (status == PRIO_OK)
		status = aes_ctr_start(prg->ctr, digest);

	wipe(digest, sizeof digest);
	return status;
}

/* Have at least n bytes of stream at hand, n far less than a piece. What is left of the last piece moves to the front, so
 * that the stream goes on without a gap. */
static enum prio_status have(struct prg *prg, size_t n)
{
	size_t left = prg->end - prg->at;
	enum prio_status status;

	if (left >= n)
		return PRIO_OK;
	memmove(prg->stream, prg->stream + prg->at, left);
	status = aes_ctr_next(prg->ctr, (struct prio_mut){prg->stream + left, sizeof prg->stream - left});
	prg->at = 0;
	prg->end = sizeof prg->stream;
	return status;
}

enum prio_status prg_bytes(struct prg *prg, uint8_t *out, size_t n)
{
	while (n > 0) {
		enum prio_status status = have(prg, 1);
		size_t left = prg->end - prg->at;
		size_t step = n < left ? n : left;

		if (status != PRIO_OK)
			return status;
		memcpy(out, prg->stream + prg->at, step);
		prg->at += step;
		out += step;
		n -= step;
	}
	return PRIO_OK;
}

enum prio_status prg_below(struct prg *prg, u128 m, u128 *x)
{
	u128 largest = m - 1;
	size_t n_bytes = 1;
	uint8_t mask = 0;

	while (n_bytes < sizeof largest && largest >> (8 * n_bytes) != 0)
		n_bytes++;
	for (uint8_t top = (uint8_t)(largest >> (8 * (n_bytes - 1))); top != 0; top >>= 1)
		mask = (uint8_t)(mask << 1 | 1);
	if (m == 1)
		mask = 0xff; /* as deployed: no mask where m - 1 is zero */

	for (;;) {
		enum prio_status status = have(prg, n_bytes + 1);
		const uint8_t *bytes = prg->stream + prg->at;

		if (status != PRIO_OK)
			return status;
		*x = bytes[n_bytes] & mask;
		for (size_t i = 1; i < n_bytes; i++)
			*x = *x << 8 | bytes[i];
		prg->at += n_bytes + 1;
		if (*x < m)
			return PRIO_OK;
	}
}

enum prio_status prg_below_p(struct prg *prg, u128 *x)
{
	return prg_below(prg, FIELD_P, x);
}

/* compact: try n_tries draws below p, 12 bytes each, and store those that succeed one after another from out[at] on, at
 * most `want` of them. Every try is stored, and the place moves on only if it succeeded, so that there is no branch to
 * mispredict. Writes one element behind the last. Returns how many were stored; *n_used tries were looked at. */
static size_t compact(struct field_vector *out, size_t at, size_t want, const uint8_t *stream, size_t n_tries,
		      size_t *n_used)
{
	const uint64_t p_hi = (uint64_t)(FIELD_P >> FIELD_LO_BITS), p_lo = (uint64_t)FIELD_P & FIELD_LO_MASK;
	uint64_t *lo = out->lo + at, *hi = out->hi + at;
	size_t got = 0, i = 0;

	for (; i < n_tries && got < want; i++, stream += PRG_DRAW_BYTES) {
		uint64_t low = field_load_be64(stream + 3) & FIELD_LO_MASK;
		uint64_t high = (uint64_t)stream[11] << 32 | field_load_be32(stream + 1);

		lo[got] = low;
		hi[got] = high;
		got += (size_t)((high < p_hi) | ((high == p_hi) & (low < p_lo)));
	}
	*n_used = i;
	return got;
}

enum prio_status prg_fill(struct prg *prg, struct field_vector *out, size_t n)
{
	for (size_t done = 0; done < n;) {
		enum prio_status status = have(prg, PRG_DRAW_BYTES);
		size_t n_used;

		if (status != PRIO_OK)
			return status;
		done += compact(out, done, n - done, prg->stream + prg->at, (prg->end - prg->at) / PRG_DRAW_BYTES,
				&n_used);
		prg->at += n_used * PRG_DRAW_BYTES;
	}
	return PRIO_OK;
}
