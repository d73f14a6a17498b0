/* The proof, as a server sees it (FORMAT.md 5). For an honest client h = f g, hence with d = f(r) - a and e = g(r) - b,
 *
 *     d e + d b + e a + c - h(r) = f(r) g(r) - a b + c - h(r) = 0,
 *
 * where each server holds shares of a, b, c and h(r), and half of d e is added by each. */
#include <string.h>

#include "base/ct.h"
#include "base/wipe.h"
#include "prio/server.h"
#include "prio1/codec/codec.h"
#include "prio1/field/dot.h"
#include "prio1/open.h"
#include "prio1/sum.h"

/* A state taken apart. Secret. */
struct state {
	u128 a, b, c, h, d, e;
};
enum { STATE_ELEMENTS = 6 };

static void state_write(struct prio_state *out, const struct state *state)
{
	const u128 elements[STATE_ELEMENTS] = {state->a, state->b, state->c, state->h, state->d, state->e};

	for (size_t i = 0; i < STATE_ELEMENTS; i++)
		field_to_bytes(out->bytes + i * FIELD_BYTES, elements[i]);
}

static enum prio_status state_read(struct state *state, const struct prio_state *in)
{
	u128 *const elements[STATE_ELEMENTS] = {&state->a, &state->b, &state->c, &state->h, &state->d, &state->e};
	bool good = true;

	for (size_t i = 0; i < STATE_ELEMENTS; i++)
		good &= field_from_bytes(elements[i], in->bytes + i * FIELD_BYTES);
	return ct_reveal(good) ? PRIO_OK : PRIO_ERR_FORMAT;
}

/* The packet's bytes; those not written are zero, so that equal packets are equal in memory. */
static void verify1_write(struct prio_verify1_packet *packet, u128 d, u128 e)
{
	struct codec_writer writer = codec_writer_of((struct prio_mut){packet->bytes, sizeof packet->bytes});

	memset(packet, 0, sizeof *packet);
	codec_write_field(&writer, d);
	codec_write_field(&writer, e);
	packet->n_bytes = (uint8_t)writer.n; /* two elements always fit */
}

static void verify2_write(struct prio_verify2_packet *packet, u128 out)
{
	struct codec_writer writer = codec_writer_of((struct prio_mut){packet->bytes, sizeof packet->bytes});

	memset(packet, 0, sizeof *packet);
	codec_write_field(&writer, out);
	packet->n_bytes = (uint8_t)writer.n;
}

static bool verify1_parse(struct prio_bytes wire, u128 *d, u128 *e)
{
	struct codec_reader reader = codec_reader_of(wire);

	return codec_read_field(&reader, d) == PRIO_OK && codec_read_field(&reader, e) == PRIO_OK;
}

static bool verify2_parse(struct prio_bytes wire, u128 *out)
{
	struct codec_reader reader = codec_reader_of(wire);

	return codec_read_field(&reader, out) == PRIO_OK;
}

static struct prio_bytes verify1_view(const struct prio_verify1_packet *packet)
{
	size_t n = packet->n_bytes < sizeof packet->bytes ? packet->n_bytes : sizeof packet->bytes;

	return (struct prio_bytes){packet->bytes, n};
}

static struct prio_bytes verify2_view(const struct prio_verify2_packet *packet)
{
	size_t n = packet->n_bytes < sizeof packet->bytes ? packet->n_bytes : sizeof packet->bytes;

	return (struct prio_bytes){packet->bytes, n};
}

/* f(r), g(r) and h(r) of the share that stands in workspace, masked. */
static void evaluate(struct state *state, const struct share *share, const struct prio_query *query,
		     const struct prio_workspace *workspace)
{
	u128 f = field_add(field_mul(query->f_first, share->f0),
			   field_dot(&query->f_data, &workspace->data, workspace->n_data));
	u128 g = field_sub(field_add(f, field_mul(query->f_first, field_sub(share->g0, share->f0))), query->g_less);

	state->h = field_add(field_mul(query->h_first, share->h0),
			     field_dot(&query->h_odd, &workspace->h, workspace->n_points));
	state->a = share->a;
	state->b = share->b;
	state->c = share->c;
	state->d = field_sub(f, share->a);
	state->e = field_sub(g, share->b);
	wipe(&f, sizeof f);
	wipe(&g, sizeof g);
}

/* Were these made for one batch? A mix-up of threads would read past their ends, or open with the wrong key. */
static bool fit(const struct prio_batch *batch, const struct prio_query *query, const struct prio_workspace *workspace,
		const struct prio_tentative *sum)
{
	uint32_t n_data = batch->copy.params.n_data;

	return workspace->n_data == n_data && workspace->server == batch->server &&
	       (query == NULL || (query->server == batch->server && query->copy.params.n_data == n_data)) &&
	       (sum == NULL || (sum->server == batch->server && sum->copy.params.n_data == n_data));
}

