/* md5: for S3 alone, which names contents by it (ETag) and takes it as a checksum (Content-MD5). No security rests on
 * it. */
#ifndef CRYPT_MD5_H
#define CRYPT_MD5_H

#include "prio/bytes.h"
#include "prio/status.h"

enum { MD5_BYTES = 16 };

/* md5: of one view. PRIO_OK, or PRIO_ERR_CRYPTO, also where the system's policy (FIPS) has no MD5. Thread-safe. */
PRIO_MUST_USE enum prio_status md5(uint8_t digest[MD5_BYTES], struct prio_bytes bytes);

#endif
