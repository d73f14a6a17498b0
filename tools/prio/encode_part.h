/* encode_part: lines in a row of one file of encode-shares, read by one thread and worked on by another. */
#ifndef TOOLS_PRIO_ENCODE_PART_H
#define TOOLS_PRIO_ENCODE_PART_H

#include "prio/client.h"
#include "prio/input.h"
#include "prio/vector_line.h"

/* What prio_encode_many does well at a time, and what is copied before a part is full. */
enum { PART_LINES = 16, PART_BYTES = 1 << 20 };

struct part_line {
	size_t offset;
	size_t n_bytes;
	uint64_t number;
	bool is_too_long; /* and left out */
	bool has_id;
	bool is_payload_alone;
};

struct encode_part {
	struct line_buffer text;
	struct part_line lines[PART_LINES];
	size_t n_lines;
	/* What was found: by part_check or part_encode. Fresh for each. */
	uint64_t n_no_bits;
	uint64_t n_longer;
	struct line_buffer out[2]; /* the records, by server */
	enum prio_status status;
	struct prio_error error; /* for PRIO_ERR_FORMAT, without the file's name but with the line's number in bad_line */
	uint64_t bad_line;
};

/* part_is_full: no line more, or the next one in another part. part_add: copy a line. PRIO_OK or PRIO_ERR_MEMORY.
 * part_clear: of {0}, too. part_reset: for other lines, with the memory that it has. */
bool part_is_full(const struct encode_part *part, size_t n_lines_max);
PRIO_MUST_USE enum prio_status part_add(struct encode_part *part, const struct row *row);
void part_reset(struct encode_part *part);
void part_clear(struct encode_part *part);

/* One thread's memory. */
struct part_worker {
	const struct prio_params *params;
	struct prio_client *client;
	struct record_scratch *scratch;
	size_t n_vectors;  /* at a time, at most PART_LINES */
	uint8_t *fields;   /* n_vectors of them, or values, as the params ask for */
	uint64_t *values;
	uint8_t *sealed;
	size_t room[2]; /* of a sealed share, by server */
};

/* part_vectors_at_a_time: fewer where shares are large, so that memory does not grow with n_data times lines.
 * part_worker_init: PRIO_OK, or what prio_client_new says, or PRIO_ERR_MEMORY. part_worker_clear: of {0}, too; wipes. */
size_t part_vectors_at_a_time(const struct prio_params *params);
PRIO_MUST_USE enum prio_status part_worker_init(struct part_worker *worker, const struct prio_params *params,
						const struct prio_public_key *key_a,
						const struct prio_public_key *key_b, struct prio_error *error);
void part_worker_clear(struct part_worker *worker);

/* part_check: are all lines vectors of this batch? part_encode: make the records of both servers. Into the part: status,
 * error and what else is found. n_lines at most n_vectors for part_encode. */
void part_check(struct encode_part *part, struct part_worker *worker);
void part_encode(struct encode_part *part, struct part_worker *worker);

#endif
