#include "stage/messages.h"

#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "record/base64.h"
#include "record/lines.h"
#include "record/ndjson.h"

enum { MESSAGE_LINE_BYTES_MAX = 1 << 16 };

struct messages {
	struct lines *lines;
	struct record_scratch *scratch;
	uint8_t wire[MESSAGE_LINE_BYTES_MAX];
};

enum prio_status messages_new(struct messages **out)
{
	struct messages *messages = calloc(1, sizeof *messages);
	enum prio_status status = PRIO_ERR_MEMORY;

	if (messages == NULL)
		return status;
	status = lines_new(&messages->lines, MESSAGE_LINE_BYTES_MAX);
	if (status == PRIO_OK)
		status = record_scratch_new(&messages->scratch);
	if (status == PRIO_OK)
		*out = messages;
	else
		messages_free(messages);
	return status;
}

void messages_free(struct messages *messages)
{
	if (messages == NULL)
		return;
	record_scratch_free(messages->scratch);
	lines_free(messages->lines);
	free(messages);
}

/* A packet with all its bytes defined, so that two equal ones compare equal as memory. */
union packet {
	struct prio_verify1_packet verify1;
	struct prio_verify2_packet verify2;
};

static enum prio_status read_packet(struct messages *messages, union packet *packet, struct prio_mut payload,
				    enum message_kind kind, size_t *packet_bytes)
{
	struct prio_mut wire = {messages->wire, sizeof messages->wire};

	memset(packet, 0, sizeof *packet);
	if (base64_decoded_max(payload.n) > wire.n || base64_decode(&wire, prio_bytes_of(payload)) != PRIO_OK)
		return PRIO_REFUSED_PARTNER_PACKET;
	if (kind == MESSAGE_VERIFY1) {
		*packet_bytes = sizeof packet->verify1;
		return prio_verify1_read(&packet->verify1, prio_bytes_of(wire));
	}
	*packet_bytes = sizeof packet->verify2;
	return prio_verify2_read(&packet->verify2, prio_bytes_of(wire));
}

enum prio_status messages_read(struct messages *messages, struct stream *stream, enum message_kind kind,
			       messages_visit *visit, void *context, struct prio_error *error)
{
	struct line line;
	enum prio_status status = lines_begin(messages->lines, stream, 0, UINT64_MAX, error);

	while (status == PRIO_OK) {
		struct record record = {0};
		struct message message = {0};
		union packet packet;
		size_t packet_bytes = 0;

		status = lines_next(messages->lines, &line, error);
		if (status != PRIO_OK || line.at_end)
			break;
		message.offset_bytes = line.offset_bytes;
		message.verdict = line.too_long ? PRIO_REFUSED_LINE_TOO_LONG
						: record_parse(&record, line.text, true, messages->scratch);
		if (message.verdict == PRIO_OK)
			message.verdict = read_packet(messages, &packet, record.payload, kind, &packet_bytes);
		else if (message.verdict == PRIO_REFUSED_NO_PAYLOAD)
			message.verdict = PRIO_REFUSED_PARTNER_PACKET;
		if (message.verdict != PRIO_OK && !prio_status_is_refusal(message.verdict))
			return error_set(error, message.verdict, "reading a record: %s",
					 prio_status_sentence(message.verdict));
		message.has_id = record.has_id;
		message.id = record.id;
		if (message.verdict == PRIO_OK)
			message.packet = (struct prio_bytes){(const uint8_t *)&packet, packet_bytes};
		status = visit(context, &message, error);
	}
	return status;
}
