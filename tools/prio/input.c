#include "prio/input.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/error.h"

const char *escape_path(char out[ESCAPED_PATH_BYTES], const char *path)
{
	return escape_text(out, ESCAPED_PATH_BYTES, (struct prio_bytes){(const uint8_t *)path, strlen(path)});
}

static enum prio_status fail_at(struct prio_error *error, enum prio_status status, const char *path, const char *why)
{
	char escaped[ESCAPED_PATH_BYTES];

	return error_set(error, status, "%s: %s", escape_path(escaped, path), why);
}

static enum prio_status fail_errno(struct prio_error *error, const char *path, int code)
{
	enum prio_status status = code == ENOENT || code == ENOTDIR ? PRIO_ERR_NOT_FOUND
				  : code == EACCES || code == EPERM ? PRIO_ERR_DENIED
								    : PRIO_ERR_IO;

	return fail_at(error, status, path, strerror(code));
}

/* ---- Finding files ---- */

static struct input_identity identity_of(const struct stat *info)
{
	return (struct input_identity){
		.device = info->st_dev,
		.inode = info->st_ino,
		.size_bytes = (uint64_t)info->st_size,
		.modified_s = info->st_mtim.tv_sec,
		.modified_ns = info->st_mtim.tv_nsec,
	};
}

static bool same_identity(const struct input_identity *a, const struct input_identity *b)
{
	return a->device == b->device && a->inode == b->inode && a->size_bytes == b->size_bytes &&
	       a->modified_s == b->modified_s && a->modified_ns == b->modified_ns;
}

/* Takes path over, also where it fails. */
static enum prio_status add_file(struct inputs *inputs, char *path, const struct stat *info)
{
	struct input_file *files = realloc(inputs->files, (inputs->n_files + 1) * sizeof *files);
	const char *slash = strrchr(path, '/');

	if (files == NULL) {
		free(path);
		return PRIO_ERR_MEMORY;
	}
	inputs->files = files;
	files[inputs->n_files++] = (struct input_file){
		.path = path,
		.name = slash != NULL ? slash + 1 : path,
		.identity = identity_of(info),
	};
	inputs->n_bytes += (uint64_t)info->st_size;
	return PRIO_OK;
}

static int by_name(const void *a, const void *b)
{
	const struct input_file *x = a;
	const struct input_file *y = b;

	return strcmp(x->name, y->name);
}

static char *join_path(const char *directory, const char *name)
{
	size_t n = strlen(directory) + strlen(name) + 2;
	char *path = malloc(n);

	if (path != NULL)
		snprintf(path, n, "%s%s%s", directory, directory[strlen(directory) - 1] == '/' ? "" : "/", name);
	return path;
}

static enum prio_status find_parts(struct inputs *inputs, const char *directory, struct log *log, struct prio_error *error)
{
	DIR *listing = opendir(directory);
	enum prio_status status = PRIO_OK;

	if (listing == NULL)
		return fail_errno(error, directory, errno);
	for (;;) {
		struct stat info;
		char escaped[ESCAPED_PATH_BYTES];

		errno = 0;
		const struct dirent *entry = readdir(listing);
		if (entry == NULL) {
			status = errno == 0 ? PRIO_OK : fail_errno(error, directory, errno);
			break;
		}
		if (entry->d_name[0] == '.' || entry->d_name[0] == '_')
			continue;
		char *path = join_path(directory, entry->d_name);
		if (path == NULL) {
			status = error_set(error, PRIO_ERR_MEMORY, "out of memory");
			break;
		}
		if (fstatat(dirfd(listing), entry->d_name, &info, AT_SYMLINK_NOFOLLOW) != 0 || !S_ISREG(info.st_mode)) {
			log_warn(log, "%s is left out: it is not a regular file", escape_path(escaped, path));
			free(path);
			continue;
		}
		status = add_file(inputs, path, &info);
		if (status != PRIO_OK) {
			error_set(error, status, "out of memory");
			break;
		}
	}
	closedir(listing);
	if (status != PRIO_OK)
		return status;
	if (inputs->n_files == 0)
		return fail_at(error, PRIO_ERR_CONFIG, directory, "the directory holds no part files");
	qsort(inputs->files, inputs->n_files, sizeof *inputs->files, by_name);
	return PRIO_OK;
}

static enum prio_status find_files(struct inputs *inputs, const char *path, struct log *log, struct prio_error *error)
{
	struct stat info;

	if (stat(path, &info) != 0)
		return fail_errno(error, path, errno);
	inputs->is_directory = S_ISDIR(info.st_mode);
	if (inputs->is_directory)
		return find_parts(inputs, path, log, error);
	if (!S_ISREG(info.st_mode))
		return fail_at(error, PRIO_ERR_CONFIG, path,
			       "neither a regular file nor a directory; give a file that can be read twice");
	char *copy = strdup(path);
	if (copy == NULL || add_file(inputs, copy, &info) != PRIO_OK)
		return error_set(error, PRIO_ERR_MEMORY, "out of memory");
	return PRIO_OK;
}

