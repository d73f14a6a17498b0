#include <malloc.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "record/join.h"

/* A stand-in for the callers' keyed hash: spread well, different for different numbers. */
static struct join_hash hash_of(uint64_t number)
{
	struct join_hash hash;
	uint64_t x = number * 0x9e3779b97f4a7c15U;

	memcpy(hash.bytes, &number, sizeof number);
	x = (x ^ x >> 29) * 0xbf58476d1ce4e5b9U;
	memcpy(hash.bytes + 8, &x, sizeof x);
	return hash;
}

struct taken {
	bool found;
	const void *value;
	enum join_state state;
	uint32_t n_copies;
};

static struct taken take(struct join *join, uint64_t number)
{
	struct join_hash hash = hash_of(number);
	struct taken t;

	t.found = join_take(join, &hash, &t.value, &t.state, &t.n_copies);
	return t;
}

static void add(struct join *join, uint64_t number, const char *value)
{
	struct join_hash hash = hash_of(number);

	assert_int_equal(join_add(join, &hash, value), PRIO_OK);
}

/* join_find tells what join_take would, and changes nothing. */
static void looks_without_taking(void **unused)
{
	struct join *join;
	struct join_hash hash = hash_of(1);
	struct join_hash other = hash_of(2);
	struct taken t;

	(void)unused;
	assert_int_equal(join_new(&join, 4), PRIO_OK);
	add(join, 1, "abcd");
	for (int i = 0; i < 2; i++) {
		assert_true(join_find(join, &hash, &t.value, &t.state, &t.n_copies));
		assert_int_equal(t.state, JOIN_FRESH);
		assert_memory_equal(t.value, "abcd", 4);
		assert_int_equal(t.n_copies, 1);
		assert_int_equal(join_unmatched(join), 1);
	}
	assert_false(join_find(join, &other, &t.value, &t.state, &t.n_copies));
	assert_int_equal(take(join, 1).state, JOIN_FRESH);
	assert_true(join_find(join, &hash, &t.value, &t.state, &t.n_copies));
	assert_int_equal(t.state, JOIN_MATCHED);
	assert_int_equal(join_unmatched(join), 0);
	join_free(join);
}

static void matches_what_was_added(void **unused)
{
	struct join *join;
	struct taken t;

	(void)unused;
	assert_int_equal(join_new(&join, 4), PRIO_OK);
	add(join, 1, "abcd");
	add(join, 2, "efgh");
	assert_int_equal(join_size(join), 2);
	assert_int_equal(join_unmatched(join), 2);

	t = take(join, 1);
	assert_true(t.found);
	assert_int_equal(t.state, JOIN_FRESH);
	assert_int_equal(t.n_copies, 1);
	assert_memory_equal(t.value, "abcd", 4);
	assert_int_equal(join_unmatched(join), 1);

	/* a second time: still there, known to be matched, counted once */
	t = take(join, 1);
	assert_true(t.found);
	assert_int_equal(t.state, JOIN_MATCHED);
	assert_memory_equal(t.value, "abcd", 4);
	assert_int_equal(join_unmatched(join), 1);

	t = take(join, 3);
	assert_false(t.found);
	assert_null(t.value);
	assert_int_equal(join_unmatched(join), 1);
	join_free(join);
}

static void counts_copies_and_finds_conflicts(void **unused)
{
	static const struct {
		const char *what;
		const char *values[3]; /* "-": the message could not be read; NULL: no more */
		enum join_state state;
		const char *value;
		uint32_t n_copies;
	} rows[] = {
		{"one", {"aaaa"}, JOIN_FRESH, "aaaa", 1},
		{"a copy", {"aaaa", "aaaa"}, JOIN_FRESH, "aaaa", 2},
		{"two copies", {"aaaa", "aaaa", "aaaa"}, JOIN_FRESH, "aaaa", 3},
		{"another", {"aaaa", "aaab"}, JOIN_CONFLICT, "aaaa", 2},
		{"another, then the first again", {"aaaa", "aaab", "aaaa"}, JOIN_CONFLICT, "aaaa", 3},
		{"unreadable", {"-"}, JOIN_UNREADABLE, NULL, 1},
		{"unreadable twice", {"-", "-"}, JOIN_UNREADABLE, NULL, 2},
		{"unreadable, then readable", {"-", "aaaa"}, JOIN_CONFLICT, "aaaa", 2},
		{"readable, then unreadable", {"aaaa", "-"}, JOIN_CONFLICT, "aaaa", 2},
		{"conflict, then unreadable", {"aaaa", "bbbb", "-"}, JOIN_CONFLICT, "aaaa", 3},
	};

	(void)unused;
	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		struct join *join;

		assert_int_equal(join_new(&join, 4), PRIO_OK);
		for (size_t j = 0; j < 3 && rows[i].values[j] != NULL; j++)
			add(join, 7, rows[i].values[j][0] == '-' ? NULL : rows[i].values[j]);
		assert_int_equal(join_size(join), 1);

		struct taken t = take(join, 7);
		assert_true(t.found);
		assert_int_equal(t.state, rows[i].state);
		assert_int_equal(t.n_copies, rows[i].n_copies);
		if (rows[i].value == NULL)
			assert_null(t.value);
		else
			assert_memory_equal(t.value, rows[i].value, 4);
		/* taken, whatever its state */
		assert_int_equal(join_unmatched(join), 0);
		assert_int_equal(take(join, 7).state, rows[i].state == JOIN_FRESH ? JOIN_MATCHED : rows[i].state);
		join_free(join);
	}
}

