#include "tests/crash/fault.h"

#include <inttypes.h>
#include <pthread.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/error.h"
#include "crypt/sha256.h"

static struct {
	enum fault_kind kind;
	uint64_t at;
	const char *key_end;
	int log;
	pthread_mutex_t lock; /* guards n and at: held while a change is made, so that they come one after the other */
	uint64_t n;
} plan = {.log = -1, .lock = PTHREAD_MUTEX_INITIALIZER};

void fault_plan(enum fault_kind kind, uint64_t at, const char *key_end, int log)
{
	plan.kind = kind;
	plan.at = at;
	plan.key_end = key_end;
	plan.log = log;
}

struct fault_store {
	struct store base;
	struct store *inner;
	const char *role;
};

static struct fault_store *fault_store_of(struct store *store)
{
	return (struct fault_store *)(void *)store;
}

/* Nothing of this process runs after it, as when the power fails. */
static void end_here(void)
{
	kill(getpid(), SIGKILL);
	pause();
}

static void note(const struct fault_store *store, const char *what, const char *key, const uint8_t *digest)
{
	char line[STORE_KEY_BYTES_MAX + 256];
	int n = snprintf(line, sizeof line, "%" PRIu64 "\t%s\t%s\t%s\t", plan.n, store->role, what, key);

	for (int i = 0; digest != NULL && i < SHA256_BYTES; i++)
		n += snprintf(line + n, sizeof line - (size_t)n, "%02x", digest[i]);
	n += snprintf(line + n, sizeof line - (size_t)n, digest == NULL ? "-\n" : "\n");
	if (plan.log >= 0 && write(plan.log, line, (size_t)n) != n)
		abort();
}

static bool ends_with(const char *text, const char *end)
{
	size_t n = strlen(text);

	return n >= strlen(end) && strcmp(text + n - strlen(end), end) == 0;
}

/* A change begins: counted, noted, and where it is the chosen one, done for. */
static enum prio_status begin(const struct fault_store *store, const char *what, const char *key, const uint8_t *digest,
			      struct prio_error *error)
{
	pthread_mutex_lock(&plan.lock);
	plan.n++;
	note(store, what, key, digest);
	if (plan.key_end != NULL && plan.at == 0 && ends_with(key, plan.key_end))
		plan.at = plan.n;
	if (plan.n != plan.at)
		return PRIO_OK;
	if (plan.kind == FAULT_BEFORE)
		end_here();
	if (plan.kind != FAULT_FULL && plan.kind != FAULT_IO)
		return PRIO_OK;
	pthread_mutex_unlock(&plan.lock);
	return plan.kind == FAULT_FULL
		       ? error_set(error, PRIO_ERR_FULL, "%s/%s: No space left on device (test)", store->inner->name, key)
		       : error_set(error, PRIO_ERR_IO, "%s/%s: Input/output error (test)", store->inner->name, key);
}

/* The change was made. */
static void end(void)
{
	if (plan.n == plan.at && plan.kind == FAULT_AFTER)
		end_here();
	pthread_mutex_unlock(&plan.lock);
}

/* ---- What changes nothing ---- */

static enum prio_status fault_list(struct store *store, const char *prefix, store_visit *visit, void *context,
				   struct prio_error *error)
{
	struct store *inner = fault_store_of(store)->inner;

	return inner->ops->list(inner, prefix, visit, context, error);
}

static enum prio_status fault_stat(struct store *store, const char *key, struct store_object *object, struct prio_error *error)
{
	struct store *inner = fault_store_of(store)->inner;

	return inner->ops->stat(inner, key, object, error);
}

static enum prio_status fault_open(struct store *store, const char *key, uint64_t offset_bytes, uint64_t length_bytes,
				   struct stream **stream, struct prio_error *error)
{
	struct store *inner = fault_store_of(store)->inner;

	return inner->ops->open(inner, key, offset_bytes, length_bytes, stream, error);
}

/* ---- Objects of any length ---- */

struct fault_sink {
	struct sink base;
	struct sink *inner;
	struct fault_store *store;
	struct sha256 *sha;
	char *key;
};

static struct fault_sink *fault_sink_of(struct sink *sink)
{
	return (struct fault_sink *)(void *)sink;
}

static void sink_free(struct fault_sink *sink)
{
	sha256_free(sink->sha);
	free(sink->key);
	free(sink);
}

static enum prio_status fault_append(struct sink *base, struct prio_bytes bytes, struct prio_error *error)
{
	struct fault_sink *sink = fault_sink_of(base);

	if (sha256_add(sink->sha, bytes) != PRIO_OK)
		abort();
	return sink->inner->ops->append(sink->inner, bytes, error);
}

static enum prio_status fault_commit(struct sink *base, struct prio_error *error)
{
	struct fault_sink *sink = fault_sink_of(base);
	uint8_t digest[SHA256_BYTES];
	enum prio_status status;

	if (sha256_end(sink->sha, digest) != PRIO_OK)
		abort();
	status = begin(sink->store, "commit", sink->key, digest, error);
	if (status == PRIO_OK) {
		status = sink->inner->ops->commit(sink->inner, error);
		end();
	} else {
		sink->inner->ops->abort(sink->inner);
	}
	sink_free(sink);
	return status;
}

