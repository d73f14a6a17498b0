/* The store on files as a tree: listing, clearing, and what others may have put there. */
#include <sys/mount.h>
#include <sys/socket.h>
#include <sys/un.h>

#include "tests/unit/store_fixture.h"

/* ---- Listing ---- */

static void lists_in_order_of_whole_keys(void **unused)
{
	static const char *const keys[] = {"b", "a/x", "a-b", "a.txt", "a/b/c", "a0", "ab/c", "a/b-c", "\xff", "A", "_SUCCESS", ".hidden/x"};

	(void)unused;
	for (size_t i = 0; i < COUNT_OF(keys); i++)
		put(keys[i], keys[i]);
	put(".tmp-0123", "being written");
	put("a/.tmp-dir/x", "being written");
	assert_int_equal(mkdir(path_of("empty"), 0700), 0);

	assert_lists("", ".hidden/x A _SUCCESS a-b a.txt a/b-c a/b/c a/x a0 ab/c b \xff ");
	assert_lists("a", "a/b-c a/b/c a/x ");
	assert_lists("a/b", "a/b/c ");
	assert_lists("a-", "");
	assert_lists("b", "");
	assert_lists("none/at/all", "");
	assert_lists("empty", "");
}

static void lists_regular_files_only(void **unused)
{
	struct sockaddr_un address = {.sun_family = AF_UNIX};
	int fd = socket(AF_UNIX, SOCK_STREAM, 0);

	(void)unused;
	put("dir/object", "x");
	put("outside", "x");
	assert_int_equal(symlink("object", path_of("dir/link")), 0);
	assert_int_equal(symlink("dir", path_of("linked-dir")), 0);
	assert_int_equal(symlink("nowhere", path_of("dir/dangling")), 0);
	assert_int_equal(mkfifo(path_of("dir/fifo"), 0600), 0);
	assert_true(fd >= 0);
	snprintf(address.sun_path, sizeof address.sun_path, "%s", path_of("dir/socket"));
	assert_int_equal(bind(fd, (const struct sockaddr *)&address, sizeof address), 0);
	close(fd);
	assert_lists("", "dir/object outside ");
	assert_lists("linked-dir", "");
	assert_absent("dir/socket");
}

static enum prio_status stop_at_second(void *context, const struct store_object *object, struct prio_error *error)
{
	size_t *n = context;

	(void)object;
	(void)error;
	return ++*n == 2 ? PRIO_ERR_STOPPED : PRIO_OK;
}

static enum prio_status delete_visited(void *context, const struct store_object *object, struct prio_error *error)
{
	const char *const keys[] = {object->key};
	size_t *n = context;

	++*n;
	return store_delete_many(store, keys, 1, error);
}

static void a_visit_may_stop_the_listing_or_delete(void **unused)
{
	size_t n = 0;

	(void)unused;
	put("a/1", "x");
	put("a/2", "x");
	put("b/3", "x");
	assert_int_equal(store_list(store, "", stop_at_second, &n, NULL), PRIO_ERR_STOPPED);
	assert_int_equal(n, 2);
	n = 0;
	ASSERT_OK(store_list(store, "", delete_visited, &n, NULL));
	assert_int_equal(n, 3);
	assert_int_equal(n_names(bucket), 0);
}

struct counted {
	size_t n;
	char last[STORE_KEY_BYTES_MAX + 1];
	char **keys;
};

static enum prio_status count_in_order(void *context, const struct store_object *object, struct prio_error *error)
{
	struct counted *counted = context;

	(void)error;
	assert_true(strcmp(counted->last, object->key) < 0);
	snprintf(counted->last, sizeof counted->last, "%s", object->key);
	if (counted->keys != NULL)
		counted->keys[counted->n] = strdup(object->key);
	counted->n++;
	return PRIO_OK;
}

