#include "base/clock.h"

#include <stdio.h>
#include <time.h>

uint64_t clock_monotonic_ms(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (uint64_t)now.tv_sec * 1000 + (uint64_t)now.tv_nsec / 1000000;
}

void clock_iso(char out[CLOCK_ISO_BYTES])
{
	struct timespec now;
	struct tm utc;
	char date[32];

	clock_gettime(CLOCK_REALTIME, &now);
	gmtime_r(&now.tv_sec, &utc);
	strftime(date, sizeof date, "%Y-%m-%dT%H:%M:%S", &utc);
	snprintf(out, CLOCK_ISO_BYTES, "%.19s.%06u", date, (unsigned)(now.tv_nsec / 1000) % 1000000);
}

void clock_date(char out[CLOCK_DATE_BYTES])
{
	char iso[CLOCK_ISO_BYTES];

	clock_iso(iso);
	snprintf(out, CLOCK_DATE_BYTES, "%.10s", iso);
}
