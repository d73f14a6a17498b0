/* A lock is a file that its holder keeps open under flock(2): the kernel lets go of it when the holder ends, however it ends. */
#include "store/file_internal.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/file.h>
#include <unistd.h>

#include "base/error.h"

struct file_lock {
	struct store_lock base;
	int fd;
};

/* flock(2) is never lost. */
static enum prio_status check(struct store_lock *base, struct prio_error *error)
{
	(void)base;
	(void)error;
	return PRIO_OK;
}

static void release(struct store_lock *base)
{
	struct file_lock *lock = (struct file_lock *)(void *)base;

	close(lock->fd);
	free(lock);
}

/* Who holds it, as the holder wrote it. */
static enum prio_status busy(struct prio_error *error, const struct file_store *store, const char *key, int fd)
{
	char text[64];
	char shown[128];
	ssize_t n = pread(fd, text, sizeof text - 1, 0);
	struct prio_bytes view = {(const uint8_t *)text, n > 0 ? (size_t)n : 0};

	return error_set(error, PRIO_ERR_BUSY, "another run holds %s/%s (%s); wait for it to end", store->directory, key,
			 escape_text(shown, sizeof shown, view));
}

static void write_holder(int fd)
{
	char text[64];
	int n = snprintf(text, sizeof text, "process %ld", (long)getpid());

	/* For people only: a lock without it locks as well. */
	if (ftruncate(fd, 0) != 0 || pwrite(fd, text, (size_t)n, 0) != n)
		return;
}

enum prio_status file_lock(struct store *base, const char *key, struct store_lock **out, struct prio_error *error)
{
	struct file_store *store = file_store_of(base);
	struct file_lock *lock = calloc(1, sizeof *lock);
	int parent;
	int code;

	if (lock == NULL)
		return file_error(error, store, key, ENOMEM);
	code = file_walk(store, key, file_parent_bytes(key), true, &parent);
	if (code != 0)
		goto fail;
	lock->fd = openat(parent, file_base(key), O_RDWR | O_CREAT | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC, 0600);
	code = lock->fd >= 0 ? 0 : errno;
	close(parent);
	if (code != 0)
		goto fail;
	if (flock(lock->fd, LOCK_EX | LOCK_NB) != 0) {
		enum prio_status status = errno == EWOULDBLOCK ? busy(error, store, key, lock->fd)
							       : file_error(error, store, key, errno);

		release(&lock->base);
		return status;
	}
	write_holder(lock->fd);
	lock->base.check = check;
	lock->base.release = release;
	*out = &lock->base;
	return PRIO_OK;

fail:
	free(lock);
	return file_error(error, store, key, code);
}
