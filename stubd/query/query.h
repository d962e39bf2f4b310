/*
 * One client's question, from bytes in to bytes out. This file and flight.h are the story.
 *
 *	query_start ─► malformed? ─────────────────────────────► error reply, or dropped
 *	     │ policy_view
 *	     ├── local ────────────────────────────────────────► local reply
 *	     ├── cache hit ────────────────────────────────────► cached reply
 *	     │ with a desk (a worker's): whatever is not answered by now ─► query/errand.h
 *	     └── miss ─► WAITING on a flight ─► answer ──┬─────► reply
 *	                    │ ▲                          │
 *	                    │ └ a flight of its own, for the cache, when an answer of old was used
 *	                    ├─ QUERY_PATIENCE, or nobody reached: an answer past its time ─► reply
 *	                    ▲                            │ the chain is cut: CNAME into another view
 *	                    └────────────────────────────┘ (≤ ANSWER_CHAIN_MAX steps)
 *
 * Every query ends exactly once: in its reply callback, or by query_cancel(). All that can be
 * answered at once is answered inside query_start(), without allocating.
 */
#ifndef QUERY_QUERY_H
#define QUERY_QUERY_H

#include "policy/addr.h"
#include "policy/decide.h"
#include "stubd/query/flight.h"
#include "stubd/query/resolver.h"
#include "stubd/wire/reply.h"

#include <stddef.h>
#include <stdint.h>

struct query;

/* How the reply may leave. */
struct query_front {
	struct addr client;
	size_t limit;	    /* most octets of a reply; 0: the client's EDNS size (UDP) */
	uint16_t keepalive; /* units of 100 ms until an idle stream is closed, for who asks
			     * (RFC 7828); 0: not a stream, or nothing to tell */
	bool admitted;	    /* a worker has taken it out of the client's share already */
};

/* How a query was answered, for `stubctl explain` and `query`. */
struct query_trace {
	struct view view;  /* of the last step */
	bool cached;	   /* the last step came from the cache */
	uint32_t ttl_left; /* seconds, when cached */
	bool has_flight;   /* `flight` says how the last flight went */
	struct flight_trace flight;
	enum security security; /* the verdict on the whole */
	enum ede ede;
	char text[256]; /* EDE text */
	unsigned steps; /* answers joined: 1, more when the chain crossed views */
};

/* len 0: no reply is owed. wire is borrowed for the call. May come inside query_start(). */
typedef void query_reply_cb(void *arg, const uint8_t *wire, size_t len);

/* Answers the message. When it has to wait *out is the waiting query (until its callback ran), else
 * NULL. `front` is copied. The callback comes exactly once. Fills *trace (borrowed until the reply
 * callback or query_cancel()) before the reply, unless it is NULL. */
void query_start_traced(struct resolver *resolver, const uint8_t *bytes, size_t n,
    const struct query_front *front, struct query_trace *trace, query_reply_cb *reply, void *arg,
    struct query **out);

/* The same without a trace. */
static inline void
query_start(struct resolver *resolver, const uint8_t *bytes, size_t n,
    const struct query_front *front, query_reply_cb *reply, void *arg, struct query **out)
{
	query_start_traced(resolver, bytes, n, front, NULL, reply, arg, out);
}

/* Answers every waiting query with SERVFAIL and why (shutdown). */
void query_end_all(struct resolver *resolver, const char *why);

/* The client is gone: no callback will come. The flight goes on and fills the cache. resolver is the
 * one it was started with. */
void query_cancel(struct resolver *resolver, struct query *query);

#endif
