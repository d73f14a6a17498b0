/* store: a bucket of named objects, on files (file*.c) or behind S3 (s3.h). Knows no protocol and no record.
 *
 * Keys are "/"-separated paths without a leading slash, "." or ".." components, empty components, or NUL; at most 1024
 * bytes, 255 a component; anything else is PRIO_ERR_ARGUMENT. Objects appear whole or not at all, and once committed they
 * are durable (but for scratch). A store may be used by several threads at once. */
#ifndef STORE_STORE_H
#define STORE_STORE_H

#include <stdbool.h>

#include "base/stream.h"
#include "prio/bytes.h"
#include "prio/status.h"

enum { STORE_KEY_BYTES_MAX = 1024, STORE_VERSION_BYTES = 16 };

/* What a listing or stat says of an object. version changes whenever the object is replaced (for files: inode, size and
 * modification time in nanoseconds, hashed; for S3: the ETag, hashed): equal versions mean unchanged bytes. */
struct store_object {
	const char *key; /* the whole key; valid during the callback only */
	uint64_t size_bytes;
	uint8_t version[STORE_VERSION_BYTES];
	/* CRC-32C of the whole object as its writer sent it and the server keeps it; only store_stat says it, and only where it is
	 * known. What was read of an object can be held against it: over plain http nothing else finds a changed bit. */
	bool has_crc32c;
	uint32_t crc32c;
};

/* Called once an object, in bytewise order of keys. Anything but PRIO_OK ends the listing and is returned. */
typedef enum prio_status store_visit(void *context, const struct store_object *object, struct prio_error *error);

enum store_condition {
	STORE_ALWAYS,
	STORE_IF_ABSENT, /* PRIO_ERR_EXISTS, and nothing changed, if the object exists */
};

struct store;
struct store_lock;
struct store_ops {
	enum prio_status (*list)(struct store *store, const char *prefix, store_visit *visit, void *context,
				 struct prio_error *error);
	enum prio_status (*stat)(struct store *store, const char *key, struct store_object *object,
				 struct prio_error *error);
	enum prio_status (*open)(struct store *store, const char *key, uint64_t offset_bytes, uint64_t length_bytes,
				 struct stream **stream, struct prio_error *error);
	enum prio_status (*create)(struct store *store, const char *key, struct sink **sink, struct prio_error *error);
	enum prio_status (*put)(struct store *store, const char *key, struct prio_bytes bytes,
				enum store_condition condition, struct prio_error *error);
	enum prio_status (*delete_many)(struct store *store, const char *const *keys, size_t n_keys,
					struct prio_error *error);
	enum prio_status (*lock)(struct store *store, const char *key, struct store_lock **lock, struct prio_error *error);
	enum prio_status (*sweep)(struct store *store, const char *prefix, struct prio_error *error);
	void (*free)(struct store *store);
	/* NULL: as create */
	enum prio_status (*create_scratch)(struct store *store, const char *key, struct sink **sink, struct prio_error *error);
	/* From now on ask the lock (lent) before each attempt of a request that changes something: an operation may repeat them for
	 * longer than a lease lasts. NULL: where nothing is repeated. */
	void (*guard)(struct store *store, struct store_lock *lock);
};
struct store {
	const struct store_ops *ops;
	const char *name; /* for messages: endpoint and bucket, no credentials */
};

/* store_list: every object whose key begins with prefix + "/" (or every object, prefix ""), at any depth. Objects that a
 * person or another tool is still writing (temporary names, which begin with ".tmp-") are left out. A prefix that does
 * not exist is an empty listing. Symbolic links, FIFOs, sockets and devices are left out. PRIO_ERR_TOO_LARGE if one directory of a
 * store on files holds more than 2^20 names or 64 MiB of them. */
enum prio_status store_list(struct store *store, const char *prefix, store_visit *visit, void *context,
			    struct prio_error *error);

/* store_stat: object->key is the caller's key. PRIO_ERR_NOT_FOUND if it is not there (or is no regular object). */
enum prio_status store_stat(struct store *store, const char *key, struct store_object *object, struct prio_error *error);

/* store_open: read from offset_bytes on, length_bytes at most (UINT64_MAX: to the end). An offset at or past the end is an
 * empty stream. */
enum prio_status store_open(struct store *store, const char *key, uint64_t offset_bytes, uint64_t length_bytes,
			    struct stream **stream, struct prio_error *error);

/* store_create: write an object of any length. It appears, replacing what was there, when the sink is committed. */
enum prio_status store_create(struct store *store, const char *key, struct sink **sink, struct prio_error *error);

/* store_create_scratch: like store_create, and what is committed is there for every reader from then on; but a power failure may
 * take it away, cut it off, or leave zeros in its place. For what is recognised when it is damaged, and made anew. */
enum prio_status store_create_scratch(struct store *store, const char *key, struct sink **sink, struct prio_error *error);

/* store_put: write a small object at once. */
enum prio_status store_put(struct store *store, const char *key, struct prio_bytes bytes, enum store_condition condition,
			   struct prio_error *error);

/* store_get: read a small object into fresh memory (one byte longer than its length, ended with a NUL; the caller frees
 * it). PRIO_ERR_TOO_LARGE if it is longer than max_bytes. */
enum prio_status store_get(struct store *store, const char *key, size_t max_bytes, struct prio_mut *out,
			   struct prio_error *error);

/* store_delete_many: exactly these names. One that is not there is no error. */
enum prio_status store_delete_many(struct store *store, const char *const *keys, size_t n_keys, struct prio_error *error);

/* store_lock: hold a name that one process at a time can hold. PRIO_ERR_BUSY, with who holds it, if another one does. A holder that
 * died holds nothing (on S3: nothing any more when its lease has run out, at once if it died on this host). store_unlock(NULL) is
 * fine; the object with the name stays.
 * store_lock_check: PRIO_ERR_BUSY if it was lost: a lease that could not be renewed in time, or that another process took over.
 * To be asked before everything that others will see. Any thread. */
struct store_lock {
	enum prio_status (*check)(struct store_lock *lock, struct prio_error *error);
	void (*release)(struct store_lock *lock);
};
enum prio_status store_lock(struct store *store, const char *key, struct store_lock **lock, struct prio_error *error);
enum prio_status store_lock_check(struct store_lock *lock, struct prio_error *error);
void store_unlock(struct store_lock *lock);

/* store_sweep: remove what writers that died left half-written under a prefix, and make durable what they finished. Only while
 * nobody else writes there. */
enum prio_status store_sweep(struct store *store, const char *prefix, struct prio_error *error);

/* store_free(NULL) is fine. */
void store_free(struct store *store);

/* store_key_check: PRIO_OK or PRIO_ERR_ARGUMENT, by the rules above. */
enum prio_status store_key_check(const char *key, struct prio_error *error);

/* store_file_new: a bucket as a directory, made (with mode 0700) if it is missing. Files are made with mode 0600.
 *
 *   directory   path of the bucket itself. Nothing outside it is ever touched; no symbolic link below it is followed.
 *
 * Statuses: DENIED, FULL, IO, MEMORY, with path and reason in error. */
enum prio_status store_file_new(struct store **store, const char *directory, struct prio_error *error);

#endif
