#include "stubd/base/log.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static enum log_level max_level = LOG_LEVEL_INFO;

void
log_set_level(enum log_level level)
{
	max_level = level;
}

enum log_level
log_get_level(void)
{
	return max_level;
}

void
log_line(enum log_level level, const char *fmt, ...)
{
	static const char *const journal[] = { "<3>", "<4>", "<6>", "<7>" };
	static const char *const plain[] = { "error: ", "warning: ", "", "debug: " };
	char line[1024 + 16];
	va_list ap;
	ssize_t done;
	int n;

	if (level > max_level)
		return;
	n = snprintf(
	    line, sizeof(line), "%s", getenv("JOURNAL_STREAM") ? journal[level] : plain[level]);
	va_start(ap, fmt);
	vsnprintf(line + n, sizeof(line) - (size_t)n - 1, fmt, ap);
	va_end(ap);
	n = (int)strlen(line);
	line[n] = '\n';
	done = write(STDERR_FILENO, line, (size_t)n + 1);
	(void)done; /* there is nobody to tell */
}
