#include "crypt/md5.h"

#include <openssl/evp.h>

enum prio_status md5(uint8_t digest[MD5_BYTES], struct prio_bytes bytes)
{
	size_t n;

	return EVP_Q_digest(NULL, "MD5", NULL, bytes.p, bytes.n, digest, &n) == 1 ? PRIO_OK : PRIO_ERR_CRYPTO;
}
