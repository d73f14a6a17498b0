#include "stage/dedup.h"

#include <stdlib.h>
#include <string.h>

#define NO_GROUP UINT32_MAX

enum { CHUNK_ITEMS = 32 };

/* A share as it is entered. */
struct entry {
	uint8_t id[JOIN_HASH_BYTES];
	uint8_t share[DEDUP_HASH_BYTES];
	uint8_t epk[DEDUP_HASH_BYTES];
	uint64_t seq;
};

/* What is left to look at of a share whose id is its own. */
struct key {
	uint8_t epk[DEDUP_HASH_BYTES];
	uint64_t seq;
};

/* What one worker has for one shard, entries or keys: in chunks, which take no more room than they need and never move. */
struct chunk {
	struct chunk *next;
	uint64_t items[]; /* CHUNK_ITEMS */
};
struct list {
	struct chunk *last; /* the only one that may have room left */
	size_t n;
};

/* What is remembered of a share after the first step: only of those that are refused or whose id decides. All others are
 * PRIO_OK and need no row. */
struct row {
	uint64_t seq;
	uint32_t group;  /* of shares with one ephemeral key; NO_GROUP: refused already */
	uint16_t verdict;
	bool has_id;
};

/* What came of one shard. Groups are numbered within it until dedup_resolve_end. */
struct shard {
	struct row *rows;
	size_t n_rows;
	size_t n_refused; /* the first rows: those of dedup_resolve_ids */
	size_t n_groups;
};

/* Shares with one ephemeral key under several ids. */
struct group {
	uint8_t *smallest_id; /* NULL: none set yet */
	size_t id_bytes;
	uint64_t smallest_seq;
};

struct dedup {
	struct dedup_rules rules;
	unsigned n_workers;
	struct list *entries; /* by worker and shard of the id */
	struct list *keys;    /* by worker and shard of the ephemeral key */
	struct shard shards[DEDUP_SHARDS];
	struct row *rows; /* by seq, from dedup_resolve_end on */
	size_t n_rows;
	struct group *groups;
	size_t n_groups;
	size_t n_needed;
	size_t asked_begin; /* the groups whose ids are asked for; both 0: all */
	size_t asked_end;
};

static void empty(struct list *list)
{
	while (list->last != NULL) {
		struct chunk *chunk = list->last;

		list->last = chunk->next;
		free(chunk);
	}
	list->n = 0;
}

enum prio_status dedup_new(struct dedup **out, const struct dedup_rules *rules, unsigned n_workers)
{
	struct dedup *dedup = calloc(1, sizeof *dedup);

	*out = NULL;
	if (dedup == NULL)
		return PRIO_ERR_MEMORY;
	dedup->rules = *rules;
	dedup->n_workers = n_workers;
	dedup->entries = calloc((size_t)n_workers * DEDUP_SHARDS, sizeof *dedup->entries);
	dedup->keys = calloc((size_t)n_workers * DEDUP_SHARDS, sizeof *dedup->keys);
	if (dedup->entries == NULL || dedup->keys == NULL) {
		dedup_free(dedup);
		return PRIO_ERR_MEMORY;
	}
	*out = dedup;
	return PRIO_OK;
}

void dedup_free(struct dedup *dedup)
{
	if (dedup == NULL)
		return;
	for (size_t i = 0; i < dedup->n_groups; i++)
		free(dedup->groups[i].smallest_id);
	for (size_t i = 0; i < (size_t)dedup->n_workers * DEDUP_SHARDS; i++) {
		if (dedup->entries != NULL)
			empty(&dedup->entries[i]);
		if (dedup->keys != NULL)
			empty(&dedup->keys[i]);
	}
	for (size_t i = 0; i < DEDUP_SHARDS; i++)
		free(dedup->shards[i].rows);
	free(dedup->groups);
	free(dedup->rows);
	free(dedup->entries);
	free(dedup->keys);
	free(dedup);
}

