/* Repeated ids and copied shares: each case is a little batch, written as one word a share: id, ephemeral key, sealed share.
 * Every case is run in its own order and in reverse, since which copy comes first must not matter to the other server. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "stage/dedup.h"

enum { SHARES_MAX = 8, N_WORKERS = 3 };

struct share {
	const char *id;
	char epk;
	char bytes;
	enum prio_status want;
};

#define OK PRIO_OK
#define DUP PRIO_REFUSED_DUPLICATE
#define CON PRIO_REFUSED_CONFLICTING_ID
#define COP PRIO_REFUSED_COPIED_SHARE
#define HELD PRIO_REFUSED_WITHHELD

static const struct {
	const char *what;
	struct dedup_rules rules;
	struct share shares[SHARES_MAX];
	size_t needed;
} cases[] = {
	{"nothing at all", {0}, {{0}}, 0},
	{"all different", {0}, {{"a", '1', '1', OK}, {"b", '2', '2', OK}, {"", '3', '3', OK}}, 0},
	{"copies of a record count once", {0}, {{"a", '1', '1', OK}, {"b", '2', '2', OK}, {"a", '1', '1', DUP}, {"a", '1', '1', DUP}}, 0},
	{"two shares under one id: neither", {0}, {{"a", '1', '1', CON}, {"b", '2', '2', OK}, {"a", '3', '3', CON}}, 0},
	{"a conflict takes identical copies with it", {0}, {{"a", '1', '1', CON}, {"a", '1', '1', CON}, {"a", '3', '3', CON}}, 0},
	{"one ephemeral key, other bytes, one id: a conflict", {0}, {{"a", '1', '1', CON}, {"a", '1', '2', CON}}, 0},
	{"a share under several ids stays under the smallest", {0},
	 {{"b", '1', '1', COP}, {"aa", '1', '1', COP}, {"a", '1', '1', OK}, {"c", '2', '2', OK}}, 3},
	{"the empty id is the smallest", {0}, {{"a", '1', '1', COP}, {"", '1', '1', OK}}, 2},
	{"bytes are unsigned", {0}, {{"\xc3\xa4", '1', '1', COP}, {"z", '1', '1', OK}}, 2},
	{"an ephemeral key in two shares under two ids", {0}, {{"a", '1', '1', OK}, {"b", '1', '2', COP}}, 2},
	{"two groups of copies", {0},
	 {{"d", '1', '1', COP}, {"c", '1', '1', OK}, {"b", '2', '2', COP}, {"a", '2', '2', OK}}, 4},
	{"who is refused already keeps no other from counting", {0},
	 {{"a", '1', '1', CON}, {"a", '2', '2', CON}, {"b", '1', '1', OK}}, 0},
	{"copies of a copied share", {0},
	 {{"a", '1', '1', OK}, {"a", '1', '1', DUP}, {"b", '1', '1', COP}, {"b", '1', '1', DUP}}, 2},
	{"copied shares allowed", {.allow_copied_shares = true},
	 {{"a", '1', '1', OK}, {"b", '1', '1', OK}, {"b", '1', '1', DUP}, {"c", '2', '2', CON}, {"c", '3', '3', CON}}, 0},
	{"beside an original partner every copy is withheld", {.withhold_repeated = true},
	 {{"a", '1', '1', HELD}, {"a", '1', '1', HELD}, {"b", '2', '2', HELD}, {"b", '3', '3', HELD}, {"c", '4', '4', OK}}, 0},
	{"withheld records keep no copied share from counting", {.withhold_repeated = true},
	 {{"a", '1', '1', HELD}, {"a", '1', '1', HELD}, {"b", '1', '1', OK}}, 0},
};

enum { N_CASES = sizeof cases / sizeof *cases };

/* A hash that says what it was made of, so that equal inputs, and only those, have equal hashes. */
static void fake_hash(uint8_t out[16], char kind, const char *text)
{
	memset(out, 0, 16);
	snprintf((char *)out, 16, "%c%s", kind, text);
}

