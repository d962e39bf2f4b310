#include "stubd/query/verdicts.h"

#include "stubd/engine/bogus.h"
#include "stubd/query/resolver.h"

#include <stdio.h>
#include <string.h>

static bool
is_of_time(enum ede ede)
{
	return ede == EDE_SIGNATURE_EXPIRED || ede == EDE_SIGNATURE_NOT_YET_VALID;
}

enum ede
verdicts_bogus(struct resolver *resolver, const char *reason, char text[VERDICT_TEXT])
{
	const enum ede ede = bogus_ede(reason);
	char note[WALLTIME_NOTE];
	size_t n;

	bogus_text(reason, text, VERDICT_TEXT - WALLTIME_NOTE);
	n = strlen(text);
	walltime_note(&resolver->walltime, note);
	if (is_of_time(ede) && note[0])
		snprintf(text + n, VERDICT_TEXT - n, "; %s", note);
	return ede;
}