static void a_match_may_still_conflict(void **unused)
{
	struct join *join;

	(void)unused;
	assert_int_equal(join_new(&join, 4), PRIO_OK);
	add(join, 1, "aaaa");
	assert_int_equal(take(join, 1).state, JOIN_FRESH);
	add(join, 1, "bbbb");
	assert_int_equal(take(join, 1).state, JOIN_CONFLICT);
	join_free(join);
}

/* Hashes that end alike start at one slot: probing must tell them apart. */
static void probes_past_collisions(void **unused)
{
	struct join *join;
	struct join_hash hash = {{0}};
	struct taken t;

	(void)unused;
	assert_int_equal(join_new(&join, 2), PRIO_OK);
	for (unsigned i = 0; i < 3000; i++) {
		uint16_t value = (uint16_t)i;

		memcpy(hash.bytes, &i, sizeof i);
		assert_int_equal(join_add(join, &hash, &value), PRIO_OK);
	}
	for (unsigned i = 0; i < 3000; i++) {
		uint16_t value = (uint16_t)i;

		memcpy(hash.bytes, &i, sizeof i);
		assert_true(join_take(join, &hash, &t.value, &t.state, &t.n_copies));
		assert_memory_equal(t.value, &value, sizeof value);
	}
	assert_int_equal(join_unmatched(join), 0);
	join_free(join);
}

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
#define HEAP_CAN_BE_MEASURED 0
#elif defined(__has_feature)
#if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer)
#define HEAP_CAN_BE_MEASURED 0
#endif
#endif
#ifndef HEAP_CAN_BE_MEASURED
#define HEAP_CAN_BE_MEASURED 1
#endif

static size_t heap_bytes(void)
{
	struct mallinfo2 info = mallinfo2();

	return info.uordblks + info.hblkhd;
}

/* Right after the index has grown it is emptiest, so that is where the cost of an entry is greatest. */
static void holds_a_million_in_under_100_bytes_each(void **unused)
{
	enum { N = 1000000 };
	uint8_t value[JOIN_VALUE_BYTES_MAX] = {0};
	size_t before = heap_bytes();
	struct join *join;
	double most = 0;

	(void)unused;
	assert_int_equal(join_new(&join, sizeof value), PRIO_OK);
	for (uint64_t i = 0; i < N; i++) {
		struct join_hash hash = hash_of(i);

		memcpy(value, &i, sizeof i);
		assert_int_equal(join_add(join, &hash, value), PRIO_OK);
		if (HEAP_CAN_BE_MEASURED && i >= 100000 && i % 1000 == 0) {
			double each = (double)(heap_bytes() - before) / (double)(i + 1);

			most = each > most ? each : most;
		}
	}
	print_message("at most %.1f bytes an entry\n", most);
	assert_true(most < 100);
	assert_int_equal(join_size(join), N);
	for (uint64_t i = 0; i < N; i += 2) {
		struct taken t = take(join, i);

		assert_true(t.found && t.state == JOIN_FRESH);
		assert_memory_equal(t.value, &i, sizeof i);
		assert_int_equal((uintptr_t)t.value % _Alignof(uint64_t), 0);
	}
	assert_false(take(join, N).found);
	assert_int_equal(join_unmatched(join), N / 2);
	join_free(join);
}

static void takes_values_of_no_bytes_and_refuses_large_ones(void **unused)
{
	struct join *join;

	(void)unused;
	assert_int_equal(join_new(&join, JOIN_VALUE_BYTES_MAX + 1), PRIO_ERR_ARGUMENT);
	assert_int_equal(join_new(&join, 0), PRIO_OK);
	add(join, 1, "");
	add(join, 1, "");
	struct taken t = take(join, 1);
	assert_int_equal(t.state, JOIN_FRESH);
	assert_int_equal(t.n_copies, 2);
	assert_non_null(t.value);
	join_free(join);
	join_free(NULL);
}

/* Room that was asked for, too little, enough or much too much of it, changes nothing but the time. */
static void room_that_was_reserved_changes_nothing(void **unused)
{
	static const size_t reserved[] = {0, 1, 1000, 5000, 100000};

	(void)unused;
	for (size_t i = 0; i < sizeof reserved / sizeof reserved[0]; i++) {
		struct join *join;

		assert_int_equal(join_new(&join, 4), PRIO_OK);
		assert_int_equal(join_reserve(join, reserved[i]), PRIO_OK);
		for (uint32_t n = 0; n < 5000; n++)
			add(join, n, "abcd");
		assert_int_equal(join_size(join), 5000);
		for (uint32_t n = 0; n < 5001; n++)
			assert_int_equal(take(join, n).found, n < 5000);
		assert_int_equal(join_unmatched(join), 0);
		join_free(join);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(looks_without_taking),
		cmocka_unit_test(room_that_was_reserved_changes_nothing),
		cmocka_unit_test(matches_what_was_added),
		cmocka_unit_test(counts_copies_and_finds_conflicts),
		cmocka_unit_test(a_match_may_still_conflict),
		cmocka_unit_test(probes_past_collisions),
		cmocka_unit_test(holds_a_million_in_under_100_bytes_each),
		cmocka_unit_test(takes_values_of_no_bytes_and_refuses_large_ones),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
