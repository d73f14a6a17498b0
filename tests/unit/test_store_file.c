/* The store on files, one object at a time: it appears whole or not at all. */
#include "tests/unit/store_fixture.h"

/* ---- Keys ---- */

static void checks_keys(void **unused)
{
	char longest[STORE_KEY_BYTES_MAX + 2];
	static const char *const good[] = {"a", "a/b", "batch_id=x/part-0.json", "..a", "a..", "...", "a/.hidden", "\xc3\xa9", "-"};
	static const char *const bad[] = {"", "/", "/a", "a/", "a//b", ".", "..", "a/..", "../a", "a/./b", "a/../b"};
	struct prio_error error;

	(void)unused;
	for (size_t i = 0; i < COUNT_OF(good); i++)
		ASSERT_OK(store_key_check(good[i], &error));
	for (size_t i = 0; i < COUNT_OF(bad); i++) {
		struct store_object object;
		struct prio_mut got;
		struct sink *sink;

		assert_int_equal(store_key_check(bad[i], &error), PRIO_ERR_ARGUMENT);
		assert_int_equal(error.status, PRIO_ERR_ARGUMENT);
		assert_int_equal(store_stat(store, bad[i], &object, NULL), PRIO_ERR_ARGUMENT);
		assert_int_equal(store_get(store, bad[i], 1, &got, NULL), PRIO_ERR_ARGUMENT);
		assert_int_equal(store_put(store, bad[i], text("x"), STORE_ALWAYS, NULL), PRIO_ERR_ARGUMENT);
		assert_int_equal(store_create(store, bad[i], &sink, NULL), PRIO_ERR_ARGUMENT);
		assert_int_equal(store_create_scratch(store, bad[i], &sink, NULL), PRIO_ERR_ARGUMENT);
		assert_int_equal(store_delete_many(store, &bad[i], 1, NULL), PRIO_ERR_ARGUMENT);
		if (bad[i][0] != '\0')
			assert_int_equal(store_list(store, bad[i], note, NULL, NULL), PRIO_ERR_ARGUMENT);
	}
	for (size_t i = 0; i < sizeof longest; i++)
		longest[i] = i % 2 == 0 ? 'a' : '/';
	longest[STORE_KEY_BYTES_MAX + 1] = '\0';
	assert_int_equal(store_key_check(longest, NULL), PRIO_ERR_ARGUMENT);
	longest[STORE_KEY_BYTES_MAX - 1] = '\0';
	ASSERT_OK(store_key_check(longest, NULL));
	memset(longest, 'a', 256);
	longest[256] = '\0';
	assert_int_equal(store_key_check(longest, NULL), PRIO_ERR_ARGUMENT);
	longest[255] = '\0';
	ASSERT_OK(store_key_check(longest, NULL));
	put(longest, "the longest name");
	assert_holds(longest, "the longest name");
}

static void handles_the_deepest_key(void **unused)
{
	char key[STORE_KEY_BYTES_MAX + 1];
	struct keys keys = {"", 0};
	const char *const names[] = {key};

	(void)unused;
	for (size_t i = 0; i < sizeof key; i++)
		key[i] = i % 2 == 0 ? 'a' : '/';
	key[STORE_KEY_BYTES_MAX - 1] = '\0';
	put(key, "deep");
	assert_holds(key, "deep");
	ASSERT_OK(store_list(store, "", note, &keys, NULL));
	assert_int_equal(keys.n, STORE_KEY_BYTES_MAX);
	ASSERT_OK(store_delete_many(store, names, 1, NULL));
	assert_int_equal(n_names(bucket), 0);
}

/* ---- Reading and writing ---- */

static void puts_and_gets(void **unused)
{
	struct prio_mut got;
	struct prio_error error;

	(void)unused;
	put("a/b/c", "hello");
	assert_holds("a/b/c", "hello");
	put("a/b/c", "");
	assert_holds("a/b/c", "");
	put("a/b/c", "hello again");
	assert_int_equal(store_get(store, "a/b/c", 10, &got, &error), PRIO_ERR_TOO_LARGE);
	assert_non_null(strstr(error.text, "a/b/c"));
	assert_null(got.p);
	ASSERT_OK(store_get(store, "a/b/c", 11, &got, &error));
	free(got.p);
	assert_absent("a/b");
	assert_absent("a/b/d");
	assert_absent("a/b/c/d");
	assert_absent("x/y/z");
	assert_int_equal(store_get(store, "x/\n", 10, &got, &error), PRIO_ERR_NOT_FOUND);
	assert_non_null(strstr(error.text, "x/\\x0a: No such file or directory"));
	assert_non_null(strstr(error.text, bucket));
}

