#include "crypt/random.h"

#include <limits.h>

#include <openssl/rand.h>

#include "base/wipe.h"

enum prio_status random_bytes(struct prio_mut out)
{
	size_t done = 0;

	while (done < out.n) {
		size_t n = out.n - done < INT_MAX ? out.n - done : INT_MAX;

		if (RAND_priv_bytes(out.p + done, (int)n) != 1) {
			wipe(out.p, out.n);
			return PRIO_ERR_RANDOM;
		}
		done += n;
	}
	return PRIO_OK;
}
