#include "stage/dedup.h"

#include <stdlib.h>
#include <string.h>

#define NO_GROUP UINT32_MAX

enum { FIRST_ROOM = 1024 };

/* A share as it is entered. */
struct entry {
	uint8_t id[JOIN_HASH_BYTES];
	uint8_t share[DEDUP_HASH_BYTES];
	uint8_t epk[DEDUP_HASH_BYTES];
	uint64_t seq;
};

/* What is remembered of a share after the first step: only of those that are refused or whose id decides. All others are
 * PRIO_OK and need no row. */
struct row {
	uint64_t seq;
	uint32_t group;  /* of shares with one ephemeral key; NO_GROUP: refused already */
	uint16_t verdict;
	bool has_id;
};

/* Shares with one ephemeral key under several ids. */
struct group {
	uint8_t *smallest_id; /* NULL: none set yet */
	size_t id_bytes;
	uint64_t smallest_seq;
};

struct dedup {
	struct dedup_rules rules;
	struct entry *entries;
	size_t n_entries;
	size_t room;
	struct row *rows; /* by seq, from dedup_resolve on */
	size_t n_rows;
	struct group *groups;
	size_t n_groups;
	size_t n_needed;
};

enum prio_status dedup_new(struct dedup **dedup, const struct dedup_rules *rules)
{
	*dedup = calloc(1, sizeof **dedup);
	if (*dedup == NULL)
		return PRIO_ERR_MEMORY;
	(*dedup)->rules = *rules;
	return PRIO_OK;
}

void dedup_free(struct dedup *dedup)
{
	if (dedup == NULL)
		return;
	for (size_t i = 0; i < dedup->n_groups; i++)
		free(dedup->groups[i].smallest_id);
	free(dedup->groups);
	free(dedup->rows);
	free(dedup->entries);
	free(dedup);
}

enum prio_status dedup_add(struct dedup *dedup, const struct join_hash *id, const uint8_t epk[DEDUP_HASH_BYTES],
			   const uint8_t share[DEDUP_HASH_BYTES], uint64_t seq)
{
	if (dedup->n_entries == dedup->room) {
		/* By a quarter, not by two: half-empty arrays would be the largest part of the memory budget. */
		size_t room = dedup->room < FIRST_ROOM ? FIRST_ROOM : dedup->room + dedup->room / 4;
		struct entry *entries = realloc(dedup->entries, room * sizeof *entries);

		if (entries == NULL)
			return PRIO_ERR_MEMORY;
		dedup->entries = entries;
		dedup->room = room;
	}
	struct entry *entry = &dedup->entries[dedup->n_entries++];
	memcpy(entry->id, id->bytes, sizeof entry->id);
	memcpy(entry->epk, epk, sizeof entry->epk);
	memcpy(entry->share, share, sizeof entry->share);
	entry->seq = seq;
	return PRIO_OK;
}

static int compare_numbers(uint64_t a, uint64_t b)
{
	return (a > b) - (a < b);
}

static int by_id(const void *a, const void *b)
{
	const struct entry *x = a;
	const struct entry *y = b;
	int order = memcmp(x->id, y->id, sizeof x->id);

	return order != 0 ? order : compare_numbers(x->seq, y->seq);
}

static int by_epk(const void *a, const void *b)
{
	const struct entry *x = a;
	const struct entry *y = b;
	int order = memcmp(x->epk, y->epk, sizeof x->epk);

	return order != 0 ? order : compare_numbers(x->seq, y->seq);
}

static int by_seq(const void *a, const void *b)
{
	const struct row *x = a;
	const struct row *y = b;

	return compare_numbers(x->seq, y->seq);
}

/* The end of the run of entries with the id (or ephemeral key) of the first one. */
static size_t end_of_id(const struct dedup *dedup, size_t begin)
{
	size_t end = begin + 1;

	while (end < dedup->n_entries && memcmp(dedup->entries[end].id, dedup->entries[begin].id, JOIN_HASH_BYTES) == 0)
		end++;
	return end;
}

static size_t end_of_epk(const struct dedup *dedup, size_t begin)
{
	size_t end = begin + 1;

	while (end < dedup->n_entries && memcmp(dedup->entries[end].epk, dedup->entries[begin].epk, DEDUP_HASH_BYTES) == 0)
		end++;
	return end;
}

/* Room for n rows more, exactly: the caller has counted. */
static enum prio_status grow_rows(struct dedup *dedup, size_t n)
{
	if (n == 0)
		return PRIO_OK;
	struct row *rows = realloc(dedup->rows, (dedup->n_rows + n) * sizeof *rows);

	if (rows == NULL)
		return PRIO_ERR_MEMORY;
	dedup->rows = rows;
	return PRIO_OK;
}

static void add_row(struct dedup *dedup, uint64_t seq, uint32_t group, enum prio_status verdict)
{
	dedup->rows[dedup->n_rows++] = (struct row){.seq = seq, .group = group, .verdict = (uint16_t)verdict};
}

/* One id's entries [begin, end), more than one: what is wrong with them? */
static enum prio_status judge_copies(const struct dedup *dedup, size_t begin, size_t end)
{
	if (dedup->rules.withhold_repeated)
		return PRIO_REFUSED_WITHHELD;
	for (size_t i = begin + 1; i < end; i++) {
		if (memcmp(dedup->entries[i].share, dedup->entries[begin].share, DEDUP_HASH_BYTES) != 0)
			return PRIO_REFUSED_CONFLICTING_ID;
	}
	return PRIO_REFUSED_DUPLICATE;
}

/* Repeated ids: what is refused goes to the rows, what is left stays among the entries, one an id. */
static enum prio_status resolve_ids(struct dedup *dedup)
{
	size_t n_repeated = 0;
	size_t n_kept = 0;

