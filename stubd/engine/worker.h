/*
 * The worker: libunbound's two contexts, and those who wait for them. It lives in the helper process
 * (engine/helper.h); everybody else goes through the engine's door (engine/engine.h).
 *
 *	                 result                 next turn
 *	worker_recurse ─────────────► answered ───────────► callback, gone
 *	   │ waiting                                           ▲
 *	   └──────────────── deadline: -ETIMEDOUT ─────────────┘
 *
 * Validation: libunbound judges only what it has asked for itself. So it forwards all it asks to a
 * listener of ours (engine/relay.h); the message that is to be judged is there already, for keys and
 * delegations the worker calls back.
 *
 *	worker_validate(raw) ─► libunbound ─► chain listener ─► raw, or fetch ─► … worker_fetched()
 *	                            ▼
 *	                  secure | insecure | bogus
 *
 * libunbound takes a key that it could not get for a broken one, for a minute. When a fetch is lost
 * or dropped, what it then calls bogus is not: such a result has an error, and the context is made
 * anew with the next question, at most once a second. A context is made on the first question that
 * needs it.
 *
 * Bogus data never leaves this room: such a result has rcode SERVFAIL, no message, and a reason.
 */
#ifndef ENGINE_WORKER_H
#define ENGINE_WORKER_H

#include "stubd/engine/engine.h"

struct loop;
struct relay_fetch;
struct worker;
struct worker_ask;

struct worker_events {
	/* A question of the validator's: whoever is called must answer it once, by
	 * worker_fetched(), also within the call. question is borrowed until then. */
	void (*fetch)(void *arg, const struct question *question, struct relay_fetch *fetch);
	/* What worker_stats() says is about to change, or has. */
	void (*counted)(void *arg);
};

struct worker_stats {
	uint64_t chain_questions;   /* libunbound's, those for the message itself included */
	uint64_t strangers;	    /* connections to the listener that were not libunbound's */
	uint64_t renewals;	    /* contexts made anew */
	bool recursing, validating; /* the context exists */
};

/* Copies config, whose two paths must be set, and of its exceptions root_state; makes no context yet. events is borrowed (static).
 * NULL: out of memory. */
struct worker *worker_new(struct loop *loop, const struct engine_config *config,
    const struct worker_events *events, void *arg);

/* Forgets the asks in flight: their callbacks never come. May be called in a callback. Returns
 * NULL; NULL is allowed. */
struct worker *worker_free(struct worker *worker);

/* Recurses from the root. The callback comes exactly once, never inside this call, at latest after
 * timeout ms, unless cancelled. Returns 0 and *out, -EBUSY or -ENOMEM. */
int worker_recurse(struct worker *worker, const struct question *question, msec timeout,
    engine_cb *cb, void *arg, struct worker_ask **out);

/* Validates raw, the answer to question as it came (borrowed until the callback or worker_cancel()).
 * The result's message is libunbound's own, made from what it found in raw. As worker_recurse(). */
int worker_validate(struct worker *worker, const struct question *question,
    const struct answer *raw, msec timeout, engine_cb *cb, void *arg, struct worker_ask **out);

/* Takes the fetch; answer (borrowed) was not validated; it is NULL unless ANSWERED. */
void worker_fetched(struct relay_fetch *fetch, const struct answer *answer, enum fetch_end end);

/* Forgets keys, delegations and what is known of servers: those who answer are others now. */
void worker_forget(struct worker *worker);

/* As engine_set_time(). */
void worker_set_time(struct worker *worker, int64_t seconds);

/* What is validated by other rules from the next question on, and what waits, too; copied, but for
 * root_state, which stays what worker_new() was told. Returns 0 or -ENOMEM. */
int worker_set_exceptions(struct worker *worker, const struct engine_exceptions *exceptions);

/* Its callback never comes. libunbound finishes the work for its cache. NULL is allowed, and so is
 * an ask whose callback is running. */
void worker_cancel(struct worker_ask *ask);

void worker_stats(const struct worker *worker, struct worker_stats *out);

#endif
