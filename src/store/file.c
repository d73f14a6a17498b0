#include "store/file_internal.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/error.h"

/* ---- Reading ---- */

enum { LENT_MAX = 8 };

struct file_stream {
	struct stream base;
	struct file_store *store;
	char *key;
	int fd;
	uint64_t at;    /* the next byte to read */
	uint64_t end;   /* of what is wanted and was there when the file was opened */
	struct prio_mut lent[LENT_MAX];
	unsigned first;
	unsigned n_lent;
};

static struct file_stream *stream_of(struct stream *stream)
{
	return (struct file_stream *)(void *)stream;
}

static enum prio_status file_lend(struct stream *base, struct prio_mut block, struct prio_error *error)
{
	struct file_stream *stream = stream_of(base);

	if (stream->n_lent == LENT_MAX)
		return error_set(error, PRIO_ERR_INTERNAL, "more than %d blocks were lent", LENT_MAX);
	stream->lent[(stream->first + stream->n_lent++) % LENT_MAX] = block;
	return PRIO_OK;
}

static enum prio_status file_take(struct stream *base, size_t *n_bytes, struct prio_error *error)
{
	struct file_stream *stream = stream_of(base);

	*n_bytes = 0;
	if (stream->n_lent == 0)
		return error_set(error, PRIO_ERR_INTERNAL, "a block was to be taken, and none was lent");
	struct prio_mut block = stream->lent[stream->first];
	stream->first = (stream->first + 1) % LENT_MAX;
	stream->n_lent--;

	size_t wanted = stream->end - stream->at < block.n ? (size_t)(stream->end - stream->at) : block.n;
	while (*n_bytes < wanted) {
		ssize_t n = pread(stream->fd, block.p + *n_bytes, wanted - *n_bytes, (off_t)stream->at);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return file_error(error, stream->store, stream->key, errno);
		if (n == 0) {
			error_set(error, PRIO_ERR_CHANGED, "%s became shorter while it was read", file_base(stream->key));
			error_prefix(error, "%s", stream->store->directory);
			return PRIO_ERR_CHANGED;
		}
		*n_bytes += (size_t)n;
		stream->at += (uint64_t)n;
	}
	return PRIO_OK;
}

static void file_close(struct stream *base)
{
	struct file_stream *stream = stream_of(base);

	close(stream->fd);
	free(stream->key);
	free(stream);
}

static const struct stream_ops stream_ops = {file_lend, file_take, file_close};

/* Open a regular file and nothing else. O_NONBLOCK, so that a FIFO or a device that somebody put there does not hold us. */
static int open_regular(struct file_store *store, const char *key, int *fd, struct stat *info)
{
	int parent;
	int code = file_walk(store, key, file_parent_bytes(key), false, &parent);

	*fd = -1;
	if (code != 0)
		return code;
	*fd = openat(parent, file_base(key), O_RDONLY | O_NONBLOCK | O_NOFOLLOW | O_NOCTTY | O_CLOEXEC);
	code = *fd >= 0 ? 0 : errno;
	close(parent);
	if (code == ENXIO) /* a socket, or a device without a driver */
		code = ENOENT;
	if (code == 0 && fstat(*fd, info) != 0)
		code = errno;
	if (code == 0 && !S_ISREG(info->st_mode))
		code = ENOENT;
	if (code != 0 && *fd >= 0)
		close(*fd);
	return code;
}

static enum prio_status not_found(struct prio_error *error, const struct file_store *store, const char *key, int code)
{
	/* The reason keeps its own words: "Not a directory" and "Too many levels of symbolic links" help to find it. */
	enum prio_status status = file_error(error, store, key, code);

	if (!file_is_absent(code))
		return status;
	if (error != NULL)
		error->status = PRIO_ERR_NOT_FOUND;
	return PRIO_ERR_NOT_FOUND;
}

static enum prio_status file_open(struct store *base, const char *key, uint64_t offset_bytes, uint64_t length_bytes,
				  struct stream **out, struct prio_error *error)
{
	struct file_store *store = file_store_of(base);
	struct file_stream *stream = calloc(1, sizeof *stream);
	struct stat info;
	int code = ENOMEM;

