/* checkpoint: what opening the shares of one task left behind, so that each share is opened once.
 *
 * A sealed file (sealed_file.h) of entries, one a line of the raw parts in order, and at the end the tentative sum of the task's
 * opened shares and the checksums of its inputs. Secret: a sum of one record is that record. FORMAT.md, "Checkpoints". */
#ifndef PIPELINE_CHECKPOINT_H
#define PIPELINE_CHECKPOINT_H

#include <stdbool.h>

#include "pipeline/sealed_file.h"
#include "prio/server.h"
#include "prio/status.h"

enum { CHECKPOINT_HASH_BYTES = 16, CHECKPOINT_ID_BYTES_MAX = 1024 };

struct checkpoint_entry {
	enum prio_status verdict; /* PRIO_OK: opened; else why the line was refused */
	uint32_t part;
	uint64_t offset_bytes;
	uint64_t length_bytes;
	bool has_id;
	bool id_is_number;
	struct prio_bytes id; /* read: valid until the next checkpoint_next */
	/* Of an opened share: */
	uint8_t epk_hash[CHECKPOINT_HASH_BYTES];     /* of its ephemeral key */
	uint8_t share_digest[CHECKPOINT_HASH_BYTES]; /* of key, nonce, tag and length */
	struct prio_state state;
};

PRIO_MUST_USE enum prio_status checkpoint_write_entry(struct sealed_writer *writer, const struct checkpoint_entry *entry,
						      struct prio_error *error);
/* checkpoint_write_end: the last thing in a checkpoint: the sum, and the CRC32C of each of the task's n_ranges inputs. */
PRIO_MUST_USE enum prio_status checkpoint_write_end(struct sealed_writer *writer, const struct prio_tentative *sum,
						    const uint32_t *crcs, size_t n_ranges, struct prio_error *error);

struct checkpoint_reader;
PRIO_MUST_USE enum prio_status checkpoint_open(struct checkpoint_reader **reader, struct store *store, const char *key,
					       const struct sealed_binding *binding, struct prio_error *error);
/* checkpoint_next: the next entry, or *at_end. PRIO_ERR_FORMAT if the file is damaged. */
PRIO_MUST_USE enum prio_status checkpoint_next(struct checkpoint_reader *reader, struct checkpoint_entry *entry, bool *at_end,
					       struct prio_error *error);
/* checkpoint_read_end: after at_end, once. crcs: out, n_ranges. */
PRIO_MUST_USE enum prio_status checkpoint_read_end(struct checkpoint_reader *reader, struct prio_tentative *sum, uint32_t *crcs,
						   size_t n_ranges, struct prio_error *error);
void checkpoint_close(struct checkpoint_reader *reader); /* wipes; NULL is fine */

#endif
