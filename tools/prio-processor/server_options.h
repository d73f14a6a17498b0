/* server_options: what one server's job is configured by: the option table of "process", and its reading. */
#ifndef TOOLS_PRIO_PROCESSOR_SERVER_OPTIONS_H
#define TOOLS_PRIO_PROCESSOR_SERVER_OPTIONS_H

#include "base/clock.h"
#include "cli/cli.h"
#include "pipeline/process.h"

enum { N_SERVER_OPTIONS = 43 };
extern const struct option_row server_options[N_SERVER_OPTIONS];

/* server_settings_read: from an invocation with these options. The strings stay the invocation's; today: room for a date that they
 * may point to. settings hold secrets: the caller wipes them. PRIO_ERR_CONFIG or PRIO_ERR_KEY, naming option and variable. */
PRIO_MUST_USE enum prio_status server_settings_read(const struct invocation *call, struct process_settings *settings,
						    char today[CLOCK_DATE_BYTES], struct prio_error *error);

#endif
