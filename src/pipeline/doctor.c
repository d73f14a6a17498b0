#include "pipeline/doctor.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/error.h"

void findings_add(struct findings *findings, enum finding_level level, const char *what, const char *advice,
		  const char *format, ...)
{
	char text[sizeof findings->p->text];
	va_list arguments;

	if (findings->n == findings->room) {
		size_t room = findings->room == 0 ? 32 : 2 * findings->room;
		struct finding *more = realloc(findings->p, room * sizeof *more);

		if (more == NULL) {
			findings->is_incomplete = true;
			return;
		}
		findings->p = more;
		findings->room = room;
	}
	struct finding *finding = &findings->p[findings->n++];
	*finding = (struct finding){.level = level, .advice = advice};
	snprintf(finding->what, sizeof finding->what, "%s", what);
	va_start(arguments, format);
	vsnprintf(text, sizeof text, format, arguments);
	va_end(arguments);
	escape_line(finding->text, sizeof finding->text, text);
}

size_t findings_count(const struct findings *findings, enum finding_level level)
{
	size_t n = 0;

	for (size_t i = 0; i < findings->n; i++)
		n += findings->p[i].level == level;
	return n;
}

void findings_clear(struct findings *findings)
{
	free(findings->p);
	*findings = (struct findings){0};
}
