/*
 * One stage of a flight: a question pursued among upstream candidates until one of them answers.
 *
 *	ASKING(candidate) ──reply accepted──────────────────────────► done(ANSWERED)
 *	   │  ▲  │ silence: the same upstream on another connection, then the next candidate
 *	   │  └──┘ failure: the next candidate at once
 *	   ├─ an error that says "blocked" (wire/blocking.h) ────────► done(REFUSED)
 *	   ├─ an error or an unusable reply: asked once elsewhere, then ► done(REFUSED)
 *	   ├─ nobody answered, and one failure was not the network's ► done(REFUSED)
 *	   ├─ `end`, and an upstream is alive: the zone is slow ─────► done(REFUSED)
 *	   └─ no candidate left and nothing outstanding, or `until` ─► done(UNREACHED)
 *
 * Silence of a candidate, in ms after it was asked:
 *
 *	PURSUIT_HEDGE_MIN or 3 × its smoothed time	the hedge, unless its connection is alive; after
 *							PURSUIT_QUIET ms of rest at least PURSUIT_HEDGE_QUIET
 *	PURSUIT_SILENCE or twice the hedge's delay	the next candidate, if nothing at all came from
 *							that upstream meanwhile, not even a handshake
 *	PURSUIT_FAILOVER, or the timeout of its entry	the next candidate
 *
 * While all wait for a network (upstream/pool.h) that time does not begin, and `until` is put off to the end of
 * the wait and PURSUIT_FAILOVER, but not beyond `end`: nobody else could be asked.
 *
 * A failure is the network's when the upstream could not be reached or proven to be itself: refused,
 * reset, silent, TLS. Only those of every candidate may open the next stage. A limit of our own (no
 * room, no socket, no memory) and an HTTP error or a malformed message from an upstream that has
 * proven itself are not: then SERVFAIL is the end, as recursion in plaintext must not be had by
 * exhausting us, nor from a provider that speaks.
 *
 * Everybody who was asked may still answer, also after the next candidate was asked. Embedded in
 * its owner, which is the flight; done comes exactly once, never inside pursuit_start(), unless
 * cancelled, and may free the owner.
 */
#ifndef QUERY_PURSUIT_H
#define QUERY_PURSUIT_H

#include "policy/decide.h"
#include "stubd/cache/failures.h"
#include "stubd/net/timer.h"
#include "stubd/query/resolver.h"
#include "stubd/upstream/pool.h"
#include "stubd/wire/answer.h"
#include "stubd/wire/msg.h"
#include "stubd/wire/reply.h"

enum {
	PURSUIT_HEDGE_MIN = 250,
	PURSUIT_HEDGE_QUIET = 60,
	PURSUIT_QUIET = 2000,
	PURSUIT_SILENCE = 750,
	PURSUIT_FAILOVER = 1000,
	PURSUIT_ASKS_MAX = 8, /* asks in all */
	PURSUIT_WHY_MAX = 256,
};

enum pursuit_end { PURSUIT_ANSWERED, PURSUIT_REFUSED, PURSUIT_UNREACHED };

/* How a flight got its answer, for explain and status. */
struct flight_trace {
	enum stage_kind stage;
	char upstream[64];     /* name; "" for recursion */
	const char *transport; /* static: "doh", "dot", "recursion" */
	struct addr address;
	msec connection_age;
	uint32_t rtt_us; /* of the ask that answered */
	msec took;	 /* of the whole flight */
	unsigned asks, hedges, failovers;
	enum security security; /* the verdict */
};

/* What is due next while the current candidate is silent. */
enum pursuit_step { PURSUIT_TO_HEDGE, PURSUIT_TO_LOOK, PURSUIT_TO_FAIL_OVER };

struct pursuit;

/* One ask; NULL once it has ended. */
struct pursuit_slot {
	struct pursuit *pursuit;
	struct ask *ask;
	unsigned candidate; /* its number in the stage */
};

struct pursuit {
	/* set by the owner; borrowed */
	struct resolver *resolver;
	const struct question *question;
	const struct stage *stage;
	struct flight_trace *trace;
	char *why;	 /* [PURSUIT_WHY_MAX]: names upstreams and causes, see pursuit_note() */
	bool cd, ad;	 /* what to ask with, RFC 6840 section 5.7 */
	unsigned ledger; /* enum ledger_why */
	const struct subnet *subnet; /* for who is told of it; NULL: none */
	/* Looks into a NOERROR or NXDOMAIN reply: 0 takes it, else *why says what is wrong with it.
	 */
	int (*accept)(void *arg, const struct ask_result *result, const char **why);
	void (*done)(void *arg, enum pursuit_end end);
	void *arg;
	/* its own */
	unsigned asked; /* so many slots are written, the others are not */
	unsigned next;	/* candidate to be asked next */
	enum pursuit_step step;
	msec began;	   /* when the current candidate was asked */
	bool refused;	   /* an upstream has answered with an error */
	unsigned refuser;  /* the last that did */
	bool shut;	   /* a failure was not the network's: the next stage stays shut */
	bool own;	   /* a limit of ours was among them */
	bool slow;	   /* an upstream lives and has no answer yet */
	enum ede blocked;  /* the last reply says that its provider blocks the name, and how */
	unsigned fails;	   /* enum verdict_fail: how candidates failed */
	msec until, end;   /* on the loop's clock */
	struct timer pace; /* what to do if nobody answers */
	struct pursuit_slot slots[PURSUIT_ASKS_MAX];
};

/* Starts asking; gives up at the time `until`, or, when an upstream that was asked is alive and only
 * its answer takes long, at the time `end`. */
void pursuit_start(struct pursuit *p, msec until, msec end);

/* Stops; done will not come. A zeroed pursuit is allowed. */
void pursuit_cancel(struct pursuit *p);

/* What an end without an answer says of the question, for who keeps it. */
enum failure_kind pursuit_failure(const struct pursuit *p);

/* Adds "NAME: CAUSE" to why; what does not fit is left out. */
void pursuit_note(char why[PURSUIT_WHY_MAX], const char *name, const char *cause);

#endif
