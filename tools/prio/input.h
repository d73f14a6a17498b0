/* input: a file, or a directory of part files, read line by line.
 *
 * In a directory every regular file counts whose name does not begin with "_" or ".", in bytewise order of names. A file is
 * read more than once by some commands, so it has to be a regular one, and one that changes in between is an error. */
#ifndef TOOLS_PRIO_INPUT_H
#define TOOLS_PRIO_INPUT_H

#include <stdbool.h>
#include <stdint.h>

#include "base/stream.h"
#include "cli/cli.h"
#include "record/ndjson.h"

/* What a file was when it was found. */
struct input_identity {
	uint64_t device;
	uint64_t inode;
	uint64_t size_bytes;
	int64_t modified_s;
	long modified_ns;
};

struct input_file {
	char *path;       /* for opening and for messages */
	const char *name; /* its last component */
	struct input_identity identity;
};

struct inputs {
	struct input_file *files;
	size_t n_files;
	bool is_directory;
	uint64_t n_bytes;
};

/* inputs_find: the files that an option names. Statuses: NOT_FOUND, DENIED, IO, CONFIG (neither a file nor a directory with
 * files in it), MEMORY; error names option and path. inputs_clear: also after a failure, or of {0}. */
PRIO_MUST_USE enum prio_status inputs_find(struct inputs *inputs, const struct invocation *call, const char *option,
					   struct prio_error *error);
void inputs_clear(struct inputs *inputs);

/* input_open: a stream over the whole file. CHANGED if it is not the file that was found. */
PRIO_MUST_USE enum prio_status input_open(const struct input_file *file, struct stream **stream, struct prio_error *error);

/* inputs_read_all: the text of all files, one after another with line feeds between, into fresh memory (the caller frees
 * it). TOO_LARGE if it is longer than max_bytes. */
PRIO_MUST_USE enum prio_status inputs_read_all(const struct inputs *inputs, size_t max_bytes, struct prio_mut *text,
					       struct prio_error *error);

/* One line of a file. */
struct row {
	bool at_end;         /* there was none */
	uint64_t number;     /* counted from 1 */
	struct prio_mut text;
	bool is_too_long;
	bool is_unfinished;  /* the file ends without a line feed after it */
	enum prio_status verdict; /* reader_next_record: what record_parse said */
	struct record record;
};

/* A reader of lines, for one file after the other. */
struct reader;
PRIO_MUST_USE enum prio_status reader_new(struct reader **reader, size_t max_line_bytes);
void reader_free(struct reader *reader); /* NULL is fine */

/* reader_open: begin with a file; the one before is closed. reader_next: its next line. reader_next_record: the next line,
 * parsed, an id being needed; a line that is no record is a verdict, not an error. Views are valid until the next call.
 * Errors name the file. */
PRIO_MUST_USE enum prio_status reader_open(struct reader *reader, const struct input_file *file, struct prio_error *error);
PRIO_MUST_USE enum prio_status reader_next(struct reader *reader, struct row *row, struct prio_error *error);
PRIO_MUST_USE enum prio_status reader_next_record(struct reader *reader, struct row *row, struct prio_error *error);

/* reader_scratch: what the latest record was parsed with, for record_write_like. */
struct record_scratch *reader_scratch(struct reader *reader);

/* escape_path: a path for messages. Returns out. */
enum { ESCAPED_PATH_BYTES = 384 };
const char *escape_path(char out[ESCAPED_PATH_BYTES], const char *path);

#endif
