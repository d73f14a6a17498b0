/* rows: options that several commands of prio have, beside those of cli/rows.h. */
#ifndef TOOLS_PRIO_ROWS_H
#define TOOLS_PRIO_ROWS_H

#include "cli/rows.h"

/* What verify1, verify2 and aggregate need of their server, its batch and its partner. */
#define ROWS_SERVER \
	ROW_BATCH_ID, ROW_N_DATA, ROW_SERVER_ID, ROW_PRIVATE_KEY, ROW_SHARED_SECRET, ROW_PUBLIC_KEY_INTERNAL, \
		ROW_PUBLIC_KEY_EXTERNAL, ROW_PRECISION, ROW_PRG, ROW_ALLOW_FORGEABLE_SIZE

#define ROW_QUERY_ORDER \
	{.name = "query-order", .variable = "QUERY_ORDER", .kind = OPTION_CHOICE, .fallback = "batch", \
	 .choices = "batch|file", \
	 .help = "which query point a record is checked at: batch, the same for all; file, the next one for each share of the " \
		 "file that opens, as the original prio command does"}
#define ROW_INPUT \
	{.name = "input", .variable = "INPUT", .kind = OPTION_PATH, .required = true, \
	 .help = "raw shares, a file of JSON lines or a directory of such part files"}
#define ROW_INPUT_INTERNAL(what) \
	{.name = "input-internal", .variable = "INPUT_INTERNAL", .kind = OPTION_PATH, .required = true, \
	 .help = "what this server's " what " wrote, a file or a directory of part files"}
#define ROW_INPUT_EXTERNAL(what) \
	{.name = "input-external", .variable = "INPUT_EXTERNAL", .kind = OPTION_PATH, .required = true, \
	 .help = "what the other server's " what " wrote, a file or a directory of part files"}
#define ROW_OUTPUT \
	{.name = "output", .variable = "OUTPUT", .kind = OPTION_PATH, .required = true, \
	 .help = "directory for the result, made if it is missing"}

#endif
