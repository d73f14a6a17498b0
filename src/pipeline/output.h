/* output: what a stage writes for one batch, to the private bucket and, the same bytes, to the partner's.
 *
 * Names are a function of server, stage, batch and index, so a run that starts again overwrites its own objects and leaves no
 * second generation. Order: parts, the batch's _SUCCESS, and when every batch is there the manifest and the top _SUCCESS. */
#ifndef PIPELINE_OUTPUT_H
#define PIPELINE_OUTPUT_H

#include "crypt/sha256.h"
#include "pipeline/run.h"
#include "record/ndjson.h"

struct output {
	struct run *run;
	struct batch_run *batch;
	enum stage stage;
	struct path own_directory;
	struct path outbox_directory; /* "" for publish, which is not sent */
	char uuid[37];
	bool is_sent;
	bool is_dry;             /* an earlier run wrote all of it: rows are dropped */
	struct line_buffer rows; /* of the part at hand */
	struct sink *own_part;
	struct sink *outbox_part;
	struct sha256 *sha;      /* of the part at hand */
	uint64_t part_bytes;
	bool *written; /* by index */
	size_t n_parts_max;
	json_t *parts; /* for the manifest */
};

/* output_begin: n_parts_max: indices are below it. */
PRIO_MUST_USE enum prio_status output_begin(struct output *output, struct run *run, struct batch_run *batch, enum stage stage,
					    size_t n_parts_max, struct prio_error *error);

/* output_flush_rows: write what was appended to output->rows to part index; to be called now and then, and it is cheap to call
 * after every row. output_end_part: the part appears; one without rows never does. */
PRIO_MUST_USE enum prio_status output_flush_rows(struct output *output, size_t index, struct prio_error *error);
PRIO_MUST_USE enum prio_status output_end_part(struct output *output, size_t index, struct prio_error *error);

/* output_end: delete parts of an earlier run that are not among the written ones, write the markers, and note the parts in
 * batch->sent[stage], if any part was written. output_clear: give up what is open, free memory; always to be called. */
PRIO_MUST_USE enum prio_status output_end(struct output *output, struct prio_error *error);
void output_clear(struct output *output);

/* output_end_stage: our manifest, then the top _SUCCESS in the partner's bucket: all that this stage sends is there; then the
 * journal says so. Nothing if an earlier run did it. */
PRIO_MUST_USE enum prio_status output_end_stage(struct run *run, enum stage stage, struct prio_error *error);

#endif
