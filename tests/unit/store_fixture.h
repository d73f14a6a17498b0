/* store_fixture: a bucket in a directory of its own for each test, and short ways to say what is in it. */
#ifndef TESTS_STORE_FIXTURE_H
#define TESTS_STORE_FIXTURE_H

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "store/file_internal.h"

#define COUNT_OF(a) (sizeof(a) / sizeof(a)[0])
#define ASSERT_OK(call) assert_int_equal(call, PRIO_OK)

static char top[64];
static char bucket[96];
static struct store *store;

static inline int remove_one(const char *path, const struct stat *info, int kind, struct FTW *where)
{
	(void)info;
	(void)kind;
	(void)where;
	return remove(path);
}

static inline int setup_in(const char *directory)
{
	snprintf(top, sizeof top, "%s/prio-store-XXXXXX", directory);
	if (mkdtemp(top) == NULL)
		return -1;
	snprintf(bucket, sizeof bucket, "%s/deep/bucket", top);
	return store_file_new(&store, bucket, NULL) == PRIO_OK ? 0 : -1;
}

static inline int setup(void **unused)
{
	(void)unused;
	return setup_in("/tmp");
}

/* For tests with very many files, which a disk would take its time for. */
static inline int setup_in_memory(void **unused)
{
	(void)unused;
	return setup_in(access("/dev/shm", W_OK) == 0 ? "/dev/shm" : "/tmp");
}

static inline int teardown(void **unused)
{
	(void)unused;
	store_free(store);
	return nftw(top, remove_one, 16, FTW_DEPTH | FTW_PHYS);
}

static inline const char *path_of(const char *key)
{
	static char paths[4][1400];
	static unsigned next;
	char *path = paths[next++ % 4];

	snprintf(path, sizeof paths[0], "%s/%s", bucket, key);
	return path;
}

static inline struct prio_bytes text(const char *s)
{
	return (struct prio_bytes){(const uint8_t *)s, strlen(s)};
}

static inline void put(const char *key, const char *s)
{
	struct prio_error error = {PRIO_OK, ""};

	if (store_put(store, key, text(s), STORE_ALWAYS, &error) != PRIO_OK)
		fail_msg("%s: %s", key, error.text);
}

static inline void assert_holds(const char *key, const char *s)
{
	struct prio_mut got;

	ASSERT_OK(store_get(store, key, 1 << 20, &got, NULL));
	assert_string_equal((const char *)got.p, s);
	assert_int_equal(got.n, strlen(s));
	free(got.p);
}

static inline void assert_absent(const char *key)
{
	struct prio_mut got;
	struct store_object object;
	struct stream *stream;

	assert_int_equal(store_get(store, key, 100, &got, NULL), PRIO_ERR_NOT_FOUND);
	assert_null(got.p);
	assert_int_equal(store_stat(store, key, &object, NULL), PRIO_ERR_NOT_FOUND);
	assert_int_equal(store_open(store, key, 0, UINT64_MAX, &stream, NULL), PRIO_ERR_NOT_FOUND);
	assert_null(stream);
}

/* All keys under a prefix, each followed by a blank. */
struct keys {
	char text[4096];
	size_t n;
};

static inline enum prio_status note(void *context, const struct store_object *object, struct prio_error *error)
{
	struct keys *keys = context;

	(void)error;
	int n = snprintf(keys->text + keys->n, sizeof keys->text - keys->n, "%s ", object->key);
	assert_true(n > 0 && (size_t)n < sizeof keys->text - keys->n);
	keys->n += (size_t)n;
	return PRIO_OK;
}

static inline void assert_lists(const char *prefix, const char *want)
{
	struct keys keys = {"", 0};

	ASSERT_OK(store_list(store, prefix, note, &keys, NULL));
	assert_string_equal(keys.text, want);
}

/* How many names a directory holds, temporary ones included. */
static inline size_t n_names(const char *path)
{
	DIR *directory = opendir(path);
	size_t n = 0;

	assert_non_null(directory);
	for (const struct dirent *item; (item = readdir(directory)) != NULL;)
		n += strcmp(item->d_name, ".") != 0 && strcmp(item->d_name, "..") != 0;
	closedir(directory);
	return n;
}

#define TEST(function) cmocka_unit_test_setup_teardown(function, setup, teardown)

#endif
