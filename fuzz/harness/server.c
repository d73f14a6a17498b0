#include "fuzz/harness/server.h"

#include "fuzz/harness/fuzz.h"
#include "prio1/seal/seal.h"

static void make(struct fuzz_server *made, enum prio_server_id server, uint32_t n_data)
{
	const struct prio_params params = {
		.batch_id = fuzz_text(FUZZ_BATCH_ID), .n_data = n_data, .allow_forgeable_size = true};

	memset(made->key.bytes, 0x40 + (int)server, sizeof made->key.bytes);
	memset(made->secret.bytes, 0x53, sizeof made->secret.bytes);
	FUZZ_OK(x25519_public(made->key.public_key.bytes, made->key.bytes));
	FUZZ_OK(prio_batch_new(&made->batch, &params, server, &made->key, &made->secret, NULL));
	FUZZ_OK(prio_query_new(&made->query, made->batch, NULL));
	FUZZ_OK(prio_workspace_new(&made->workspace, made->batch));
}

const struct fuzz_server *fuzz_server(enum prio_server_id server, uint32_t n_data)
{
	static struct fuzz_server servers[2][FUZZ_N_DATA_MAX + 1];
	struct fuzz_server *wanted = &servers[server][n_data];

	FUZZ_CHECK(n_data >= 1 && n_data <= FUZZ_N_DATA_MAX);
	if (wanted->batch == NULL)
		make(wanted, server, n_data);
	return wanted;
}

struct prio_mut fuzz_seal(struct prio_bytes plaintext, const struct fuzz_server *server)
{
	static const uint8_t ephemeral[X25519_KEY_BYTES] = {1, 2, 3}, iv[SEAL_IV_BYTES] = {4};
	struct prio_mut sealed = {malloc(SEAL_OVERHEAD_BYTES + plaintext.n), SEAL_OVERHEAD_BYTES + plaintext.n};
	uint8_t epk[X25519_KEY_BYTES];
	struct x25519_shared dh;
	struct seal seal;

	FUZZ_CHECK(sealed.p != NULL);
	if (plaintext.n > 0)
		memcpy(sealed.p + SEAL_TEXT_AT, plaintext.p, plaintext.n);
	FUZZ_OK(seal_init(&seal));
	FUZZ_OK(x25519_public(epk, ephemeral));
	FUZZ_OK(x25519_agree(&dh, ephemeral, server->key.public_key.bytes));
	FUZZ_OK(seal_close(&seal, sealed, &dh, epk, iv));
	seal_clear(&seal);
	return sealed;
}
