/* aes_ctr: AES-128 in counter mode as a stream of bytes; 128-bit big-endian counter, starting at zero. */
#ifndef CRYPT_AES_CTR_H
#define CRYPT_AES_CTR_H

#include "prio/bytes.h"
#include "prio/status.h"

enum { AES_CTR_KEY_BYTES = 16, AES_CTR_BLOCK_BYTES = 16 };

/* A stream, restartable any number of times. One thread at a time. */
struct aes_ctr;

/* aes_ctr_new: PRIO_OK, PRIO_ERR_MEMORY or PRIO_ERR_CRYPTO. aes_ctr_free wipes; NULL is fine. */
PRIO_MUST_USE enum prio_status aes_ctr_new(struct aes_ctr **ctr);
void aes_ctr_free(struct aes_ctr *ctr);

/* aes_ctr_start: begin the stream of key at a block of 16 bytes, counted from zero. aes_ctr_next: its next out.n bytes.
 * PRIO_OK or PRIO_ERR_CRYPTO. CT: depends on lengths alone. */
PRIO_MUST_USE enum prio_status aes_ctr_start(struct aes_ctr *ctr, const uint8_t key[AES_CTR_KEY_BYTES], uint64_t block);
PRIO_MUST_USE enum prio_status aes_ctr_next(struct aes_ctr *ctr, struct prio_mut out);

#endif
