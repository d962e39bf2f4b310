#include "stubd/base/walltime.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/timex.h>
#include <time.h>

enum { DIGITS_MAX = 12 /* some 30,000 years */ };

struct walltime
walltime_judge(bool synchronised, int64_t now, int64_t build, int64_t kept)
{
	struct walltime t = { .unsynchronised = !synchronised };

	if (synchronised || (now >= build && now >= kept))
		return t;
	t.source = kept > build ? WALLTIME_KEPT : WALLTIME_BUILD;
	t.fixed = kept > build ? kept : build;
	return t;
}

bool
walltime_read(int64_t *now)
{
	struct timex state = { .modes = 0 };
	const int how = adjtimex(&state);

	*now = time(NULL);
	return how >= 0 && how != TIME_ERROR && !(state.status & STA_UNSYNC);
}

int64_t
walltime_seconds(const struct walltime *t)
{
	return t->fixed ? t->fixed : time(NULL);
}

char *
walltime_text(int64_t seconds, char text[WALLTIME_TEXT])
{
	const time_t when = (time_t)seconds;
	struct tm tm;

	if (!gmtime_r(&when, &tm) || !strftime(text, WALLTIME_TEXT, "%Y-%m-%d %H:%M UTC", &tm))
		snprintf(text, WALLTIME_TEXT, "another age");
	return text;
}

char *
walltime_note(const struct walltime *t, char text[WALLTIME_NOTE])
{
	char when[WALLTIME_TEXT];

	text[0] = '\0';
	if (t->unsynchronised)
		snprintf(text, WALLTIME_NOTE, "this machine's clock is not synchronised (%s)",
		    walltime_text(walltime_seconds(t), when));
	return text;
}

int
walltime_from_file(const char *bytes, size_t n, int64_t *out)
{
	int64_t seconds = 0;

	if (n < 2 || n > DIGITS_MAX + 1 || bytes[n - 1] != '\n')
		return -EINVAL;
	for (size_t i = 0; i < n - 1; i++) {
		if (bytes[i] < '0' || bytes[i] > '9')
			return -EINVAL;
		seconds = seconds * 10 + bytes[i] - '0';
	}
	*out = seconds;
	return 0;
}

size_t
walltime_to_file(int64_t seconds, char bytes[WALLTIME_FILE])
{
	return (size_t)snprintf(bytes, WALLTIME_FILE, "%lld\n", (long long)seconds);
}

const char *
walltime_source_text(enum walltime_source source)
{
	static const char *const texts[] = {
		[WALLTIME_CLOCK] = "clock",
		[WALLTIME_BUILD] = "build",
		[WALLTIME_KEPT] = "kept",
	};

	return texts[source];
}
