/* config: DATA_CONFIG, the list of batches that a run processes.
 *
 *     [{"batch_id": "content.blocking_blocked-0", "n_data": 2046}, {"batch_id": "ages", "n_data": 70, "precision": 7}]
 *
 * Optional members: "precision" (bits an unsigned integer; n_data is a multiple of it), "prg" ("batch" or "legacy"),
 * "min_batch" (accepted records below which the batch's aggregate is not sent). */
#ifndef PIPELINE_CONFIG_H
#define PIPELINE_CONFIG_H

#include "base/log.h"
#include "prio/batch.h"
#include "prio/status.h"

struct batch_config {
	char *batch_id; /* UTF-8 without NUL */
	struct prio_params params; /* .batch_id views batch_id; .allow_forgeable_size as data_config_read was told */
	uint64_t min_batch;
};

struct data_config {
	struct batch_config *batches; /* in the file's order */
	size_t n_batches;
};

/* data_config_read: read and check a file.
 *
 *   allow_forgeable_size   goes into every batch's params. A forgeable size is no error here: it is refused batch by batch.
 *   log                    unknown members are warned of, since they may be misspelt
 *   config                 out: data_config_clear frees it
 *
 * PRIO_OK; PRIO_ERR_CONFIG naming entry and member; NOT_FOUND, DENIED, IO; PRIO_ERR_MEMORY. */
PRIO_MUST_USE enum prio_status data_config_read(struct data_config *config, const char *path, bool allow_forgeable_size,
						struct log *log, struct prio_error *error);
void data_config_clear(struct data_config *config);

#endif