	if (dedup->n_entries > 1)
		qsort(dedup->entries, dedup->n_entries, sizeof *dedup->entries, by_id);
	for (size_t begin = 0, end; begin < dedup->n_entries; begin = end) {
		end = end_of_id(dedup, begin);
		n_repeated += end - begin > 1 ? end - begin : 0;
	}
	if (grow_rows(dedup, n_repeated) != PRIO_OK)
		return PRIO_ERR_MEMORY;

	for (size_t begin = 0, end; begin < dedup->n_entries; begin = end) {
		enum prio_status verdict = PRIO_OK;

		end = end_of_id(dedup, begin);
		if (end - begin > 1)
			verdict = judge_copies(dedup, begin, end);
		for (size_t i = begin; i < end; i++) {
			if (verdict != PRIO_OK && !(verdict == PRIO_REFUSED_DUPLICATE && i == begin))
				add_row(dedup, dedup->entries[i].seq, NO_GROUP, verdict);
		}
		if (verdict == PRIO_OK || verdict == PRIO_REFUSED_DUPLICATE)
			dedup->entries[n_kept++] = dedup->entries[begin];
	}
	dedup->n_entries = n_kept;
	return PRIO_OK;
}

/* Copied shares among what is left: each gets a row that waits for its id. */
static enum prio_status find_copied(struct dedup *dedup)
{
	size_t n_copied = 0;
	size_t n_groups = 0;

	if (dedup->n_entries > 1)
		qsort(dedup->entries, dedup->n_entries, sizeof *dedup->entries, by_epk);
	for (size_t begin = 0, end; begin < dedup->n_entries; begin = end) {
		end = end_of_epk(dedup, begin);
		if (end - begin > 1) {
			n_copied += end - begin;
			n_groups++;
		}
	}
	if (n_groups >= NO_GROUP || grow_rows(dedup, n_copied) != PRIO_OK)
		return PRIO_ERR_MEMORY;

	for (size_t begin = 0, end; begin < dedup->n_entries; begin = end) {
		end = end_of_epk(dedup, begin);
		if (end - begin == 1)
			continue;
		for (size_t i = begin; i < end; i++)
			add_row(dedup, dedup->entries[i].seq, (uint32_t)dedup->n_groups, PRIO_OK);
		dedup->n_groups++;
	}
	dedup->n_needed = n_copied;
	return PRIO_OK;
}

enum prio_status dedup_resolve(struct dedup *dedup)
{
	enum prio_status status = resolve_ids(dedup);

	if (status == PRIO_OK && !dedup->rules.allow_copied_shares)
		status = find_copied(dedup);
	free(dedup->entries);
	dedup->entries = NULL;
	dedup->n_entries = dedup->room = 0;
	if (status == PRIO_OK && dedup->n_groups > 0) {
		dedup->groups = calloc(dedup->n_groups, sizeof *dedup->groups);
		if (dedup->groups == NULL)
			status = PRIO_ERR_MEMORY;
	}
	if (status != PRIO_OK) {
		dedup->n_groups = 0; /* there is nothing to free */
		return status;
	}
	if (dedup->n_rows > 1)
		qsort(dedup->rows, dedup->n_rows, sizeof *dedup->rows, by_seq);
	return PRIO_OK;
}

static struct row *find_row(const struct dedup *dedup, uint64_t seq)
{
	struct row key = {.seq = seq};

	if (dedup->n_rows == 0)
		return NULL;
	return bsearch(&key, dedup->rows, dedup->n_rows, sizeof *dedup->rows, by_seq);
}

size_t dedup_n_needed(const struct dedup *dedup)
{
	return dedup->n_needed;
}

bool dedup_needs_id(const struct dedup *dedup, uint64_t seq)
{
	const struct row *row = find_row(dedup, seq);

	return row != NULL && row->group != NO_GROUP && !row->has_id;
}

static bool is_smaller(struct prio_bytes id, const struct group *group)
{
	size_t n = id.n < group->id_bytes ? id.n : group->id_bytes;
	int order = n == 0 ? 0 : memcmp(id.p, group->smallest_id, n);

	return order != 0 ? order < 0 : id.n < group->id_bytes;
}

enum prio_status dedup_set_id(struct dedup *dedup, uint64_t seq, struct prio_bytes id)
{
	struct row *row = find_row(dedup, seq);

	if (row == NULL || row->group == NO_GROUP || row->has_id)
		return PRIO_ERR_ARGUMENT;
	struct group *group = &dedup->groups[row->group];
	if (group->smallest_id == NULL || is_smaller(id, group)) {
		uint8_t *copy = malloc(id.n + 1); /* an empty id is an id */

		if (copy == NULL)
			return PRIO_ERR_MEMORY;
		if (id.n > 0)
			memcpy(copy, id.p, id.n);
		free(group->smallest_id);
		group->smallest_id = copy;
		group->id_bytes = id.n;
		group->smallest_seq = seq;
	}
	row->has_id = true;
	dedup->n_needed--;
	return PRIO_OK;
}

enum prio_status dedup_finish(struct dedup *dedup)
{
	if (dedup->n_needed > 0)
		return PRIO_ERR_CHANGED;
	for (size_t i = 0; i < dedup->n_rows; i++) {
		struct row *row = &dedup->rows[i];

		if (row->group != NO_GROUP && dedup->groups[row->group].smallest_seq != row->seq)
			row->verdict = PRIO_REFUSED_COPIED_SHARE;
	}
	return PRIO_OK;
}

enum prio_status dedup_verdict(const struct dedup *dedup, uint64_t seq)
{
	const struct row *row = find_row(dedup, seq);

	return row == NULL ? PRIO_OK : (enum prio_status)row->verdict;
}
