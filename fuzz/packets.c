/* packets: a partner's verify1 and verify2 packets are brought to their shortest form, which reads as itself; and what
 * two servers would answer to each other adds up the same from either side.
 *
 * Input: length of the first packet (1), that packet, and the second one. */
#include "fuzz/harness/fuzz.h"
#include "prio/server.h"
#include "prio1/field/field.h"

static bool read1(struct prio_verify1_packet *packet, struct prio_bytes wire)
{
	struct prio_verify1_packet again;
	enum prio_status status = prio_verify1_read(packet, wire);

	FUZZ_CHECK(status == PRIO_OK || status == PRIO_REFUSED_PARTNER_PACKET);
	if (status != PRIO_OK)
		return false;
	FUZZ_CHECK(packet->n_bytes >= 4 && packet->n_bytes <= PRIO_VERIFY1_BYTES_MAX && packet->n_bytes <= wire.n);
	FUZZ_OK(prio_verify1_read(&again, (struct prio_bytes){packet->bytes, packet->n_bytes}));
	FUZZ_CHECK(memcmp(&again, packet, sizeof again) == 0);
	return true;
}

static bool read2(struct prio_verify2_packet *packet, struct prio_bytes wire)
{
	struct prio_verify2_packet again;
	enum prio_status status = prio_verify2_read(packet, wire);

	FUZZ_CHECK(status == PRIO_OK || status == PRIO_REFUSED_PARTNER_PACKET);
	if (status != PRIO_OK)
		return false;
	FUZZ_CHECK(packet->n_bytes >= 2 && packet->n_bytes <= PRIO_VERIFY2_BYTES_MAX && packet->n_bytes <= wire.n);
	FUZZ_OK(prio_verify2_read(&again, (struct prio_bytes){packet->bytes, packet->n_bytes}));
	FUZZ_CHECK(memcmp(&again, packet, sizeof again) == 0);
	return true;
}

/* A state whose d and e are the packet's: a, b, c and h(r) are zero, so that the answer is half of (d + d')(e + e'). */
static void state_with(struct prio_state *state, const struct prio_verify1_packet *packet)
{
	const uint8_t *p = packet->bytes;

	memset(state, 0, sizeof *state);
	for (int i = 4; i < 6; i++) {
		size_t n = *p & 0x1f;

		memcpy(state->bytes + (i + 1) * FIELD_BYTES - n, p + 1, n);
		p += 1 + n;
	}
}

static void check_answers(const struct prio_verify1_packet *one, const struct prio_verify1_packet *other)
{
	struct prio_verify2_packet answers[2];
	struct prio_verify1_packet sent;
	struct prio_state state;

	state_with(&state, one);
	FUZZ_OK(prio_state_packet(&sent, &state));
	FUZZ_CHECK(memcmp(&sent, one, sizeof sent) == 0);
	FUZZ_OK(prio_verify2_many(&state, other, 1, &answers[0]));
	state_with(&state, other);
	FUZZ_OK(prio_verify2_many(&state, one, 1, &answers[1]));
	FUZZ_CHECK(memcmp(&answers[0], &answers[1], sizeof answers[0]) == 0);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	struct prio_bytes in = {data, n}, first, second;
	struct prio_verify1_packet one, other;
	struct prio_verify2_packet own, partner;
	struct prio_state state;

	first.n = fuzz_byte(&in);
	first.n = first.n < in.n ? first.n : in.n;
	first.p = in.p;
	second = (struct prio_bytes){in.p + first.n, in.n - first.n};
	struct prio_mut copies[2] = {fuzz_copy(first), fuzz_copy(second)};
	bool has_one = read1(&one, prio_bytes_of(copies[0])), has_other = read1(&other, prio_bytes_of(copies[1]));
	if (has_one && has_other)
		check_answers(&one, &other);
	bool has_own = read2(&own, prio_bytes_of(copies[0])), has_partner = read2(&partner, prio_bytes_of(copies[1]));
	FUZZ_CHECK(has_own || !has_one); /* two elements begin with one */
	if (has_own && has_partner)
		FUZZ_CHECK(prio_accept(&own, &partner) == prio_accept(&partner, &own));

	/* Any bytes as a state: refused, or good for an answer. */
	if (has_one && copies[1].n >= sizeof state) {
		memcpy(&state, copies[1].p, sizeof state);
		enum prio_status status = prio_state_packet(&other, &state);
		FUZZ_CHECK(status == PRIO_OK || status == PRIO_ERR_FORMAT);
		FUZZ_CHECK(prio_verify2_many(&state, &one, 1, &own) == status);
	}
	free(copies[0].p);
	free(copies[1].p);
	return 0;
}
