/* bucket: from BUCKET_* variables to a store. */
#ifndef PIPELINE_BUCKET_H
#define PIPELINE_BUCKET_H

#include "prio/status.h"
#include "store/store.h"

/* bucket_open: the store of one bucket.
 *
 *   endpoint   "file:///some/dir": each bucket is a directory under it.
 *   bucket     its name; "s3://" or "gs://" before it is ignored, and a slash at its end.
 *   variable   of the bucket's name, for messages ("BUCKET_INTERNAL_INGEST").
 *
 * PRIO_OK; PRIO_ERR_CONFIG; or what store_file_new returns. */
PRIO_MUST_USE enum prio_status bucket_open(struct store **store, const char *endpoint, const char *bucket,
					   const char *variable, struct prio_error *error);

#endif
