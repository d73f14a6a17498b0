/* prio-processor: the programs that run one server, each a command. */
#include "cli/cli.h"

extern const struct command command_process;
extern const struct command command_generate;
extern const struct command command_cleanup;
extern const struct command command_ls;
extern const struct command command_cp;
extern const struct command command_cat;
extern const struct command command_rm;
extern const struct command command_doctor;

static const struct command *const commands[] = {
	&command_process,
	&command_generate,
	&command_cleanup,
	&command_ls,
	&command_cp,
	&command_cat,
	&command_rm,
	&command_doctor,
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
