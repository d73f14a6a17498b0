/* One directory at a time is read to its end, closed, sorted, and then visited; so neither descriptors nor stack grow with
 * the tree, and whoever visits may write to the bucket and delete from it. */
#include "store/file_internal.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/error.h"

/* A directory is read into memory as a whole, and a partner can write into some: more than this is not read. */
enum { ENTRIES_MAX = 1 << 20, NAMES_BYTES_MAX = 64 << 20 };

struct entry {
	size_t name_at;             /* its place in names, while they may still move */
	const char *name;           /* a directory's ends with a slash, so that names sort as whole keys do */
	struct store_object object; /* of a file */
};

struct entries {
	struct entry *p;
	size_t n;
	size_t room;
	char *names;
	size_t n_names;
	size_t names_room;
};

struct listing {
	struct file_store *store;
	store_visit *visit;
	void *context;
	struct prio_error *error;
	bool temporary; /* what is being written, and nothing else */
	char key[STORE_KEY_BYTES_MAX + 1];
};

static void entries_clear(struct entries *entries)
{
	free(entries->p);
	free(entries->names);
}

static int grow(void **p, size_t *room, size_t wanted, size_t item_bytes)
{
	size_t more = *room > 0 ? *room : 64;

	if (wanted <= *room)
		return 0;
	while (more < wanted)
		more *= 2;
	void *moved = realloc(*p, more * item_bytes);
	if (moved == NULL)
		return ENOMEM;
	*p = moved;
	*room = more;
	return 0;
}

static int add(struct entries *entries, const char *name, const struct stat *info)
{
	size_t n = strlen(name);

	if (entries->n == ENTRIES_MAX || n + 2 > NAMES_BYTES_MAX - entries->n_names)
		return EFBIG;
	void *p = entries->p;
	void *names = entries->names;
	int code = grow(&p, &entries->room, entries->n + 1, sizeof *entries->p);

	entries->p = p;
	if (code == 0)
		code = grow(&names, &entries->names_room, entries->n_names + n + 2, 1);
	entries->names = names;
	if (code != 0)
		return code;

	struct entry *entry = &entries->p[entries->n++];
	*entry = (struct entry){.name_at = entries->n_names};
	memcpy(entries->names + entries->n_names, name, n);
	entries->n_names += n;
	if (S_ISDIR(info->st_mode))
		entries->names[entries->n_names++] = '/';
	else
		file_describe(&entry->object, info);
	entries->names[entries->n_names++] = '\0';
	return 0;
}

static int by_name(const void *a, const void *b)
{
	return strcmp(((const struct entry *)a)->name, ((const struct entry *)b)->name);
}

/* Objects and directories, nothing else, and nothing that is being written; or that alone. */
static bool is_of_interest(const struct dirent *item, bool temporary)
{
	if (strcmp(item->d_name, ".") == 0 || strcmp(item->d_name, "..") == 0)
		return false;
	bool is_temporary = strncmp(item->d_name, FILE_TEMP_PREFIX, sizeof FILE_TEMP_PREFIX - 1) == 0;
	if (is_temporary != temporary && !(temporary && item->d_type == DT_DIR))
		return false;
	return item->d_type == DT_REG || item->d_type == DT_DIR || item->d_type == DT_UNKNOWN;
}

/* Read a directory; fd is closed. What vanishes meanwhile is not there. */
static int read_directory(struct entries *entries, int fd, bool temporary)
{
	DIR *directory = fdopendir(fd);
	int code = 0;

	if (directory == NULL) {
		code = errno;
		close(fd);
		return code;
	}
	while (code == 0) {
		struct stat info;

		errno = 0;
		const struct dirent *item = readdir(directory);
		if (item == NULL) {
			code = errno;
			break;
		}
		if (!is_of_interest(item, temporary))
			continue;
		if (fstatat(dirfd(directory), item->d_name, &info, AT_SYMLINK_NOFOLLOW) != 0)
			code = errno == ENOENT ? 0 : errno;
		else if (S_ISREG(info.st_mode) || S_ISDIR(info.st_mode))
			code = add(entries, item->d_name, &info);
	}
	closedir(directory);

	for (size_t i = 0; i < entries->n; i++)
		entries->p[i].name = entries->names + entries->p[i].name_at;
	if (entries->n > 0)
		qsort(entries->p, entries->n, sizeof *entries->p, by_name);
	return code;
}

