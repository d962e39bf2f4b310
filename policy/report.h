/*
 * A growing list of errors, each one line: "file:line: /json/path: what is wrong; what to write".
 * At most REPORT_MAX are kept, then a last line says that there are more. Control characters in
 * what files say are shown as '?'.
 */
#ifndef POLICY_REPORT_H
#define POLICY_REPORT_H

#include <stdbool.h>
#include <stddef.h>

enum { REPORT_MAX = 200, REPORT_LINE_MAX = 1024 };

struct report {
	char **lines; /* owned */
	size_t n;
	bool nomem; /* sticky */
};

void report_add(struct report *report, const char *file, unsigned line, const char *path,
    const char *fmt, ...) __attribute__((format(printf, 5, 6)));
/* Adds the lines of `from`, which keeps its own. */
void report_append(struct report *report, const struct report *from);
void report_clear(struct report *report);

#endif
