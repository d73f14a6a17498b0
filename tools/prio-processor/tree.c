#include "prio-processor/tree.h"

#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "pipeline/exec.h"

static enum prio_status add(void *context, const struct store_object *object, struct prio_error *error)
{
	struct tree *tree = context;
	enum prio_status status = exec_check_stop(error);

	if (status != PRIO_OK)
		return status;
	if (tree->n == tree->room_) {
		size_t room = tree->room_ == 0 ? 64 : 2 * tree->room_;
		char **more = realloc(tree->keys, room * sizeof *more);

		if (more == NULL)
			return error_set(error, PRIO_ERR_MEMORY, "out of memory");
		tree->keys = more;
		tree->room_ = room;
	}
	tree->keys[tree->n] = strdup(object->key);
	if (tree->keys[tree->n] == NULL)
		return error_set(error, PRIO_ERR_MEMORY, "out of memory");
	tree->n++;
	tree->n_bytes += object->size_bytes;
	return PRIO_OK;
}

/* 0: plain; 1: what belongs to a marker; 2: a marker. */
static int rank(const char *key)
{
	const char *slash = strrchr(key, '/');
	const char *name = slash != NULL ? slash + 1 : key;

	return name[0] != '_' ? 0 : strcmp(name, "_SUCCESS") != 0 ? 1 : 2;
}

static size_t depth(const char *key)
{
	size_t n = 0;

	for (; *key != '\0'; key++)
		n += *key == '/';
	return n;
}

static int by_rank(const void *a, const void *b)
{
	const char *one = *(char *const *)a;
	const char *other = *(char *const *)b;
	size_t one_depth = depth(one);
	size_t other_depth = depth(other);

	if (rank(one) != rank(other))
		return rank(one) < rank(other) ? -1 : 1;
	if (rank(one) > 0 && one_depth != other_depth)
		return one_depth > other_depth ? -1 : 1;
	return strcmp(one, other);
}

enum prio_status tree_list(struct tree *tree, const struct place *place, struct prio_error *error)
{
	enum prio_status status;

	*tree = (struct tree){.prefix_bytes = strlen(place->key) + (place->key[0] != '\0')};
	status = store_list(place->store, place->key, add, tree, error);
	if (status != PRIO_OK)
		return status;
	if (tree->n > 0)
		qsort(tree->keys, tree->n, sizeof *tree->keys, by_rank);
	while (tree->n_plain < tree->n && rank(tree->keys[tree->n_plain]) == 0)
		tree->n_plain++;
	return PRIO_OK;
}

void tree_clear(struct tree *tree)
{
	for (size_t i = 0; i < tree->n; i++)
		free(tree->keys[i]);
	free(tree->keys);
	*tree = (struct tree){0};
}