static void lists_and_deletes_100000_files(void **unused)
{
	enum { N = 100000 };
	struct counted counted = {0};

	(void)unused;
	assert_int_equal(mkdir(path_of("many"), 0700), 0);
	int fd = open(path_of("many"), O_RDONLY | O_DIRECTORY);
	assert_true(fd >= 0);
	for (int i = 0; i < N; i++) {
		char name[32];

		snprintf(name, sizeof name, "part-%d", i * 7919 % N);
		int file = openat(fd, name, O_CREAT | O_EXCL | O_WRONLY, 0600);
		assert_true(file >= 0);
		close(file);
	}
	close(fd);
	counted.keys = calloc(N, sizeof *counted.keys);
	assert_non_null(counted.keys);
	ASSERT_OK(store_list(store, "many", count_in_order, &counted, NULL));
	assert_int_equal(counted.n, N);
	ASSERT_OK(store_delete_many(store, (const char *const *)counted.keys, N, NULL));
	assert_int_equal(n_names(bucket), 0);
	for (size_t i = 0; i < N; i++)
		free(counted.keys[i]);
	free(counted.keys);
}

/* ---- Deleting ---- */

static void deleting_leaves_no_empty_directories(void **unused)
{
	static const char *const keys[] = {"a/b/c/1", "a/b/c/2", "a/b/d/3", "top", "never/was/there"};
	static const char *const rest[] = {"a/e"};

	(void)unused;
	for (size_t i = 0; i < 4; i++)
		put(keys[i], "x");
	put("a/e", "kept");
	put("other/kept", "kept");
	ASSERT_OK(store_delete_many(store, keys, COUNT_OF(keys), NULL));
	assert_lists("", "a/e other/kept ");
	assert_int_equal(n_names(path_of("a")), 1);
	ASSERT_OK(store_delete_many(store, keys, COUNT_OF(keys), NULL));
	ASSERT_OK(store_delete_many(store, NULL, 0, NULL));

	/* the name of a directory is not the name of an object */
	const char *const directory[] = {"other"};
	ASSERT_OK(store_delete_many(store, directory, 1, NULL));
	assert_holds("other/kept", "kept");

	ASSERT_OK(store_delete_many(store, rest, 1, NULL));
	assert_int_equal(n_names(bucket), 1);

	/* a crash after the last object: the next run finds the empty directories */
	assert_int_equal(mkdir(path_of("a"), 0700), 0);
	assert_int_equal(mkdir(path_of("a/b"), 0700), 0);
	ASSERT_OK(store_delete_many(store, keys, 1, NULL));
	assert_int_equal(n_names(bucket), 1);
}

static void *write_and_delete(void *context)
{
	char key[32];
	const char *const keys[] = {key};
	size_t failures = 0;

	snprintf(key, sizeof key, "busy/dir/%d", *(int *)context);
	for (int i = 0; i < 200; i++) {
		failures += store_put(store, key, text("x"), STORE_ALWAYS, NULL) != PRIO_OK;
		failures += store_delete_many(store, keys, 1, NULL) != PRIO_OK;
	}
	return (void *)failures;
}

/* One thread removes the empty directory just when another is about to write into it. */
static void writing_survives_the_removal_of_directories(void **unused)
{
	pthread_t threads[4];
	int numbers[4];

	(void)unused;
	for (int i = 0; i < 4; i++) {
		numbers[i] = i;
		assert_int_equal(pthread_create(&threads[i], NULL, write_and_delete, &numbers[i]), 0);
	}
	for (int i = 0; i < 4; i++) {
		void *failures;

		pthread_join(threads[i], &failures);
		assert_int_equal((size_t)failures, 0);
	}
	assert_int_equal(n_names(bucket), 0);
}

/* ---- Hostile surroundings ---- */

