/* generate: what is to be made (generate_plan), the rows (generate_rows), and making them (generate_write). Test data:
 * the fields are known to whoever makes them, the shares are as good as a client's. */
#ifndef TOOLS_PRIO_PROCESSOR_GENERATE_H
#define TOOLS_PRIO_PROCESSOR_GENERATE_H

#include <stdbool.h>

#include "base/log.h"
#include "pipeline/config.h"
#include "pipeline/paths.h"
#include "prio/client.h"
#include "store/store.h"

enum {
	GENERATE_ROWS_MAX = 1000000000,
	GENERATE_SCALE_MAX = 1000000,
	GENERATE_PARTITIONS_MAX = 99999, /* part-NNNNN */
};

/* Where one server's shares go. */
struct share_side {
	struct store *store;
	struct path raw; /* ".../raw/shares" */
};

/* One batch to be made. */
struct share_batch {
	struct prio_params params;	 /* views the configuration's batch id */
	struct prio_params wrong_params; /* of the record with a field too many; .n_data 0: there is none */
	struct path directory;		 /* "batch_id=..." */
	uint64_t n_good;
	size_t chunk;	  /* records encoded at once */
	bool is_known;	  /* false: the batch that no configuration has */
	uint64_t *counts; /* n_data sums over the good records */
};

/* A stretch of one batch's rows that goes into one file a server: n_good rows, then perhaps the wrong one. */
struct share_piece {
	size_t batch;
	size_t part;
	uint64_t first_row;
	uint64_t n_good;
	bool has_wrong;
	size_t first_task;
};

struct share_plan {
	struct share_batch *batches;
	size_t n_batches;
	struct share_piece *pieces;
	size_t n_pieces;
	size_t n_tasks;
	uint64_t n_lines; /* a server, copies included */
	/* set by the command */
	bool is_random; /* else the pattern */
	uint64_t seed;
	uint64_t scale;
	struct prio_public_key keys[2]; /* A's, B's */
	struct share_side sides[2];
};

/* share_plan_integration: as the original's generate-integration: batches in bytewise order without the last n_drop,
 * n_rows each, of which one has a field too many; n_rows of the unknown batch "bad-id"; all rows in order cut into
 * n_partitions. share_plan_random: every batch has n_rows good rows, cut into as many parts as keep each of A's below
 * part_bytes or so. Both fill all but what the command sets. config must live as long as the plan. CONFIG (forgeable
 * sizes not allowed) with the batch in error; MEMORY. share_plan_clear: also after a failure. */
PRIO_MUST_USE enum prio_status share_plan_integration(struct share_plan *plan, const struct data_config *config,
						      uint64_t n_rows, uint64_t n_partitions, uint64_t n_drop,
						      struct log *log, struct prio_error *error);
PRIO_MUST_USE enum prio_status share_plan_random(struct share_plan *plan, const struct data_config *config,
						 uint64_t n_rows, uint64_t part_bytes, struct prio_error *error);
void share_plan_clear(struct share_plan *plan);

/* rows_fill: the fields of n_rows rows from first_row on, and their sums. */
void rows_fill(uint8_t *fields, uint32_t *sums, const struct share_plan *plan, size_t batch, uint32_t n_data,
	       uint64_t first_row, size_t n_rows);

/* truth_write: the true counts as JSON: what two servers must publish. */
PRIO_MUST_USE enum prio_status truth_write(const struct share_plan *plan, const char *path, struct prio_error *error);

/* shares_write: make everything and write it, the markers last. n_workers threads. */
PRIO_MUST_USE enum prio_status shares_write(struct share_plan *plan, unsigned n_workers, struct log *log,
					    struct prio_error *error);

#endif
