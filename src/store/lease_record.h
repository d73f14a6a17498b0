/* lease_record: what a lease object says: who holds it, since when, until when. JSON, so that an operator can read it. */
#ifndef STORE_LEASE_RECORD_H
#define STORE_LEASE_RECORD_H

#include <stdbool.h>
#include <time.h>

#include "prio/bytes.h"
#include "prio/status.h"

enum { LEASE_HOLDER_BYTES = 33, LEASE_HOST_BYTES = 65, LEASE_WORD_BYTES = 65, LEASE_BYTES_MAX = 4096 };

struct lease_record {
	char holder[LEASE_HOLDER_BYTES]; /* 128 random bits in hexadecimal: one holding of one lock */
	char host[LEASE_HOST_BYTES];     /* for people */
	/* Which process that is. The same boot and the same process namespace: one can look whether it lives. */
	char boot[LEASE_WORD_BYTES];
	char pid_namespace[LEASE_WORD_BYTES];
	int64_t pid;
	int64_t pid_started; /* clock ticks after boot, since numbers of processes are used again */
	time_t expires;      /* by the server's clock */
	bool released;
};

/* lease_record_init: of this process, with a fresh holder. PRIO_OK, PRIO_ERR_RANDOM. */
PRIO_MUST_USE enum prio_status lease_record_init(struct lease_record *record);

/* lease_record_write: as JSON text; *n_bytes of it. PRIO_OK, PRIO_ERR_MEMORY. */
PRIO_MUST_USE enum prio_status lease_record_write(const struct lease_record *record, char out[LEASE_BYTES_MAX], size_t *n_bytes);

/* lease_record_read: false if text is none. */
bool lease_record_read(struct lease_record *record, struct prio_bytes text);

/* lease_holder_life: of a process that ran on this very host, whether it still does; UNKNOWN of any other. self: of
 * lease_record_init. */
enum lease_life { LEASE_UNKNOWN, LEASE_ALIVE, LEASE_DEAD };
enum lease_life lease_holder_life(const struct lease_record *theirs, const struct lease_record *self);

#endif
