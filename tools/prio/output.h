/* output: files in a directory, which is made if it is missing. Each is written aside, and has its name only once it is
 * whole and durable. */
#ifndef TOOLS_PRIO_OUTPUT_H
#define TOOLS_PRIO_OUTPUT_H

#include "base/stream.h"
#include "cli/cli.h"
#include "prio/input.h"

struct store;

struct output {
	struct store *store;
	const char *directory;
};

/* output_open: the directory that an option names. error names option and path. output_close: of {0}, too. */
PRIO_MUST_USE enum prio_status output_open(struct output *output, const struct invocation *call, const char *option,
					   struct prio_error *error);
void output_close(struct output *output);

/* output_check: PRIO_ERR_CONFIG if a file of this name would take the place of one of the inputs. */
PRIO_MUST_USE enum prio_status output_check(const struct output *output, const char *name, const struct inputs *inputs,
					    struct prio_error *error);

/* output_create: a sink for a file; see base/stream.h. output_put: a small file at once. */
PRIO_MUST_USE enum prio_status output_create(const struct output *output, const char *name, struct sink **sink,
					     struct prio_error *error);
PRIO_MUST_USE enum prio_status output_put(const struct output *output, const char *name, struct prio_bytes bytes,
					  struct prio_error *error);

#endif
