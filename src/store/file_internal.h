/* file_internal: the store on files, in parts: paths and errors (file_path.c), reading (file.c), writing (file_write.c),
 * listing (file_list.c), deleting (file_delete.c).
 *
 * Every path is walked component by component from the bucket's directory, which is opened once; no component that is a
 * symbolic link is followed, so nothing that somebody puts into the bucket leads out of it. */
#ifndef STORE_FILE_INTERNAL_H
#define STORE_FILE_INTERNAL_H

#include <pthread.h>
#include <sys/stat.h>

#include "store/store.h"

#define FILE_TEMP_PREFIX ".tmp-"

struct file_store {
	struct store base;
	char *directory;            /* base.name */
	int fd;                     /* of the directory */
	pthread_mutex_t make_lock;  /* held while directories are made and made durable: who finds one may rely on it */
};

static inline struct file_store *file_store_of(struct store *store)
{
	return (struct file_store *)(void *)store; /* base is its first member */
}

/* file_error: a status from errno, and "bucket/key: reason" as its text. store NULL: key is the bucket itself. */
enum prio_status file_error(struct prio_error *error, const struct file_store *store, const char *key, int code);

/* file_walk: open the directory that the first n bytes of key name (n == 0: the bucket). *fd: to be closed.
 * make: make what is missing, durably. Returns 0, or an errno: ENOENT, or ENOTDIR or ELOOP where something else than a
 * directory, a symbolic link for instance, is in the way. */
int file_walk(struct file_store *store, const char *key, size_t n, bool make, int *fd);

/* file_sync_directory: make the names in a directory durable. 0 or an errno. File systems that have no such thing say EINVAL
 * and are believed. */
int file_sync_directory(int fd);

/* file_parent_bytes: how much of key is its directory, without the slash. file_base: the name within it. */
size_t file_parent_bytes(const char *key);
const char *file_base(const char *key);

/* file_is_absent: does this errno of a walk or an open mean that there is no such object? */
bool file_is_absent(int code);

/* file_describe: size and version from what stat said of a regular file. */
void file_describe(struct store_object *object, const struct stat *info);

/* file_rename_new, file_link_new: give the file temp its final name unless that is taken: 0, EEXIST, or another errno. The
 * first falls back on the second where the file system cannot do it. */
int file_rename_new(int parent, const char *temp, const char *name);
int file_link_new(int parent, const char *temp, const char *name);

enum prio_status file_list(struct store *store, const char *prefix, store_visit *visit, void *context,
			   struct prio_error *error);
enum prio_status file_sweep(struct store *store, const char *prefix, struct prio_error *error);
enum prio_status file_lock(struct store *store, const char *key, struct store_lock **lock, struct prio_error *error);
enum prio_status file_create(struct store *store, const char *key, struct sink **sink, struct prio_error *error);
enum prio_status file_create_scratch(struct store *store, const char *key, struct sink **sink, struct prio_error *error);
enum prio_status file_put(struct store *store, const char *key, struct prio_bytes bytes, enum store_condition condition,
			  struct prio_error *error);
enum prio_status file_delete_many(struct store *store, const char *const *keys, size_t n_keys, struct prio_error *error);

#endif
