/* log: words for people, on stderr. Only tools make one; libraries are handed it (NULL: silent).
 *
 * One line a call: "prio-processor: text". Progress lines overwrite each other on a terminal, and are plain lines, no more
 * than one every ten seconds, elsewhere. Thread-safe. */
#ifndef BASE_LOG_H
#define BASE_LOG_H

#include <stdbool.h>

struct log;

/* log_new: program: what lines begin with. NULL when out of memory. log_free(NULL) is fine. */
struct log *log_new(const char *program);
void log_free(struct log *log);

/* log_info: what happens. log_warn: "warning: ", what a person should look at. log_error: "error: ", why it ends. */
__attribute__((format(printf, 2, 3))) void log_info(struct log *log, const char *format, ...);
__attribute__((format(printf, 2, 3))) void log_warn(struct log *log, const char *format, ...);
__attribute__((format(printf, 2, 3))) void log_error(struct log *log, const char *format, ...);

/* log_progress: a state that the next call replaces; force: print it now (the last one of a stage). */
__attribute__((format(printf, 3, 4))) void log_progress(struct log *log, bool force, const char *format, ...);

#endif
