/* messages: a partner's whole object of verify1 or verify2 lines. Each line is visited once, in order; what is good is
 * in its shortest form; and a line alone gets the verdict that it got among others.
 *
 * Input: the kind (1), then the object. */
#include "fuzz/harness/fuzz.h"
#include "fuzz/harness/memory_store.h"
#include "record/ndjson.h"
#include "stage/messages.h"

enum { LINES_MAX = 64 };

struct seen {
	enum message_kind kind;
	struct prio_bytes object;
	size_t next; /* where the line that is due begins */
	size_t n;
	enum prio_status verdicts[LINES_MAX];
	size_t offsets[LINES_MAX + 1];
};

static void check_packet(enum message_kind kind, struct prio_bytes packet)
{
	struct prio_verify1_packet one;
	struct prio_verify2_packet two;

	if (kind == MESSAGE_VERIFY1) {
		FUZZ_CHECK(packet.n == sizeof one);
		const struct prio_verify1_packet *got = (const void *)packet.p;
		FUZZ_OK(prio_verify1_read(&one, (struct prio_bytes){got->bytes, got->n_bytes}));
		FUZZ_CHECK(memcmp(&one, got, sizeof one) == 0);
	} else {
		FUZZ_CHECK(packet.n == sizeof two);
		const struct prio_verify2_packet *got = (const void *)packet.p;
		FUZZ_OK(prio_verify2_read(&two, (struct prio_bytes){got->bytes, got->n_bytes}));
		FUZZ_CHECK(memcmp(&two, got, sizeof two) == 0);
	}
}

/* A line by itself: what kept it from being a record keeps it from being a message. */
static void check_record(const struct message *message, struct prio_bytes line)
{
	static struct record_scratch *scratch;
	struct prio_mut copy = fuzz_copy(line);
	struct record record;

	if (scratch == NULL)
		FUZZ_OK(record_scratch_new(&scratch));
	enum prio_status status = record_parse(&record, copy, true, scratch);
	FUZZ_CHECK(message->has_id == record.has_id && fuzz_same(message->id, record.id));
	if (status == PRIO_OK || status == PRIO_REFUSED_NO_PAYLOAD)
		FUZZ_CHECK(message->verdict == PRIO_REFUSED_PARTNER_PACKET ||
			   (message->verdict == PRIO_OK && status == PRIO_OK));
	else
		FUZZ_CHECK(message->verdict == status);
	free(copy.p);
}

static enum prio_status see(void *context, const struct message *message, struct prio_error *error)
{
	struct seen *seen = context;
	const uint8_t *feed;

	(void)error;
	FUZZ_CHECK(message->offset_bytes == seen->next && seen->next < seen->object.n);
	feed = memchr(seen->object.p + seen->next, '\n', seen->object.n - seen->next);
	size_t n_line = (feed != NULL ? (size_t)(feed - seen->object.p) : seen->object.n) - seen->next;
	if (message->verdict != PRIO_REFUSED_LINE_TOO_LONG)
		check_record(message, (struct prio_bytes){seen->object.p + seen->next, n_line});
	if (seen->n < LINES_MAX) {
		seen->verdicts[seen->n] = message->verdict;
		seen->offsets[seen->n] = seen->next;
	}
	seen->n++;
	seen->next = feed != NULL ? (size_t)(feed - seen->object.p) + 1 : seen->object.n;
	FUZZ_CHECK(message->verdict == PRIO_OK || prio_status_is_refusal(message->verdict));
	if (message->verdict == PRIO_OK) {
		FUZZ_CHECK(message->has_id);
		check_packet(seen->kind, message->packet);
	} else {
		FUZZ_CHECK(message->packet.n == 0);
	}
	return PRIO_OK;
}

static void read_object(struct messages *messages, struct seen *seen)
{
	struct stream *stream = memory_stream(seen->object);

	FUZZ_OK(messages_read(messages, stream, seen->kind, see, seen, NULL));
	FUZZ_CHECK(seen->next == seen->object.n);
	stream_close(stream);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	static struct messages *messages;
	struct prio_bytes in = {data, n};
	struct seen seen = {.kind = fuzz_byte(&in) & 1 ? MESSAGE_VERIFY2 : MESSAGE_VERIFY1};

	if (messages == NULL)
		FUZZ_OK(messages_new(&messages));
	struct prio_mut object = fuzz_copy(in);
	seen.object = prio_bytes_of(object);
	read_object(messages, &seen);
	size_t n_lines = seen.n < LINES_MAX ? seen.n : 0;
	seen.offsets[n_lines] = object.n;
	for (size_t i = 0; i < n_lines && i < 4; i++) {
		struct seen alone = {.kind = seen.kind,
				     .object = {object.p + seen.offsets[i], seen.offsets[i + 1] - seen.offsets[i]}};

		read_object(messages, &alone);
		FUZZ_CHECK(alone.n == 1 && alone.verdicts[0] == seen.verdicts[i]);
	}
	free(object.p);
	return 0;
}
