/*
 * What a worker does not know, the main thread asks: an *errand* is a client's question on its way
 * there, and its reply on the way back.
 *
 *	a worker's thread                              the main thread
 *	at_once() has no answer
 *	desk_hand_over() ─► out ──end of the turn──► office: query_start()
 *	                                                 │ at once, or after a flight
 *	reply() ◄─────── the desk ◄──end of the turn── done
 *
 * The errand's memory belongs to whoever has it: nothing is shared. So there is one table of flights,
 * one set of connections and one ledger, however many workers there are; and what a worker's client
 * asks is refused, guarded, counted and answered by the same code as everybody's.
 *
 * Limits: DESK_ERRANDS questions of one worker that have no reply yet, DESK_OCTETS octets of them.
 * Beyond, a question is answered with SERVFAIL + EDE at once and counted as overloaded; one that only
 * wanted an answer ahead of its end is let go. The office answers every errand, so nothing waits here
 * for longer than a query does there.
 */
#ifndef QUERY_ERRAND_H
#define QUERY_ERRAND_H

#include "stubd/query/at_once.h"

#include <stddef.h>
#include <stdint.h>

struct desk;
struct office;

enum {
	DESK_ERRANDS = 8192,
	DESK_OCTETS = 16 << 20, /* questions of TCP clients may be long */
};

/* The main thread's end; resolver is the one that asks, borrowed. NULL: out of memory. */
struct office *office_new(struct resolver *resolver);
struct office *office_free(struct office *office);

/* Questions of workers that were taken, each counted by the resolver since. */
uint64_t office_taken(const struct office *office);

/* A worker's end, made and freed by the main thread while that worker does not run; both are borrowed.
 * NULL: out of memory. */
struct desk *desk_new(struct office *office, struct resolver *worker);

/* Its clients must be gone, or have their replies: see desk_finish(). */
struct desk *desk_free(struct desk *desk);

/* The worker stands still: takes what it has handed over until now. By the main thread. */
void desk_take(struct desk *desk);

/* The worker has ended: takes what it had sent, while the main resolver answers at once since it is
 * draining, and calls back for all that was answered. By the main thread. */
void desk_finish(struct desk *desk);

/* The rest is for the worker's own thread. */

/* Hands over a question that could not be answered at once, for the reason that at_once() said: n octets
 * as they came, copied. *out is what desk_forget() takes, unless the limits were reached and it was
 * answered here. */
void desk_hand_over(const struct arrival *arrival, enum at_once said, const uint8_t *bytes,
    size_t n, struct query **out);

/* Wishes for the next answer to a question whose answer ends soon. */
void desk_ask_ahead(struct desk *desk, const struct question *question);

/* The client is gone: no callback will come. The main thread answers all the same, and counts it. */
void desk_forget(struct query *handed);

#endif
