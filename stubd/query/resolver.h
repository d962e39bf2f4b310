/*
 * What queries and flights share: the current policy and the things that answer. All members are
 * borrowed but the policy; the daemon owns it.
 *
 * One a thread. The main thread's has everything. A worker's has what is needed to answer at once: the
 * loop, policy, netview, verdicts.trouble, cache, guard, counters, and a desk for the rest;
 * none of it is owned (stubd/crew.h says who writes it, and when).
 */
#ifndef QUERY_RESOLVER_H
#define QUERY_RESOLVER_H

#include "policy/decide.h"
#include "stubd/base/clock.h"
#include "stubd/base/list.h"
#include "stubd/base/map.h"
#include "stubd/base/spare.h"
#include "stubd/base/walltime.h"
#include "stubd/net/timer.h"
#include "stubd/query/verdicts.h"

#include <stdbool.h>
#include <stdint.h>

struct loop;
struct policy;
struct cache;
struct pool;
struct engine;
struct nta_table;
struct guard;
struct ledger;
struct domains;
struct scopes;
struct designations;
struct desk;

enum {
	MAX_FLIGHTS = 2000,  /* beyond: cache hits still answer, misses get SERVFAIL + EDE */
	MAX_RAW = 6000,	     /* raw flights; beyond: what the validator asks fails */
	MAX_WAITING = 20000, /* queries waiting on flights; beyond: SERVFAIL + EDE */
	MAX_HELD =
	    32 << 20, /* octets of answers held by queries whose chain goes on; beyond: the same */
	QUERY_DEADLINE = 4500, /* ms: every query is answered by then */
	QUERY_PATIENCE = 1800, /* ms: then an answer past its time is used (RFC 8767 section 5) */
	EPOCH_REASON_MAX = 128,
	CLOCK_PATIENCE = 3600000,   /* ms from one look at the clock to the next */
	CLOCK_PATIENCE_BAD = 60000, /* the same, while it is not synchronised */
};

/* Where each query ended: queries = the sum of all the others + those still waiting. */
struct query_counters {
	uint64_t queries;
	uint64_t dropped; /* no answer owed: garbage or a response */
	uint64_t errors;  /* FORMERR, NOTIMP, BADVERS */
	uint64_t local;	  /* policy answered */
	uint64_t cached;
	uint64_t answered;   /* by a flight */
	uint64_t failed;     /* SERVFAIL + EDE */
	uint64_t overloaded; /* SERVFAIL: MAX_FLIGHTS, MAX_WAITING or MAX_HELD */
	uint64_t prohibited; /* REFUSED: the client may not ask */
	uint64_t capped;     /* of those overloaded: too many below one domain (query/domains) */
	uint64_t limited;    /* TC or SERVFAIL: the client asked for more than its share */
	uint64_t abandoned;  /* the client went away first */
	uint64_t handed;     /* a worker's, to the main thread, which counts how they end */
	uint64_t seen_missing, seen_part; /* of those: the cache counts the look of both threads */
	uint64_t waiting;		  /* a level, not a sum */
	uint64_t flights, flights_joined, hedges, failovers, recursions, probes;
	uint64_t prefetches;	       /* flights for an answer that was nearly over */
	uint64_t validations, bogus;   /* answers judged; found bogus */
	uint64_t blocked;	       /* public names with private addresses, of those answered */
	uint64_t chain, chain_refused; /* the validator asked; about names of other views */
};

/* The network that upstreams are reached over, as long as it is the same one. */
struct net_epoch {
	uint32_t number; /* 0: the one at the start */
	msec since;	 /* on the loop's clock */
	char reason[EPOCH_REASON_MAX];
};

