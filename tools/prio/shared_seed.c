#include <stdio.h>

#include "base/wipe.h"
#include "prio/commands.h"
#include "record/base64.h"

static int run(struct invocation *call)
{
	struct prio_shared_secret secret;
	uint8_t text[(PRIO_SECRET_BYTES + 2) / 3 * 4];
	enum prio_status status = prio_secret_new(&secret);

	if (status != PRIO_OK)
		return cli_fail(call, status, NULL);
	base64_encode(text, (struct prio_bytes){secret.bytes, sizeof secret.bytes});
	printf("{\"shared_seed\": \"%.*s\"}\n", (int)sizeof text, (const char *)text);
	wipe(text, sizeof text);
	wipe(&secret, sizeof secret);
	return EXIT_DONE;
}

const struct command command_shared_seed = {
	.name = "shared-seed",
	.summary = "Make the secret that the two servers share",
	.details = "Prints {\"shared_seed\": BASE64}. Both servers need it as --shared-secret (SHARED_SECRET), and nobody else "
		   "may know it.",
	.run = run,
};
