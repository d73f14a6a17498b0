/* commands: the table's entries, one file each. */
#ifndef TOOLS_PRIO_COMMANDS_H
#define TOOLS_PRIO_COMMANDS_H

#include "cli/cli.h"

extern const struct command command_shared_seed;
extern const struct command command_keygen;
extern const struct command command_encode_shares;
extern const struct command command_verify1;
extern const struct command command_verify2;
extern const struct command command_aggregate;
extern const struct command command_publish;

#endif
