#include "prio/packets.h"

#include <inttypes.h>

#include "base/error.h"
#include "prio/server.h"

struct reading {
	struct join *packets;
	struct fingerprint *fingerprint;
	uint64_t n_useless;
};

static enum prio_status add_packet(void *context, const struct message *message, struct prio_error *error)
{
	struct reading *reading = context;
	struct join_hash hash;

	if (!message->has_id) {
		reading->n_useless++;
		return PRIO_OK;
	}
	enum prio_status status = fingerprint_id(reading->fingerprint, &hash, message->id);
	if (status == PRIO_OK)
		status = join_add(reading->packets, &hash, message->verdict == PRIO_OK ? message->packet.p : NULL);
	if (status != PRIO_OK)
		error_set(error, status, "%s", prio_status_sentence(status));
	return status;
}

static enum prio_status read_file(struct messages *messages, const struct input_file *file, enum message_kind kind,
				  struct reading *reading, struct prio_error *error)
{
	struct stream *stream;
	enum prio_status status = input_open(file, &stream, error);

	if (status != PRIO_OK)
		return status;
	status = messages_read(messages, stream, kind, add_packet, reading, error);
	stream_close(stream);
	return status;
}

enum prio_status packets_read(struct join **packets, const struct inputs *inputs, enum message_kind kind,
			      struct fingerprint *fingerprint, struct log *log, struct prio_error *error)
{
	struct reading reading = {.fingerprint = fingerprint};
	struct messages *messages = NULL;
	size_t value_bytes = kind == MESSAGE_VERIFY1 ? sizeof(struct prio_verify1_packet) : sizeof(struct prio_verify2_packet);
	enum prio_status status = join_new(&reading.packets, value_bytes);

	*packets = NULL;
	if (status == PRIO_OK)
		status = messages_new(&messages);
	if (status != PRIO_OK)
		error_set(error, status, "%s", prio_status_sentence(status));
	for (size_t i = 0; i < inputs->n_files && status == PRIO_OK; i++) {
		char path[ESCAPED_PATH_BYTES];

		reading.n_useless = 0;
		status = read_file(messages, &inputs->files[i], kind, &reading, error);
		if (reading.n_useless > 0)
			log_warn(log, "%s: %" PRIu64 " lines are no records with an id, and are left out",
				 escape_path(path, inputs->files[i].path), reading.n_useless);
	}
	messages_free(messages);
	if (status != PRIO_OK) {
		join_free(reading.packets);
		return status;
	}
	*packets = reading.packets;
	return PRIO_OK;
}

enum prio_status packets_judge(enum join_state state)
{
	switch (state) {
	case JOIN_FRESH:
	case JOIN_MATCHED:
		return PRIO_OK;
	case JOIN_CONFLICT:
		return PRIO_REFUSED_PARTNER_CONFLICT;
	case JOIN_UNREADABLE:
		break;
	}
	return PRIO_REFUSED_PARTNER_PACKET;
}

void packets_report(const struct join *packets, struct log *log)
{
	if (join_unmatched(packets) > 0)
		log_info(log, "%zu ids of the other server met no record here", join_unmatched(packets));
}
