/*
 * What the providers' answer goes through before a checked flight takes it, when `dnssec` is
 * "validate".
 *
 *	RAW ──────answer────► JUDGED ──secure or insecure─────────► done(DONE)
 *	 │                      │  └──a cut chain: its next link──┐
 *	 │                      │  ▲──────────────────────────────┘
 *	 │                      ├─ bogus, or the validator has no verdict ─► done(FAILED)
 *	 ├─ refused ────────────│──────────────────────────────────────────► done(FAILED)
 *	 └─ nobody reached ─────┴─ the chain of trust was lost ────────────► done(UNREACHED)
 *
 * RAW: waits on the raw flight for the same question, which asks, hedges and fails over. JUDGED: the
 * engine has the answer. What is taken is the engine's message, never the raw one. A chain that is
 * cut because it goes on in another view is judged link by link, as questions for CNAME, or for the
 * DNAME that made it.
 *
 * Where a provider is told of clients' subnets (query/scopes.h) two answers to one question may be right,
 * and libunbound is not to give the one for the other. It gets what is judged with TTLs of 0, and the
 * verdict's message must have the same data. Else another network's answer was judged at the same time, or
 * its alias in this second, which libunbound remembers as long: it is judged again after a pause of some
 * VALIDATION_PAUSE ms, each time up to twice as long, VALIDATION_TRIES times in all.
 */
#ifndef QUERY_VALIDATION_H
#define QUERY_VALIDATION_H

#include "stubd/query/flight.h"

struct engine_ask;

enum { VALIDATION_TRIES = 12, VALIDATION_PAUSE = 8, VALIDATION_PAUSE_MOST = 600 };

enum validation_end { VALIDATION_DONE, VALIDATION_FAILED, VALIDATION_UNREACHED };

struct validation {
	/* set by the owner; borrowed */
	struct resolver *resolver;
	const struct question *question;
	const struct view *view;
	unsigned ledger; /* enum ledger_why: what for */
	struct flight_trace *trace;
	char *why;		 /* [PURSUIT_WHY_MAX] */
	msec end;		 /* on the loop's clock */
	void (*late)(void *arg); /* nobody of a stage could be reached, and another one is asked */
	void (*done)(void *arg, enum validation_end end);
	void *arg;
	/* the result */
	struct answer *answer; /* owned; the owner takes it when DONE */
	enum ede ede;	       /* when FAILED */
	enum failure_kind failure;
	/* its own */
	struct flight_wait wait;
	struct engine_ask *ask;
	struct answer *raw; /* owned; lent to the engine */
	size_t nparts;
	bool scoped; /* may be for one network only: ttl and keep are what the raw answer had */
	uint32_t ttl;
	bool keep;
	unsigned tries;
	struct timer again;
	/* from here on: written before it is read, and need not be cleared */
	struct answer *parts[ANSWER_CHAIN_MAX]; /* owned; links found good */
	struct name link;			/* where the chain is, when it is cut */
	struct question judging;		/* the question itself, or a link of the chain */
};

/* Starts. Returns 0, or -EBUSY or -ENOMEM as flight_join(). done comes once, never inside this call,
 * and may free the owner. */
int validation_start(struct validation *v);

/* Stops; done will not come. A zeroed one is allowed. */
void validation_cancel(struct validation *v);

#endif
