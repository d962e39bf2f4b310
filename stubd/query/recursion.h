/*
 * The stage of a flight that asks the engine to find the answer from the root.
 *
 *	ASKED ──an answer────────────────► done(DONE)
 *	  ├─ bogus ──────────────────────► done(BOGUS): final
 *	  └─ no server answered, no room ► done(UNREACHED)
 *
 * Embedded in its owner, which is the flight; done comes exactly once unless cancelled, and may free
 * the owner.
 */
#ifndef QUERY_RECURSION_H
#define QUERY_RECURSION_H

#include "stubd/query/pursuit.h"

struct engine_ask;

enum recursion_end { RECURSION_DONE, RECURSION_BOGUS, RECURSION_UNREACHED };

struct recursion {
	/* set by the owner; borrowed */
	struct resolver *resolver;
	const struct question *question;
	struct flight_trace *trace;
	char *why;	       /* [PURSUIT_WHY_MAX] */
	unsigned ledger;       /* enum ledger_why */
	answer_follow *follow; /* as for answer_from_reply(); its argument is arg */
	void (*done)(void *arg, enum recursion_end end);
	void *arg;
	/* the result */
	struct answer *answer; /* owned by the owner when DONE */
	enum ede ede;	       /* when BOGUS */
	bool own;	       /* when UNREACHED: for a limit of ours */
	/* its own */
	struct engine_ask *ask;
};

/* Starts, for at most so many ms. done may come inside this call: when there is no room. */
void recursion_start(struct recursion *recursion, msec patience);

/* Stops; done will not come. A zeroed one is allowed. */
void recursion_cancel(struct recursion *recursion);

#endif
