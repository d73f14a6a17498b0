/* part_stream: one range of a raw part, for whoever reads the lines that begin in it.
 *
 * A range owns the lines that begin in it, so its reader goes on past its end, by no more than the longest line. A store that is
 * asked for everything up to the object's end would send what nobody reads, and over a network its connection would have to
 * be broken off; one that is asked for the range alone would have to be asked again. So a little more is asked for at once, and more
 * again only for a line that is longer than any record can be. */
#ifndef PIPELINE_PART_STREAM_H
#define PIPELINE_PART_STREAM_H

#include "base/stream.h"
#include "pipeline/plan.h"
#include "store/store.h"

/* part_stream_open: a stream as lines_begin wants it (record/lines.h): from begin_bytes - 1 on, or 0.
 *
 *   store, part    lent, as long as the stream lives
 *   margin_bytes   what a reader needs past the range's end, if no line is too long
 *
 * PRIO_OK, PRIO_ERR_MEMORY, or what store_open returns. Reading it: PRIO_ERR_CHANGED if the part ends before the listing said it
 * would. */
PRIO_MUST_USE enum prio_status part_stream_open(struct stream **stream, struct store *store, const struct raw_part *part,
						const struct task_input *input, size_t margin_bytes, struct prio_error *error);

#endif