static void fault_abort(struct sink *base)
{
	struct fault_sink *sink = fault_sink_of(base);

	sink->inner->ops->abort(sink->inner);
	sink_free(sink);
}

static const struct sink_ops sink_ops = {fault_append, fault_commit, fault_abort};

static enum prio_status create(struct store *base, const char *key, bool is_scratch, struct sink **out, struct prio_error *error)
{
	struct fault_store *store = fault_store_of(base);
	struct fault_sink *sink = calloc(1, sizeof *sink);
	enum prio_status status;

	if (sink == NULL)
		return PRIO_ERR_MEMORY;
	sink->base.ops = &sink_ops;
	sink->store = store;
	sink->key = strdup(key);
	if (sink->key == NULL || sha256_new(&sink->sha) != PRIO_OK || sha256_begin(sink->sha) != PRIO_OK)
		abort();
	status = begin(store, "create", key, NULL, error);
	if (status == PRIO_OK) {
		status = is_scratch ? store_create_scratch(store->inner, key, &sink->inner, error)
				    : store_create(store->inner, key, &sink->inner, error);
		end();
	}
	if (status == PRIO_OK)
		*out = &sink->base;
	else
		sink_free(sink);
	return status;
}

static enum prio_status fault_create(struct store *store, const char *key, struct sink **sink, struct prio_error *error)
{
	return create(store, key, false, sink, error);
}

static enum prio_status fault_create_scratch(struct store *store, const char *key, struct sink **sink, struct prio_error *error)
{
	return create(store, key, true, sink, error);
}

/* ---- Single changes ---- */

static enum prio_status fault_put(struct store *base, const char *key, struct prio_bytes bytes, enum store_condition condition,
				  struct prio_error *error)
{
	struct fault_store *store = fault_store_of(base);
	uint8_t digest[SHA256_BYTES];
	enum prio_status status = sha256(digest, bytes);

	if (status == PRIO_OK)
		status = begin(store, "put", key, digest, error);
	if (status != PRIO_OK)
		return status;
	status = store->inner->ops->put(store->inner, key, bytes, condition, error);
	end();
	return status;
}

/* The names of one call are deleted together, as without the wrapper, but for a fault in the middle. */
static enum prio_status fault_delete_many(struct store *base, const char *const *keys, size_t n_keys, struct prio_error *error)
{
	struct fault_store *store = fault_store_of(base);
	enum prio_status status = PRIO_OK;
	size_t n_begun = 0;
	bool is_cut = false;

	pthread_mutex_lock(&plan.lock);
	for (; n_begun < n_keys && !is_cut; n_begun++) {
		plan.n++;
		note(store, "delete", keys[n_begun], NULL);
		is_cut = plan.n == plan.at && plan.kind != FAULT_NONE;
	}
	size_t n_done = is_cut && plan.kind != FAULT_AFTER ? n_begun - 1 : n_begun;
	if (n_done > 0)
		status = store->inner->ops->delete_many(store->inner, keys, n_done, error);
	if (is_cut && (plan.kind == FAULT_BEFORE || plan.kind == FAULT_AFTER))
		end_here();
	pthread_mutex_unlock(&plan.lock);
	if (status != PRIO_OK || !is_cut)
		return status;
	return error_set(error, plan.kind == FAULT_FULL ? PRIO_ERR_FULL : PRIO_ERR_IO, "%s/%s: cannot be deleted (test)",
			 store->inner->name, keys[n_done]);
}

static enum prio_status fault_lock(struct store *base, const char *key, struct store_lock **lock, struct prio_error *error)
{
	struct fault_store *store = fault_store_of(base);
	enum prio_status status = begin(store, "lock", key, NULL, error);

	if (status != PRIO_OK)
		return status;
	status = store->inner->ops->lock(store->inner, key, lock, error);
	end();
	return status;
}

static enum prio_status fault_sweep(struct store *base, const char *prefix, struct prio_error *error)
{
	struct fault_store *store = fault_store_of(base);
	enum prio_status status = begin(store, "sweep", prefix, NULL, error);

	if (status != PRIO_OK)
		return status;
	status = store->inner->ops->sweep(store->inner, prefix, error);
	end();
	return status;
}

static void fault_guard(struct store *base, struct store_lock *lock)
{
	struct store *inner = fault_store_of(base)->inner;

	if (inner->ops->guard != NULL)
		inner->ops->guard(inner, lock);
}

static void fault_free(struct store *base)
{
	struct fault_store *store = fault_store_of(base);

	store_free(store->inner);
	free(store);
}

static const struct store_ops store_ops = {fault_list,        fault_stat, fault_open,  fault_create, fault_put,
					   fault_delete_many, fault_lock, fault_sweep, fault_free, fault_create_scratch,
					   fault_guard};

struct store *fault_wrap(struct store *inner, const char *role)
{
	struct fault_store *store = calloc(1, sizeof *store);

	if (store == NULL)
		abort();
	store->base = (struct store){&store_ops, inner->name};
	store->inner = inner;
	store->role = role;
	return &store->base;
}
