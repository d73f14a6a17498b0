/* A file is written under a temporary name in its own directory, made durable, and only then given its name; so whoever
 * looks, at whatever moment, and after whatever crash, finds all of it or nothing. Scratch goes the same way, but is not made
 * durable: waiting for a disk takes longer than making it. */
#include "store/file_internal.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <unistd.h>

#include "base/error.h"

enum { BUFFER_BYTES = 1 << 17, TEMP_NAME_BYTES = 24, TRIES_MAX = 1000 };

/* A file that has no name of its own yet. */
struct new_file {
	struct file_store *store;
	const char *key;
	int parent;
	int fd;
	bool is_scratch;
	char temp[TEMP_NAME_BYTES];
};

static int temp_name(char name[TEMP_NAME_BYTES])
{
	uint64_t number;

	if (getrandom(&number, sizeof number, 0) != (ssize_t)sizeof number)
		return EIO;
	snprintf(name, TEMP_NAME_BYTES, FILE_TEMP_PREFIX "%016llx", (unsigned long long)number);
	return 0;
}

/* Begin a new file. The directory may vanish between the moment it is found and the moment there is a file in it, since
 * file_delete_many removes empty ones: then it is made once more. */
static int new_file_open(struct new_file *file, struct file_store *store, const char *key)
{
	int code = ENOENT;

	file->store = store;
	file->key = key;
	file->is_scratch = false;
	for (int i = 0; i < TRIES_MAX && (code == ENOENT || code == EEXIST); i++) {
		code = file_walk(store, key, file_parent_bytes(key), true, &file->parent);
		if (code != 0)
			continue;
		code = temp_name(file->temp);
		if (code == 0) {
			file->fd = openat(file->parent, file->temp, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
			code = file->fd >= 0 ? 0 : errno;
		}
		if (code != 0)
			close(file->parent);
	}
	return code;
}

static int new_file_write(struct new_file *file, const uint8_t *p, size_t n)
{
	while (n > 0) {
		ssize_t written = write(file->fd, p, n);

		if (written < 0 && errno == EINTR)
			continue;
		if (written < 0)
			return errno;
		p += written;
		n -= (size_t)written;
	}
	return 0;
}

static void new_file_abort(struct new_file *file)
{
	if (file->fd >= 0)
		close(file->fd);
	(void)unlinkat(file->parent, file->temp, 0);
	close(file->parent);
}

int file_link_new(int parent, const char *temp, const char *name)
{
	if (linkat(parent, temp, parent, name, 0) != 0)
		return errno;
	return unlinkat(parent, temp, 0) == 0 ? 0 : errno;
}

int file_rename_new(int parent, const char *temp, const char *name)
{
	if (renameat2(parent, temp, parent, name, RENAME_NOREPLACE) == 0)
		return 0;
	return errno == EINVAL || errno == ENOSYS ? file_link_new(parent, temp, name) : errno;
}

/* Make the file durable, name it, make the name durable; of scratch only name it. Ends the file, also where it fails. */
static int new_file_commit(struct new_file *file, enum store_condition condition)
{
	const char *name = file_base(file->key);
	int code = file->is_scratch || fsync(file->fd) == 0 ? 0 : errno;

	if (close(file->fd) != 0 && code == 0)
		code = errno;
	file->fd = -1;
	if (code == 0 && condition == STORE_IF_ABSENT)
		code = file_rename_new(file->parent, file->temp, name);
	else if (code == 0)
		code = renameat(file->parent, file->temp, file->parent, name) == 0 ? 0 : errno;
	if (code != 0) {
		new_file_abort(file);
		return code;
	}
	if (!file->is_scratch)
		code = file_sync_directory(file->parent);
	close(file->parent);
	return code;
}

enum prio_status file_put(struct store *base, const char *key, struct prio_bytes bytes, enum store_condition condition,
			  struct prio_error *error)
{
	struct file_store *store = file_store_of(base);
	struct new_file file;
	int code = new_file_open(&file, store, key);

	if (code != 0)
		return file_error(error, store, key, code);
	code = new_file_write(&file, bytes.p, bytes.n);
	if (code != 0)
		new_file_abort(&file);
	else
		code = new_file_commit(&file, condition);
	if (code == 0)
		return PRIO_OK;

	enum prio_status status = file_error(error, store, key, code);
	if (code == EEXIST && condition == STORE_IF_ABSENT) {
		status = PRIO_ERR_EXISTS;
		if (error != NULL)
			error->status = status;
	}
	return status;
}

/* ---- The sink ---- */

struct file_sink {
	struct sink base;
	struct new_file file;
	char *key;
	int code; /* errno of the first write that failed: the object cannot become whole any more */
	size_t n_buffered;
	uint8_t buffer[BUFFER_BYTES];
};

static struct file_sink *sink_of(struct sink *sink)
{
	return (struct file_sink *)(void *)sink;
}

static void sink_free(struct file_sink *sink)
{
	free(sink->key);
	free(sink);
}

static void flush(struct file_sink *sink)
{
	if (sink->code == 0)
		sink->code = new_file_write(&sink->file, sink->buffer, sink->n_buffered);
	sink->n_buffered = 0;
}

static enum prio_status file_append(struct sink *base, struct prio_bytes bytes, struct prio_error *error)
{
	struct file_sink *sink = sink_of(base);

	if (bytes.n > BUFFER_BYTES - sink->n_buffered)
		flush(sink);
	if (bytes.n > BUFFER_BYTES) {
		if (sink->code == 0)
			sink->code = new_file_write(&sink->file, bytes.p, bytes.n);
	} else if (bytes.n > 0) {
		memcpy(sink->buffer + sink->n_buffered, bytes.p, bytes.n);
		sink->n_buffered += bytes.n;
	}
	return sink->code == 0 ? PRIO_OK : file_error(error, sink->file.store, sink->key, sink->code);
}

static enum prio_status file_commit(struct sink *base, struct prio_error *error)
{
	struct file_sink *sink = sink_of(base);
	enum prio_status status = PRIO_OK;

	flush(sink);
	if (sink->code != 0)
		new_file_abort(&sink->file);
	else
		sink->code = new_file_commit(&sink->file, STORE_ALWAYS);
	if (sink->code != 0)
		status = file_error(error, sink->file.store, sink->key, sink->code);
	sink_free(sink);
	return status;
}

static void file_abort(struct sink *base)
{
	struct file_sink *sink = sink_of(base);

	new_file_abort(&sink->file);
	sink_free(sink);
}

static const struct sink_ops sink_ops = {file_append, file_commit, file_abort};

static enum prio_status create(struct store *base, const char *key, bool is_scratch, struct sink **out, struct prio_error *error)
{
	struct file_store *store = file_store_of(base);
	struct file_sink *sink = malloc(sizeof *sink);
	int code = ENOMEM;

	if (sink == NULL)
		goto fail;
	sink->base.ops = &sink_ops;
	sink->code = 0;
	sink->n_buffered = 0;
	sink->key = strdup(key);
	if (sink->key == NULL)
		goto free_sink;
	code = new_file_open(&sink->file, store, sink->key);
	if (code != 0)
		goto free_sink;
	sink->file.is_scratch = is_scratch;
	*out = &sink->base;
	return PRIO_OK;

free_sink:
	sink_free(sink);
fail:
	return file_error(error, store, key, code);
}

enum prio_status file_create(struct store *store, const char *key, struct sink **sink, struct prio_error *error)
{
	return create(store, key, false, sink, error);
}

enum prio_status file_create_scratch(struct store *store, const char *key, struct sink **sink, struct prio_error *error)
{
	return create(store, key, true, sink, error);
}
