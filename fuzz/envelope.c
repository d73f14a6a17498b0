/* envelope: hostile bytes never open, on either server, and are refused for the reason that shows; and an envelope that
 * was made opens to what was put in, and not at all once a bit of it differs.
 *
 * Input: a place to damage (2), then the envelope, or the plaintext of one. */
#include "fuzz/harness/server.h"

#include "base/ct.h"
#include "fuzz/harness/fuzz.h"
#include "prio1/seal/seal.h"

static enum prio_status open_whole(struct prio_mut sealed, const struct fuzz_server *server, struct prio_mut *plaintext)
{
	struct x25519_shared dh;
	struct seal seal;

	FUZZ_OK(seal_init(&seal));
	FUZZ_OK(x25519_agree(&dh, server->key.bytes, sealed.p));
	enum prio_status status = seal_open(&seal, sealed, &dh, plaintext);
	seal_clear(&seal);
	for (size_t i = 0; i < sizeof dh.bytes; i++)
		FUZZ_CHECK(dh.bytes[i] == 0);
	return status;
}

static void check_hostile(struct prio_bytes bytes, enum prio_server_id id)
{
	const struct fuzz_server *server = fuzz_server(id, 3);
	struct prio_mut sealed[2] = {fuzz_copy(bytes), fuzz_copy(bytes)};
	enum prio_status verdict = PRIO_OK, again = PRIO_OK;
	struct prio_verify1_packet packet;
	struct prio_tentative *sum;
	struct prio_state state;

	FUZZ_OK(prio_tentative_new(&sum, server->batch));
	FUZZ_OK(prio_verify1_many(server->batch, server->query, server->workspace, &sealed[0], 1, &verdict, &packet,
				  &state, sum));
	FUZZ_OK(prio_sum_many(server->batch, server->workspace, &sealed[1], 1, &again, sum));
	FUZZ_CHECK(verdict == again && prio_tentative_count(sum) == 0);
	if (bytes.n < SEAL_OVERHEAD_BYTES)
		FUZZ_CHECK(verdict == PRIO_REFUSED_TRUNCATED);
	else
		FUZZ_CHECK(verdict == PRIO_REFUSED_LOW_ORDER_KEY || verdict == PRIO_REFUSED_BAD_TAG);
	prio_tentative_free(sum);
	free(sealed[0].p);
	free(sealed[1].p);
}

static void check_own(struct prio_bytes text, size_t place)
{
	const struct fuzz_server *server = fuzz_server(PRIO_SERVER_A, 3);
	struct prio_mut sealed = fuzz_seal(text, server);
	struct prio_mut damaged = fuzz_copy(prio_bytes_of(sealed));
	struct prio_mut plaintext = {NULL, 0};

	FUZZ_OK(open_whole(sealed, server, &plaintext));
	FUZZ_CHECK(plaintext.p == sealed.p + SEAL_TEXT_AT && fuzz_same(prio_bytes_of(plaintext), text));

	damaged.p[place / 8 % damaged.n] ^= (uint8_t)(1U << place % 8);
	struct prio_mut before = fuzz_copy(prio_bytes_of(damaged));
	enum prio_status status = open_whole(damaged, server, &plaintext);
	FUZZ_CHECK(status == PRIO_REFUSED_BAD_TAG || status == PRIO_REFUSED_LOW_ORDER_KEY);
	/* What was not authentic is not decrypted either: it is wiped, or still what it was. */
	FUZZ_CHECK(ct_is_zero(damaged.p + SEAL_TEXT_AT, text.n) ||
		   fuzz_same(prio_bytes_of(damaged), prio_bytes_of(before)));
	free(before.p);
	free(damaged.p);
	free(sealed.p);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	struct prio_bytes in = {data, n};
	size_t place = (size_t)fuzz_byte(&in) << 8;

	place |= fuzz_byte(&in);
	check_hostile(in, PRIO_SERVER_A);
	check_hostile(in, PRIO_SERVER_B);
	check_own(in, place);
	return 0;
}
