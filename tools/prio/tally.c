#include "prio/tally.h"

#include <inttypes.h>
#include <stdio.h>

#include "base/error.h"

enum { ESCAPED_ID_BYTES = 200 };

void tally_begin(struct tally *tally, struct log *log, const char *step)
{
	*tally = (struct tally){.log = log};
	fprintf(stderr, "Running %s\n", step);
}

static const char *word(int reason)
{
	if (reason == TALLY_NO_OWN_PACKET)
		return "refused-earlier";
	if (reason == TALLY_OTHER_RUN)
		return "other-run";
	return prio_status_word((enum prio_status)reason);
}

static const char *sentence(int reason)
{
	if (reason == TALLY_NO_OWN_PACKET)
		return "--input-internal has nothing for this id: an earlier step of this server refused it";
	if (reason == TALLY_OTHER_RUN)
		return "--input-internal has another packet than this share gives: it is from another run, or made with another "
		       "secret, n-data, prg or query order";
	return prio_status_sentence((enum prio_status)reason);
}

void tally_add(struct tally *tally, const struct input_file *file, const struct row *row, int reason)
{
	char path[ESCAPED_PATH_BYTES];
	char id[ESCAPED_ID_BYTES];
	bool has_id = row->record.has_id;

	tally->n_rows++;
	if (reason == PRIO_OK)
		return;
	tally->n_refused++;
	if (++tally->by_reason[reason] > TALLY_NAMED_MAX)
		return;
	escape_text(id, sizeof id, row->record.id);
	log_info(tally->log, "refused: %s:%" PRIu64 "%s%s: %s%s%s", escape_path(path, file->path), row->number,
		 has_id ? ", id " : "", has_id ? id : "", word(reason),
		 reason == PRIO_REFUSED_NOT_JSON && row->is_unfinished ? "; the file ends within this line, is it truncated?" : "",
		 tally->by_reason[reason] == TALLY_NAMED_MAX ? " (further ones are counted only)" : "");
}

void tally_end(const struct tally *tally)
{
	fprintf(stderr, "%" PRIu64 " errors out of %" PRIu64 " total\n", tally->n_refused, tally->n_rows);
	for (int reason = 0; reason < TALLY_REASONS; reason++) {
		if (tally->by_reason[reason] > 0)
			log_info(tally->log, "%" PRIu64 " %s: %s", tally->by_reason[reason], word(reason), sentence(reason));
	}
}
