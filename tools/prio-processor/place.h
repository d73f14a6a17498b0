/* place: how ls, cp, cat and rm name objects, and where that is.
 *
 *     ingest:KEY private:KEY shared:KEY     in the buckets BUCKET_INTERNAL_INGEST, _PRIVATE and _SHARED
 *     partner:KEY                           in the bucket BUCKET_EXTERNAL_SHARED
 *     internal:BUCKET/KEY                   in any bucket of the internal endpoint; s3://BUCKET/KEY and gs://BUCKET/KEY too
 *     external:BUCKET/KEY                   in any bucket of the external endpoint
 *     file:///PATH /PATH ./PATH PATH        on this machine; PATH without a colon before its first slash
 *     -                                     standard input or output; cp alone takes it, and deals with it itself */
#ifndef TOOLS_PRIO_PROCESSOR_PLACE_H
#define TOOLS_PRIO_PROCESSOR_PLACE_H

#include "cli/cli.h"
#include "prio-processor/bucket_options.h"
#include "store/store.h"

/* The options of a command that takes such names. */
#define ROWS_PLACE \
	ROWS_BUCKET_ENDPOINT("INTERNAL", "internal", false, "this server's buckets are"), \
	ROWS_BUCKET_ENDPOINT("EXTERNAL", "external", false, "the other server's buckets are"), \
	ROWS_BUCKET_COMMON, \
	{.name = "bucket-internal-ingest", .variable = "BUCKET_INTERNAL_INGEST", .kind = OPTION_STRING, \
	 .help = "the bucket of ingest:"}, \
	{.name = "bucket-internal-private", .variable = "BUCKET_INTERNAL_PRIVATE", .kind = OPTION_STRING, \
	 .help = "the bucket of private:"}, \
	{.name = "bucket-internal-shared", .variable = "BUCKET_INTERNAL_SHARED", .kind = OPTION_STRING, \
	 .help = "the bucket of shared:"}, \
	{.name = "bucket-external-shared", .variable = "BUCKET_EXTERNAL_SHARED", .kind = OPTION_STRING, \
	 .help = "the bucket of partner:"}

/* For the texts of their --help. */
#define PLACE_NAMES \
	"An object is named ingest:KEY, private:KEY, shared:KEY (the three internal buckets) or partner:KEY (the external shared bucket), " \
	"internal:BUCKET/KEY or external:BUCKET/KEY (any bucket of that endpoint; s3://BUCKET/KEY is an internal one). "

enum place_use {
	PLACE_OBJECT, /* one object that is there */
	PLACE_TREE,   /* what lies under a prefix */
	PLACE_EITHER, /* whatever is there */
	PLACE_NEW,    /* an object to be written; if it is a directory, by ending with a slash for instance, one in it */
	PLACE_NEW_TREE,
};

struct place {
	struct store *store;
	bool is_local;
	bool is_directory;                 /* key is a prefix by its form, or "" */
	char key[STORE_KEY_BYTES_MAX + 1]; /* without a slash at its end */
	/* What stands before a key of this store where it is named as above: "private:". Not for a place of one local file. */
	char before[4200];
};

/* place_open: the store and the key that a name means. Where a bucket or local directory that is to be read is missing, nothing
 * is made. Requests end, and streams with them, when this process is asked to stop.
 *
 *   place   zeroed or not; place_close ends it in any case
 *
 * PRIO_OK; PRIO_ERR_CONFIG: not understood, or an option is missing; or as bucket_open. */
PRIO_MUST_USE enum prio_status place_open(struct place *place, const struct invocation *call, const char *name,
					  enum place_use use, struct prio_error *error);
void place_close(struct place *place);

/* place_for_each: visit every operand of a command, in order. What is not understood ends it with usage, and a stop ends it; any
 * other error is said, and the next name is visited. Returns the exit code. Signals must be caught already (exec_catch_signals). */
typedef enum prio_status place_visit(const struct invocation *call, const char *name, void *context, struct prio_error *error);
int place_for_each(const struct invocation *call, place_visit *visit, void *context);

/* place_is_journal: is it something of {prefix}/journal/... (FORMAT.md 9.7), which nobody should delete or replace by mistake? */
bool place_is_journal(const char *key);

/* place_key: "key/rest", as one key. "key" may be "". PRIO_ERR_TOO_LARGE. */
enum { PLACE_KEY_BYTES = STORE_KEY_BYTES_MAX + 1 };
PRIO_MUST_USE enum prio_status place_key(char out[PLACE_KEY_BYTES], const char *key, const char *rest,
					 struct prio_error *error);

/* place_show: the name of an object of the place, for a terminal: escaped. Returns out. */
enum { PLACE_SHOWN_BYTES = 8192 };
const char *place_show(char out[PLACE_SHOWN_BYTES], const struct place *place, const char *key);

#endif
