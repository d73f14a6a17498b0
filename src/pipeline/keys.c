#include "pipeline/keys.h"

#include <stdlib.h>
#include <string.h>

#include "base/error.h"

enum { PORTION = 1000 };

enum prio_status keys_add(struct keys *keys, const char *key, struct prio_error *error)
{
	if (keys->n == keys->room) {
		size_t room = keys->room == 0 ? 64 : 2 * keys->room;
		char **more = realloc(keys->p, room * sizeof *more);

		if (more == NULL)
			return error_set(error, PRIO_ERR_MEMORY, "out of memory");
		keys->p = more;
		keys->room = room;
	}
	keys->p[keys->n] = strdup(key);
	if (keys->p[keys->n] == NULL)
		return error_set(error, PRIO_ERR_MEMORY, "out of memory");
	keys->n++;
	return PRIO_OK;
}

static enum prio_status add_object(void *context, const struct store_object *object, struct prio_error *error)
{
	return keys_add(context, object->key, error);
}

enum prio_status keys_add_all(struct keys *keys, struct store *store, const char *prefix, struct prio_error *error)
{
	return store_list(store, prefix, add_object, keys, error);
}

enum prio_status keys_delete(struct keys *keys, struct store *store, bool *denied, struct log *log, struct prio_error *error)
{
	enum prio_status status = PRIO_OK;

	for (size_t i = 0; i < keys->n && status == PRIO_OK; i += PORTION)
		status = store_delete_many(store, (const char *const *)keys->p + i,
					   keys->n - i < PORTION ? keys->n - i : PORTION, error);
	if (status == PRIO_ERR_DENIED) {
		log_warn(log, "what was processed could not be deleted from %s: %s", store->name,
			 error != NULL ? error->text : prio_status_sentence(status));
		*denied = true;
		status = PRIO_OK;
	}
	keys_clear(keys);
	return status;
}

void keys_clear(struct keys *keys)
{
	for (size_t i = 0; i < keys->n; i++)
		free(keys->p[i]);
	free(keys->p);
	*keys = (struct keys){0};
}
