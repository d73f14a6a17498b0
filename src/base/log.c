#include "base/log.h"

#include <pthread.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/error.h"

enum { PROGRESS_TERMINAL_MS = 200, PROGRESS_PLAIN_MS = 10000, LINE_BYTES = 2048 };

struct log {
	const char *program;
	pthread_mutex_t lock;
	uint64_t last_progress_ms;
	bool terminal;
	bool line_is_open; /* a progress line stands on the terminal, to be overwritten */
};

struct log *log_new(const char *program)
{
	struct log *log = calloc(1, sizeof *log);

	if (log == NULL)
		return NULL;
	log->program = program;
	log->terminal = isatty(STDERR_FILENO) == 1;
	log->last_progress_ms = clock_monotonic_ms();
	pthread_mutex_init(&log->lock, NULL);
	return log;
}

void log_free(struct log *log)
{
	if (log == NULL)
		return;
	if (log->line_is_open)
		fputc('\n', stderr);
	pthread_mutex_destroy(&log->lock);
	free(log);
}

static void write_line(struct log *log, const char *kind, const char *format, va_list arguments)
	__attribute__((format(printf, 3, 0)));

static void write_line(struct log *log, const char *kind, const char *format, va_list arguments)
{
	char text[LINE_BYTES];
	char shown[LINE_BYTES];

	vsnprintf(text, sizeof text, format, arguments);
	escape_line(shown, sizeof shown, text);
	pthread_mutex_lock(&log->lock);
	fprintf(stderr, "%s%s: %s%s\n", log->line_is_open ? "\r\033[K" : "", log->program, kind, shown);
	log->line_is_open = false;
	pthread_mutex_unlock(&log->lock);
}

#define WRITE_LINE(log, kind, format) \
	do { \
		va_list arguments; \
		if (log == NULL) \
			return; \
		va_start(arguments, format); \
		write_line(log, kind, format, arguments); \
		va_end(arguments); \
	} while (0)

void log_info(struct log *log, const char *format, ...)
{
	WRITE_LINE(log, "", format);
}

void log_warn(struct log *log, const char *format, ...)
{
	WRITE_LINE(log, "warning: ", format);
}

void log_error(struct log *log, const char *format, ...)
{
	WRITE_LINE(log, "error: ", format);
}

void log_progress(struct log *log, bool force, const char *format, ...)
{
	char text[LINE_BYTES];
	char shown[LINE_BYTES];
	va_list arguments;

	if (log == NULL)
		return;
	pthread_mutex_lock(&log->lock);
	uint64_t now_ms = clock_monotonic_ms();
	uint64_t pause_ms = log->terminal ? PROGRESS_TERMINAL_MS : PROGRESS_PLAIN_MS;
	if (force || now_ms - log->last_progress_ms >= pause_ms) {
		va_start(arguments, format);
		vsnprintf(text, sizeof text, format, arguments);
		va_end(arguments);
		escape_line(shown, sizeof shown, text);
		log->last_progress_ms = now_ms;
		if (log->terminal)
			fprintf(stderr, "\r\033[K%s: %s", log->program, shown);
		else
			fprintf(stderr, "%s: %s\n", log->program, shown);
		log->line_is_open = log->terminal;
		fflush(stderr);
	}
	pthread_mutex_unlock(&log->lock);
}
