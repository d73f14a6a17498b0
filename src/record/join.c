/* Entries stand in slabs in the order they came, so they never move and are never copied; an index of 4-byte numbers, open
 * addressing with linear probing, finds them. Nothing is ever deleted, so there are no tombstones. An entry of 48 bytes of
 * value takes 72 bytes, its share of the index 5 to 11. */
#include "record/join.h"

#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

#include "base/wipe.h"

enum { SLAB_ENTRIES = 1024, INDEX_SLOTS_MIN = 1024 };

struct entry {
	struct join_hash hash;
	uint32_t n_copies;
	uint8_t state;
	bool taken;
	bool has_value;
	_Alignas(uint64_t) uint8_t value[]; /* so that callers may look at it as the structure that they put in */
};

struct join {
	size_t value_bytes;
	size_t entry_bytes;
	uint8_t **slabs;
	size_t n_slabs;
	size_t slabs_room;
	uint32_t *index;      /* 0: free; else 1 + the entry's number */
	size_t n_slots;       /* a power of two */
	size_t n_entries;
	atomic_size_t n_taken;
};

enum prio_status join_new(struct join **out, size_t value_bytes)
{
	struct join *join;

	*out = NULL;
	if (value_bytes > JOIN_VALUE_BYTES_MAX)
		return PRIO_ERR_ARGUMENT;
	join = calloc(1, sizeof *join);
	if (join == NULL)
		return PRIO_ERR_MEMORY;
	join->value_bytes = value_bytes;
	join->entry_bytes = (sizeof(struct entry) + value_bytes + _Alignof(struct entry) - 1) / _Alignof(struct entry) *
			    _Alignof(struct entry);
	join->n_slots = INDEX_SLOTS_MIN;
	join->index = calloc(join->n_slots, sizeof *join->index);
	if (join->index == NULL) {
		join_free(join);
		return PRIO_ERR_MEMORY;
	}
	*out = join;
	return PRIO_OK;
}

enum prio_status join_reserve(struct join *join, size_t n_entries)
{
	size_t n_slots = join->n_slots;

	while (n_slots < SIZE_MAX / 8 && n_slots / 4 * 3 < n_entries)
		n_slots *= 2;
	uint32_t *index = calloc(n_slots, sizeof *index);
	if (index == NULL)
		return PRIO_ERR_MEMORY;
	free(join->index);
	join->index = index;
	join->n_slots = n_slots;
	return PRIO_OK;
}

void join_free(struct join *join)
{
	if (join == NULL)
		return;
	for (size_t i = 0; i < join->n_slabs; i++) {
		wipe(join->slabs[i], SLAB_ENTRIES * join->entry_bytes); /* values may be halves of a proof */
		free(join->slabs[i]);
	}
	free(join->slabs);
	free(join->index);
	free(join);
}

static struct entry *entry_at(const struct join *join, size_t number)
{
	return (struct entry *)(void *)(join->slabs[number / SLAB_ENTRIES] + number % SLAB_ENTRIES * join->entry_bytes);
}

/* The slot of a hash: where it stands, or the free one where it would. By the last bytes of the hash: callers may have used
 * the first ones to share the records out. */
static size_t find(const struct join *join, const struct join_hash *hash)
{
	uint64_t start;

	memcpy(&start, hash->bytes + JOIN_HASH_BYTES - sizeof start, sizeof start);
	size_t slot = (size_t)start & (join->n_slots - 1);
	while (join->index[slot] != 0 &&
	       memcmp(entry_at(join, join->index[slot] - 1)->hash.bytes, hash->bytes, JOIN_HASH_BYTES) != 0)
		slot = (slot + 1) & (join->n_slots - 1);
	return slot;
}

/* Make room for one more entry: at most three quarters of the slots are used. */
static enum prio_status grow_index(struct join *join)
{
	size_t old_slots = join->n_slots;
	uint32_t *old = join->index;

