#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/error.h"
#include "base/wipe.h"
#include "cli/internal.h"

enum { SECRET_BYTES_MAX = 4096, ESCAPED_BYTES = 256 };

static enum prio_status fail(struct prio_error *error, const char *path, const char *why)
{
	char escaped[ESCAPED_BYTES];

	escape_text(escaped, sizeof escaped, (struct prio_bytes){(const uint8_t *)path, strlen(path)});
	return error_set(error, PRIO_ERR_IO, "%s: %s", escaped, why);
}

/* All of a file, a pipe or /dev/fd/N, up to the bound. */
static enum prio_status read_all(int fd, const char *path, char *text, size_t *n_bytes, struct prio_error *error)
{
	*n_bytes = 0;
	for (;;) {
		ssize_t n = read(fd, text + *n_bytes, SECRET_BYTES_MAX + 1 - *n_bytes);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return fail(error, path, strerror(errno));
		if (n == 0)
			return PRIO_OK;
		*n_bytes += (size_t)n;
		if (*n_bytes > SECRET_BYTES_MAX)
			return fail(error, path, "too long for a key or secret");
	}
}

enum prio_status secret_read_file(const char *path, char **out, size_t *n_bytes, struct prio_error *error)
{
	size_t room = SECRET_BYTES_MAX + 2;
	char *text = malloc(room);
	int fd = -1;
	enum prio_status status;

	if (text == NULL)
		return error_set(error, PRIO_ERR_MEMORY, "out of memory");
	fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY);
	if (fd < 0) {
		status = fail(error, path, strerror(errno));
		goto out;
	}
	size_t n;
	status = read_all(fd, path, text, &n, error);
	if (status != PRIO_OK)
		goto out;
	if (n > 0 && text[n - 1] == '\n')
		n--;
	if (n > 0 && text[n - 1] == '\r')
		n--;
	if (n == 0 || memchr(text, '\0', n) != NULL) {
		status = fail(error, path, n == 0 ? "the file is empty" : "the file is not text");
		goto out;
	}
	memset(text + n, 0, room - n);
	*out = text;
	*n_bytes = room;
	text = NULL;
out:
	if (fd >= 0)
		close(fd);
	if (text != NULL)
		wipe(text, room);
	free(text);
	return status;
}