static void gets_objects_around_its_buffer(void **unused)
{
	(void)unused;
	for (size_t n = 4090; n <= 8200; n += n == 4102 ? 4080 : 1) {
		char *s = malloc(n + 1);

		assert_non_null(s);
		for (size_t i = 0; i < n; i++)
			s[i] = (char)('a' + i % 26);
		s[n] = '\0';
		put("object", s);
		assert_holds("object", s);
		free(s);
	}
}

static void makes_private_files(void **unused)
{
	static const struct {
		const char *key;
		mode_t mode;
	} rows[] = {{"a/b/c", S_IFREG | 0600}, {"a/b", S_IFDIR | 0700}, {"a", S_IFDIR | 0700}, {"../bucket", S_IFDIR | 0700},
		    {"../../deep", S_IFDIR | 0700}, {"made", S_IFREG | 0600}};
	struct sink *sink;
	struct stat info;

	(void)unused;
	put("a/b/c", "x");
	ASSERT_OK(store_create(store, "made", &sink, NULL));
	ASSERT_OK(sink_commit(sink, NULL));
	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		assert_int_equal(lstat(path_of(rows[i].key), &info), 0);
		assert_int_equal(info.st_mode, rows[i].mode);
	}
}

typedef enum prio_status creation(struct store *store, const char *key, struct sink **sink, struct prio_error *error);

static void appears_on_commit(creation *create)
{
	static const size_t sizes[] = {0, 1, 100, 131071, 131072, 131073, 300000};
	struct sink *sink;

	put("dir/old", "old");
	ASSERT_OK(create(store, "dir/old", &sink, NULL));
	ASSERT_OK(sink_append(sink, text("new"), NULL));
	assert_holds("dir/old", "old");
	assert_lists("", "dir/old ");
	assert_int_equal(n_names(path_of("dir")), 2);
	ASSERT_OK(sink_commit(sink, NULL));
	assert_holds("dir/old", "new");
	assert_int_equal(n_names(path_of("dir")), 1);

	/* appended in pieces of every size around the buffer's */
	for (size_t i = 0; i < COUNT_OF(sizes); i++) {
		char *piece = malloc(sizes[i] + 1);
		struct prio_mut got;

		assert_non_null(piece);
		for (size_t j = 0; j < sizes[i]; j++)
			piece[j] = (char)(j * 31 + j / 256);
		ASSERT_OK(create(store, "pieces", &sink, NULL));
		for (int j = 0; j < 3; j++) {
			ASSERT_OK(sink_append(sink, text("|"), NULL));
			ASSERT_OK(sink_append(sink, (struct prio_bytes){(const uint8_t *)piece, sizes[i]}, NULL));
		}
		ASSERT_OK(sink_commit(sink, NULL));
		ASSERT_OK(store_get(store, "pieces", 1 << 20, &got, NULL));
		assert_int_equal(got.n, 3 * (sizes[i] + 1));
		for (size_t j = 0; j < 3; j++) {
			assert_int_equal(got.p[j * (sizes[i] + 1)], '|');
			assert_memory_equal(got.p + j * (sizes[i] + 1) + 1, piece, sizes[i]);
		}
		free(got.p);
		free(piece);
	}
}

static void an_object_appears_on_commit(void **unused)
{
	(void)unused;
	appears_on_commit(store_create);
}

static void scratch_appears_on_commit(void **unused)
{
	(void)unused;
	appears_on_commit(store_create_scratch);
}

static void nothing_half_written_is_seen(void **unused)
{
	struct sink *sink;
	int status;

	(void)unused;
	put("dir/kept", "kept");
	/* given up */
	ASSERT_OK(store_create(store, "dir/new", &sink, NULL));
	ASSERT_OK(sink_append(sink, text("half"), NULL));
	sink_abort(sink);
	ASSERT_OK(store_create(store, "dir/kept", &sink, NULL));
	sink_abort(sink);
	sink_abort(NULL);
	assert_absent("dir/new");
	assert_holds("dir/kept", "kept");
	assert_int_equal(n_names(path_of("dir")), 1);

	/* killed between two appends, and right before the commit */
	for (int n = 0; n < 2; n++) {
		pid_t child = fork();

		assert_true(child >= 0);
		if (child == 0) {
			static uint8_t much[300000];

			if (store_create(store, n == 0 ? "dir/new" : "dir/kept", &sink, NULL) != PRIO_OK ||
			    sink_append(sink, (struct prio_bytes){much, sizeof much}, NULL) != PRIO_OK)
				_exit(1);
			_exit(0);
		}
		assert_int_equal(waitpid(child, &status, 0), child);
		assert_true(WIFEXITED(status) && WEXITSTATUS(status) == 0);
		assert_absent("dir/new");
		assert_holds("dir/kept", "kept");
		assert_lists("", "dir/kept ");
	}
}

