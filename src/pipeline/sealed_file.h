/* sealed_file: a private object whose bytes are encrypted and authenticated, written and read as a stream.
 *
 *     "PRIOSEAL" (8) || salt (32) || frames;  a frame is  length (4, big-endian) || ciphertext || tag (16)
 *
 * The highest bit of the length marks the last frame.
 *
 * AES-256-GCM under HKDF-SHA-256(secret, salt, label). The nonce of frame k is k (8, big-endian) || last (4, 1 for the last
 * frame), so that frames cannot be cut off, dropped or put in another order. What the file must belong to goes in as
 * associated data: a file made for something else does not open. The salt is fresh, so no key is used for two files. */
#ifndef PIPELINE_SEALED_FILE_H
#define PIPELINE_SEALED_FILE_H

#include "prio/bytes.h"
#include "prio/status.h"
#include "store/store.h"

enum { SEALED_FRAME_BYTES = 1 << 16, SEALED_BINDING_BYTES = 32 };

/* Who may open it, and what it belongs to. */
struct sealed_binding {
	struct prio_bytes secret;
	const char *label;
	uint8_t digest[SEALED_BINDING_BYTES];
};

/* SEALED_SCRATCH: need not outlive a power failure (store_create_scratch). What one leaves of it does not open. */
enum sealed_kind { SEALED_DURABLE, SEALED_SCRATCH };

struct sealed_writer;
PRIO_MUST_USE enum prio_status sealed_writer_new(struct sealed_writer **writer, struct store *store, const char *key,
						 enum sealed_kind kind, const struct sealed_binding *binding,
						 struct prio_error *error);
PRIO_MUST_USE enum prio_status sealed_append(struct sealed_writer *writer, const void *bytes, size_t n,
					     struct prio_error *error);
/* sealed_commit: write the last frame; the object appears. It frees the writer, also where it fails. sealed_abort: the object
 * never appears; NULL is fine. */
PRIO_MUST_USE enum prio_status sealed_commit(struct sealed_writer *writer, struct prio_error *error);
void sealed_abort(struct sealed_writer *writer);

struct sealed_reader;
/* sealed_reader_new: PRIO_ERR_NOT_FOUND; PRIO_ERR_FORMAT if it does not open as what binding says; store's errors. */
PRIO_MUST_USE enum prio_status sealed_reader_new(struct sealed_reader **reader, struct store *store, const char *key,
						 const struct sealed_binding *binding, struct prio_error *error);
/* sealed_read: exactly n bytes, else PRIO_ERR_FORMAT. sealed_at_end: PRIO_OK if nothing is left, else PRIO_ERR_FORMAT. */
PRIO_MUST_USE enum prio_status sealed_read(struct sealed_reader *reader, void *bytes, size_t n, struct prio_error *error);
PRIO_MUST_USE enum prio_status sealed_at_end(struct sealed_reader *reader, struct prio_error *error);
void sealed_reader_free(struct sealed_reader *reader); /* wipes; NULL is fine */

#endif
