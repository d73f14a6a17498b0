#include "crypt/x25519.h"

#include <stdlib.h>
#include <string.h>

#include <openssl/err.h>
#include <openssl/evp.h>

#include "base/wipe.h"
#include "crypt/kernels.h"

enum { PIECE_KEYS = 64 };

struct x25519 {
	uint8_t bytes[X25519_KEY_BYTES];
	EVP_PKEY *private_key;
	EVP_PKEY_CTX *context;
};

enum prio_status x25519_new(struct x25519 **x25519, const uint8_t private_key[X25519_KEY_BYTES])
{
	struct x25519 *made = calloc(1, sizeof *made);

	*x25519 = NULL;
	if (made == NULL)
		return PRIO_ERR_MEMORY;

	memcpy(made->bytes, private_key, sizeof made->bytes);
	made->private_key = EVP_PKEY_new_raw_private_key_ex(NULL, "X25519", NULL, private_key, X25519_KEY_BYTES);
	if (made->private_key != NULL)
		made->context = EVP_PKEY_CTX_new_from_pkey(NULL, made->private_key, NULL);
	if (made->context == NULL || EVP_PKEY_derive_init(made->context) != 1) {
		x25519_free(made);
		return PRIO_ERR_CRYPTO;
	}
	*x25519 = made;
	return PRIO_OK;
}

void x25519_free(struct x25519 *x25519)
{
	if (x25519 == NULL)
		return;
	EVP_PKEY_CTX_free(x25519->context);
	EVP_PKEY_free(x25519->private_key); /* wipes it */
	wipe(x25519, sizeof *x25519);
	free(x25519);
}

static enum prio_status agree(struct x25519 *x25519, struct x25519_shared *shared, const uint8_t *public_key)
{
	EVP_PKEY *peer = EVP_PKEY_new_raw_public_key_ex(NULL, "X25519", NULL, public_key, X25519_KEY_BYTES);
	enum prio_status status = PRIO_ERR_CRYPTO;
	size_t n = sizeof shared->bytes;

	/* No validation of the peer's key: any 32 bytes are one. */
	if (peer == NULL || EVP_PKEY_derive_set_peer_ex(x25519->context, peer, 0) != 1)
		goto out;

	/* OpenSSL takes an all-zero result for a failure. With the key in place nothing else fails here, and a sender
	 * must not be able to cause an error of ours, so that is how it is read. */
	ERR_set_mark();
	if (EVP_PKEY_derive(x25519->context, shared->bytes, &n) != 1)
		wipe(shared, sizeof *shared);
	ERR_pop_to_mark();
	status = PRIO_OK;
out:
	EVP_PKEY_free(peer);
	return status;
}

/* The first keys, by the vector kernel. Returns how many: the rest is so few that OpenSSL does them sooner. */
static size_t agree_in_lanes(const struct x25519 *x25519, struct x25519_shared *shared,
			     const uint8_t *const *public_keys, size_t n)
{
	const struct crypt_kernels *kernels = crypt_kernels();
	const uint8_t *private_keys[PIECE_KEYS];

	if (kernels->x25519 == NULL)
		return 0;
	if (n % kernels->x25519_lanes < kernels->x25519_few)
		n -= n % kernels->x25519_lanes;

	for (size_t i = 0; i < PIECE_KEYS; i++)
		private_keys[i] = x25519->bytes;
	for (size_t done = 0, piece; done < n; done += piece) {
		piece = n - done < PIECE_KEYS ? n - done : PIECE_KEYS;
		kernels->x25519(shared + done, private_keys, public_keys + done, piece);
	}
	return n;
}

enum prio_status x25519_many(struct x25519 *x25519, struct x25519_shared *shared, const uint8_t *const *public_keys,
			     size_t n)
{
	enum prio_status status = PRIO_OK;

	for (size_t i = agree_in_lanes(x25519, shared, public_keys, n); i < n && status == PRIO_OK; i++)
		status = agree(x25519, &shared[i], public_keys[i]);
	if (status != PRIO_OK)
		wipe(shared, n * sizeof *shared);
	return status;
}

