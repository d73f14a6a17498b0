#include "prio1/prg/prg.h"

#include <stdbool.h>
#include <string.h>

#include "base/ct.h"
#include "base/wipe.h"
#include "prio1/field/load.h"
#include "prio1/prg/kernels.h"

enum prio_status prg_init(struct prg *prg)
{
	enum prio_status status;

	memset(prg, 0, sizeof *prg);
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
	enum prio_status ignored = aes_ctr_start(prg->ctr, no_key, 0);

	(void)ignored;
	wipe(prg->stream, sizeof prg->stream);
	wipe(prg->key, sizeof prg->key);
	wipe(prg->schedule, sizeof prg->schedule);
	prg->at = prg->end = 0;
	prg->ctr_started = false;
}

enum prio_status prg_seed(struct prg *prg, const uint8_t seed[PRG_SEED_BYTES], struct prio_bytes batch_id,
			  enum prio_prg_rule rule)
{
	const struct prio_bytes parts[] = {{seed, PRG_SEED_BYTES}, batch_id};
	uint8_t digest[SHA256_BYTES];
	enum prio_status status = PRIO_OK;

	if (rule == PRIO_PRG_LEGACY)
		memcpy(digest, seed, AES_CTR_KEY_BYTES);
	else
		status = sha256_of(prg->sha, digest, parts, 2);

	/* The context gets the key when it is needed, which with kernels is never. */
	memcpy(prg->key, digest, AES_CTR_KEY_BYTES);
	if (prg_kernels()->schedule != NULL)
		prg_kernels()->schedule(prg->schedule, prg->key);
	prg->ctr_started = false;
	prg->used = 0;
	prg->at = prg->end = 0;

	wipe(digest, sizeof digest);
	return status;
}

/* Have the context's next byte be number `wanted` of the stream, by giving it the key again or by leaving some out. */
static enum prio_status seek(struct prg *prg, uint64_t wanted)
{
	uint8_t left_out[AES_CTR_BLOCK_BYTES];
	enum prio_status status;

	if (prg->ctr_started && prg->ctr_at == wanted)
		return PRIO_OK;
	status = aes_ctr_start(prg->ctr, prg->key, wanted / AES_CTR_BLOCK_BYTES);
	if (status == PRIO_OK)
		status = aes_ctr_next(prg->ctr, (struct prio_mut){left_out, wanted % AES_CTR_BLOCK_BYTES});
	wipe(left_out, sizeof left_out);
	prg->ctr_started = status == PRIO_OK;
	prg->ctr_at = wanted;
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
	status = seek(prg, prg->used + left);
	if (status != PRIO_OK)
		return status;
	memmove(prg->stream, prg->stream + prg->at, left);
	status = aes_ctr_next(prg->ctr, (struct prio_mut){prg->stream + left, sizeof prg->stream - left});
	prg->ctr_at += sizeof prg->stream - left;
	prg->at = 0;
	prg->end = sizeof prg->stream;
	return status;
}

static void use(struct prg *prg, size_t n)
{
	prg->at += n;
	prg->used += n;
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
		use(prg, step);
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
		use(prg, n_bytes + 1);
		if (ct_reveal(*x < m))
			return PRIO_OK;
	}
}

enum prio_status prg_below_p(struct prg *prg, u128 *x)
{
	return prg_below(prg, FIELD_P, x);
}

/* compact: try n_tries draws below p, 12 bytes each, and store those that succeed one after another from out[0] on, at
 * most `want` of them. Every try is stored, and the place moves on only if it succeeded, so that there is no branch to
 * mispredict. Writes one element behind the last. Returns how many were stored; *n_used tries were looked at. */
static size_t compact(struct field_vector *out, size_t want, const uint8_t *stream, size_t n_tries, size_t *n_used)
{
	/* x = lo + 2^48 hi is below p exactly if hi, and one more where lo is at least p's, is at most p's. */
	const uint64_t to_carry = FIELD_LO_MASK + 1 - (uint64_t)(FIELD_P & FIELD_LO_MASK);
	const uint64_t largest = (uint64_t)(FIELD_P >> FIELD_LO_BITS);
	uint64_t *lo = out->lo, *hi = out->hi;
	size_t got = 0, used = 0;

	while (used < n_tries && got < want) {
		/* So many at least are needed; then none has to be asked whether it is the last. */
		size_t n = n_tries - used < want - got ? n_tries - used : want - got;

		used += n;
		for (; n > 0; n--, stream += PRG_DRAW_BYTES) {
			uint64_t low = field_load_be64(stream + 3) & FIELD_LO_MASK;
			uint64_t high = (uint64_t)stream[11] << 32 | field_load_be32(stream + 1);

			lo[got] = low;
			hi[got] = high;
			got += 1 ^ ct_reveal((largest - (high + ((low + to_carry) >> FIELD_LO_BITS))) >> 63);
		}
	}
	*n_used = used;
	return got;
}

size_t prg_take_portable(struct field_vector *out, const uint8_t draws[PRG_TAKE_DRAWS * PRG_DRAW_BYTES])
{
	size_t n_used;

	return compact(out, PRG_TAKE_DRAWS, draws, PRG_TAKE_DRAWS, &n_used);
}

enum prio_status prg_fill(struct prg *prg, struct field_vector *out, size_t n)
{
	prg_expand_kernel *expand = prg_kernels()->expand;

	for (size_t done = 0; done < n;) {
		struct field_vector rest = field_vector_from(out, done);

		/* A kernel begins where a draw does, counted from the stream's first byte; what is at hand goes first. */
		if (expand != NULL && prg->end - prg->at < PRG_DRAW_BYTES && prg->used % PRG_DRAW_BYTES == 0) {
			prg->used = PRG_DRAW_BYTES * expand(prg->schedule, prg->used / PRG_DRAW_BYTES, &rest, n - done);
			prg->at = prg->end = 0;
			break;
		}

		enum prio_status status = have(prg, PRG_DRAW_BYTES);
		size_t n_used;

		if (status != PRIO_OK)
			return status;
		done += compact(&rest, n - done, prg->stream + prg->at, (prg->end - prg->at) / PRG_DRAW_BYTES, &n_used);
		use(prg, n_used * PRG_DRAW_BYTES);
	}
	return PRIO_OK;
}
