/* paths: where everything lies in the buckets (FORMAT.md, "Buckets").
 *
 * One server's own objects lie under its internal prefix {BUCKET_PREFIX}/{partner's public key}/{APP_NAME}/{date}; what it
 * sends lies under the external prefix, the same with its own public key, which is the partner's internal prefix. Keys stand
 * in paths in the case in which the variable gives them. */
#ifndef PIPELINE_PATHS_H
#define PIPELINE_PATHS_H

#include <stdbool.h>

#include "prio/bytes.h"
#include "prio/status.h"
#include "store/store.h"

/* A key, or the beginning of keys, in a store. */
struct path {
	char text[STORE_KEY_BYTES_MAX + 1];
};

/* What the prefixes are made of; all are single path components but bucket_prefix. */
struct path_names {
	const char *bucket_prefix;
	const char *app_name;
	const char *date;
	const char *public_key_internal;
	const char *public_key_external;
};

struct prefixes {
	struct path internal;
	struct path external;
};

/* prefixes_make: PRIO_OK, or PRIO_ERR_CONFIG naming the variable that cannot stand in a path. */
PRIO_MUST_USE enum prio_status prefixes_make(struct prefixes *prefixes, const struct path_names *names,
					     struct prio_error *error);

/* path_make: a printf-formatted path. PRIO_ERR_CONFIG if it is longer than a key may be. */
__attribute__((format(printf, 3, 4))) PRIO_MUST_USE enum prio_status path_make(struct path *path, struct prio_error *error,
									       const char *format, ...);

/* path_batch: "batch_id=" and the id as it is where that is one safe path component, else with %XX as Spark escapes it. */
PRIO_MUST_USE enum prio_status path_batch(struct path *path, struct prio_bytes batch_id, struct prio_error *error);

/* path_is_batch: does a directory name ("batch_id=...", n bytes) name this batch, as it is or escaped? exact: as it is. */
bool path_is_batch(const char *directory, size_t n, struct prio_bytes batch_id, bool *exact);

/* path_is_part: may a file of this name hold records? Not if it begins with "_" or ".". */
bool path_is_part(const char *name);

#endif
