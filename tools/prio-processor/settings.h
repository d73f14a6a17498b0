/* settings: options that several commands of this program read alike. */
#ifndef TOOLS_PRIO_PROCESSOR_SETTINGS_H
#define TOOLS_PRIO_PROCESSOR_SETTINGS_H

#include "base/clock.h"
#include "cli/cli.h"

/* settings_date: SUBMISSION_DATE, or today in UTC. It stands in paths, and a misspelt one would wait for data that
 * never comes. *date: the option's value, or today. PRIO_ERR_CONFIG unless it has the form of a date. */
PRIO_MUST_USE enum prio_status settings_date(const struct invocation *call, char today[CLOCK_DATE_BYTES],
					     const char **date, struct prio_error *error);

#endif