static void add(struct dedup *dedup, const struct share *share, uint64_t seq)
{
	struct join_hash id;
	uint8_t epk[16];
	uint8_t bytes[16];

	fake_hash(id.bytes, 'i', share->id);
	fake_hash(epk, 'e', (const char[]){share->epk, '\0'});
	fake_hash(bytes, 's', (const char[]){share->bytes, '\0'});
	assert_int_equal(dedup_add(dedup, (unsigned)(seq % N_WORKERS), &id, epk, bytes, seq), PRIO_OK);
}

static void resolve(struct dedup *dedup)
{
	for (unsigned shard = 0; shard < DEDUP_SHARDS; shard++)
		assert_int_equal(dedup_resolve_ids(dedup, shard % N_WORKERS, shard), PRIO_OK);
	for (unsigned shard = 0; shard < DEDUP_SHARDS; shard++)
		assert_int_equal(dedup_resolve_copies(dedup, shard), PRIO_OK);
	assert_int_equal(dedup_resolve_end(dedup), PRIO_OK);
}

/* Verdicts of one case as text, so that a failure shows the whole of it. Identical copies are interchangeable: their
 * verdicts are given in order of seq. */
static void run(size_t n, const struct share *shares, const struct dedup_rules *rules, size_t needed, uint64_t first_seq,
		enum prio_status *verdicts)
{
	struct dedup *dedup;

	assert_int_equal(dedup_new(&dedup, rules, N_WORKERS), PRIO_OK);
	for (size_t i = 0; i < n; i++)
		add(dedup, &shares[i], first_seq + i);
	resolve(dedup);
	assert_int_equal(dedup_n_needed(dedup), needed);
	size_t asked = 0;
	for (size_t i = 0; i < n; i++) {
		struct prio_bytes id = {(const uint8_t *)shares[i].id, strlen(shares[i].id)};

		if (!dedup_needs_id(dedup, first_seq + i))
			continue;
		asked++;
		assert_int_equal(dedup_finish(dedup), PRIO_ERR_CHANGED);
		assert_int_equal(dedup_set_id(dedup, first_seq + i, id), PRIO_OK);
		assert_int_equal(dedup_set_id(dedup, first_seq + i, id), PRIO_ERR_ARGUMENT);
	}
	assert_int_equal(asked, needed);
	assert_int_equal(dedup_finish(dedup), PRIO_OK);
	for (size_t i = 0; i < n; i++)
		verdicts[i] = dedup_verdict(dedup, first_seq + i);
	assert_int_equal(dedup_verdict(dedup, first_seq + n), PRIO_OK);
	dedup_free(dedup);
}

/* Ids asked for in pieces: no other is wanted meanwhile, and the verdicts are those of all at once. */
static void asks_for_ids_in_pieces(void **unused)
{
	static const struct share shares[] = {{"d", '1', '1', COP}, {"c", '1', '1', OK},  {"b", '2', '2', COP}, {"a", '2', '2', OK},
					      {"f", '3', '3', OK},  {"g", '3', '3', COP}, {"h", '3', '3', COP}, {"e", '4', '4', OK}};
	enum { N = sizeof shares / sizeof *shares };
	const struct dedup_rules rules = {0};

	(void)unused;
	for (size_t n_keys = 1; n_keys <= 4; n_keys++) {
		struct dedup *dedup;
		size_t n_pieces = 0;

		assert_int_equal(dedup_new(&dedup, &rules, N_WORKERS), PRIO_OK);
		for (size_t i = 0; i < N; i++)
			add(dedup, &shares[i], i);
		resolve(dedup);
		assert_int_equal(dedup_n_needed(dedup), 7);
		for (; dedup_ask(dedup, n_keys); n_pieces++) {
			size_t keys = 0;

			assert_int_equal(dedup_finish(dedup), PRIO_ERR_CHANGED);
			for (size_t i = 0; i < N; i++) {
				struct prio_bytes id = {(const uint8_t *)shares[i].id, 1};

				if (dedup_needs_id(dedup, i)) {
					assert_int_equal(dedup_set_id(dedup, i, id), PRIO_OK);
					keys |= (size_t)1 << (shares[i].epk - '1');
				}
				assert_int_equal(dedup_set_id(dedup, i, id), PRIO_ERR_ARGUMENT);
			}
			assert_true((size_t)__builtin_popcountll(keys) <= n_keys && keys != 0);
		}
		assert_int_equal(n_pieces, (3 + n_keys - 1) / n_keys);
		assert_false(dedup_ask(dedup, n_keys));
		assert_int_equal(dedup_finish(dedup), PRIO_OK);
		for (size_t i = 0; i < N; i++)
			assert_int_equal(dedup_verdict(dedup, i), shares[i].want);
		dedup_free(dedup);
	}
}