	if (stream == NULL)
		goto fail;
	stream->key = strdup(key);
	if (stream->key == NULL)
		goto free_stream;
	code = open_regular(store, key, &stream->fd, &info);
	if (code != 0)
		goto free_stream;

	uint64_t size = (uint64_t)info.st_size;
	stream->base.ops = &stream_ops;
	stream->store = store;
	stream->at = offset_bytes < size ? offset_bytes : size;
	stream->end = length_bytes < size - stream->at ? stream->at + length_bytes : size;
	(void)posix_fadvise(stream->fd, 0, 0, POSIX_FADV_SEQUENTIAL);
	*out = &stream->base;
	return PRIO_OK;

free_stream:
	free(stream->key);
	free(stream);
fail:
	return not_found(error, store, key, code);
}

static enum prio_status file_stat(struct store *base, const char *key, struct store_object *object,
				  struct prio_error *error)
{
	struct file_store *store = file_store_of(base);
	struct stat info;
	int parent;
	int code = file_walk(store, key, file_parent_bytes(key), false, &parent);

	if (code == 0) {
		if (fstatat(parent, file_base(key), &info, AT_SYMLINK_NOFOLLOW) != 0)
			code = errno;
		else if (!S_ISREG(info.st_mode))
			code = ENOENT;
		close(parent);
	}
	if (code != 0)
		return not_found(error, store, key, code);
	object->key = key;
	file_describe(object, &info);
	return PRIO_OK;
}

/* ---- The store ---- */

static void file_free(struct store *base)
{
	struct file_store *store = file_store_of(base);

	if (store->fd >= 0)
		close(store->fd);
	pthread_mutex_destroy(&store->make_lock);
	free(store->directory);
	free(store);
}

static const struct store_ops store_ops = {file_list,        file_stat, file_open, file_create, file_put,
					   file_delete_many, file_lock, file_sweep, file_free, file_create_scratch,
					   NULL};

/* Make the directory in its parent, durably. */
static int make_one(const char *path)
{
	char *parent = strdup(path);
	int code = 0;

	if (parent == NULL)
		return ENOMEM;
	if (mkdir(path, 0700) != 0) {
		code = errno == EEXIST ? 0 : errno;
		goto out;
	}
	char *slash = strrchr(parent, '/');
	if (slash != NULL)
		slash[slash == parent] = '\0';
	int fd = open(slash != NULL ? parent : ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (fd < 0) {
		code = errno;
		goto out;
	}
	code = file_sync_directory(fd);
	close(fd);
out:
	free(parent);
	return code;
}

/* Make a path of directories, from the top. */
static int make_path(char *path)
{
	for (char *p = path + 1; *p != '\0'; p++) {
		struct stat info;

		if (*p != '/' || p[-1] == '/')
			continue;
		*p = '\0';
		int code = stat(path, &info) == 0 ? 0 : make_one(path);
		*p = '/';
		if (code != 0)
			return code;
	}
	return make_one(path);
}

enum prio_status store_file_new(struct store **out, const char *directory, struct prio_error *error)
{
	enum { FLAGS = O_RDONLY | O_DIRECTORY | O_CLOEXEC };
	struct file_store *store;
	int code = ENOMEM;

	*out = NULL;
	if (directory[0] == '\0')
		return error_set(error, PRIO_ERR_ARGUMENT, "the name of a bucket is empty");
	store = calloc(1, sizeof *store);
	if (store == NULL)
		return file_error(error, NULL, directory, code);
	pthread_mutex_init(&store->make_lock, NULL);
	store->fd = -1;
	store->directory = strdup(directory);
	if (store->directory == NULL)
		goto fail;
	for (size_t n = strlen(directory); n > 1 && store->directory[n - 1] == '/'; n--)
		store->directory[n - 1] = '\0';
	store->base.ops = &store_ops;
	store->base.name = store->directory;

	store->fd = open(store->directory, FLAGS);
	code = store->fd < 0 ? errno : 0;
	if (code == ENOENT) {
		code = make_path(store->directory);
		if (code == 0)
			store->fd = open(store->directory, FLAGS);
		if (code == 0 && store->fd < 0)
			code = errno;
	}
	if (code != 0)
		goto fail;
	*out = &store->base;
	return PRIO_OK;

fail:
	file_free(&store->base);
	return file_error(error, NULL, directory, code);
}
