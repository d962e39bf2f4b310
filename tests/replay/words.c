#include "tests/replay/words.h"

#include "tests/replay/records.h"
#include "tests/replay/script.h"
#include "tests/replay/world.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

int
words_number(struct world *w, const char *word, unsigned *out)
{
	char *end;
	const unsigned long n = strtoul(word, &end, 10);

	if (end == word || *end || n > 1000000)
		return world_fail(w, "%s is no number", word);
	*out = (unsigned)n;
	return 0;
}

int
words_time(struct world *w, const char *word, msec *out)
{
	char *end;
	const unsigned long n = strtoul(word, &end, 10);

	if (end == word || (strcmp(end, "ms") && strcmp(end, "s")))
		return world_fail(w, "%s is no time; write 250ms or 10s", word);
	*out = *end == 's' ? (msec)n * 1000 : (msec)n;
	return 0;
}

int
words_upstream(struct world *w, const char *word, char name[FAKE_NAME_MAX], unsigned *connection)
{
	const char *slash = strrchr(word, '/');
	const bool numbered = slash && strspn(slash + 1, "0123456789") == strlen(slash + 1);
	const size_t n = numbered ? (size_t)(slash - word) : strlen(word);

	*connection = 0;
	if (n >= FAKE_NAME_MAX)
		return world_fail(w, "%s is too long for an upstream", word);
	memcpy(name, word, n);
	name[n] = '\0';
	return numbered ? words_number(w, slash + 1, connection) : 0;
}

int
words_cause(struct world *w, const char *word, enum ask_fail *out)
{
	for (unsigned i = 0; i < ASK_FAILS; i++) {
		if (strcmp(ask_fail_text((enum ask_fail)i), word) != 0)
			continue;
		*out = (enum ask_fail)i;
		return 0;
	}
	return world_fail(w, "%s is no cause of failure", word);
}

void
words_flags(const struct step *step, size_t *i, struct records_flags *flags)
{
	while (*i < step->nwords && records_flag(flags, step->words[*i]))
		(*i)++;
}
