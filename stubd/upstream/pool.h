/*
 * All upstreams and their connections. A question goes to one upstream; which one is the flight's
 * business, which connection is the pool's: the newest ready one with room, or the one being
 * opened, or a new one; who waits for one takes the room that an answer leaves on another. Connections are shared, kept while useful, retired by the peer or by age,
 * replaced on the next question.
 *
 * A hedge goes to another ready connection if the upstream gave a sign of life there since the
 * question was asked, else to a new one; then all but the newest POOL_SPARE are retired.
 *
 * An upstream *owes a sign of life* from the first question that was written since it gave the last
 * one, on whatever connection: an answer, a handshake, any octet. One slow name does not make a
 * live upstream silent: its hedge's handshake is heard. A handshake may take POOL_SHAKE ms before
 * it counts as owed.
 *
 * Of a provider with two transports the first is tried first, and the other beside it after two
 * addresses, or after one where the connections of the first are silent; or at once when all of the
 * first have failed. What worked is tried first until the next epoch. One on which connections are made and
 * then nothing is answered, twice in a row, is left for the other one until then, and what was asked
 * there is asked on that (pool_barren.c).
 *
 * Who moves from one network to another has none in between. When every way that was in use is lost, what
 * is asked waits for one for a moment, and is then asked on it, instead of failing:
 *
 *	       no way in use lives, nor has who lost one another
 *	WAYS ─────────────────────────────────────────────────────► AWAY: openings to whom no route
 *	 ▲ ▲                                                        │ │   leads try nothing, and their
 *	 │ └── a way: all are tried, mostly in a new epoch ─────────┘ │   questions wait
 *	 │                                                            │ POOL_AWAY ms
 *	 │                                                            ▼
 *	 └──── a way ────────────────────────────────────────────── OFFLINE: they are tried, and fail
 *	                                                              at once
 *
 * Only ways that were there wait: from the start, or over a missing link of a split rule, it is OFFLINE.
 * While one way in use lives nobody waits, since there is somebody else to ask. What waits is among the
 * POOL_WAITING of its upstream, belongs to its flight, and keeps its deadline.
 *
 * A question that was lost with its connection is asked again on another: once, and up to POOL_REPEATS times
 * of an upstream that goes on answering others, there or elsewhere.
 *
 * Limits: POOL_CONNECTIONS per upstream (one in use, one hedge, one draining each); beyond it
 * questions wait on those there are, beyond their room they fail with ASK_FULL.
 */
#ifndef UPSTREAM_POOL_H
#define UPSTREAM_POOL_H

#include "policy/decide.h"
#include "policy/prefix.h"
#include "policy/upstream_spec.h"
#include "stubd/net/route.h"
#include "stubd/upstream/transport.h"

struct pool;
struct record; /* upstream/record.h */
struct ask;    /* one question to one upstream; the pool's memory */

enum {
	POOL_CONNECTIONS = 4,
	POOL_SPARE = 2,
	POOL_SHAKE = 500, /* ms */
	POOL_REPEATS = 32,
	POOL_WAITING = 4000, /* questions that wait on openings, an upstream: two of each flight */
	POOL_AWAY = 2000,    /* ms from the loss of all ways in use that it is waited for one */
	POOL_WHY_MAX = 128,
	POOL_FOUND = 4, /* addresses of one upstream beside those of its spec */
};

/* How an ask ended; all pointers are borrowed for the callback. */
struct ask_result {
	enum ask_fail fail;
	const char *text;    /* on failure: "certificate has expired", "connection refused" */
	const uint8_t *wire; /* on success: a reply that matched its question */
	size_t len;
	uint16_t upstream;		 /* index */
	const struct upstream_spec *way; /* by which it was asked, whatever the table has by now */
	const char *transport;		 /* "doh", "dot", "do53 udp", ... static */
	struct addr address;		 /* that was used */
	msec connection_age; /* of the connection that carried it; 0 when opened for it */
	uint32_t rtt_us;     /* from written to answered */
};

typedef void ask_cb(void *arg, const struct ask_result *result);

/* From 1 << 8 on the bits are the asker's own, for who is told. */
enum {
	POOL_ASK_FRESH = 1,  /* on another connection than before, a live or a new one (hedge) */
	POOL_ASK_PROBE = 2,  /* a copy nobody waits for: success clears "down". One at a time */
	POOL_ASK_AGAIN = 4,  /* told only: its connection was lost, it is written to another */
	POOL_ASK_ANYWAY = 8, /* also of one that asked to be left in peace: nobody else works */
};

/* A question was written on a connection of an upstream; flags: POOL_ASK_*. Changes nothing here. */
typedef void pool_sent_cb(
    void *arg, const struct upstream_spec *spec, const struct question *question, unsigned flags);

/* A connection to an upstream is ready; or none can be had at any of its addresses, for reasons of the
 * network or of who is there, and it has no other. Asks nothing in here. */
typedef void pool_reach_cb(void *arg, uint16_t upstream, bool reached);

struct pool_stats {
	uint64_t blocked; /* answers by which it blocked a name */
	uint64_t asks, answers, fails[ASK_FAILS], handshakes, connections_opened;
};