/* A hash's shard, by a byte that neither callers' parts of all hashes (the first four) nor a table's slots are chosen by. */
static struct list *list_of(struct list *lists, unsigned worker, const uint8_t *hash)
{
	return &lists[(size_t)worker * DEDUP_SHARDS + hash[6] % DEDUP_SHARDS];
}

/* Room for one more item of a list; NULL: there is no memory. */
static void *append(struct list *list, size_t item_bytes)
{
	if (list->n % CHUNK_ITEMS == 0) {
		struct chunk *chunk = malloc(sizeof *chunk + CHUNK_ITEMS * item_bytes);

		if (chunk == NULL)
			return NULL;
		chunk->next = list->last;
		list->last = chunk;
	}
	return (char *)list->last->items + list->n++ % CHUNK_ITEMS * item_bytes;
}

/* What all workers have for a shard, as one array that the caller frees; their lists are empty then. */
static enum prio_status gather(const struct dedup *dedup, struct list *lists, size_t shard, size_t item_bytes, void **items, size_t *n)
{
	char *at;

	*n = 0;
	for (unsigned i = 0; i < dedup->n_workers; i++)
		*n += lists[i * DEDUP_SHARDS + shard].n;
	*items = at = malloc(*n * item_bytes + 1);
	if (at == NULL)
		return PRIO_ERR_MEMORY;
	for (unsigned i = 0; i < dedup->n_workers; i++) {
		struct list *list = &lists[i * DEDUP_SHARDS + shard];
		size_t n_items = (list->n + CHUNK_ITEMS - 1) % CHUNK_ITEMS + 1;

		for (const struct chunk *chunk = list->last; chunk != NULL; chunk = chunk->next) {
			memcpy(at, chunk->items, n_items * item_bytes);
			at += n_items * item_bytes;
			n_items = CHUNK_ITEMS;
		}
		empty(list);
	}
	return PRIO_OK;
}

