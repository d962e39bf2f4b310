#include "policy/report.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void
keep(struct report *report, const char *text)
{
	if (!report->lines)
		report->lines = calloc(REPORT_MAX + 1, sizeof(*report->lines));
	if (report->lines)
		report->lines[report->n] = strdup(text);
	if (report->lines && report->lines[report->n])
		report->n++;
	else
		report->nomem = true;
}

/* Keeps a line, or in its stead the last one, while there is room. */
static void
keep_within(struct report *report, const char *text)
{
	if (report->n > REPORT_MAX || report->nomem)
		return;
	keep(report, report->n == REPORT_MAX ? "there are more errors; mend these first" : text);
}

void
report_add(
    struct report *report, const char *file, unsigned line, const char *path, const char *fmt, ...)
{
	char text[REPORT_LINE_MAX];
	int at;
	va_list ap;

	at = snprintf(text, sizeof(text), "%s:%u: %s: ", file, line, path);
	if (at > 0 && (size_t)at < sizeof(text)) {
		va_start(ap, fmt);
		vsnprintf(text + at, sizeof(text) - (size_t)at, fmt, ap);
		va_end(ap);
	}
	for (char *p = text; *p; p++) {
		if ((unsigned char)*p < ' ' || *p == 127)
			*p = '?';
	}
	keep_within(report, text);
}

void
report_append(struct report *report, const struct report *from)
{
	for (size_t i = 0; i < from->n; i++)
		keep_within(report, from->lines[i]);
	report->nomem |= from->nomem;
}

void
report_clear(struct report *report)
{
	for (size_t i = 0; i < report->n; i++)
		free(report->lines[i]);
	free(report->lines);
	*report = (struct report){ .n = 0 };
}