enum prio_status x25519_public(uint8_t public_key[X25519_KEY_BYTES], const uint8_t private_key[X25519_KEY_BYTES])
{
	EVP_PKEY *key = EVP_PKEY_new_raw_private_key_ex(NULL, "X25519", NULL, private_key, X25519_KEY_BYTES);
	size_t n = X25519_KEY_BYTES;
	bool ok = key != NULL && EVP_PKEY_get_raw_public_key(key, public_key, &n) == 1 && n == X25519_KEY_BYTES;

	EVP_PKEY_free(key);
	return ok ? PRIO_OK : PRIO_ERR_CRYPTO;
}

enum prio_status x25519_agree(struct x25519_shared *shared, const uint8_t private_key[X25519_KEY_BYTES],
			      const uint8_t public_key[X25519_KEY_BYTES])
{
	struct x25519 *x25519;
	enum prio_status status = x25519_new(&x25519, private_key);

	if (status == PRIO_OK)
		status = agree(x25519, shared, public_key);
	if (status != PRIO_OK)
		wipe(shared, sizeof *shared);
	x25519_free(x25519);
	return status;
}

/* The next n recipients, in lanes: half of them work on the base point. */
static void ephemeral_in_lanes(x25519_kernel *kernel, uint8_t (*own)[X25519_KEY_BYTES], struct x25519_shared *shared,
			       const uint8_t *const *private_keys, const uint8_t *const *public_keys, size_t n)
{
	static const uint8_t base_point[X25519_KEY_BYTES] = {9};
	struct x25519_shared both[PIECE_KEYS];
	const uint8_t *scalars[PIECE_KEYS], *points[PIECE_KEYS];

	for (size_t i = 0; i < n; i++) {
		scalars[i] = scalars[n + i] = private_keys[i];
		points[i] = base_point;
		points[n + i] = public_keys[i];
	}
	kernel(both, scalars, points, 2 * n);
	for (size_t i = 0; i < n; i++)
		memcpy(own[i], both[i].bytes, X25519_KEY_BYTES);
	memcpy(shared, both + n, n * sizeof *shared);
	wipe(both, sizeof both);
}

static enum prio_status ephemeral_one(uint8_t own[X25519_KEY_BYTES], struct x25519_shared *shared,
				      const uint8_t *private_key, const uint8_t *public_key)
{
	struct x25519 *x25519;
	size_t n = X25519_KEY_BYTES;
	enum prio_status status = x25519_new(&x25519, private_key);

	if (status == PRIO_OK && EVP_PKEY_get_raw_public_key(x25519->private_key, own, &n) != 1)
		status = PRIO_ERR_CRYPTO;
	if (status == PRIO_OK)
		status = agree(x25519, shared, public_key);
	x25519_free(x25519);
	return status;
}

enum prio_status x25519_ephemeral(uint8_t (*own)[X25519_KEY_BYTES], struct x25519_shared *shared,
				  const uint8_t *const *private_keys, const uint8_t *const *public_keys, size_t n)
{
	x25519_kernel *kernel = crypt_kernels()->x25519;
	enum prio_status status = PRIO_OK;

	for (size_t done = 0, piece; done < n && status == PRIO_OK; done += piece) {
		piece = n - done < PIECE_KEYS / 2 ? n - done : PIECE_KEYS / 2;
		if (kernel != NULL) {
			ephemeral_in_lanes(kernel, own + done, shared + done, private_keys + done, public_keys + done,
					   piece);
			continue;
		}
		piece = 1;
		status = ephemeral_one(own[done], &shared[done], private_keys[done], public_keys[done]);
	}
	if (status != PRIO_OK)
		wipe(shared, n * sizeof *shared);
	return status;
}
