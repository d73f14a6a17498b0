#include "store/file_internal.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

static bool same_parent(const char *a, const char *b)
{
	size_t n = file_parent_bytes(a);

	return n == file_parent_bytes(b) && memcmp(a, b, n) == 0;
}

/* Remove the directories that the first n bytes of key name, from the deepest up, as long as they are empty. A directory
 * that somebody else removes, or fills, meanwhile is no error, and what cannot be removed may stay. */
static void remove_empty(struct file_store *store, const char *key, size_t n)
{
	while (n > 0) {
		char name[256];
		size_t begin = n;
		int fd;

		while (begin > 0 && key[begin - 1] != '/')
			begin--;
		memcpy(name, key + begin, n - begin);
		name[n - begin] = '\0';
		size_t n_parent = begin > 0 ? begin - 1 : 0;

		int code = file_walk(store, key, n_parent, false, &fd);
		if (code == 0) {
			code = unlinkat(fd, name, AT_REMOVEDIR) == 0 ? 0 : errno;
			if (code == 0)
				(void)file_sync_directory(fd);
			close(fd);
		}
		if (code != 0 && code != ENOENT)
			return;
		n = n_parent;
	}
}

/* Unlink keys[0] and those after it that lie in the same directory, durably. *n_done: how many those are. */
static enum prio_status delete_siblings(struct file_store *store, const char *const *keys, size_t n_keys, size_t *n_done,
					struct prio_error *error)
{
	enum prio_status status = PRIO_OK;
	int fd = -1;
	int code = file_walk(store, keys[0], file_parent_bytes(keys[0]), false, &fd);
	bool is_there = code == 0;

	*n_done = 0;
	if (code != 0 && !file_is_absent(code))
		return file_error(error, store, keys[0], code);
	for (; *n_done < n_keys && same_parent(keys[0], keys[*n_done]); ++*n_done) {
		const char *key = keys[*n_done];

		/* EISDIR: a directory of that name is not the object of that name. */
		if (is_there && unlinkat(fd, file_base(key), 0) != 0 && errno != ENOENT && errno != EISDIR) {
			status = file_error(error, store, key, errno);
			break;
		}
	}
	if (!is_there)
		return PRIO_OK;
	code = file_sync_directory(fd);
	close(fd);
	return status == PRIO_OK && code != 0 ? file_error(error, store, keys[0], code) : status;
}

enum prio_status file_delete_many(struct store *base, const char *const *keys, size_t n_keys, struct prio_error *error)
{
	struct file_store *store = file_store_of(base);

	for (size_t i = 0; i < n_keys;) {
		size_t n_done;
		enum prio_status status = delete_siblings(store, keys + i, n_keys - i, &n_done, error);

		if (status != PRIO_OK)
			return status;
		remove_empty(store, keys[i], file_parent_bytes(keys[i]));
		i += n_done;
	}
	return PRIO_OK;
}