enum prio_status prio_verify1_many(const struct prio_batch *batch, const struct prio_query *query,
				   struct prio_workspace *workspace, struct prio_mut *sealed, size_t n,
				   enum prio_status *verdicts, struct prio_verify1_packet *packets,
				   struct prio_state *states, struct prio_tentative *sum)
{
	enum prio_status status = PRIO_OK;
	struct share share;
	struct state state;

	if (!fit(batch, query, workspace, sum))
		return PRIO_ERR_ARGUMENT;

	for (size_t done = 0, n_begun; done < n && status == PRIO_OK; done += n_begun) {
		status = open_begin(workspace, sealed + done, n - done, &n_begun);

		for (size_t i = 0; i < n_begun && status == PRIO_OK; i++) {
			size_t k = done + i;

			verdicts[k] = open_share(&share, batch, workspace, sealed[k], i, true);
			if (verdicts[k] == PRIO_OK) {
				evaluate(&state, &share, query, workspace);
				verify1_write(&packets[k], state.d, state.e);
				state_write(&states[k], &state);
				if (sum != NULL)
					sum_take(sum, &workspace->data);
			} else if (!prio_status_is_refusal(verdicts[k])) {
				status = PRIO_ERR_CRYPTO;
			}
		}
	}

	wipe(&share, sizeof share);
	wipe(&state, sizeof state);
	return status;
}

enum prio_status prio_sum_many(const struct prio_batch *batch, struct prio_workspace *workspace, struct prio_mut *sealed,
			       size_t n, enum prio_status *verdicts, struct prio_tentative *sum)
{
	enum prio_status status = PRIO_OK;
	struct share share;

	if (!fit(batch, NULL, workspace, sum))
		return PRIO_ERR_ARGUMENT;

	for (size_t done = 0, n_begun; done < n && status == PRIO_OK; done += n_begun) {
		status = open_begin(workspace, sealed + done, n - done, &n_begun);

		for (size_t i = 0; i < n_begun && status == PRIO_OK; i++) {
			size_t k = done + i;

			verdicts[k] = open_share(&share, batch, workspace, sealed[k], i, false);
			if (verdicts[k] == PRIO_OK) {
				if (sum != NULL)
					sum_take(sum, &workspace->data);
			} else if (!prio_status_is_refusal(verdicts[k])) {
				status = PRIO_ERR_CRYPTO;
			}
		}
	}

	wipe(&share, sizeof share);
	return status;
}

enum prio_status prio_verify1_read(struct prio_verify1_packet *packet, struct prio_bytes wire)
{
	u128 d, e;

	if (!verify1_parse(wire, &d, &e))
		return PRIO_REFUSED_PARTNER_PACKET;
	verify1_write(packet, d, e);
	return PRIO_OK;
}

enum prio_status prio_verify2_read(struct prio_verify2_packet *packet, struct prio_bytes wire)
{
	u128 out;

	if (!verify2_parse(wire, &out))
		return PRIO_REFUSED_PARTNER_PACKET;
	verify2_write(packet, out);
	return PRIO_OK;
}

enum prio_status prio_state_packet(struct prio_verify1_packet *packet, const struct prio_state *state)
{
	struct state parts;
	enum prio_status status = state_read(&parts, state);

	if (status == PRIO_OK)
		verify1_write(packet, parts.d, parts.e);
	wipe(&parts, sizeof parts);
	return status;
}

enum prio_status prio_verify2_many(const struct prio_state *states, const struct prio_verify1_packet *partner, size_t n,
				   struct prio_verify2_packet *packets)
{
	enum prio_status status = PRIO_OK;
	struct state own;

	for (size_t i = 0; i < n && status == PRIO_OK; i++) {
		u128 d, e;

		status = state_read(&own, &states[i]);
		if (status == PRIO_OK && !verify1_parse(verify1_view(&partner[i]), &d, &e))
			status = PRIO_ERR_FORMAT;
		if (status != PRIO_OK)
			break;

		d = field_add(d, own.d);
		e = field_add(e, own.e);
		u128 out = field_half(field_mul(d, e));
		out = field_add(out, field_mul(d, own.b));
		out = field_add(out, field_mul(e, own.a));
		out = field_sub(field_add(out, own.c), own.h);
		verify2_write(&packets[i], out);
	}

	wipe(&own, sizeof own);
	return status;
}

enum prio_status prio_accept(const struct prio_verify2_packet *own, const struct prio_verify2_packet *partner)
{
	u128 one, other;

	if (!verify2_parse(verify2_view(own), &one) || !verify2_parse(verify2_view(partner), &other))
		return PRIO_REFUSED_PROOF_FAILED;
	return field_add(one, other) == 0 ? PRIO_OK : PRIO_REFUSED_PROOF_FAILED;
}
