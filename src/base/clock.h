/* clock: the two clocks, in one place. */
#ifndef BASE_CLOCK_H
#define BASE_CLOCK_H

#include <stdint.h>

enum { CLOCK_ISO_BYTES = 27, CLOCK_DATE_BYTES = 11 };

/* clock_monotonic_ms: for measuring and waiting. */
uint64_t clock_monotonic_ms(void);

/* clock_iso: "2026-11-22T17:59:24.036937", UTC, no zone, as the original writes it. clock_date: "2026-11-22", UTC. */
void clock_iso(char out[CLOCK_ISO_BYTES]);
void clock_date(char out[CLOCK_DATE_BYTES]);

#endif