struct resolver {
	struct loop *loop;
	struct policy *policy; /* owned */
	struct netview netview;
	struct draw draw;
	struct cache *cache;
	struct pool *pool;
	struct engine *engine;
	const struct nta_table *ntas; /* see query/exceptions.h; NULL: none */
	struct map flights;	      /* by flight key */
	struct list flying;	      /* all flights */
	size_t nraw;		      /* raw ones among them */
	struct list queries;	      /* all that wait */
	struct spares spare_flights, spare_queries;
	struct timer ebb;    /* runs after a crowd, see query/crowd.h */
	size_t held;	     /* octets, see MAX_HELD */
	char *root_state;    /* see engine/rootstate.h; NULL: the root's keys are not followed */
	uint64_t links_seen; /* of rules that are validated; see query/exceptions */
	struct net_epoch epoch;
	void (*epoch_changed)(void *); /* told of each new one; NULL: nobody is */
	void *epoch_arg;
	struct verdicts verdicts;      /* what failures have in common */
	struct walltime walltime;      /* by which certificates and signatures are checked */
	void (*look_at_clock)(void *); /* brings walltime up to date; NULL: nobody does */
	void *clock_arg;
	msec clock_due;		/* when a question makes it be looked at again */
	void (*missed)(void *); /* see resolver_await_miss(); NULL: nobody waits */
	void *missed_arg;
	msec missed_at;		/* when a query had to wait last; 0: none had */
	void (*learnt)(void *); /* an answer for everybody was cached; NULL: nobody wants to know */
	void *learnt_arg;
	struct query_counters counters;
	struct ledger *ledger;		   /* owned */
	struct domains *domains;	   /* owned */
	struct scopes *scopes;		   /* owned; NULL until a client's subnet is passed on */
	struct guard *guard;		   /* owned; NULL until somebody beyond this machine asks */
	struct designations *designations; /* NULL: the network's servers are asked as they are */
	bool draining;			   /* SIGTERM: start nothing new */
	struct desk *desk;		   /* a worker's: what it does not know goes there */
	void (*changed)(void *);	   /* see resolver_changed(); NULL: there are no workers */
	void *changed_arg;
};

/* Prepares an empty resolver; the members are then set by the owner. Returns 0 or -ENOMEM. */
int resolver_init(struct resolver *resolver);

/* Answers every waiting query with SERVFAIL, ends every flight, frees what is its own. */
void resolver_close(struct resolver *resolver);

/* Does a chain that leads from a name of this view to target stay in the view? */
bool resolver_same_view(const struct resolver *resolver, const struct view *view,
    const struct name *target, uint16_t type);

/* dns64_prefix() on the resolver's own values. */
const struct prefix *resolver_dns64(const struct resolver *resolver);

/* policy_route() on the resolver's own values; each call throws the dice anew, where the strategy has
 * any. domain: so many octets at the end of name are its registrable domain; 0: none. */
void resolver_route(const struct resolver *resolver, const struct view *view,
    const struct name *name, size_t domain, struct route *out);

/* Swaps the policy (takes it, frees the old one); flights on their way are routed afresh,
 * no query is lost. The pool must have the new upstreams already. */
void resolver_set_policy(struct resolver *resolver, struct policy *policy);

/* What workers have copies of is another now: the policy, the netview, or what is wrong in general. They
 * have it when this returns. */
void resolver_changed(struct resolver *resolver);

/* Looks at the clock if that is due: on a question that will be asked upstream, or when `now` is true
 * because somebody wants to know. There is no timer: who asks nothing needs no time. */
void resolver_look_at_clock(struct resolver *resolver, bool now);

/* Has cb called by the next query that has to wait for an answer, once; NULL: nobody waits any more. For
 * what is only of use while somebody asks: with it, as with the clock, there is no timer. One at a time. */
void resolver_await_miss(struct resolver *resolver, void (*cb)(void *), void *arg);

/* A query has to wait. */
void resolver_tell_miss(struct resolver *resolver);

/* The network is another one; reason is for people. What was found out about upstreams in the old one
 * is forgotten, their connections and TLS sessions are given up, and what is under way is asked again
 * (pool_new_epoch()). Cached answers stay: what was proved there is true here. */
void resolver_new_epoch(struct resolver *resolver, const char *reason);

#endif
