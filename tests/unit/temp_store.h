/* A store in a fresh directory, for tests of what is built on stores. */
#ifndef TESTS_UNIT_TEMP_STORE_H
#define TESTS_UNIT_TEMP_STORE_H

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "store/store.h"

struct temp_store {
	struct store *store;
	char directory[64];
};

static inline int temp_store_new(struct temp_store *temp)
{
	snprintf(temp->directory, sizeof temp->directory, "/tmp/prio-test-XXXXXX");
	if (mkdtemp(temp->directory) == NULL)
		return -1;
	return store_file_new(&temp->store, temp->directory, NULL) == PRIO_OK ? 0 : -1;
}

static inline void temp_store_free(struct temp_store *temp)
{
	char command[96];

	store_free(temp->store);
	snprintf(command, sizeof command, "rm -rf '%s'", temp->directory);
	if (system(command) != 0)
		fprintf(stderr, "could not remove %s\n", temp->directory);
}

static inline enum prio_status temp_store_put(struct temp_store *temp, const char *key, const char *text)
{
	return store_put(temp->store, key, (struct prio_bytes){(const uint8_t *)text, strlen(text)}, STORE_ALWAYS, NULL);
}

#endif
