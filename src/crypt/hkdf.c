/* Extract: prk = HMAC(salt, secret). Expand: block i = HMAC(prk, block i-1 || info || i), i from 1, block 0 empty. */
#include "crypt/hkdf.h"

#include <string.h>

#include "base/wipe.h"
#include "crypt/hmac.h"

enum prio_status hkdf_sha256(struct prio_mut out, struct prio_bytes secret, struct prio_bytes salt, struct prio_bytes info)
{
	uint8_t prk[HMAC_BYTES], block[HMAC_BYTES];
	struct hmac *hmac = NULL;
	enum prio_status status = PRIO_ERR_ARGUMENT;
	size_t done = 0;

	if (out.n == 0 || out.n > HKDF_OUT_BYTES_MAX)
		return status;

	status = hmac_sha256(prk, salt, secret);
	if (status == PRIO_OK)
		status = hmac_new(&hmac, (struct prio_bytes){prk, sizeof prk});

	for (uint8_t i = 1; status == PRIO_OK && done < out.n; i++) {
		const struct prio_bytes parts[] = {{block, i == 1 ? 0 : sizeof block}, info, {&i, 1}};
		size_t n = out.n - done < sizeof block ? out.n - done : sizeof block;

		status = hmac_of(hmac, block, parts, 3);
		if (status == PRIO_OK)
			memcpy(out.p + done, block, n);
		done += n;
	}

	if (status != PRIO_OK)
		wipe(out.p, out.n);
	hmac_free(hmac);
	wipe(prk, sizeof prk);
	wipe(block, sizeof block);
	return status;
}