static void a_failed_commit_leaves_nothing(void **unused)
{
	struct sink *sink;
	struct prio_error error = {PRIO_OK, ""};

	(void)unused;
	/* a directory stands where the object should */
	put("dir/name/below", "x");
	ASSERT_OK(store_create(store, "dir/name", &sink, NULL));
	assert_int_equal(sink_commit(sink, &error), PRIO_ERR_IO);
	assert_non_null(strstr(error.text, "dir/name: "));
	assert_int_equal(store_put(store, "dir/name", text("x"), STORE_ALWAYS, NULL), PRIO_ERR_IO);
	assert_int_equal(n_names(path_of("dir")), 1);
	/* an object stands where a directory should */
	assert_int_equal(store_put(store, "dir/name/below/it", text("x"), STORE_ALWAYS, &error), PRIO_ERR_IO);
	assert_non_null(strstr(error.text, "Not a directory"));
}

/* ---- Streams ---- */

static void streams_ranges(void **unused)
{
	static const struct {
		uint64_t offset;
		uint64_t length;
		const char *want;
	} rows[] = {
		{0, UINT64_MAX, "0123456789"}, {0, 10, "0123456789"}, {0, 0, ""},	  {3, UINT64_MAX, "3456789"}, {3, 4, "3456"},
		{9, 5, "9"},		       {10, 1, ""},	      {11, UINT64_MAX, ""}, {UINT64_MAX, UINT64_MAX, ""},
	};

	(void)unused;
	put("digits", "0123456789");
	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		for (size_t block = 1; block < 12; block++) {
			struct stream *stream;
			uint8_t blocks[8][12];
			char got[16] = "";
			size_t n = 0;
			size_t n_taken;

			ASSERT_OK(store_open(store, "digits", rows[i].offset, rows[i].length, &stream, NULL));
			for (size_t j = 0; j < 8; j++)
				ASSERT_OK(stream_lend(stream, (struct prio_mut){blocks[j], block}, NULL));
			assert_int_equal(stream_lend(stream, (struct prio_mut){blocks[0], block}, NULL), PRIO_ERR_INTERNAL);
			for (size_t j = 0;; j++) {
				ASSERT_OK(stream_take(stream, &n_taken, NULL));
				memcpy(got + n, blocks[j % 8], n_taken);
				n += n_taken;
				if (n_taken < block)
					break;
				ASSERT_OK(stream_lend(stream, (struct prio_mut){blocks[j % 8], block}, NULL));
			}
			assert_int_equal(n, strlen(rows[i].want));
			assert_memory_equal(got, rows[i].want, n);
			ASSERT_OK(stream_lend(stream, (struct prio_mut){blocks[0], block}, NULL));
			do {
				ASSERT_OK(stream_take(stream, &n_taken, NULL));
				assert_int_equal(n_taken, 0);
			} while (stream_lend(stream, (struct prio_mut){blocks[0], block}, NULL) != PRIO_OK);
			stream_close(stream);
		}
	}
	stream_close(NULL);
}

static void a_stream_keeps_to_what_it_opened(void **unused)
{
	struct stream *stream;
	uint8_t block[8];
	size_t n;
	struct prio_error error;

	(void)unused;
	put("object", "old bytes");
	ASSERT_OK(store_open(store, "object", 0, UINT64_MAX, &stream, NULL));
	put("object", "new ones");
	ASSERT_OK(stream_lend(stream, (struct prio_mut){block, 3}, NULL));
	ASSERT_OK(stream_take(stream, &n, NULL));
	assert_memory_equal(block, "old", 3);
	stream_close(stream);

	/* cut short under the reader's hands, which no writer of ours does */
	ASSERT_OK(store_open(store, "object", 0, UINT64_MAX, &stream, NULL));
	assert_int_equal(truncate(path_of("object"), 2), 0);
	ASSERT_OK(stream_lend(stream, (struct prio_mut){block, 8}, NULL));
	assert_int_equal(stream_take(stream, &n, &error), PRIO_ERR_CHANGED);
	assert_non_null(strstr(error.text, "object"));
	stream_close(stream);
}

/* ---- Conditions and versions ---- */

static void puts_if_absent(void **unused)
{
	struct prio_error error = {PRIO_OK, ""};

	(void)unused;
	ASSERT_OK(store_put(store, "dir/once", text("first"), STORE_IF_ABSENT, &error));
	assert_int_equal(store_put(store, "dir/once", text("second"), STORE_IF_ABSENT, &error), PRIO_ERR_EXISTS);
	assert_int_equal(error.status, PRIO_ERR_EXISTS);
	assert_holds("dir/once", "first");
	assert_int_equal(n_names(path_of("dir")), 1);
	ASSERT_OK(store_put(store, "dir/once", text("third"), STORE_ALWAYS, &error));
	assert_holds("dir/once", "third");
}

