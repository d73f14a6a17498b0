#include <stdio.h>

#include "base/wipe.h"
#include "prio/commands.h"

static int run(struct invocation *call)
{
	struct prio_private_key key;
	char hex[PRIO_KEY_HEX_DIGITS + 1];
	enum prio_status status = prio_keygen(&key);

	if (status != PRIO_OK)
		return cli_fail(call, status, NULL);
	prio_key_to_hex(hex, key.bytes);
	printf("{\"private_key\": \"%s\", ", hex);
	prio_key_to_hex(hex, key.public_key.bytes);
	printf("\"public_key\": \"%s\"}\n", hex);
	wipe(hex, sizeof hex);
	wipe(&key, sizeof key);
	return EXIT_DONE;
}

const struct command command_keygen = {
	.name = "keygen",
	.summary = "Make a server's key pair",
	.details = "Prints {\"private_key\": HEX, \"public_key\": HEX}. The private key never leaves its server; the public "
		   "key goes to clients and to the other server.",
	.run = run,
};
