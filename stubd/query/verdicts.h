/*
 * What the validator's verdicts say, for people.
 */
#ifndef QUERY_VERDICTS_H
#define QUERY_VERDICTS_H

#include "stubd/wire/reply.h"

struct resolver;

enum { VERDICT_TEXT = 320 };

/* An answer is bogus, for the reason that the engine gave. Returns the code that fits best, and text:
 * the reason, and whether the clock may be to blame for it. */
enum ede verdicts_bogus(struct resolver *resolver, const char *reason, char text[VERDICT_TEXT]);

#endif