enum prio_status dedup_add(struct dedup *dedup, unsigned worker, const struct join_hash *id, const uint8_t epk[DEDUP_HASH_BYTES],
			   const uint8_t share[DEDUP_HASH_BYTES], uint64_t seq)
{
	struct entry *entry = append(list_of(dedup->entries, worker, id->bytes), sizeof *entry);

	if (entry == NULL)
		return PRIO_ERR_MEMORY;
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

/* Any fixed order of hashes does. */
static int compare_hashes(const uint8_t *a, const uint8_t *b)
{
	uint64_t x[2];
	uint64_t y[2];

	memcpy(x, a, sizeof x);
	memcpy(y, b, sizeof y);
	return x[0] != y[0] ? compare_numbers(x[0], y[0]) : compare_numbers(x[1], y[1]);
}

static int by_id(const void *a, const void *b)
{
	const struct entry *x = a;
	const struct entry *y = b;
	int order = compare_hashes(x->id, y->id);

	return order != 0 ? order : compare_numbers(x->seq, y->seq);
}

static int by_epk(const void *a, const void *b)
{
	const struct key *x = a;
	const struct key *y = b;
	int order = compare_hashes(x->epk, y->epk);

	return order != 0 ? order : compare_numbers(x->seq, y->seq);
}

static int by_seq(const void *a, const void *b)
{
	const struct row *x = a;
	const struct row *y = b;

	return compare_numbers(x->seq, y->seq);
}

/* The end of the run of entries with the id (or keys with the ephemeral key) of the first one. */
static size_t end_of_id(const struct entry *entries, size_t n, size_t begin)
{
	size_t end = begin + 1;

	while (end < n && memcmp(entries[end].id, entries[begin].id, JOIN_HASH_BYTES) == 0)
		end++;
	return end;
}

static size_t end_of_epk(const struct key *keys, size_t n, size_t begin)
{
	size_t end = begin + 1;

	while (end < n && memcmp(keys[end].epk, keys[begin].epk, DEDUP_HASH_BYTES) == 0)
		end++;
	return end;
}

/* Room for n rows more, exactly: the caller has counted. */
static enum prio_status grow_rows(struct shard *shard, size_t n)
{
	if (n == 0)
		return PRIO_OK;
	struct row *rows = realloc(shard->rows, (shard->n_rows + n) * sizeof *rows);

	if (rows == NULL)
		return PRIO_ERR_MEMORY;
	shard->rows = rows;
	return PRIO_OK;
}

static void add_row(struct shard *shard, uint64_t seq, uint32_t group, enum prio_status verdict)
{
	shard->rows[shard->n_rows++] = (struct row){.seq = seq, .group = group, .verdict = (uint16_t)verdict};
}

/* One id's entries [begin, end), more than one: what is wrong with them? */
static enum prio_status judge_copies(const struct dedup *dedup, const struct entry *entries, size_t begin, size_t end)
{
	if (dedup->rules.withhold_repeated)
		return PRIO_REFUSED_WITHHELD;
	for (size_t i = begin + 1; i < end; i++) {
		if (memcmp(entries[i].share, entries[begin].share, DEDUP_HASH_BYTES) != 0)
			return PRIO_REFUSED_CONFLICTING_ID;
	}
	return PRIO_REFUSED_DUPLICATE;
}

static enum prio_status add_key(struct dedup *dedup, unsigned worker, const struct entry *entry)
{
	struct key *key = append(list_of(dedup->keys, worker, entry->epk), sizeof *key);

	if (key == NULL)
		return PRIO_ERR_MEMORY;
	memcpy(key->epk, entry->epk, sizeof key->epk);
	key->seq = entry->seq;
	return PRIO_OK;
}

/* Repeated ids: what is refused goes to the rows, what is left to the keys, one an id. */
enum prio_status dedup_resolve_ids(struct dedup *dedup, unsigned worker, size_t index)
{
	struct shard *shard = &dedup->shards[index];
	void *items;
	size_t n;
	size_t n_repeated = 0;
	enum prio_status status = gather(dedup, dedup->entries, index, sizeof(struct entry), &items, &n);
	struct entry *entries = items;

	if (status != PRIO_OK)
		return status;
	if (n > 1)
		qsort(entries, n, sizeof *entries, by_id);
	for (size_t begin = 0, end; begin < n; begin = end) {
		end = end_of_id(entries, n, begin);
		n_repeated += end - begin > 1 ? end - begin : 0;
	}
	status = grow_rows(shard, n_repeated);
	for (size_t begin = 0, end; begin < n && status == PRIO_OK; begin = end) {
		enum prio_status verdict = PRIO_OK;

		end = end_of_id(entries, n, begin);
		if (end - begin > 1)
			verdict = judge_copies(dedup, entries, begin, end);
		for (size_t i = begin; i < end; i++) {
			if (verdict != PRIO_OK && !(verdict == PRIO_REFUSED_DUPLICATE && i == begin))
				add_row(shard, entries[i].seq, NO_GROUP, verdict);
		}
		if (!dedup->rules.allow_copied_shares && (verdict == PRIO_OK || verdict == PRIO_REFUSED_DUPLICATE))
			status = add_key(dedup, worker, &entries[begin]);
	}
	free(items);
	return status;
}

/* Copied shares among what is left: each gets a row that waits for its id. */
enum prio_status dedup_resolve_copies(struct dedup *dedup, size_t index)
{
	struct shard *shard = &dedup->shards[index];
	void *items;
	size_t n;
	size_t n_copied = 0;
	enum prio_status status = gather(dedup, dedup->keys, index, sizeof(struct key), &items, &n);
	struct key *keys = items;

	if (status != PRIO_OK)
		return status;
	shard->n_refused = shard->n_rows;
	if (n > 1)
		qsort(keys, n, sizeof *keys, by_epk);
	for (size_t begin = 0, end; begin < n; begin = end) {
		end = end_of_epk(keys, n, begin);
		if (end - begin > 1) {
			n_copied += end - begin;
			shard->n_groups++;
		}
	}
	status = grow_rows(shard, n_copied);
	for (size_t begin = 0, end, group = 0; begin < n && status == PRIO_OK; begin = end) {
		end = end_of_epk(keys, n, begin);
		if (end - begin == 1)
			continue;
		for (size_t i = begin; i < end; i++)
			add_row(shard, keys[i].seq, (uint32_t)group, PRIO_OK);
		group++;
	}
	free(items);
	return status;
}

enum prio_status dedup_resolve_end(struct dedup *dedup)
{
	size_t n_groups = 0;

	for (size_t i = 0; i < DEDUP_SHARDS; i++) {
		dedup->n_rows += dedup->shards[i].n_rows;
		dedup->n_needed += dedup->shards[i].n_rows - dedup->shards[i].n_refused;
		n_groups += dedup->shards[i].n_groups;
	}
	if (dedup->n_rows == 0)
		return PRIO_OK;
	dedup->rows = malloc(dedup->n_rows * sizeof *dedup->rows);
	dedup->groups = calloc(n_groups + 1, sizeof *dedup->groups);
	if (dedup->rows == NULL || dedup->groups == NULL || n_groups >= NO_GROUP)
		return PRIO_ERR_MEMORY;
	struct row *row = dedup->rows;
	for (size_t i = 0; i < DEDUP_SHARDS; i++) {
		struct shard *shard = &dedup->shards[i];

		for (size_t k = 0; k < shard->n_rows; k++) {
			*row = shard->rows[k];
			if (row->group != NO_GROUP)
				row->group += (uint32_t)dedup->n_groups;
			row++;
		}
		dedup->n_groups += shard->n_groups;
		free(shard->rows);
		*shard = (struct shard){0};
	}
	qsort(dedup->rows, dedup->n_rows, sizeof *dedup->rows, by_seq);
	return PRIO_OK;
}

enum prio_status dedup_resolve(struct dedup *dedup)
{
	enum prio_status status = PRIO_OK;

	for (size_t i = 0; i < DEDUP_SHARDS && status == PRIO_OK; i++)
		status = dedup_resolve_ids(dedup, 0, i);
	for (size_t i = 0; i < DEDUP_SHARDS && status == PRIO_OK; i++)
		status = dedup_resolve_copies(dedup, i);
	return status == PRIO_OK ? dedup_resolve_end(dedup) : status;
}

bool dedup_any_refused(const struct dedup *dedup)
{
	return dedup->n_rows > 0;
}

static struct row *find_row(const struct dedup *dedup, uint64_t seq)
{
	struct row key = {.seq = seq};

	if (dedup->n_rows == 0)
		return NULL;
	return bsearch(&key, dedup->rows, dedup->n_rows, sizeof *dedup->rows, by_seq);
}

bool dedup_ask(struct dedup *dedup, size_t n_keys)
{
	for (size_t i = dedup->asked_begin; i < dedup->asked_end; i++) {
		free(dedup->groups[i].smallest_id);
		dedup->groups[i].smallest_id = NULL;
	}
	dedup->asked_begin = dedup->asked_end;
	dedup->asked_end += n_keys < dedup->n_groups - dedup->asked_end ? n_keys : dedup->n_groups - dedup->asked_end;
	return dedup->asked_begin < dedup->asked_end;
}

size_t dedup_n_needed(const struct dedup *dedup)
{
	return dedup->n_needed;
}

static bool is_asked(const struct dedup *dedup, const struct row *row)
{
	return row != NULL && row->group != NO_GROUP && !row->has_id &&
	       (dedup->asked_end == 0 || (row->group >= dedup->asked_begin && row->group < dedup->asked_end));
}

bool dedup_needs_id(const struct dedup *dedup, uint64_t seq)
{
	return is_asked(dedup, find_row(dedup, seq));
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

	if (!is_asked(dedup, row))
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
