/* prio-processor: the programs that run one server, each a command. */
#include "cli/cli.h"

extern const struct command command_process;
extern const struct command command_generate;
extern const struct command command_cleanup;

static const struct command *const commands[] = {
	&command_process,
	&command_generate,
	&command_cleanup,
};

static const struct program program = {
	.name = "prio-processor",
	.summary = "run one of the two servers that add up Prio shares",
	.commands = commands,
	.n_commands = sizeof commands / sizeof commands[0],
};

int main(int argc, char **argv)
{
	return cli_main(&program, argc, argv);
}
