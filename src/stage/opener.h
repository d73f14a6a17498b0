/* opener: raw lines in, opened records out, in the same order. The loop that verify1 and settling share.
 *
 *     line --record_parse, base64--> sealed share --prio_verify1_many or prio_sum_many--> verdict, state, running sum
 *
 * Shares are gathered into batches of about a megabyte, opened in place in the opener's own memory, and handed out one by one
 * with what the caller needs to remember of them. One opener a worker; nothing is allocated per record. */
#ifndef STAGE_OPENER_H
#define STAGE_OPENER_H

#include <stdbool.h>

#include "base/stream.h"
#include "prio/batch.h"
#include "prio/server.h"
#include "prio/status.h"

enum { OPENER_ENVELOPE_BYTES = 60 };

/* What one line became. Views are valid during the visit only. */
struct opened_record {
	enum prio_status verdict;   /* PRIO_OK, or why the line is refused */
	uint32_t input;             /* as the caller numbered its inputs */
	uint64_t offset_bytes;      /* of the line in its object */
	uint64_t length_bytes;
	bool has_id;
	bool id_is_number;
	struct prio_bytes id;
	/* Of a share that opened: ephemeral key (32), nonce (12), tag (16) and length, which tell copies of a share. */
	uint8_t envelope[OPENER_ENVELOPE_BYTES];
	uint64_t sealed_bytes;
	const struct prio_state *state;              /* NULL unless the verdict is PRIO_OK and a query point was given */
	const struct prio_verify1_packet *packet;    /* the same */
};

/* Called once a line, in order. Anything but PRIO_OK ends the work and is returned. */
typedef enum prio_status opener_visit(void *context, const struct opened_record *record, struct prio_error *error);

/* opener_max_line_bytes: the longest line that is read: twice what an honest client makes, and some room for members. */
size_t opener_max_line_bytes(const struct prio_params *params, enum prio_server_id server);

struct opener;
PRIO_MUST_USE enum prio_status opener_new(struct opener **opener, const struct prio_batch *batch);
void opener_free(struct opener *opener); /* wipes; NULL is fine */

/* opener_begin: set up for a run of pushes.
 *
 *   query   the query point; NULL: only open and add up (settling).
 *   sum     gets every share that opens; NULL: none wanted. */
void opener_begin(struct opener *opener, const struct prio_query *query, struct prio_tentative *sum, opener_visit *visit,
		  void *context);

/* opener_push: one line that is in memory already; text is left as it was or decoded in place. opener_flush: open what was
 * gathered and visit it; to be called after the last push. Both return PRIO_OK, an error, or what a visit returned. */
PRIO_MUST_USE enum prio_status opener_push(struct opener *opener, uint32_t input, uint64_t offset_bytes,
					   struct prio_mut text, struct prio_error *error);
PRIO_MUST_USE enum prio_status opener_flush(struct opener *opener, struct prio_error *error);

/* opener_push_stream: every line that begins in [begin_bytes, end_bytes) of an object. stream: as lines_begin wants it.
 *
 *   crc, owned_end_bytes   out: as lines_crc gives them: what was read of the lines, for comparison with the object's checksum */
PRIO_MUST_USE enum prio_status opener_push_stream(struct opener *opener, uint32_t input, struct stream *stream,
						  uint64_t begin_bytes, uint64_t end_bytes, uint32_t *crc,
						  uint64_t *owned_end_bytes, struct prio_error *error);

#endif
