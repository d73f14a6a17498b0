#include "store/fence.h"

#include <stdlib.h>

#include "base/error.h"

struct fence {
	struct store base;
	struct store *inner;
	struct store_lock *lock;
};

struct fence_sink {
	struct sink base;
	struct sink *inner;
	struct store_lock *lock;
};

static struct fence *fence_of(struct store *base)
{
	return (struct fence *)(void *)base;
}

static struct fence_sink *sink_of(struct sink *base)
{
	return (struct fence_sink *)(void *)base;
}

/* ---- What changes nothing ---- */

static enum prio_status fence_list(struct store *base, const char *prefix, store_visit *visit, void *context,
				   struct prio_error *error)
{
	struct store *inner = fence_of(base)->inner;

	return inner->ops->list(inner, prefix, visit, context, error);
}

static enum prio_status fence_stat(struct store *base, const char *key, struct store_object *object, struct prio_error *error)
{
	struct store *inner = fence_of(base)->inner;

	return inner->ops->stat(inner, key, object, error);
}

static enum prio_status fence_open(struct store *base, const char *key, uint64_t offset_bytes, uint64_t length_bytes,
				   struct stream **stream, struct prio_error *error)
{
	struct store *inner = fence_of(base)->inner;

	return inner->ops->open(inner, key, offset_bytes, length_bytes, stream, error);
}

static enum prio_status fence_lock(struct store *base, const char *key, struct store_lock **lock, struct prio_error *error)
{
	struct store *inner = fence_of(base)->inner;

	return inner->ops->lock(inner, key, lock, error);
}

/* ---- What does ---- */

static enum prio_status fence_append(struct sink *base, struct prio_bytes bytes, struct prio_error *error)
{
	return sink_append(sink_of(base)->inner, bytes, error);
}

static void fence_abort(struct sink *base)
{
	sink_abort(sink_of(base)->inner);
	free(base);
}

static enum prio_status fence_commit(struct sink *base, struct prio_error *error)
{
	struct fence_sink *sink = sink_of(base);
	enum prio_status status = store_lock_check(sink->lock, error);

	if (status != PRIO_OK) {
		fence_abort(base);
		return status;
	}
	status = sink_commit(sink->inner, error);
	free(sink);
	return status;
}

static const struct sink_ops fence_sink_ops = {fence_append, fence_commit, fence_abort};

static enum prio_status create(struct store *base, const char *key, bool is_scratch, struct sink **out, struct prio_error *error)
{
	struct fence *fence = fence_of(base);
	struct fence_sink *sink = calloc(1, sizeof *sink);
	enum prio_status status;

	if (sink == NULL)
		return error_set(error, PRIO_ERR_MEMORY, "out of memory");
	sink->base.ops = &fence_sink_ops;
	sink->lock = fence->lock;
	status = is_scratch ? store_create_scratch(fence->inner, key, &sink->inner, error)
			    : store_create(fence->inner, key, &sink->inner, error);
	if (status != PRIO_OK) {
		free(sink);
		return status;
	}
	*out = &sink->base;
	return PRIO_OK;
}

static enum prio_status fence_create(struct store *store, const char *key, struct sink **sink, struct prio_error *error)
{
	return create(store, key, false, sink, error);
}

static enum prio_status fence_create_scratch(struct store *store, const char *key, struct sink **sink, struct prio_error *error)
{
	return create(store, key, true, sink, error);
}

static enum prio_status fence_put(struct store *base, const char *key, struct prio_bytes bytes, enum store_condition condition,
				  struct prio_error *error)
{
	struct fence *fence = fence_of(base);
	enum prio_status status = store_lock_check(fence->lock, error);

	return status == PRIO_OK ? fence->inner->ops->put(fence->inner, key, bytes, condition, error) : status;
}

static enum prio_status fence_delete_many(struct store *base, const char *const *keys, size_t n_keys, struct prio_error *error)
{
	struct fence *fence = fence_of(base);
	enum prio_status status = store_lock_check(fence->lock, error);

	return status == PRIO_OK ? fence->inner->ops->delete_many(fence->inner, keys, n_keys, error) : status;
}

static enum prio_status fence_sweep(struct store *base, const char *prefix, struct prio_error *error)
{
	struct fence *fence = fence_of(base);
	enum prio_status status = store_lock_check(fence->lock, error);

	return status == PRIO_OK ? fence->inner->ops->sweep(fence->inner, prefix, error) : status;
}

static void fence_free(struct store *base)
{
	store_free(fence_of(base)->inner);
	free(base);
}

static const struct store_ops fence_ops = {
	.list = fence_list,
	.stat = fence_stat,
	.open = fence_open,
	.create = fence_create,
	.put = fence_put,
	.delete_many = fence_delete_many,
	.lock = fence_lock,
	.sweep = fence_sweep,
	.free = fence_free,
	.create_scratch = fence_create_scratch,
};

enum prio_status store_fence(struct store **store, struct store *inner, struct store_lock *lock, struct prio_error *error)
{
	struct fence *fence = calloc(1, sizeof *fence);

	if (fence == NULL)
		return error_set(error, PRIO_ERR_MEMORY, "out of memory");
	fence->base.ops = &fence_ops;
	fence->base.name = inner->name;
	fence->inner = inner;
	fence->lock = lock;
	if (inner->ops->guard != NULL)
		inner->ops->guard(inner, lock);
	*store = &fence->base;
	return PRIO_OK;
}
