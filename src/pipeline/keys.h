/* keys: a list of keys to delete, gathered first and deleted in portions. */
#ifndef PIPELINE_KEYS_H
#define PIPELINE_KEYS_H

#include <stdbool.h>

#include "base/log.h"
#include "prio/status.h"
#include "store/store.h"

struct keys {
	char **p;
	size_t n;
	size_t room;
};

PRIO_MUST_USE enum prio_status keys_add(struct keys *keys, const char *key, struct prio_error *error);
/* keys_add_all: every object under a prefix. */
PRIO_MUST_USE enum prio_status keys_add_all(struct keys *keys, struct store *store, const char *prefix,
					    struct prio_error *error);
/* keys_delete: delete them all and empty the list. Where the store denies it: a warning, and *denied. */
PRIO_MUST_USE enum prio_status keys_delete(struct keys *keys, struct store *store, bool *denied, struct log *log,
					   struct prio_error *error);
void keys_clear(struct keys *keys);

#endif
