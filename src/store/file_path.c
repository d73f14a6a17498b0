#include "store/file_internal.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "base/error.h"

enum prio_status file_error(struct prio_error *error, const struct file_store *store, const char *key, int code)
{
	char bucket[140];
	char path[260];
	char reason[80];
	enum prio_status status = PRIO_ERR_IO;

	switch (code) {
	case ENOSPC:
	case EDQUOT:
		status = PRIO_ERR_FULL;
		break;
	case EACCES:
	case EPERM:
	case EROFS:
		status = PRIO_ERR_DENIED;
		break;
	case ENOENT:
		status = PRIO_ERR_NOT_FOUND;
		break;
	case ENOMEM:
		status = PRIO_ERR_MEMORY;
		break;
	default:
		break;
	}
	const char *why = strerror_r(code, reason, sizeof reason);
	escape_text(path, sizeof path, (struct prio_bytes){(const uint8_t *)key, strlen(key)});
	if (store == NULL)
		return error_set(error, status, "%s: %s", path, why);
	escape_text(bucket, sizeof bucket, (struct prio_bytes){(const uint8_t *)store->directory, strlen(store->directory)});
	return error_set(error, status, "%s/%s: %s", bucket, path, why);
}

bool file_is_absent(int code)
{
	return code == ENOENT || code == ENOTDIR || code == ELOOP;
}

size_t file_parent_bytes(const char *key)
{
	const char *slash = strrchr(key, '/');

	return slash != NULL ? (size_t)(slash - key) : 0;
}

const char *file_base(const char *key)
{
	const char *slash = strrchr(key, '/');

	return slash != NULL ? slash + 1 : key;
}

int file_sync_directory(int fd)
{
	return fsync(fd) == 0 || errno == EINVAL ? 0 : errno;
}

enum { DIRECTORY_FLAGS = O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC };

/* Open a directory in a directory, made if need be. Its name is durable when this returns. */
static int open_directory(int parent, const char *name, bool make, int *fd)
{
	*fd = openat(parent, name, DIRECTORY_FLAGS);
	if (*fd >= 0)
		return 0;
	if (errno != ENOENT || !make)
		return errno;
	if (mkdirat(parent, name, 0700) == 0) {
		int code = file_sync_directory(parent);
		if (code != 0)
			return code;
	} else if (errno != EEXIST) {
		return errno;
	}
	*fd = openat(parent, name, DIRECTORY_FLAGS);
	return *fd >= 0 ? 0 : errno;
}

static int walk(struct file_store *store, const char *key, size_t n, bool make, int *fd)
{
	int code = 0;
	int at = openat(store->fd, ".", DIRECTORY_FLAGS); /* no dup: listings must not share a position */

	if (at < 0)
		return errno;
	for (size_t i = 0; i < n && code == 0;) {
		char name[256];
		int next = -1;
		size_t length = 0;

		while (i + length < n && key[i + length] != '/')
			length++;
		if (length == 0 || length >= sizeof name)
			code = ENAMETOOLONG;
		if (code == 0) {
			memcpy(name, key + i, length);
			name[length] = '\0';
			code = open_directory(at, name, make, &next);
		}
		close(at);
		at = next;
		i += length + 1;
	}
	*fd = at;
	return code;
}

int file_walk(struct file_store *store, const char *key, size_t n, bool make, int *fd)
{
	if (!make)
		return walk(store, key, n, false, fd);

	pthread_mutex_lock(&store->make_lock);
	int code = walk(store, key, n, true, fd);
	pthread_mutex_unlock(&store->make_lock);
	return code;
}

/* Mix one word into a hash of two (the finishing steps of splitmix64). Versions need to differ by accident only. */
static void mix(uint64_t hash[2], uint64_t word)
{
	for (int i = 0; i < 2; i++) {
		uint64_t x = (hash[i] ^ word) + 0x9e3779b97f4a7c15U + (uint64_t)i;

		x = (x ^ x >> 30) * 0xbf58476d1ce4e5b9U;
		x = (x ^ x >> 27) * 0x94d049bb133111ebU;
		hash[i] = x ^ x >> 31;
	}
}

void file_describe(struct store_object *object, const struct stat *info)
{
	uint64_t hash[2] = {1, 2};

	mix(hash, (uint64_t)info->st_ino);
	mix(hash, (uint64_t)info->st_size);
	mix(hash, (uint64_t)info->st_mtim.tv_sec);
	mix(hash, (uint64_t)info->st_mtim.tv_nsec);
	object->size_bytes = (uint64_t)info->st_size;
	memcpy(object->version, hash, sizeof object->version);
}
