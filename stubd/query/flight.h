/*
 * One question on its way; many queries may wait on it.
 *
 *	flight_join ─► STARTED ─► STAGE 0 ──answer, or a confirmed refusal──► done, gone
 *	                 ▲           │ transport failure of every candidate
 *	                 │           ▼
 *	   a reload ─────┘        STAGE 1 … ──no stage left, or the deadline──► done(EDE), gone
 *
 * A stage asks upstreams (query/pursuit.h) or the engine.
 *
 * A *checked* flight gives an answer that may be cached and served; a *raw* flight asks providers,
 * with CD, and trusts nothing. The kind is part of the key, so a raw flight never joins a checked
 * one. When `dnssec` is "validate", the providers' stage of a checked flight waits on a raw flight
 * for the same question and has its answer judged (query/validation.h); the validator has raw flights
 * for what it needs to know (query/fetch.h). Raw flights never recurse.
 */
#ifndef QUERY_FLIGHT_H
#define QUERY_FLIGHT_H

#include "stubd/query/pursuit.h"
#include "stubd/query/resolver.h"
#include "stubd/query/ledger.h"
#include "stubd/wire/answer.h"
#include "stubd/wire/reply.h"

enum flight_kind { FLIGHT_CHECKED, FLIGHT_RAW };

enum {
	FLIGHT_FIRST_STAGE = 2400, /* ms for the first stage, if it has another behind it; a later
				    * one has half of what is left then */
	FLIGHT_NETWORK_TTL = 60,   /* s at most that what the network's own resolver said without
				    * proof is kept: no tale of a portal outlives the login for long */
};

struct flight_result {
	const struct answer *answer; /* borrowed for the callback; NULL on failure */
	enum ede ede;
	bool unreached; /* failed because nobody could be reached */
	bool refused;	/* an upstream answered, with an error */
	enum failure_kind failure;
	const char *text; /* names the upstream and the cause; "" when none */
	const struct flight_trace *trace;
};

/* One who waits; embedded in the query. */
struct flight_wait {
	struct list link;
	struct flight *flight; /* NULL when not waiting */
	void (*done)(struct flight_wait *wait, const struct flight_result *result);
	/* Nobody whom a stage asked could be reached, and another stage begins; may leave. May be NULL.
	 */
	void (*late)(struct flight_wait *wait);
	unsigned ledger; /* enum ledger_why: what for, should it begin the flight; the registrable
			  * domain, if it is known */
	uint64_t hash;	 /* cache_hash() of the name, if it is known; 0: it is not */
};

/* Joins the flight for (question, view, kind) or starts it. done comes exactly once, never inside
 * this call, unless flight_leave() came first. question and view are copied. Returns 0, -EBUSY
 * (MAX_FLIGHTS), -EDQUOT (DOMAIN_FLIGHTS, see query/domains.h) or -ENOMEM. */
int flight_join(struct resolver *resolver, const struct question *question, const struct view *view,
    enum flight_kind kind, bool cd, struct flight_wait *wait);

/* Starts the flight for (question, view) if there is none, for the cache alone: nobody waits. Without
 * room or memory nothing happens. Returns true when one was started. ledger: what for. */
bool flight_refresh(struct resolver *resolver, const struct question *question,
    const struct view *view, enum ledger_why ledger);

/* Stops waiting; the flight itself goes on to fill the cache. */
void flight_leave(struct flight_wait *wait);

/* Ends every flight with a failure (shutdown). */
void flight_end_all(struct resolver *resolver, const char *why);

/* The policy was swapped: every flight is routed afresh, under its old deadline. Nothing that was
 * decided under the old rules is asked any more. */
void flight_reroute_all(struct resolver *resolver);

#endif