enum prio_status inputs_find(struct inputs *inputs, const struct invocation *call, const char *option,
			     struct prio_error *error)
{
	char where[CLI_WHERE_BYTES];
	const char *path = cli_string(call, option);
	enum prio_status status;

	*inputs = (struct inputs){0};
	if (*path == '\0')
		status = error_set(error, PRIO_ERR_CONFIG, "the path is empty");
	else
		status = find_files(inputs, path, cli_log(call), error);
	if (status != PRIO_OK)
		error_prefix(error, "%s", cli_where(call, option, where));
	return status;
}

void inputs_clear(struct inputs *inputs)
{
	for (size_t i = 0; i < inputs->n_files; i++)
		free(inputs->files[i].path);
	free(inputs->files);
	*inputs = (struct inputs){0};
}

/* ---- A stream over a file ---- */

enum { LENT_MAX = 8 };

struct file_stream {
	struct stream base;
	int fd;
	const char *path;
	struct prio_mut lent[LENT_MAX];
	unsigned first;
	unsigned n_lent;
};

static enum prio_status file_lend(struct stream *base, struct prio_mut block, struct prio_error *error)
{
	struct file_stream *stream = (struct file_stream *)(void *)base;

	if (stream->n_lent == LENT_MAX)
		return error_set(error, PRIO_ERR_INTERNAL, "more than %d blocks were lent", LENT_MAX);
	stream->lent[(stream->first + stream->n_lent++) % LENT_MAX] = block;
	return PRIO_OK;
}

static enum prio_status file_take(struct stream *base, size_t *n_bytes, struct prio_error *error)
{
	struct file_stream *stream = (struct file_stream *)(void *)base;

	*n_bytes = 0;
	if (stream->n_lent == 0)
		return error_set(error, PRIO_ERR_INTERNAL, "a block was to be taken, and none was lent");
	struct prio_mut block = stream->lent[stream->first];
	stream->first = (stream->first + 1) % LENT_MAX;
	stream->n_lent--;
	while (*n_bytes < block.n) {
		ssize_t n = read(stream->fd, block.p + *n_bytes, block.n - *n_bytes);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return fail_errno(error, stream->path, errno);
		if (n == 0)
			break;
		*n_bytes += (size_t)n;
	}
	return PRIO_OK;
}

static void file_close(struct stream *base)
{
	struct file_stream *stream = (struct file_stream *)(void *)base;

	close(stream->fd);
	free(stream);
}

enum prio_status input_open(const struct input_file *file, struct stream **out, struct prio_error *error)
{
	static const struct stream_ops ops = {file_lend, file_take, file_close};
	struct file_stream *stream;
	struct stat info;
	int fd = open(file->path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);

	*out = NULL;
	if (fd < 0)
		return fail_errno(error, file->path, errno);
	if (fstat(fd, &info) != 0) {
		int code = errno;

		close(fd);
		return fail_errno(error, file->path, code);
	}
	struct input_identity identity = identity_of(&info);
	if (!same_identity(&identity, &file->identity)) {
		close(fd);
		return fail_at(error, PRIO_ERR_CHANGED, file->path, "the file changed while it was used; start again");
	}
	stream = calloc(1, sizeof *stream);
	if (stream == NULL) {
		close(fd);
		return error_set(error, PRIO_ERR_MEMORY, "out of memory");
	}
	stream->base.ops = &ops;
	stream->fd = fd;
	stream->path = file->path;
	*out = &stream->base;
	return PRIO_OK;
}

static enum prio_status read_file(const struct input_file *file, struct prio_mut text, size_t *n, struct prio_error *error)
{
	struct stream *stream;
	enum prio_status status = input_open(file, &stream, error);

	if (status != PRIO_OK)
		return status;
	status = stream_lend(stream, text, error);
	if (status == PRIO_OK)
		status = stream_take(stream, n, error);
	stream_close(stream);
	return status;
}

enum prio_status inputs_read_all(const struct inputs *inputs, size_t max_bytes, struct prio_mut *text,
				 struct prio_error *error)
{
	size_t room = (size_t)inputs->n_bytes + inputs->n_files + 1;
	enum prio_status status = PRIO_OK;

	*text = (struct prio_mut){NULL, 0};
	if (inputs->n_bytes > max_bytes)
		return fail_at(error, PRIO_ERR_TOO_LARGE, inputs->files[0].path,
			       "longer than such a record can be; is it the right file, and n-data the right number?");
	text->p = malloc(room);
	if (text->p == NULL)
		return error_set(error, PRIO_ERR_MEMORY, "out of memory");
	for (size_t i = 0; i < inputs->n_files && status == PRIO_OK; i++) {
		size_t n = 0;

		status = read_file(&inputs->files[i],
				   (struct prio_mut){text->p + text->n, (size_t)inputs->files[i].identity.size_bytes}, &n, error);
		text->n += n;
		if (status == PRIO_OK)
			text->p[text->n++] = '\n';
	}
	if (status != PRIO_OK) {
		free(text->p);
		*text = (struct prio_mut){NULL, 0};
	}
	return status;
}
