/* messages: a partner's verify1 or verify2 lines, read one by one into its packets. */
#ifndef STAGE_MESSAGES_H
#define STAGE_MESSAGES_H

#include <stdbool.h>

#include "base/stream.h"
#include "prio/server.h"
#include "prio/status.h"

enum message_kind { MESSAGE_VERIFY1, MESSAGE_VERIFY2 };

/* One line. Views are valid during the visit only. */
struct message {
	enum prio_status verdict; /* PRIO_OK; PARTNER_PACKET: unusable, though it may have an id; or why it is no record */
	bool has_id;
	struct prio_bytes id;
	struct prio_bytes packet; /* PRIO_OK: a struct prio_verify1_packet or prio_verify2_packet, whole */
	uint64_t offset_bytes;
};

typedef enum prio_status messages_visit(void *context, const struct message *message, struct prio_error *error);

struct messages;
PRIO_MUST_USE enum prio_status messages_new(struct messages **messages);
void messages_free(struct messages *messages); /* NULL is fine */

/* messages_read: every line of one object, from its beginning. The stream stays the caller's. */
PRIO_MUST_USE enum prio_status messages_read(struct messages *messages, struct stream *stream, enum message_kind kind,
					     messages_visit *visit, void *context, struct prio_error *error);

#endif
