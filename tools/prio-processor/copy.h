/* copy: one object from a stream to a sink, a few blocks at a time, whatever its length. */
#ifndef TOOLS_PRIO_PROCESSOR_COPY_H
#define TOOLS_PRIO_PROCESSOR_COPY_H

#include "base/log.h"
#include "base/stream.h"
#include "store/store.h"

/* Memory for copying, and what is shown of it: with a log, progress. */
struct copier;
PRIO_MUST_USE enum prio_status copier_new(struct copier **copier, struct log *log, struct prio_error *error);
void copier_free(struct copier *copier); /* NULL is fine */

/* copier_expect: how much there is to copy in all, for progress; 0 bytes: it is not known. */
void copier_expect(struct copier *copier, size_t n_objects, uint64_t n_bytes);
uint64_t copier_bytes(const struct copier *copier); /* that were copied so far */

/* copy_stream: from where the stream is to its end. Neither is closed.
 *
 *   source   what the store says of the object: as many bytes must come, with its CRC-32C where that is known; NULL: whatever comes
 *
 * PRIO_OK; CHANGED, MISMATCH: other bytes came; STOPPED; or what stream and sink return. */
PRIO_MUST_USE enum prio_status copy_stream(struct copier *copier, struct stream *stream, struct sink *sink,
					   const struct store_object *source, struct prio_error *error);

/* copy_out: an object of a store into a sink, which stays open. As copy_stream; or as store_stat and store_open. */
PRIO_MUST_USE enum prio_status copy_out(struct copier *copier, struct store *store, const char *key, struct sink *sink,
					struct prio_error *error);

/* copy_object: to another key, of this store or another. It appears whole or not at all. */
PRIO_MUST_USE enum prio_status copy_object(struct copier *copier, struct store *from, const char *from_key, struct store *to,
					   const char *to_key, struct prio_error *error);

/* standard_input: what is read from it. standard_output: its commit flushes. On a terminal what a stranger wrote cannot steer it:
 * controls are escaped. NULL: out of memory. */
struct stream *standard_input(void);
struct sink *standard_output(void);

#endif
