/* lines_internal: lines with blocks of any size, so that tests can break lines everywhere. */
#ifndef RECORD_LINES_INTERNAL_H
#define RECORD_LINES_INTERNAL_H

#include "record/lines.h"

/* How much of a line that is too long is kept, at most: enough to name its id in most cases. */
enum { LINES_KEPT_BYTES = 4096, LINES_SPARE_BYTES = 8 };

/* lines_new_sized: as lines_new, with blocks of block_bytes (at least 1), be they smaller than a line or not. */
PRIO_MUST_USE enum prio_status lines_new_sized(struct lines **lines, size_t max_line_bytes, size_t block_bytes);

#endif
