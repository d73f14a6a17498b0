#include "base/wipe.h"
#include "crypt/random.h"
#include "prio1/encode_internal.h"

/* A number below 2^88, and again until it is below p. What was refused has nothing to do with what is used. */
static enum prio_status random_element(u128 *x)
{
	uint8_t bytes[FIELD_BYTES];
	enum prio_status status;
	bool good;

	do {
		status = random_bytes((struct prio_mut){bytes, sizeof bytes});
		good = field_from_bytes(x, bytes);
	} while (status == PRIO_OK && !good);

	wipe(bytes, sizeof bytes);
	return status;
}

enum prio_status encode_random_new(struct encode_random *random)
{
	u128 *const elements[] = {&random->a[0],  &random->a[1],  &random->b[0],  &random->b[1],  &random->c_of_a,
				  &random->f0[0], &random->f0[1], &random->g0[0], &random->g0[1], &random->h0_of_a};
	const struct prio_mut strings[] = {{random->seed, sizeof random->seed},
					   {random->ephemeral[0], sizeof random->ephemeral},
					   {random->iv[0], sizeof random->iv}};
	enum prio_status status = PRIO_OK;

	for (size_t i = 0; i < sizeof elements / sizeof elements[0] && status == PRIO_OK; i++)
		status = random_element(elements[i]);
	for (size_t i = 0; i < sizeof strings / sizeof strings[0] && status == PRIO_OK; i++)
		status = random_bytes(strings[i]);
	if (status != PRIO_OK)
		wipe(random, sizeof *random);
	return status;
}