struct upstream_info {
	const struct upstream_spec *spec; /* borrowed until the next pool_set_upstreams() */
	const struct upstream_spec *way;  /* spec, or its `other`, by which it was reached last */
	struct standing standing;
	size_t connections, outstanding;
	struct pool_stats stats;
	const char *last_error;	     /* borrowed; "" when none */
	const struct record *record; /* of this epoch; borrowed until the next turn; NULL: none */
};

/* ops has SCHEMES entries (borrowed, static). NULL: out of memory. */
struct pool *pool_new(const struct transport_env *env, const struct transport_ops *const *ops);
struct pool *pool_free(struct pool *pool);

/* Who is told of each question that is written, also of those that are written once more. */
void pool_watch(struct pool *pool, pool_sent_cb *sent, void *arg);

/* Who is told when upstreams are reached and when not. */
void pool_watch_reach(struct pool *pool, pool_reach_cb *reach, void *arg);

/* Addresses that the upstream's host was found to have (their ports do not count): copied, beside those
 * of its spec, POOL_FOUND at most. They stay over epochs, and until others take their place; one that
 * is lost is tried there first. Who is there proves itself as ever. */
void pool_set_found(struct pool *pool, uint16_t upstream, const struct addr *found, size_t n);

/* Those that it has; returns how many. */
size_t pool_found(const struct pool *pool, uint16_t upstream, struct addr out[POOL_FOUND]);

/* Takes over a new table of upstreams (copied). Equal ones keep connections and standing; asks on
 * those that left are allowed to finish. Returns 0 or -ENOMEM (the old table stays). */
int pool_set_upstreams(struct pool *pool, const struct upstream_spec *const *specs, size_t n);

/* Asks upstream number `upstream`. flags: POOL_ASK_*. timeout in ms; the callback comes exactly
 * once, never inside this call, unless cancelled. question is copied. Returns 0 and *out,
 * -ENOENT (no such upstream: the table is another one by now), -EALREADY (a probe is on its way), -EAGAIN
 * (a probe, and the upstream is not to be tried yet) or -ENOMEM. An ask of a lost upstream that is not
 * to be tried yet fails as the last try did; one of an upstream that asked to be left in peace, with
 * ASK_HTTP. */
int pool_ask(struct pool *pool, uint16_t upstream, const struct question *question,
    const struct msg_ask *how, unsigned flags, msec timeout, ask_cb *cb, void *arg,
    struct ask **out);
void pool_cancel(struct ask *ask);

/* True when the upstream gave a sign of life on this ask's connection after the ask was sent: then
 * it is the question that is slow. */
bool pool_ask_alive(const struct ask *ask);

/* One entry an upstream, updated in place; borrowed until pool_set_upstreams(). */
const struct standing *pool_standing(const struct pool *pool);
/* Of one alone. */
const struct standing *pool_standing_of(const struct pool *pool, uint16_t upstream);
/* The same without a look at its silence. */
const struct standing *pool_usual(const struct pool *pool, uint16_t upstream);
size_t pool_count(const struct pool *pool);
/* Borrowed until the next pool_set_upstreams(); upstream is below the count. */
const struct upstream_spec *pool_spec(const struct pool *pool, uint16_t upstream);
void pool_info(const struct pool *pool, uint16_t upstream, struct upstream_info *out);

/* Does it ask to be left in peace? */
bool pool_is_held(const struct pool *pool, uint16_t upstream);

/* It answered that it blocks the name (wire/blocking.h). */
void pool_note_blocked(struct pool *pool, uint16_t upstream);

/* What made upstreams fail may be over, such as a wrong clock: those without a connection may be tried
 * again at once. */
void pool_try_all(struct pool *pool);

/* Makes a connection for questions to come. Does nothing if there is one, or one on its way, if the upstream is
 * lost or asks to be left in peace, or is a plain server. What becomes of it is as if it had been asked. */
void pool_connect(struct pool *pool, uint16_t upstream);

/* Retires an upstream's connections: what was asked is answered, the next question opens a new one. */
void pool_retire(struct pool *pool, uint16_t upstream);

/* What became of the ways by which upstreams were reached since the last epoch, also of those that no
 * connection uses any more: its TLS sessions would tell one network of the other. A way that was lost
 * and is there again has moved, unless another lived meanwhile. Ways over the link of a split rule do
 * not count: their views end with the link. why[POOL_WHY_MAX] is written unless all live. */
enum route_state pool_paths(struct pool *pool, char why[POOL_WHY_MAX]);

/* Is there a way to the upstream at all? True also when nobody can say. */
bool pool_has_way(const struct pool *pool, uint16_t upstream);

/* ms for which questions still wait for a way, all having been lost; 0: they do not. */
msec pool_away(const struct pool *pool);

/* Since when there is a way: now while questions wait for one; 0: they never did. */
msec pool_way_since(const struct pool *pool);

/* The prefix of the network's NAT64 (RFC 6052), copied; NULL: there is none. From then on IPv4 addresses
 * that no route leads to are reached in it, and everything else of the upstream stays: its name, what
 * its certificate is checked for. Private addresses are not, nor those over the link of a split rule.
 * Connections are left as they are. */
void pool_set_nat64(struct pool *pool, const struct prefix *prefix);

/* The network is another one: closes every connection, drops TLS sessions, forgets every standing.
 * Nobody who waits is told: what was asked on the old connections is asked again on new ones, within
 * the time it had. Not from within a callback of the pool's. */
void pool_new_epoch(struct pool *pool);

#endif
