/* Lines of input files, counted, and parsed if wanted. */
#include <stdlib.h>

#include "base/error.h"
#include "prio/input.h"
#include "record/lines.h"

struct reader {
	struct lines *lines;
	struct record_scratch *scratch;
	const struct input_file *file;
	struct stream *stream;
	uint64_t number;
};

enum prio_status reader_new(struct reader **out, size_t max_line_bytes)
{
	struct reader *reader = calloc(1, sizeof *reader);
	enum prio_status status = PRIO_ERR_MEMORY;

	*out = NULL;
	if (reader == NULL)
		return status;
	status = lines_new(&reader->lines, max_line_bytes);
	if (status == PRIO_OK)
		status = record_scratch_new(&reader->scratch);
	if (status == PRIO_OK)
		*out = reader;
	else
		reader_free(reader);
	return status;
}

void reader_free(struct reader *reader)
{
	if (reader == NULL)
		return;
	stream_close(reader->stream);
	record_scratch_free(reader->scratch);
	lines_free(reader->lines);
	free(reader);
}

enum prio_status reader_open(struct reader *reader, const struct input_file *file, struct prio_error *error)
{
	stream_close(reader->stream);
	reader->stream = NULL;
	reader->file = file;
	reader->number = 0;
	enum prio_status status = input_open(file, &reader->stream, error);
	if (status == PRIO_OK)
		status = lines_begin(reader->lines, reader->stream, 0, UINT64_MAX, error);
	return status;
}

enum prio_status reader_next(struct reader *reader, struct row *row, struct prio_error *error)
{
	struct line line;
	enum prio_status status = lines_next(reader->lines, &line, error);

	*row = (struct row){0};
	if (status != PRIO_OK)
		return status;
	row->at_end = line.at_end;
	if (line.at_end)
		return PRIO_OK;
	row->number = ++reader->number;
	row->text = line.text;
	row->is_too_long = line.too_long;
	row->is_unfinished = line.offset_bytes + line.length_bytes >= reader->file->identity.size_bytes;
	return PRIO_OK;
}

enum prio_status reader_next_record(struct reader *reader, struct row *row, struct prio_error *error)
{
	char escaped[ESCAPED_PATH_BYTES];
	enum prio_status status = reader_next(reader, row, error);

	if (status != PRIO_OK || row->at_end)
		return status;
	if (row->is_too_long)
		row->verdict = PRIO_REFUSED_LINE_TOO_LONG;
	else
		row->verdict = record_parse(&row->record, row->text, true, reader->scratch);
	if (row->verdict == PRIO_OK || prio_status_is_refusal(row->verdict))
		return PRIO_OK;
	return error_set(error, row->verdict, "%s:%llu: %s", escape_path(escaped, reader->file->path),
			 (unsigned long long)row->number, prio_status_sentence(row->verdict));
}

struct record_scratch *reader_scratch(struct reader *reader)
{
	return reader->scratch;
}