static void follows_no_link(void **unused)
{
	static const char *const through[] = {"dir/link/object", "dir/link/sub/object"};
	char outside[128];
	char object[160];
	struct prio_error error = {PRIO_OK, ""};

	(void)unused;
	snprintf(outside, sizeof outside, "%s/outside", top);
	snprintf(object, sizeof object, "%s/object", outside);
	assert_int_equal(mkdir(outside, 0700), 0);
	int fd = open(object, O_CREAT | O_WRONLY, 0600);
	assert_true(fd >= 0 && write(fd, "theirs", 6) == 6);
	close(fd);
	put("dir/mine", "x");
	assert_int_equal(symlink(outside, path_of("dir/link")), 0);
	assert_int_equal(symlink(object, path_of("dir/file-link")), 0);

	/* a link in the middle */
	for (size_t i = 0; i < 2; i++) {
		struct sink *sink;

		assert_absent(through[i]);
		assert_int_equal(store_put(store, through[i], text("x"), STORE_ALWAYS, &error), PRIO_ERR_IO);
		assert_non_null(strstr(error.text, through[i]));
		assert_int_equal(store_create(store, through[i], &sink, &error), PRIO_ERR_IO);
		ASSERT_OK(store_delete_many(store, &through[i], 1, NULL));
	}
	/* a link at the end: not read, and replaced rather than written through */
	assert_absent("dir/file-link");
	assert_int_equal(store_put(store, "dir/file-link", text("mine"), STORE_IF_ABSENT, NULL), PRIO_ERR_EXISTS);
	put("dir/file-link", "mine");
	assert_holds("dir/file-link", "mine");
	assert_lists("", "dir/file-link dir/mine ");

	assert_int_equal(n_names(outside), 1);
	char bytes[8] = "";
	fd = open(object, O_RDONLY);
	assert_true(fd >= 0 && read(fd, bytes, sizeof bytes - 1) == 6);
	close(fd);
	assert_string_equal(bytes, "theirs");
}

static void a_fifo_holds_nobody(void **unused)
{
	(void)unused;
	assert_int_equal(mkfifo(path_of("fifo"), 0600), 0);
	alarm(5); /* a test that hangs is ended by it */
	assert_absent("fifo");
	assert_absent("fifo/below");
	put("fifo", "replaced");
	assert_holds("fifo", "replaced");
	alarm(0);
}

static void says_full(void **unused)
{
	char mounted[128];
	struct store *small;
	struct sink *sink;
	struct prio_error error = {PRIO_OK, ""};
	static uint8_t much[200000];
	enum prio_status status;

	(void)unused;
	snprintf(mounted, sizeof mounted, "%s/small", top);
	assert_int_equal(mkdir(mounted, 0700), 0);
	if (mount("tmpfs", mounted, "tmpfs", 0, "size=64k") != 0) {
		print_message("skipped: a full file system, since none can be mounted here: %s\n", strerror(errno));
		skip();
	}
	ASSERT_OK(store_file_new(&small, mounted, NULL));
	status = store_put(small, "dir/object", (struct prio_bytes){much, sizeof much}, STORE_ALWAYS, &error);
	assert_int_equal(status, PRIO_ERR_FULL);
	assert_non_null(strstr(error.text, "dir/object: No space left on device"));

	ASSERT_OK(store_create(small, "dir/object", &sink, NULL));
	do
		status = sink_append(sink, (struct prio_bytes){much, 30000}, &error);
	while (status == PRIO_OK);
	assert_int_equal(status, PRIO_ERR_FULL);
	assert_int_equal(sink_append(sink, text("x"), NULL), PRIO_ERR_FULL); /* it cannot become whole any more */
	assert_int_equal(sink_commit(sink, &error), PRIO_ERR_FULL);
	/* nothing is left of either, so that what is small fits again */
	ASSERT_OK(store_put(small, "dir/object", (struct prio_bytes){much, 40000}, STORE_ALWAYS, &error));
	store_free(small);
	assert_int_equal(umount(mounted), 0);
}

