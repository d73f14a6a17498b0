/* prio: the steps of the protocol as commands over files, with the options of the original command-line tool. */
#include "cli/cli.h"
#include "prio/commands.h"

static const struct command *const commands[] = {
	&command_shared_seed, &command_keygen,    &command_encode_shares, &command_verify1,
	&command_verify2,     &command_aggregate, &command_publish,
};

static const struct program program = {
	.name = "prio",
	.summary = "Aggregate bit vectors that no single server can read: keys, shares, and one server's four steps over files.",
	.commands = commands,
	.n_commands = sizeof commands / sizeof *commands,
};

int main(int argc, char **argv)
{
	return cli_main(&program, argc, argv);
}
