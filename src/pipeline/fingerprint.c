#include "pipeline/fingerprint.h"

#include <stdlib.h>
#include <string.h>

#include "base/wipe.h"
#include "crypt/hmac.h"
#include "crypt/random.h"

struct fingerprint {
	struct hmac *hmac;
};

enum prio_status fingerprint_new(struct fingerprint **out)
{
	uint8_t key[32];
	struct fingerprint *fingerprint = calloc(1, sizeof *fingerprint);
	enum prio_status status = PRIO_ERR_MEMORY;

	*out = NULL;
	if (fingerprint == NULL)
		return status;
	status = random_bytes((struct prio_mut){key, sizeof key});
	if (status == PRIO_OK)
		status = hmac_new(&fingerprint->hmac, (struct prio_bytes){key, sizeof key});
	wipe(key, sizeof key);
	if (status != PRIO_OK) {
		free(fingerprint);
		return status;
	}
	*out = fingerprint;
	return PRIO_OK;
}

void fingerprint_free(struct fingerprint *fingerprint)
{
	if (fingerprint == NULL)
		return;
	hmac_free(fingerprint->hmac);
	free(fingerprint);
}

/* The label keeps an id's hash from ever being a share's. */
static enum prio_status hash(struct fingerprint *fingerprint, uint8_t out[FINGERPRINT_BYTES], char label,
			     struct prio_bytes bytes)
{
	uint8_t kind = (uint8_t)label;
	const struct prio_bytes parts[] = {{&kind, 1}, bytes};
	uint8_t code[HMAC_BYTES];
	enum prio_status status = hmac_of(fingerprint->hmac, code, parts, 2);

	memcpy(out, code, FINGERPRINT_BYTES);
	return status;
}

enum prio_status fingerprint_id(struct fingerprint *fingerprint, struct join_hash *out, struct prio_bytes id)
{
	return hash(fingerprint, out->bytes, 'i', id);
}

enum prio_status fingerprint_share(struct fingerprint *fingerprint, uint8_t epk[FINGERPRINT_BYTES],
				   uint8_t share[FINGERPRINT_BYTES], struct prio_bytes sealed)
{
	struct prio_bytes key = {sealed.p, sealed.n < FINGERPRINT_EPK_BYTES ? sealed.n : FINGERPRINT_EPK_BYTES};
	enum prio_status status = hash(fingerprint, epk, 'e', key);

	return status == PRIO_OK ? hash(fingerprint, share, 's', sealed) : status;
}
