/* ndjson_internal: what reading (ndjson.c) keeps for writing a record like the one that was read (ndjson_like.c). */
#ifndef RECORD_NDJSON_INTERNAL_H
#define RECORD_NDJSON_INTERNAL_H

#include <jansson.h>

#include "record/ndjson.h"

struct record_scratch {
	json_t *tree;             /* the latest line, NULL if it was read on the fast path or is no JSON object */
	struct line_buffer text;  /* the line with its very long integers marked; then the payload, writable */
	char number[24];          /* an integer id in decimal */
};

/* A JSON integer beyond 64 bits stands in the tree as a string of this mark and its digits. No other string can begin so,
 * since lines with \u0000 are refused. */
enum { RECORD_BIG_INTEGER_MARK = '\0' };

/* json_append_double: as Python's repr writes it: the shortest decimal that reads as the same number. x is finite. */
PRIO_MUST_USE enum prio_status json_append_double(struct line_buffer *buffer, double x);

#endif
