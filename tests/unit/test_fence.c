/* A store behind a fence: everything passes while the lock is held, and nothing is changed once it is lost. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/error.h"
#include "store/fence.h"
#include "tests/unit/temp_store.h"

struct fake_lock {
	struct store_lock base;
	bool is_lost;
};

static enum prio_status check(struct store_lock *base, struct prio_error *error)
{
	return ((struct fake_lock *)(void *)base)->is_lost ? error_set(error, PRIO_ERR_BUSY, "lost") : PRIO_OK;
}

static enum prio_status count(void *context, const struct store_object *object, struct prio_error *error)
{
	(void)object;
	(void)error;
	++*(int *)context;
	return PRIO_OK;
}

static int number_of_objects(struct store *store)
{
	int n = 0;

	assert_int_equal(store_list(store, "", count, &n, NULL), PRIO_OK);
	return n;
}

static const struct prio_bytes bytes = {(const uint8_t *)"x", 1};

static void changes_end_with_the_lock(void **unused)
{
	static const char *const keys[] = {"a/put", "a/made"};
	struct fake_lock lock = {.base = {.check = check}};
	struct temp_store temp;
	struct store *store;
	struct sink *sink;
	struct sink *late;
	struct store_object object;
	struct prio_mut read = {NULL, 0};
	struct prio_error error;

	(void)unused;
	assert_int_equal(temp_store_new(&temp), 0);
	assert_int_equal(store_fence(&store, temp.store, &lock.base, &error), PRIO_OK);
	assert_string_equal(store->name, temp.store->name);
	temp.store = store;

	assert_int_equal(store_put(store, "a/put", bytes, STORE_IF_ABSENT, &error), PRIO_OK);
	assert_int_equal(store_put(store, "a/put", bytes, STORE_IF_ABSENT, &error), PRIO_ERR_EXISTS);
	assert_int_equal(store_create(store, "a/made", &sink, &error), PRIO_OK);
	assert_int_equal(sink_append(sink, bytes, &error), PRIO_OK);
	assert_int_equal(sink_commit(sink, &error), PRIO_OK);
	assert_int_equal(store_create(store, "a/given-up", &sink, &error), PRIO_OK);
	sink_abort(sink);
	assert_int_equal(store_sweep(store, "a", &error), PRIO_OK);
	assert_int_equal(number_of_objects(store), 2);

	assert_int_equal(store_create(store, "a/late", &late, &error), PRIO_OK);
	assert_int_equal(sink_append(late, bytes, &error), PRIO_OK);
	lock.is_lost = true;
	assert_int_equal(sink_commit(late, &error), PRIO_ERR_BUSY);
	assert_int_equal(store_put(store, "a/b", bytes, STORE_ALWAYS, &error), PRIO_ERR_BUSY);
	assert_int_equal(store_delete_many(store, keys, 2, &error), PRIO_ERR_BUSY);
	assert_int_equal(store_sweep(store, "a", &error), PRIO_ERR_BUSY);
	assert_int_equal(number_of_objects(store), 2);
	assert_int_equal(store_stat(store, "a/put", &object, &error), PRIO_OK);
	assert_int_equal(store_get(store, "a/put", 10, &read, &error), PRIO_OK);
	assert_int_equal(read.n, 1);
	free(read.p);

	lock.is_lost = false;
	assert_int_equal(store_delete_many(store, keys, 2, &error), PRIO_OK);
	assert_int_equal(number_of_objects(store), 0);
	temp_store_free(&temp);
}

int main(void)
{
	const struct CMUnitTest tests[] = {cmocka_unit_test(changes_end_with_the_lock)};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
