#include "bench/yardsticks.h"

#include <string.h>

#include <openssl/evp.h>

#include "bench/parts.h"

enum { AGREEMENTS = 16, CALLS_PER_RUN = 4 };

static void agree(void *context)
{
	uint8_t shared[32];
	size_t n = sizeof shared;

	for (int i = 0; i < AGREEMENTS; i++)
		must(EVP_PKEY_derive(context, shared, &n) == 1, "OpenSSL's X25519");
}

struct figure yardstick_x25519(void)
{
	EVP_PKEY *own = EVP_PKEY_Q_keygen(NULL, NULL, "X25519");
	EVP_PKEY *peer = EVP_PKEY_Q_keygen(NULL, NULL, "X25519");
	EVP_PKEY_CTX *context = EVP_PKEY_CTX_new(own, NULL);

	must(context != NULL && EVP_PKEY_derive_init(context) == 1 && EVP_PKEY_derive_set_peer(context, peer) == 1,
	     "OpenSSL's X25519");
	return (struct figure){.what = "openssl_x25519", .run = agree, .context = context, .per = AGREEMENTS};
}

struct bytes {
	EVP_CIPHER_CTX *cipher;
	size_t n;
	uint8_t *from;
	uint8_t *to;
};

static struct bytes *bytes_new(size_t n)
{
	struct bytes *bytes = must_alloc(sizeof *bytes);

	*bytes = (struct bytes){.n = n, .from = must_alloc(n), .to = must_alloc(n)};
	return bytes;
}

static void encrypt(void *context)
{
	struct bytes *bytes = context;
	int n;

	for (int i = 0; i < CALLS_PER_RUN; i++)
		must(EVP_EncryptUpdate(bytes->cipher, bytes->to, &n, bytes->to, (int)bytes->n) == 1,
		     "OpenSSL's AES-CTR");
}

struct figure yardstick_aes_ctr(const char *what, const char *part, size_t n)
{
	static const uint8_t zeros[16];
	struct bytes *bytes = bytes_new(n);

	bytes->cipher = EVP_CIPHER_CTX_new();
	must(bytes->cipher != NULL && EVP_EncryptInit_ex2(bytes->cipher, EVP_aes_128_ctr(), zeros, zeros, NULL) == 1,
	     "OpenSSL's AES-CTR");
	return (struct figure){.what = what, .part = part, .run = encrypt, .context = bytes, .per = CALLS_PER_RUN};
}

static void copy(void *context)
{
	struct bytes *bytes = context;

	for (int i = 0; i < CALLS_PER_RUN; i++) {
		memcpy(bytes->to, bytes->from, bytes->n);
		__asm__ volatile("" : : "r"(bytes->to) : "memory"); /* someone might look at it */
	}
}

struct figure yardstick_copy(const char *what, const char *part, size_t n)
{
	return (struct figure){.what = what, .part = part, .run = copy, .context = bytes_new(n), .per = CALLS_PER_RUN};
}

void bench_yardsticks(const struct effort *effort)
{
	struct figure figures[] = {yardstick_x25519(), yardstick_aes_ctr("openssl_aes_128_ctr_48kb", NULL, 48000)};

	figures_measure(figures, 2, effort->rounds, effort->slice_s);
	figures_print(figures, 2, effort->rounds, true);
}
