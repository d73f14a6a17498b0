/* journal: what this server has done that must not be done differently again. In the private bucket, under {prefix}/journal; it
 * outlives clearing, and only "cleanup --forget" deletes it.
 *
 *     journal/{batch}/query      before verify1 sends: commitment to the query point, raw parts with their checksums
 *     journal/{batch}/answers    before verify2 sends: which partner message was answered, and our answer (a sealed file)
 *     journal/{batch}/release    before the aggregate leaves: accepted count and digest
 *     journal/{batch}/sent       after the aggregate is there, before the markers over it: what the manifest says of it
 *     journal/{batch}/result     before publish writes: id and time, and what was published
 *     journal/{batch}/published  after the result was read back
 *     journal/{batch}/cleared    after the batch's inputs were deleted
 *     journal/run/{stage}        after the stage's marker was set: digest of our manifest
 *     journal/run/complete       after the last batch and the summary
 *     journal/run/cleared        after the top markers were deleted
 *
 * Entries are signed with a key derived from the private key (signed_json.h). An entry is written once: writing the same again is
 * fine, writing another one is an error that says what differs. */
#ifndef PIPELINE_JOURNAL_H
#define PIPELINE_JOURNAL_H

#include <jansson.h>

#include "pipeline/run.h"

/* journal_key: directory: a batch's, or "run". */
PRIO_MUST_USE enum prio_status journal_key(const struct run *run, const char *directory, const char *name, struct path *key,
					   struct prio_error *error);

/* journal_read: *entry is the caller's (json_decref), NULL if there is none. PRIO_ERR_MISMATCH or _FORMAT if it is damaged, or was
 * written under another private key. */
PRIO_MUST_USE enum prio_status journal_read(const struct run *run, const char *directory, const char *name, json_t **entry,
					    struct prio_error *error);

/* journal_write: PRIO_ERR_EXISTS if there is a different one; it stays. */
PRIO_MUST_USE enum prio_status journal_write(const struct run *run, const char *directory, const char *name, const json_t *entry,
					     struct prio_error *error);

#endif
