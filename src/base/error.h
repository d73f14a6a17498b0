/* error: fill a struct prio_error (prio/status.h), and pass the status on.
 *
 *     return error_set(error, PRIO_ERR_KEY, "PRIVATE_KEY_HEX must be 64 hexadecimal digits, this is %zu", n);
 */
#ifndef BASE_ERROR_H
#define BASE_ERROR_H

#include "prio/status.h"

/* error_set: write status and a printf-formatted, single-line sentence into *error (if not NULL); returns status. Text that
 * does not fit is cut. Use it with trusted format arguments; strangers' bytes go through error_escape first. */
__attribute__((format(printf, 3, 4))) enum prio_status error_set(struct prio_error *error, enum prio_status status,
								 const char *format, ...);

/* error_prefix: put "prefix: " before the text that is there, for callers that know the place (file, line, variable). */
__attribute__((format(printf, 2, 3))) void error_prefix(struct prio_error *error, const char *format, ...);

/* escape_text: strangers' bytes made printable for terminals and logs: printable ASCII and well-formed UTF-8 stay, controls,
 * DEL, C1, bidirectional overrides, backslash and broken UTF-8 become \xNN. Always NUL-terminated, cut with "..." where out
 * is too small. Returns out. */
const char *escape_text(char *out, size_t out_bytes, struct prio_bytes text);

/* escape_line: the same for a line that may hold escaped text already: backslashes stay. What every line goes through last. */
const char *escape_line(char *out, size_t out_bytes, const char *line);

#endif