static void gives_each_share_its_verdict(void **unused)
{
	(void)unused;
	for (size_t c = 0; c < N_CASES; c++) {
		struct share shares[SHARES_MAX];
		enum prio_status verdicts[SHARES_MAX];
		size_t n = 0;

		while (n < SHARES_MAX && cases[c].shares[n].id != NULL)
			n++;
		run(n, cases[c].shares, &cases[c].rules, cases[c].needed, 0, verdicts);
		for (size_t i = 0; i < n; i++) {
			if (verdicts[i] != cases[c].shares[i].want)
				fail_msg("%s: share %zu is %s, not %s", cases[c].what, i, prio_status_word(verdicts[i]),
					 prio_status_word(cases[c].shares[i].want));
		}

		/* The same records in another order, under other numbers: per id the same verdicts, as many of each. */
		for (size_t i = 0; i < n; i++)
			shares[i] = cases[c].shares[n - 1 - i];
		run(n, shares, &cases[c].rules, cases[c].needed, UINT64_MAX - 100, verdicts);
		for (size_t i = 0; i < n; i++) {
			int balance = 0;

			for (size_t j = 0; j < n; j++) {
				if (strcmp(shares[j].id, shares[i].id) == 0)
					balance += (shares[j].want == shares[i].want) - (verdicts[j] == shares[i].want);
			}
			if (balance != 0)
				fail_msg("%s, reversed: id %s", cases[c].what, shares[i].id);
		}
	}
}

/* Many records, every third of them twice: the arrays grow, and numbers need not be entered in order. */
static void takes_many(void **unused)
{
	enum { N = 30000 };
	struct dedup *dedup;
	struct dedup_rules rules = {0};
	size_t refused = 0;

	(void)unused;
	assert_int_equal(dedup_new(&dedup, &rules, N_WORKERS), PRIO_OK);
	for (uint32_t k = 0; k < N; k++) {
		uint32_t i = (uint32_t)((uint64_t)k * 7919 % N);
		uint32_t who = i % 3 == 2 ? i - 1 : i;
		struct join_hash id = {{0}};
		uint8_t hash[16] = {0};

		memcpy(id.bytes, &who, sizeof who);
		memcpy(hash + 4, &who, sizeof who);
		id.bytes[6] = hash[6] = (uint8_t)(who * 31); /* all shards, the two of a share being different ones */
		id.bytes[6] ^= 21;
		assert_int_equal(dedup_add(dedup, k % N_WORKERS, &id, hash, hash, i), PRIO_OK);
	}
	assert_int_equal(dedup_resolve(dedup), PRIO_OK);
	assert_int_equal(dedup_n_needed(dedup), 0);
	assert_int_equal(dedup_finish(dedup), PRIO_OK);
	for (uint32_t i = 0; i < N; i++) {
		enum prio_status verdict = dedup_verdict(dedup, i);

		assert_int_equal(verdict, i % 3 == 2 ? PRIO_REFUSED_DUPLICATE : PRIO_OK);
		refused += verdict != PRIO_OK;
	}
	assert_int_equal(refused, N / 3);
	dedup_free(dedup);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(gives_each_share_its_verdict),
		cmocka_unit_test(asks_for_ids_in_pieces),
		cmocka_unit_test(takes_many),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