static void says_denied(void **unused)
{
	int status;
	pid_t child;

	(void)unused;
	put("dir/object", "x");
	assert_int_equal(chmod(top, 0755), 0);
	assert_int_equal(chmod(path_of("../../deep"), 0755), 0);
	assert_int_equal(chmod(bucket, 0755), 0);
	assert_int_equal(chmod(path_of("dir"), 0755), 0);
	if (geteuid() != 0) {
		print_message("skipped: denied access, since only root can become somebody else\n");
		skip();
	}
	child = fork();
	assert_true(child >= 0);
	if (child == 0) {
		static const char *const keys[] = {"dir/object"};
		struct prio_error error = {PRIO_OK, ""};
		struct stream *stream;
		struct store *other;

		if (setuid(65534) != 0)
			_exit(1);
		if (store_open(store, "dir/object", 0, 1, &stream, &error) != PRIO_ERR_DENIED)
			_exit(2);
		if (strstr(error.text, "dir/object: Permission denied") == NULL)
			_exit(3);
		if (store_put(store, "dir/new", text("x"), STORE_ALWAYS, NULL) != PRIO_ERR_DENIED)
			_exit(4);
		if (store_delete_many(store, keys, 1, NULL) != PRIO_ERR_DENIED)
			_exit(5);
		if (store_file_new(&other, path_of("new"), NULL) != PRIO_ERR_DENIED || other != NULL)
			_exit(6);
		_exit(0);
	}
	assert_int_equal(waitpid(child, &status, 0), child);
	assert_true(WIFEXITED(status));
	assert_int_equal(WEXITSTATUS(status), 0);
	assert_holds("dir/object", "x");
}

static void opens_buckets(void **unused)
{
	struct store *other;
	struct prio_error error;
	char path[160];

	(void)unused;
	assert_string_equal(store->name, bucket);
	snprintf(path, sizeof path, "%s///", bucket);
	put("object", "x");
	ASSERT_OK(store_file_new(&other, path, NULL));
	assert_string_equal(other->name, bucket);
	struct store_object object;
	ASSERT_OK(store_stat(other, "object", &object, NULL));
	store_free(other);
	/* the bucket itself may be reached by a link: the operator's, not a stranger's */
	snprintf(path, sizeof path, "%s/bucket-link", top);
	assert_int_equal(symlink(bucket, path), 0);
	ASSERT_OK(store_file_new(&other, path, NULL));
	ASSERT_OK(store_stat(other, "object", &object, NULL));
	store_free(other);

	assert_int_equal(store_file_new(&other, path_of("object"), &error), PRIO_ERR_IO);
	assert_non_null(strstr(error.text, "object: Not a directory"));
	assert_int_equal(store_file_new(&other, path_of("object/below"), &error), PRIO_ERR_IO);
	assert_int_equal(store_file_new(&other, "", &error), PRIO_ERR_ARGUMENT);
	assert_null(other);
	store_free(NULL);
}

static void opens_relative_buckets(void **unused)
{
	struct store *other;
	struct stat info;
	char *before = getcwd(NULL, 0);

	(void)unused;
	assert_non_null(before);
	assert_int_equal(chdir(top), 0);
	ASSERT_OK(store_file_new(&other, "one", NULL));
	store_free(other);
	ASSERT_OK(store_file_new(&other, "two/three//four/", NULL));
	store_free(other);
	assert_int_equal(stat("two/three/four", &info), 0);
	assert_int_equal(stat("one", &info), 0);
	assert_int_equal(chdir(before), 0);
	free(before);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(lists_in_order_of_whole_keys),
		TEST(lists_regular_files_only),
		TEST(a_visit_may_stop_the_listing_or_delete),
		cmocka_unit_test_setup_teardown(lists_and_deletes_100000_files, setup_in_memory, teardown),
		TEST(deleting_leaves_no_empty_directories),
		TEST(writing_survives_the_removal_of_directories),
		TEST(follows_no_link),
		TEST(a_fifo_holds_nobody),
		TEST(says_full),
		TEST(says_denied),
		TEST(opens_buckets),
		TEST(opens_relative_buckets),
	};

	umask(022);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
