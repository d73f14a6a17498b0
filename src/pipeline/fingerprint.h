/* fingerprint: keyed hashes by which one process tells ids and shares apart, 16 bytes each. The key is fresh and never leaves
 * the process, so nobody who writes ids or shares can aim at them, and they mean nothing elsewhere. */
#ifndef PIPELINE_FINGERPRINT_H
#define PIPELINE_FINGERPRINT_H

#include "prio/bytes.h"
#include "prio/status.h"
#include "record/join.h"

enum { FINGERPRINT_BYTES = 16, FINGERPRINT_EPK_BYTES = 32 };

/* One thread at a time. */
struct fingerprint;

/* fingerprint_new: with a fresh key. PRIO_OK, PRIO_ERR_MEMORY, PRIO_ERR_RANDOM or PRIO_ERR_CRYPTO. _free(NULL) is fine. */
PRIO_MUST_USE enum prio_status fingerprint_new(struct fingerprint **fingerprint);
void fingerprint_free(struct fingerprint *fingerprint);

/* fingerprint_id: of an id. fingerprint_share: of a sealed share's ephemeral key (its first 32 bytes; of a shorter one, all
 * of it) and of the whole share, every byte. PRIO_OK or PRIO_ERR_CRYPTO. */
PRIO_MUST_USE enum prio_status fingerprint_id(struct fingerprint *fingerprint, struct join_hash *hash, struct prio_bytes id);
PRIO_MUST_USE enum prio_status fingerprint_share(struct fingerprint *fingerprint, uint8_t epk[FINGERPRINT_BYTES],
						 uint8_t share[FINGERPRINT_BYTES], struct prio_bytes sealed);

#endif
