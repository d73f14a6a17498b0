/* result: the aggregate record and the published record, as JSON lines (FORMAT.md, "Aggregate record", "Published record").
 *
 * Aggregate: exactly {"payload", "error", "total"}: a partner's job unions both servers' files by column position. */
#ifndef STAGE_RESULT_H
#define STAGE_RESULT_H

#include <stdbool.h>

#include "prio/bytes.h"
#include "prio/status.h"
#include "record/ndjson.h"

struct aggregate_record {
	struct prio_mut payload; /* a total share's bytes; read: freed with aggregate_record_clear */
	uint64_t error;          /* matched records whose proof failed */
	uint64_t total;          /* matched records */
};

/* aggregate_record_write: append the record, without a line feed. */
PRIO_MUST_USE enum prio_status aggregate_record_write(struct line_buffer *buffer, enum record_style style,
						      const struct aggregate_record *record);

/* aggregate_record_read: from the whole text of a file. Exactly one JSON object, white space around it allowed; other members
 * are ignored. PRIO_OK; PRIO_ERR_FORMAT with what is wrong; PRIO_ERR_MEMORY. */
PRIO_MUST_USE enum prio_status aggregate_record_read(struct aggregate_record *record, struct prio_bytes text,
						     struct prio_error *error);
void aggregate_record_clear(struct aggregate_record *record);

struct published_record {
	const char *id;        /* uuid */
	const char *timestamp; /* ISO 8601, UTC */
	const uint64_t *sums;
	size_t n_sums;
	bool with_counts; /* write error and total */
	uint64_t error;
	uint64_t total;
};

/* published_record_write: append the record, without a line feed. */
PRIO_MUST_USE enum prio_status published_record_write(struct line_buffer *buffer, enum record_style style,
						      const struct published_record *record);

enum { UUID_CHARS = 36 };

/* uuid_format: 16 bytes as a uuid: version 4 where they are random, version 8 (RFC 9562) where they are a hash. */
void uuid_format(char out[UUID_CHARS + 1], const uint8_t bytes[16], unsigned version);

#endif
