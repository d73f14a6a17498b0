/* run: what one server's run over one date knows, and what it knows of each batch. The stages (verify1.h to publish.h) work on
 * these; process.c drives them. Internal to the pipeline. */
#ifndef PIPELINE_RUN_H
#define PIPELINE_RUN_H

#include <stdbool.h>

#include <jansson.h>

#include "base/log.h"
#include "base/siphash.h"
#include "pipeline/checkpoint.h"
#include "pipeline/config.h"
#include "pipeline/kept.h"
#include "pipeline/paths.h"
#include "pipeline/plan.h"
#include "pipeline/process.h"
#include "prio/server.h"
#include "prio/total.h"
#include "record/join.h"
#include "store/store.h"

/* The stages that write parts, in their order; publish sends nothing. */
enum stage { STAGE_VERIFY1, STAGE_VERIFY2, STAGE_AGGREGATE, STAGE_PUBLISH, N_STAGES };

/* stage_name: as it stands in paths. */
const char *stage_name(enum stage stage);

/* A stage's manifests, ours and the partner's. */
struct stage_state {
	bool is_done;            /* an earlier run sent all of it: nothing of it is written again */
	uint8_t own_digest[32];  /* SHA-256 of our manifest, once it is sent */
	json_t *partner;         /* the partner's manifest, NULL if it sent none */
	uint8_t partner_digest[32];
};

enum batch_fate {
	BATCH_PENDING,
	BATCH_NO_DATA,
	BATCH_PUBLISHED,
	BATCH_NOT_PUBLISHED, /* it had data; why says the reason */
};

struct batch_run {
	const struct batch_config *config;
	struct path directory; /* "batch_id=...", as written */
	char shown[160];       /* the batch id for messages */
	struct plan plan;
	struct prio_batch *batch;
	struct prio_query *query;
	uint8_t commitment[32]; /* prio_query_commitment */
	uint64_t task_bytes;    /* that the plan is cut by */
	bool is_fixed;          /* an earlier run fixed its query point and parts */

	/* After opening. Opened records are numbered through the tasks in order. */
	uint64_t *first_record; /* n_tasks + 1 entries: where each task's records begin */
	struct kept kept;
	uint64_t *n_unopened; /* by task: lines that did not open */
	/* One an input of the plan: the CRC-32C of the lines that begin in the range, moved up to the part's end (as if as many zero
	 * bits of the CRC followed as the part has bytes behind them). So the CRC of a whole part is the XOR of its ranges'. */
	uint32_t *range_crcs;
	bool ids_are_numbers; /* every id of the batch is a JSON integer: so they are written as such */

	/* What the summary says. */
	uint64_t n_lines;
	uint64_t n_opened;
	uint64_t n_sent;         /* verify1 packets */
	uint64_t n_answered;     /* verify2 packets */
	uint64_t n_total;        /* matched at aggregate */
	uint64_t n_error;        /* of those, the proof failed */
	uint64_t n_partner_only; /* ids that only the partner sent */
	uint64_t n_accepted;
	uint64_t refused[PRIO_STATUS_FIRST_ERROR_];
	json_t *summary;         /* of the earlier run that published it */
	json_t *sent[N_STAGES];  /* what our manifest says of the batch; NULL where nothing was sent */
	json_t *read;            /* keys in the inbox that were read, for clearing */
	bool is_noted[N_STAGES]; /* in read */
	enum batch_fate fate;
	char why[PRIO_ERROR_TEXT_BYTES];
};

struct run {
	const struct process_settings *settings;
	struct log *log;
	struct data_config config;
	struct prefixes prefixes;
	struct store *ingest;
	struct store *own;    /* private */
	struct store *inbox;  /* what the partner sends */
	struct store *outbox; /* what the partner gets */
	struct store_lock *lock;
	unsigned n_workers;
	uint64_t kept_bytes; /* that batches[].kept take of the memory budget */
	uint8_t kept_key[32]; /* random, of what does not fit */
	uint8_t id_key[SIPHASH_KEY_BYTES]; /* random: hashes of ids under it are in nobody's power */
	struct batch_run *batches; /* config.n_batches */
	struct stage_state stages[N_STAGES];
	bool partner_has_manifests; /* it showed one, in this run or an earlier one */
	bool was_denied;      /* something could not be deleted: clearing is not done */
	bool partner_is_41;   /* the other side is an original, so its joins multiply repeated ids */
	char started[28];
};