/* Where the file system has no rename that refuses to replace, a link does the same. */
static void links_if_absent(void **unused)
{
	int fd = open(bucket, O_RDONLY | O_DIRECTORY);

	(void)unused;
	assert_true(fd >= 0);
	put(".tmp-1", "first");
	put(".tmp-2", "second");
	assert_int_equal(file_link_new(fd, ".tmp-1", "name"), 0);
	assert_int_equal(file_link_new(fd, ".tmp-2", "name"), EEXIST);
	assert_holds("name", "first");
	assert_absent(".tmp-1");
	assert_holds(".tmp-2", "second");
	assert_int_equal(file_rename_new(fd, ".tmp-2", "name"), EEXIST);
	assert_int_equal(file_rename_new(fd, ".tmp-2", "other"), 0);
	assert_holds("other", "second");
	assert_int_equal(n_names(bucket), 2);
	close(fd);
}

enum { N_RACERS = 8, N_RACES = 50 };
static pthread_barrier_t barrier;

static void *race(void *context)
{
	const char *name = context;
	size_t wins = 0;

	for (int i = 0; i < N_RACES; i++) {
		char key[64];
		enum prio_status status;

		snprintf(key, sizeof key, "race-%d/dir/object", i);
		pthread_barrier_wait(&barrier);
		status = store_put(store, key, text(name), STORE_IF_ABSENT, NULL);
		if (status == PRIO_OK)
			wins++;
		else if (status != PRIO_ERR_EXISTS)
			wins += 1000;
	}
	return (void *)wins;
}

static void a_race_has_one_winner(void **unused)
{
	static char names[N_RACERS][8];
	pthread_t threads[N_RACERS];
	size_t wins = 0;

	(void)unused;
	pthread_barrier_init(&barrier, NULL, N_RACERS);
	for (int i = 0; i < N_RACERS; i++) {
		snprintf(names[i], sizeof names[i], "racer%d", i);
		assert_int_equal(pthread_create(&threads[i], NULL, race, names[i]), 0);
	}
	for (int i = 0; i < N_RACERS; i++) {
		void *won;

		pthread_join(threads[i], &won);
		wins += (size_t)won;
	}
	pthread_barrier_destroy(&barrier);
	assert_int_equal(wins, N_RACES);
	for (int i = 0; i < N_RACES; i++) {
		char key[64];

		snprintf(key, sizeof key, "race-%d/dir", i);
		assert_int_equal(n_names(path_of(key)), 1);
	}
}

static void versions_tell_objects_apart(void **unused)
{
	struct store_object first, again, second;
	struct timespec pause = {0, 20000000};

	(void)unused;
	put("object", "one");
	ASSERT_OK(store_stat(store, "object", &first, NULL));
	ASSERT_OK(store_stat(store, "object", &again, NULL));
	assert_string_equal(first.key, "object");
	assert_int_equal(first.size_bytes, 3);
	assert_memory_equal(first.version, again.version, STORE_VERSION_BYTES);
	/* same size, later */
	nanosleep(&pause, NULL);
	put("object", "two");
	ASSERT_OK(store_stat(store, "object", &second, NULL));
	assert_memory_not_equal(first.version, second.version, STORE_VERSION_BYTES);
	/* another size */
	put("object", "three");
	ASSERT_OK(store_stat(store, "object", &again, NULL));
	assert_int_equal(again.size_bytes, 5);
	assert_memory_not_equal(again.version, second.version, STORE_VERSION_BYTES);
	/* reading changes nothing, nor does a change of mode */
	assert_holds("object", "three");
	assert_int_equal(chmod(path_of("object"), 0640), 0);
	ASSERT_OK(store_stat(store, "object", &second, NULL));
	assert_memory_equal(again.version, second.version, STORE_VERSION_BYTES);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(checks_keys),
		TEST(handles_the_deepest_key),
		TEST(puts_and_gets),
		TEST(gets_objects_around_its_buffer),
		TEST(makes_private_files),
		TEST(an_object_appears_on_commit),
		TEST(scratch_appears_on_commit),
		TEST(nothing_half_written_is_seen),
		TEST(a_failed_commit_leaves_nothing),
		TEST(streams_ranges),
		TEST(a_stream_keeps_to_what_it_opened),
		TEST(puts_if_absent),
		TEST(links_if_absent),
		TEST(a_race_has_one_winner),
		TEST(versions_tell_objects_apart),
	};

	umask(022);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
