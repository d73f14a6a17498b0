/* prio/status.h: one enum for every outcome.
 *
 * PRIO_OK is 0. A refusal (PRIO_REFUSED_*) is a verdict on one record: the sender's doing, counted by reason, and the
 * work goes on. An error (PRIO_ERR_*) is ours or the surroundings': the call did not do its job. */
#ifndef PRIO_STATUS_H
#define PRIO_STATUS_H

#include <stdbool.h>

#include "prio/bytes.h"

#ifdef __cplusplus
extern "C" {
#endif

/* name, machine word, sentence. The order is part of the ABI: append within a group only in a new major version. */
#define PRIO_REFUSALS(X) \
	X(NOT_JSON, "not-json", "the line is not a JSON object") \
	X(LINE_TOO_LONG, "line-too-long", "the line is longer than any record of this batch can be") \
	X(NO_ID, "no-id", "the record has no id") \
	X(BAD_ID, "bad-id", "the id is neither a string of at most 1024 bytes nor an integer") \
	X(NO_PAYLOAD, "no-payload", "the record has no payload") \
	X(BAD_BASE64, "bad-base64", "the payload is not base64") \
	X(TRUNCATED, "truncated", "the sealed share is shorter than its envelope") \
	X(LOW_ORDER_KEY, "low-order-key", "the ephemeral key has low order, so the share was sealed to nobody") \
	X(BAD_TAG, "bad-tag", "the share does not open with this server's private key (damaged, or sealed to another key)") \
	X(BAD_STRUCTURE, "bad-structure", "the opened share is not made as the format says") \
	X(OTHER_BATCH, "other-batch", "the share was made for another batch id") \
	X(OTHER_SERVER, "other-server", "the share was made for the other server") \
	X(NOT_IN_FIELD, "not-in-field", "a value of the share is not an element of the field") \
	X(WRONG_LENGTH, "wrong-length", "the share was made for another number of fields") \
	X(DUPLICATE, "duplicate", "a further copy of a record that is counted once") \
	X(CONFLICTING_ID, "conflicting-id", "different shares came under one id, so none of them is counted") \
	X(COPIED_SHARE, "copied-share", "the same share came under another id too, and is counted there") \
	X(WITHHELD, "withheld", "the id is repeated, and an original partner would count it more than once") \
	X(UNMATCHED, "unmatched", "the partner sent nothing for this id") \
	X(PARTNER_PACKET, "partner-packet", "the partner's message for this id cannot be read") \
	X(PARTNER_CONFLICT, "partner-conflict", "the partner sent different messages for this id") \
	X(PARTNER_CHANGED, "partner-changed", "the partner changed its message for this id after it was answered") \
	X(PROOF_FAILED, "proof-failed", "the proof does not hold: the vector is not made of bits")

#define PRIO_ERRORS(X) \
	X(ARGUMENT, "argument", "a call was made with an argument that it cannot take") \
	X(CONFIG, "config", "the configuration is not usable") \
	X(KEY, "key", "a key or secret is not usable") \
	X(FORGEABLE_SIZE, "forgeable-size", \
	  "n_data + 1 is a power of two, and at such a size a client can forge a proof; use n_data + 1 with one unused field") \
	X(QUERY_POINT, "query-point", "the shared secret gives an unusable query point; agree on another secret") \
	X(MEMORY, "memory", "out of memory") \
	X(CRYPTO, "crypto", "the cryptographic library failed") \
	X(RANDOM, "random", "the system gave no random bytes") \
	X(IO, "io", "reading or writing failed") \
	X(NOT_FOUND, "not-found", "there is no such object") \
	X(EXISTS, "exists", "the object exists already") \
	X(FULL, "full", "no space is left") \
	X(DENIED, "denied", "access was denied") \
	X(CHANGED, "changed", "an input changed while it was used") \
	X(FORMAT, "format", "a stored object is not made as the format says") \
	X(TOO_LARGE, "too-large", "an object is larger than it may be") \
	X(MISMATCH, "mismatch", "two things that belong together do not fit each other") \
	X(UNSETTLED, "unsettled", "the sum does not hold exactly the accepted records") \
	X(OVERFLOW, "overflow", "a sum does not fit 64 bits: the two servers' totals are over different records") \
	X(BUSY, "busy", "another run of this server is at work on the same data") \
	X(TIMEOUT, "timeout", "what was waited for did not come in time") \
	X(STOPPED, "stopped", "stopped by a signal") \
	X(INTERNAL, "internal", "a check inside the program failed; please report it")

enum prio_status {
	PRIO_OK = 0,
#define PRIO_X(name, word, sentence) PRIO_REFUSED_##name,
	PRIO_REFUSALS(PRIO_X)
#undef PRIO_X
	PRIO_STATUS_FIRST_ERROR_, /* not a status: the border between the groups */
#define PRIO_X(name, word, sentence) PRIO_ERR_##name,
	PRIO_ERRORS(PRIO_X)
#undef PRIO_X
	PRIO_STATUS_COUNT_
};

/* prio_status_word: the machine word of a status, as in logs, summaries and lists of refused records ("ok" for PRIO_OK).
 * prio_status_sentence: what it means, for a person, without a full stop.
 * Both return static strings, for any value. Thread-safe. */
PRIO_API const char *prio_status_word(enum prio_status status);
PRIO_API const char *prio_status_sentence(enum prio_status status);

/* prio_status_is_refusal: true for PRIO_REFUSED_*, false for PRIO_OK and errors. Thread-safe. */
PRIO_API bool prio_status_is_refusal(enum prio_status status);

enum { PRIO_ERROR_TEXT_BYTES = 512 };

/* Detail of an error, in the caller's memory. Every function that takes one accepts NULL. Written only when the function
 * fails. text is NUL-terminated, printable (strangers' bytes are escaped) and holds no secret. */
struct prio_error {
	enum prio_status status;
	char text[PRIO_ERROR_TEXT_BYTES];
};

#ifdef __cplusplus
}
#endif

#endif
