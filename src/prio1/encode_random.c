#include <string.h>

#include "base/ct.h"
#include "base/wipe.h"
#include "crypt/random.h"
#include "prio1/encode_internal.h"

/* Half of all tries give an element. With so many, a second draw for the ten of a vector is needed once in 3000 times;
 * a draw for each element would cost more than all the rest of it. */
enum { TRIES = 40 };

/* What is drawn at once: bytes alone, without gaps. */
struct drawn {
	uint8_t tries[TRIES][FIELD_BYTES];
	uint8_t seed[PRG_SEED_BYTES];
	uint8_t ephemeral[2][X25519_KEY_BYTES];
	uint8_t iv[2][SEAL_IV_BYTES];
};

/* A number below 2^88, and again until it is below p. What was refused has nothing to do with what is used. */
static enum prio_status random_element(u128 *x, struct drawn *drawn, size_t *next)
{
	do {
		if (*next == TRIES) {
			enum prio_status status = random_bytes((struct prio_mut){drawn->tries[0], sizeof drawn->tries});

			if (status != PRIO_OK)
				return status;
			*next = 0;
		}
	} while (!ct_reveal(field_from_bytes(x, drawn->tries[(*next)++])));
	return PRIO_OK;
}

enum prio_status encode_random_new(struct encode_random *random)
{
	u128 *const elements[] = {&random->a[0],  &random->a[1],  &random->b[0],  &random->b[1],  &random->c_of_a,
				  &random->f0[0], &random->f0[1], &random->g0[0], &random->g0[1], &random->h0_of_a};
	struct drawn drawn;
	enum prio_status status = random_bytes((struct prio_mut){(uint8_t *)&drawn, sizeof drawn});
	size_t next = 0;

	for (size_t i = 0; i < sizeof elements / sizeof elements[0] && status == PRIO_OK; i++)
		status = random_element(elements[i], &drawn, &next);
	memcpy(random->seed, drawn.seed, sizeof random->seed);
	memcpy(random->ephemeral, drawn.ephemeral, sizeof random->ephemeral);
	memcpy(random->iv, drawn.iv, sizeof random->iv);
	wipe(&drawn, sizeof drawn);
	if (status != PRIO_OK)
		wipe(random, sizeof *random);
	return status;
}
