/* output: what a stage writes for one batch, to the private bucket and, the same bytes, to the partner's.
 *
 * Names are a function of server, stage, batch and index, so a run that starts again overwrites its own objects and leaves no
 * second generation. Order: parts, the batch's _SUCCESS, and when every batch is there the manifest and the top _SUCCESS. */
#ifndef PIPELINE_OUTPUT_H
#define PIPELINE_OUTPUT_H

#include "pipeline/run.h"

enum { OUTPUT_NAME_BYTES = 96 };

struct output {
	struct run *run;
	struct batch_run *batch;
	enum stage stage;
	struct path own_directory;
	struct path outbox_directory; /* "" for publish, which is not sent */
	char uuid[37];
	bool is_sent;
	bool is_dry;      /* an earlier run wrote all of it: rows are only counted */
	json_t **written; /* by index: what the manifest says of a part; NULL: it was not written */
	size_t n_parts_max;
};

/* output_begin: n_parts_max: indices are below it. */
PRIO_MUST_USE enum prio_status output_begin(struct output *output, struct run *run, struct batch_run *batch, enum stage stage,
					    size_t n_parts_max, struct prio_error *error);

/* output_write: part 0, of these bytes. */
PRIO_MUST_USE enum prio_status output_write(struct output *output, struct prio_bytes text, struct prio_error *error);

/* What a stage sends of one opened record: its packet; n_bytes 0: nothing. Called by several threads at once. kept: as it is
 * known of the record. */
struct output_packet {
	uint8_t n_bytes;
	uint8_t bytes[PRIO_VERIFY1_BYTES_MAX];
};
typedef enum prio_status output_packet_of(const struct checkpoint_entry *entry, const struct kept_record *kept,
					  struct output_packet *packet, struct prio_error *error);

/* output_write_records: the packets of all records, in their order, one part a bundle of tasks (plan.h), on all workers. A part without
 * rows never appears.
 *
 *   output   begun with plan_n_bundles
 *   n_rows   out: how many packets there were */
PRIO_MUST_USE enum prio_status output_write_records(struct output *output, output_packet_of *packet_of, uint64_t *n_rows,
						    struct prio_error *error);

/* output_end: delete parts of an earlier run that are not among the written ones, write the markers, and note the parts in
 * batch->sent[stage], if any part was written. output_clear: free memory; always to be called. */
PRIO_MUST_USE enum prio_status output_end(struct output *output, struct prio_error *error);
void output_clear(struct output *output);

/* output_part_name: of the part with this index. */
void output_part_name(const struct output *output, size_t index, char name[OUTPUT_NAME_BYTES]);

/* output_end_stage: our manifest, then the top _SUCCESS in the partner's bucket: all that this stage sends is there; then the
 * journal says so. Nothing if an earlier run did it. */
PRIO_MUST_USE enum prio_status output_end_stage(struct run *run, enum stage stage, struct prio_error *error);

#endif