	if ((join->n_entries + 1) * 4 <= join->n_slots * 3)
		return PRIO_OK;
	if (join->n_entries >= UINT32_MAX - 1 || join->n_slots > SIZE_MAX / 8)
		return PRIO_ERR_MEMORY;
	uint32_t *index = calloc(old_slots * 2, sizeof *index);
	if (index == NULL)
		return PRIO_ERR_MEMORY;
	join->index = index;
	join->n_slots = old_slots * 2;
	for (size_t i = 0; i < old_slots; i++)
		if (old[i] != 0)
			join->index[find(join, &entry_at(join, old[i] - 1)->hash)] = old[i];
	free(old);
	return PRIO_OK;
}

static enum prio_status grow_slabs(struct join *join)
{
	if (join->n_entries < join->n_slabs * SLAB_ENTRIES)
		return PRIO_OK;
	if (join->n_slabs == join->slabs_room) {
		size_t room = join->slabs_room > 0 ? join->slabs_room * 2 : 16;
		uint8_t **slabs = realloc(join->slabs, room * sizeof *slabs);

		if (slabs == NULL)
			return PRIO_ERR_MEMORY;
		join->slabs = slabs;
		join->slabs_room = room;
	}
	uint8_t *slab = malloc(SLAB_ENTRIES * join->entry_bytes);
	if (slab == NULL)
		return PRIO_ERR_MEMORY;
	join->slabs[join->n_slabs++] = slab;
	return PRIO_OK;
}

static enum prio_status add_new(struct join *join, const struct join_hash *hash, const void *value)
{
	enum prio_status status = grow_index(join);

	if (status == PRIO_OK)
		status = grow_slabs(join);
	if (status != PRIO_OK)
		return status;

	struct entry *entry = entry_at(join, join->n_entries);
	memset(entry, 0, join->entry_bytes);
	entry->hash = *hash;
	entry->n_copies = 1;
	entry->state = value != NULL ? JOIN_FRESH : JOIN_UNREADABLE;
	entry->has_value = value != NULL;
	if (value != NULL && join->value_bytes > 0)
		memcpy(entry->value, value, join->value_bytes);
	join->index[find(join, hash)] = (uint32_t)++join->n_entries;
	return PRIO_OK;
}

enum prio_status join_add(struct join *join, const struct join_hash *hash, const void *value)
{
	uint32_t number = join->index[find(join, hash)];

	if (number == 0)
		return add_new(join, hash, value);

	struct entry *entry = entry_at(join, number - 1);
	if (entry->n_copies < UINT32_MAX)
		entry->n_copies++;
	bool same = entry->has_value == (value != NULL) &&
		    (value == NULL || join->value_bytes == 0 || memcmp(entry->value, value, join->value_bytes) == 0);
	if (same)
		return PRIO_OK;
	entry->state = JOIN_CONFLICT;
	if (!entry->has_value) {
		entry->has_value = true;
		if (join->value_bytes > 0)
			memcpy(entry->value, value, join->value_bytes);
	}
	return PRIO_OK;
}

static struct entry *look_up(const struct join *join, const struct join_hash *hash, const void **value,
			     enum join_state *state, uint32_t *n_copies)
{
	uint32_t number = join->index[find(join, hash)];

	*value = NULL;
	*state = JOIN_UNREADABLE;
	*n_copies = 0;
	if (number == 0)
		return NULL;

	struct entry *entry = entry_at(join, number - 1);
	*value = entry->has_value ? entry->value : NULL;
	*state = (enum join_state)entry->state;
	*n_copies = entry->n_copies;
	return entry;
}

bool join_find(const struct join *join, const struct join_hash *hash, const void **value, enum join_state *state,
	       uint32_t *n_copies)
{
	return look_up(join, hash, value, state, n_copies) != NULL;
}

bool join_take(struct join *join, const struct join_hash *hash, const void **value, enum join_state *state,
	       uint32_t *n_copies)
{
	struct entry *entry = look_up(join, hash, value, state, n_copies);

	if (entry == NULL)
		return false;
	if (entry->state == JOIN_FRESH)
		entry->state = JOIN_MATCHED;
	if (!entry->taken)
		atomic_fetch_add_explicit(&join->n_taken, 1, memory_order_relaxed);
	entry->taken = true;
	return true;
}

size_t join_size(const struct join *join)
{
	return join->n_entries;
}

size_t join_unmatched(const struct join *join)
{
	return join->n_entries - atomic_load_explicit(&join->n_taken, memory_order_relaxed);
}