/* run_init: paths, configuration, keys; stores are opened by process.c after it. run_clear frees all, stores too. */
PRIO_MUST_USE enum prio_status run_init(struct run *run, struct prio_error *error);
void run_clear(struct run *run);

/* run_lock: take the lock of this date's runs, and put the stores that are open behind a fence (store/fence.h): what comes after it
 * changes nothing any more when the lock is lost. PRIO_ERR_BUSY, with who holds it. */
PRIO_MUST_USE enum prio_status run_lock(struct run *run, struct prio_error *error);

/* run_resume: take the lock, sweep what dead runs left half-written, read from the journal what is done; with --force send it again.
 * *complete: an earlier run did everything; it is said, and what was not cleared is cleared. */
PRIO_MUST_USE enum prio_status run_resume(struct run *run, bool *complete, struct prio_error *error);

/* run_plan: wait for the raw shares and plan what to do with them; published batches are out of it. */
PRIO_MUST_USE enum prio_status run_plan(struct run *run, struct prio_error *error);

/* batch_run_prepare: directory, batch, query point, of a batch that has data. A size that is forgeable and not allowed ends
 * the batch (BATCH_NOT_PUBLISHED), not the run. */
PRIO_MUST_USE enum prio_status batch_run_prepare(struct run *run, struct batch_run *batch, struct prio_error *error);
void batch_run_clear(struct batch_run *batch);

/* batch_run_end: the batch is not published, and why (a sentence); says so in the log. */
__attribute__((format(printf, 3, 4))) void batch_run_end(struct run *run, struct batch_run *batch, const char *format, ...);

/* batch_is_in: has data, and nothing ended it so far. */
static inline bool batch_is_in(const struct batch_run *batch)
{
	return batch->fate == BATCH_PENDING;
}

/* Where the checkpoint of a task lies, and what it belongs to. */
PRIO_MUST_USE enum prio_status batch_checkpoint_key(const struct run *run, const struct batch_run *batch, size_t task,
						    struct path *path, struct prio_error *error);
PRIO_MUST_USE enum prio_status batch_checkpoint_binding(const struct run *run, const struct batch_run *batch, size_t task,
							struct sealed_binding *binding, struct prio_error *error);

/* batch_visit_task: every entry of a task's checkpoint, in order. record: the number of an opened share; UINT64_MAX for a
 * refused line. kept: of an opened share, where use is not KEPT_NONE. end: if not NULL, what stands at the end is read into it. */
struct task_end {
	struct prio_tentative *sum;
	uint32_t *crcs; /* one an input of the task */
};
typedef enum prio_status entry_visit(void *context, const struct checkpoint_entry *entry, uint64_t record,
				     struct kept_record *kept, struct prio_error *error);
PRIO_MUST_USE enum prio_status batch_visit_task(const struct run *run, const struct batch_run *batch, size_t task,
						enum kept_use use, entry_visit *visit, void *context,
						const struct task_end *end, struct prio_error *error);

/* batch_visit_all: every entry of every task, on all workers. The entries of a task come in order and on one worker; tasks run at
 * the same time. visit gets contexts + worker * context_bytes: what a worker counts, it counts there. context_bytes 0: all share one. */
PRIO_MUST_USE enum prio_status batch_visit_all(const struct run *run, const struct batch_run *batch, enum kept_use use,
					       entry_visit *visit, void *contexts, size_t context_bytes, struct prio_error *error);

/* Tables of ids are made for one part of all hashes after the other, where all at once would not fit the memory budget: what they
 * are made from is read again for each. Nothing is spilled to a disk, so nothing has to be wiped from one. */
struct partition {
	uint32_t index;
	uint32_t n;
};

/* run_n_fit: how many entries of so many bytes fit the memory budget, beside what is kept of the records; at least 1. */
uint64_t run_n_fit(const struct run *run, uint64_t entry_bytes);

/* run_partitions: how many parts a table of n_entries needs, beside what is kept of the records. partition_has: is this hash in the part? */
uint32_t run_partitions(const struct run *run, uint64_t n_entries);
static inline bool partition_has(struct partition partition, const uint8_t *hash)
{
	uint32_t number = (uint32_t)hash[0] << 24 | (uint32_t)hash[1] << 16 | (uint32_t)hash[2] << 8 | hash[3];

	return number % partition.n == partition.index;
}

/* run_hash_id: the keyed hash of an id. Thread-safe. */
struct join_hash run_hash_id(const struct run *run, struct prio_bytes id);

#endif
