/* tally: what became of the records of one command. Every refused one is counted by its reason, and the first of each reason
 * are named on stderr. */
#ifndef TOOLS_PRIO_TALLY_H
#define TOOLS_PRIO_TALLY_H

#include "base/log.h"
#include "prio/input.h"
#include "prio/status.h"

enum { TALLY_NAMED_MAX = 20 };

/* Reasons beside prio_status: the record is fine, but the files given do not belong together. */
enum tally_reason {
	TALLY_NO_OWN_PACKET = PRIO_STATUS_COUNT_, /* --input-internal has nothing for it: an earlier step refused it */
	TALLY_OTHER_RUN,                          /* --input-internal has something else than the share gives */
	TALLY_REASONS
};

struct tally {
	struct log *log;
	uint64_t n_rows;
	uint64_t n_refused;
	uint64_t by_reason[TALLY_REASONS];
};

/* tally_begin: say "Running STEP", as the original does. */
void tally_begin(struct tally *tally, struct log *log, const char *step);

/* tally_add: one line was dealt with. reason: PRIO_OK, a refusal or a tally_reason. */
void tally_add(struct tally *tally, const struct input_file *file, const struct row *row, int reason);

/* tally_end: say how many were refused of how many, as the original does, and why. */
void tally_end(const struct tally *tally);

#endif
