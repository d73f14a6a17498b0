#include "fuzz/harness/memory_store.h"

#include "base/error.h"
#include "fuzz/harness/fuzz.h"

enum { LENT_MAX = 8 };

/* ---- A stream over bytes ---- */

struct memory_stream {
	struct stream base;
	struct prio_bytes left;
	struct prio_mut lent[LENT_MAX];
	size_t n_lent;
};

static enum prio_status lend(struct stream *stream, struct prio_mut block, struct prio_error *error)
{
	struct memory_stream *memory = (struct memory_stream *)stream;

	(void)error;
	FUZZ_CHECK(memory->n_lent < LENT_MAX && block.n > 0);
	memory->lent[memory->n_lent++] = block;
	return PRIO_OK;
}

static enum prio_status take(struct stream *stream, size_t *n_bytes, struct prio_error *error)
{
	struct memory_stream *memory = (struct memory_stream *)stream;
	struct prio_mut block;

	(void)error;
	FUZZ_CHECK(memory->n_lent > 0);
	block = memory->lent[0];
	memory->n_lent--;
	memmove(memory->lent, memory->lent + 1, memory->n_lent * sizeof memory->lent[0]);
	*n_bytes = block.n < memory->left.n ? block.n : memory->left.n;
	if (*n_bytes > 0)
		memcpy(block.p, memory->left.p, *n_bytes);
	memory->left.p += *n_bytes;
	memory->left.n -= *n_bytes;
	return PRIO_OK;
}

static void close_stream(struct stream *stream)
{
	free(stream);
}

struct stream *memory_stream(struct prio_bytes bytes)
{
	static const struct stream_ops ops = {lend, take, close_stream};
	struct memory_stream *memory = calloc(1, sizeof *memory);

	FUZZ_CHECK(memory != NULL);
	memory->base.ops = &ops;
	memory->left = bytes;
	return &memory->base;
}

/* ---- A store of objects ---- */

struct object {
	struct object *next; /* in bytewise order of keys */
	char *key;
	struct prio_mut bytes;
};

struct memory_store {
	struct store base;
	struct object *first;
};

/* Where the object with this key hangs, or where it would. */
static struct object **place_of(struct memory_store *memory, const char *key)
{
	struct object **at = &memory->first;

	while (*at != NULL && strcmp((*at)->key, key) < 0)
		at = &(*at)->next;
	return at;
}

static struct object *find(const struct store *store, const char *key)
{
	struct object *object = *place_of((struct memory_store *)(uintptr_t)store, key);

	return object != NULL && strcmp(object->key, key) == 0 ? object : NULL;
}

static void free_object(struct object *object)
{
	free(object->key);
	free(object->bytes.p);
	free(object);
}

void memory_store_put(struct store *store, const char *key, struct prio_bytes bytes)
{
	struct object *object = find(store, key);

	if (object == NULL) {
		struct object **at = place_of((struct memory_store *)store, key);

		object = calloc(1, sizeof *object);
		FUZZ_CHECK(object != NULL);
		object->key = strdup(key);
		FUZZ_CHECK(object->key != NULL);
		object->next = *at;
		*at = object;
	}
	free(object->bytes.p);
	object->bytes = fuzz_copy(bytes);
}

struct prio_bytes memory_store_look(const struct store *store, const char *key)
{
	const struct object *object = find(store, key);

	return object != NULL ? prio_bytes_of(object->bytes) : (struct prio_bytes){NULL, 0};
}

static enum prio_status list(struct store *store, const char *prefix, store_visit *visit, void *context,
			     struct prio_error *error)
{
	size_t n = strlen(prefix);
	enum prio_status status = PRIO_OK;

	for (struct object *object = ((struct memory_store *)store)->first; object != NULL && status == PRIO_OK;
	     object = object->next) {
		const struct store_object seen = {.key = object->key, .size_bytes = object->bytes.n};

		if (n == 0 || (strncmp(object->key, prefix, n) == 0 && object->key[n] == '/'))
			status = visit(context, &seen, error);
	}
	return status;
}

static enum prio_status not_found(struct prio_error *error)
{
	return error_set(error, PRIO_ERR_NOT_FOUND, "there is no such object");
}

static enum prio_status stat_object(struct store *store, const char *key, struct store_object *out,
				    struct prio_error *error)
{
	const struct object *object = find(store, key);

	if (object == NULL)
		return not_found(error);
	*out = (struct store_object){.key = key, .size_bytes = object->bytes.n};
	return PRIO_OK;
}

