#include "store/store.h"

#include <stdlib.h>
#include <string.h>

#include "base/error.h"

enum { COMPONENT_BYTES_MAX = 255, GET_FIRST_BYTES = 4096 };

static enum prio_status bad_key(const char *key, const char *why, struct prio_error *error)
{
	char text[200];

	escape_text(text, sizeof text, (struct prio_bytes){(const uint8_t *)key, strnlen(key, STORE_KEY_BYTES_MAX + 1)});
	return error_set(error, PRIO_ERR_ARGUMENT, "\"%s\" cannot name an object: %s", text, why);
}

enum prio_status store_key_check(const char *key, struct prio_error *error)
{
	if (strnlen(key, STORE_KEY_BYTES_MAX + 1) > STORE_KEY_BYTES_MAX)
		return bad_key(key, "it is too long", error);
	for (const char *p = key;; p++) {
		size_t n = strcspn(p, "/");

		if (n == 0)
			return bad_key(key, "it has an empty component", error);
		if (n > COMPONENT_BYTES_MAX)
			return bad_key(key, "a component is too long", error);
		if ((n == 1 && p[0] == '.') || (n == 2 && p[0] == '.' && p[1] == '.'))
			return bad_key(key, "it has a component of dots", error);
		p += n;
		if (*p == '\0')
			return PRIO_OK;
	}
}

enum prio_status store_list(struct store *store, const char *prefix, store_visit *visit, void *context,
			    struct prio_error *error)
{
	enum prio_status status = prefix[0] == '\0' ? PRIO_OK : store_key_check(prefix, error);

	return status == PRIO_OK ? store->ops->list(store, prefix, visit, context, error) : status;
}

enum prio_status store_stat(struct store *store, const char *key, struct store_object *object, struct prio_error *error)
{
	enum prio_status status = store_key_check(key, error);

	object->has_crc32c = false;
	return status == PRIO_OK ? store->ops->stat(store, key, object, error) : status;
}

enum prio_status store_open(struct store *store, const char *key, uint64_t offset_bytes, uint64_t length_bytes,
			    struct stream **stream, struct prio_error *error)
{
	enum prio_status status = store_key_check(key, error);

	*stream = NULL;
	return status == PRIO_OK ? store->ops->open(store, key, offset_bytes, length_bytes, stream, error) : status;
}

enum prio_status store_create(struct store *store, const char *key, struct sink **sink, struct prio_error *error)
{
	enum prio_status status = store_key_check(key, error);

	*sink = NULL;
	return status == PRIO_OK ? store->ops->create(store, key, sink, error) : status;
}

enum prio_status store_create_scratch(struct store *store, const char *key, struct sink **sink, struct prio_error *error)
{
	enum prio_status status = store_key_check(key, error);

	*sink = NULL;
	if (status != PRIO_OK)
		return status;
	return store->ops->create_scratch != NULL ? store->ops->create_scratch(store, key, sink, error)
						  : store->ops->create(store, key, sink, error);
}

enum prio_status store_put(struct store *store, const char *key, struct prio_bytes bytes, enum store_condition condition,
			   struct prio_error *error)
{
	enum prio_status status = store_key_check(key, error);

	return status == PRIO_OK ? store->ops->put(store, key, bytes, condition, error) : status;
}

enum prio_status store_lock(struct store *store, const char *key, struct store_lock **lock, struct prio_error *error)
{
	enum prio_status status = store_key_check(key, error);

	*lock = NULL;
	return status == PRIO_OK ? store->ops->lock(store, key, lock, error) : status;
}

enum prio_status store_lock_check(struct store_lock *lock, struct prio_error *error)
{
	return lock->check(lock, error);
}

void store_unlock(struct store_lock *lock)
{
	if (lock != NULL)
		lock->release(lock);
}

enum prio_status store_sweep(struct store *store, const char *prefix, struct prio_error *error)
{
	enum prio_status status = prefix[0] == '\0' ? PRIO_OK : store_key_check(prefix, error);

	return status == PRIO_OK ? store->ops->sweep(store, prefix, error) : status;
}

/* Read to the end of the stream, or until there are more than max_bytes. */
static enum prio_status read_all(struct stream *stream, size_t max_bytes, struct prio_mut *out, struct prio_error *error)
{
	size_t room = 0;

	for (;;) {
		size_t n_taken;

		if (out->n == room) {
			room = room == 0 ? GET_FIRST_BYTES : room * 2;
			uint8_t *p = room > out->n ? realloc(out->p, room + 1) : NULL;
			if (p == NULL)
				return error_set(error, PRIO_ERR_MEMORY, "out of memory");
			out->p = p;
		}
		enum prio_status status = stream_lend(stream, (struct prio_mut){out->p + out->n, room - out->n}, error);
		if (status == PRIO_OK)
			status = stream_take(stream, &n_taken, error);
		if (status != PRIO_OK)
			return status;
		out->n += n_taken;
		if (out->n > max_bytes)
			return PRIO_ERR_TOO_LARGE;
		if (out->n < room)
			break;
	}
	out->p[out->n] = '\0';
	return PRIO_OK;
}

enum prio_status store_get(struct store *store, const char *key, size_t max_bytes, struct prio_mut *out,
			   struct prio_error *error)
{
	struct stream *stream;
	enum prio_status status = store_open(store, key, 0, UINT64_MAX, &stream, error);

	*out = (struct prio_mut){NULL, 0};
	if (status != PRIO_OK)
		return status;
	status = read_all(stream, max_bytes, out, error);
	stream_close(stream);
	if (status == PRIO_OK)
		return PRIO_OK;

	free(out->p);
	*out = (struct prio_mut){NULL, 0};
	if (status == PRIO_ERR_TOO_LARGE) {
		char text[300];

		escape_text(text, sizeof text, (struct prio_bytes){(const uint8_t *)key, strlen(key)});
		error_set(error, status, "%s has more than %zu bytes", text, max_bytes);
		error_prefix(error, "%s", store->name);
	}
	return status;
}

enum prio_status store_delete_many(struct store *store, const char *const *keys, size_t n_keys, struct prio_error *error)
{
	for (size_t i = 0; i < n_keys; i++) {
		enum prio_status status = store_key_check(keys[i], error);

		if (status != PRIO_OK)
			return status;
	}
	return n_keys > 0 ? store->ops->delete_many(store, keys, n_keys, error) : PRIO_OK;
}

void store_free(struct store *store)
{
	if (store != NULL)
		store->ops->free(store);
}
