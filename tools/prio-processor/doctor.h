/* doctor: the checks that need the option table, the environment or this process. The others are in pipeline/doctor.h. */
#ifndef TOOLS_PRIO_PROCESSOR_DOCTOR_H
#define TOOLS_PRIO_PROCESSOR_DOCTOR_H

#include "cli/cli.h"
#include "pipeline/doctor.h"

/* doctor_check_variables: what is missing or cannot be read, names that are probably slips, values with quotation marks or blanks,
 * files of secrets that others can read. */
void doctor_check_variables(struct findings *findings, const struct invocation *call);

/* doctor_read: keys, secret, server, date, paths and endpoints into settings, as far as they can be read, with a finding for each.
 *
 *   prefixes   out; false: there are none */
bool doctor_read(struct findings *findings, const struct invocation *call, struct process_settings *settings, char *today,
		 struct prefixes *prefixes);

/* doctor_check_machine: kernels, limits, core files. */
void doctor_check_machine(struct findings *findings);

#endif