static enum prio_status open_object(struct store *store, const char *key, uint64_t offset_bytes, uint64_t length_bytes,
				    struct stream **stream, struct prio_error *error)
{
	const struct object *object = find(store, key);
	struct prio_bytes part;

	if (object == NULL)
		return not_found(error);
	part = prio_bytes_of(object->bytes);
	size_t offset = offset_bytes < part.n ? (size_t)offset_bytes : part.n;
	part.p += offset;
	part.n -= offset;
	if (length_bytes < part.n)
		part.n = (size_t)length_bytes;
	*stream = memory_stream(part);
	return PRIO_OK;
}

static enum prio_status put(struct store *store, const char *key, struct prio_bytes bytes,
			    enum store_condition condition, struct prio_error *error)
{
	if (condition == STORE_IF_ABSENT && find(store, key) != NULL)
		return error_set(error, PRIO_ERR_EXISTS, "the object exists");
	memory_store_put(store, key, bytes);
	return PRIO_OK;
}

struct memory_sink {
	struct sink base;
	struct store *store;
	char *key;
	struct prio_mut bytes;
};

static enum prio_status append(struct sink *sink, struct prio_bytes bytes, struct prio_error *error)
{
	struct memory_sink *memory = (struct memory_sink *)sink;

	(void)error;
	memory->bytes.p = realloc(memory->bytes.p, memory->bytes.n + bytes.n + 1);
	FUZZ_CHECK(memory->bytes.p != NULL);
	if (bytes.n > 0)
		memcpy(memory->bytes.p + memory->bytes.n, bytes.p, bytes.n);
	memory->bytes.n += bytes.n;
	return PRIO_OK;
}

static void abort_sink(struct sink *sink)
{
	struct memory_sink *memory = (struct memory_sink *)sink;

	free(memory->key);
	free(memory->bytes.p);
	free(memory);
}

static enum prio_status commit(struct sink *sink, struct prio_error *error)
{
	struct memory_sink *memory = (struct memory_sink *)sink;

	(void)error;
	memory_store_put(memory->store, memory->key, prio_bytes_of(memory->bytes));
	abort_sink(sink);
	return PRIO_OK;
}

static enum prio_status create(struct store *store, const char *key, struct sink **sink, struct prio_error *error)
{
	static const struct sink_ops ops = {append, commit, abort_sink};
	struct memory_sink *memory = calloc(1, sizeof *memory);

	(void)error;
	FUZZ_CHECK(memory != NULL);
	*memory = (struct memory_sink){{&ops}, store, strdup(key), {NULL, 0}};
	FUZZ_CHECK(memory->key != NULL);
	*sink = &memory->base;
	return PRIO_OK;
}

static enum prio_status delete_many(struct store *store, const char *const *keys, size_t n_keys,
				    struct prio_error *error)
{
	(void)error;
	for (size_t i = 0; i < n_keys; i++) {
		struct object **at = place_of((struct memory_store *)store, keys[i]);
		struct object *object = *at;

		if (object == NULL || strcmp(object->key, keys[i]) != 0)
			continue;
		*at = object->next;
		free_object(object);
	}
	return PRIO_OK;
}

static enum prio_status check(struct store_lock *lock, struct prio_error *error)
{
	(void)lock;
	(void)error;
	return PRIO_OK;
}

static void release(struct store_lock *lock)
{
	free(lock);
}

static enum prio_status take_lock(struct store *store, const char *key, struct store_lock **lock,
				  struct prio_error *error)
{
	(void)store;
	(void)key;
	(void)error;
	*lock = calloc(1, sizeof **lock);
	FUZZ_CHECK(*lock != NULL);
	(*lock)->check = check;
	(*lock)->release = release;
	return PRIO_OK;
}

static enum prio_status sweep(struct store *store, const char *prefix, struct prio_error *error)
{
	(void)store;
	(void)prefix;
	(void)error;
	return PRIO_OK;
}

static void free_store(struct store *store)
{
	struct memory_store *memory = (struct memory_store *)store;

	for (struct object *object = memory->first, *next; object != NULL; object = next) {
		next = object->next;
		free_object(object);
	}
	free(memory);
}

struct store *memory_store(void)
{
	static const struct store_ops ops = {list,	  stat_object, open_object, create,    put,
					     delete_many, take_lock,   sweep,	    free_store, NULL,	NULL};
	struct memory_store *memory = calloc(1, sizeof *memory);

	FUZZ_CHECK(memory != NULL);
	memory->base = (struct store){&ops, "memory"};
	return &memory->base;
}
