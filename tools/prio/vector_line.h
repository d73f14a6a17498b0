/* vector_line: one line of encode-shares' input, {"payload": [0, 1, ...]}, to what the encoder takes. */
#ifndef TOOLS_PRIO_VECTOR_LINE_H
#define TOOLS_PRIO_VECTOR_LINE_H

#include <stdbool.h>

#include "prio/batch.h"
#include "prio/bytes.h"
#include "prio/status.h"

struct vector_line {
	const struct prio_params *params;
	/* Room for n_data fields, or n_data / precision values: whichever the params ask for. The caller's. */
	uint8_t *fields;
	uint64_t *values;
	/* What vector_line_read found. */
	bool has_id;        /* the record has an id already */
	bool is_payload_alone; /* it has no other member */
	bool is_no_bits;    /* a field is neither 0 nor 1: servers will refuse the record */
	bool is_longer;     /* there were more values than the batch has; they are left out */
};

/* vector_line_read: PRIO_OK, or PRIO_ERR_FORMAT with what is wrong in error. A value is an integer, or true or false. A field
 * is 0 to 255, an integer of a batch with a precision 0 to 2^precision - 1. */
PRIO_MUST_USE enum prio_status vector_line_read(struct vector_line *line, struct prio_bytes text, struct prio_error *error);

#endif
