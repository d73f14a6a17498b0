/* random: bytes from the system's source, by way of OpenSSL's generator. */
#ifndef CRYPT_RANDOM_H
#define CRYPT_RANDOM_H

#include "prio/bytes.h"
#include "prio/status.h"

/* random_bytes: fill out. PRIO_OK, or PRIO_ERR_RANDOM (out is zeroed then). Thread-safe. */
PRIO_MUST_USE enum prio_status random_bytes(struct prio_mut out);

#endif