static enum prio_status too_many(struct listing *listing)
{
	char shown[260];

	escape_text(shown, sizeof shown, (struct prio_bytes){(const uint8_t *)listing->key, strlen(listing->key)});
	return error_set(listing->error, PRIO_ERR_TOO_LARGE,
			 "%s holds more objects than can be listed (%d, or %d MB of names in one directory)", shown, ENTRIES_MAX,
			 NAMES_BYTES_MAX >> 20);
}

/* List the directory that the first n bytes of listing->key name. Recursion ends with the longest key: what lies deeper than
 * that has no name by which it could be opened. */
static enum prio_status list_directory(struct listing *listing, size_t n)
{
	struct entries entries = {0};
	enum prio_status status = PRIO_OK;
	int fd;
	int code = file_walk(listing->store, listing->key, n, false, &fd);

	if (file_is_absent(code))
		return PRIO_OK;
	/* A run that died may have named files and directories and not made the names durable. Its successor relies on what it finds. */
	if (code == 0 && listing->temporary) {
		code = file_sync_directory(fd);
		if (code != 0)
			close(fd);
	}
	if (code == 0)
		code = read_directory(&entries, fd, listing->temporary);
	if (code != 0) {
		listing->key[n] = '\0';
		status = code == EFBIG ? too_many(listing) : file_error(listing->error, listing->store, listing->key, code);
	}

	size_t name_at = n > 0 ? n + 1 : 0;
	for (size_t i = 0; status == PRIO_OK && i < entries.n; i++) {
		struct entry *entry = &entries.p[i];
		size_t n_name = strlen(entry->name);

		if (name_at + n_name > STORE_KEY_BYTES_MAX)
			continue;
		if (n > 0)
			listing->key[n] = '/';
		memcpy(listing->key + name_at, entry->name, n_name + 1);
		if (entry->name[n_name - 1] == '/') {
			status = list_directory(listing, name_at + n_name - 1);
			continue;
		}
		entry->object.key = listing->key;
		status = listing->visit(listing->context, &entry->object, listing->error);
	}
	entries_clear(&entries);
	return status;
}

enum prio_status file_list(struct store *base, const char *prefix, store_visit *visit, void *context,
			   struct prio_error *error)
{
	struct listing listing = {.store = file_store_of(base), .visit = visit, .context = context, .error = error};
	size_t n = strlen(prefix);

	memcpy(listing.key, prefix, n + 1);
	return list_directory(&listing, n);
}

static enum prio_status remove_temporary(void *context, const struct store_object *object, struct prio_error *error)
{
	struct file_store *store = context;
	int parent;
	int code = file_walk(store, object->key, file_parent_bytes(object->key), false, &parent);

	if (code == 0) {
		code = unlinkat(parent, file_base(object->key), 0) == 0 ? 0 : errno;
		close(parent);
	}
	return code == 0 || file_is_absent(code) ? PRIO_OK : file_error(error, store, object->key, code);
}

enum prio_status file_sweep(struct store *base, const char *prefix, struct prio_error *error)
{
	struct listing listing = {.store = file_store_of(base), .visit = remove_temporary, .context = base, .error = error,
				  .temporary = true};
	size_t n = strlen(prefix);

	/* The directories above, for the same reason. */
	for (size_t i = 0; i < n; i++) {
		int fd;
		int code = prefix[i] == '/' ? file_walk(listing.store, prefix, i, false, &fd) : ENOENT;

		if (code == 0) {
			code = file_sync_directory(fd);
			close(fd);
		}
		if (code != 0 && !file_is_absent(code))
			return file_error(error, listing.store, prefix, code);
	}
	memcpy(listing.key, prefix, n + 1);
	return list_directory(&listing, n);
}
