/* inbox_parts: which objects of the partner belong to a batch and stage, by its manifest or by listing. */
#ifndef PIPELINE_INBOX_PARTS_H
#define PIPELINE_INBOX_PARTS_H

#include "crypt/sha256.h"
#include "pipeline/run.h"

/* An original writes about one part a core; more than this is no honest partner. Each costs some 600 bytes. */
enum { INBOX_PARTS_MAX = 1 << 17 };

struct inbox_part {
	char *key;
	bool has_digest; /* from a manifest */
	uint64_t size_bytes;
	uint8_t digest[SHA256_BYTES];
};

struct inbox_parts {
	struct inbox_part *parts;
	size_t n;
	size_t room;
};

/* inbox_parts_list: parts without text are left out. Notes every key in batch->read, for clearing. */
PRIO_MUST_USE enum prio_status inbox_parts_list(struct run *run, struct batch_run *batch, enum stage stage,
						struct inbox_parts *parts, struct prio_error *error);
void inbox_parts_clear(struct inbox_parts *parts);

/* inbox_part_check: is what was read and hashed what the manifest says? Ends sha's message. PRIO_ERR_MISMATCH if not. */
PRIO_MUST_USE enum prio_status inbox_part_check(const struct inbox_part *part, struct sha256 *sha, uint64_t n_bytes,
						struct prio_error *error);

#endif
