/*
 * The inside of the pool, shared by pool.c (the table), pool_ask.c (questions), pool_conn.c
 * (connections), pool_place.c (where they are made), pool_barren.c (ways that are blocked behind the
 * handshake), pool_epoch.c (the network under them), pool_away.c (while there is none) and pool_nat64.c (a
 * translator in it).
 *
 * A *place* is one address of one transport of the upstream. An *opening* is the way to one new
 * connection: the places are tried one after
 * another, the next one at once after a failure or beside the last one after POOL_STAGGER ms of
 * silence (after RFC 8305 section 5); the first that is ready wins. With an upstream that is known to
 * be lost there is one try at a time and one opening, within the account of health.h; each opening
 * begins with the place behind those that the last one tried. Questions wait on an opening or
 * are on a connection, never on neither, unless they are about to end.
 *
 *	ask: WAITING on an opening ──ready──► ON a connection ──► answered
 *	        │      ▲                          │ lost with the connection, the first time
 *	        │      └──────────────────────────┘
 *	        └─ no connection, no room, timeout ──► ENDING ──► failed
 */
#ifndef UPSTREAM_POOL_IMPL_H
#define UPSTREAM_POOL_IMPL_H

#include "stubd/base/spare.h"
#include "stubd/net/loop.h"
#include "stubd/net/timer.h"
#include "stubd/upstream/health.h"
#include "stubd/upstream/pool.h"
#include "stubd/upstream/record.h"

enum {
	POOL_STAGGER = 250,  /* ms until the next address is tried beside the last one */
	POOL_CONNECT = 2500, /* ms from the first try to a ready connection */
	POOL_RACE = 4,	     /* tries at a time in one opening */
	POOL_SILENCE = 1500, /* ms: a question that gets no answer for longer says something of the
			       * upstream, when nobody else got one either */
	POOL_IDLE_LEAST = 500, /* ms: however soon a server closes, so long a connection is kept */
	POOL_BARREN = 2,       /* connections in a row that were asked and never answered */
	POOL_ERROR_MAX = 320,  /* octets of last_error */
	POOL_TEXT_MAX = 256,
};

enum { PLACES_MAX = 2 * (SPEC_ADDRESSES_MAX + POOL_FOUND) };

/* Where and how an upstream may be reached. */
struct place {
	const struct transport_ops *ops;
	const struct upstream_spec *spec; /* the upstream's, or its `other` */
	struct addr addr;
};

struct pool {
	struct transport_env env;
	size_t plain;				/* env.plain */
	const struct transport_ops *const *ops; /* borrowed; SCHEMES entries */
	struct upstream **upstreams;		/* owned; in the order of the policy */
	struct standing *standings;		/* owned; one each */
	size_t n;
	struct addr lost[2]; /* a place whose way was lost with the last epoch, and one of the other
			      * family without a way then; family 0: none */
	msec away_until;     /* see pool_away.c; 0: there was a way when somebody looked last */
	msec way_since; /* when it was not waited for any more, since there was one; 0: never */
	struct prefix nat64; /* of the network; family 0: none */
	struct list gone;    /* upstream.link: left the table, but still at work */
	struct list ended;   /* ask.link: ENDING */
	struct timer ends;   /* 0 ms: ends them where callbacks are allowed */
	struct spares spare_asks;
	pool_sent_cb *on_sent; /* NULL: nobody is told */
	void *sent_arg;
	pool_reach_cb *on_reach; /* NULL: nobody is told */
	void *reach_arg;
};

struct upstream {
	struct list link; /* in pool.gone */
	struct pool *pool;
	uint16_t index;
	bool is_gone;
	struct upstream_spec spec;	 /* owned */
	struct place places[PLACES_MAX]; /* those of spec, then those of its `other`; behind those
					  * of each POOL_FOUND for found ones, family 0: none */
	size_t nplaces;
	struct standing own; /* its standing when it is gone */
	struct health health;
	struct list conns;    /* conn.link, the newest last; ready or retired */
	struct list openings; /* opening.link */
	size_t nconns, nopenings, nwaiting, outstanding, nprobes;
	msec idle;    /* within which the server has closed resting connections; 0: not known */
	msec heard;   /* the last sign of life on connections that are gone */
	msec asked;   /* the first question written since the last sign of life; 0: none */
	size_t first; /* the place that worked last in this epoch, or is to be tried first */
	struct addr sources[PLACES_MAX]; /* of ours, by which each place was reached in this epoch;
					  * family 0: it was not */
	unsigned barren
	    [2]; /* of each way, its own transport and the other: barren connections in a row */
	struct pool_stats stats;
	struct record *record; /* owned; of this epoch; NULL: nothing happened yet */
	size_t turn; /* of a lost one: how many places were tried since it worked or was known to */
	char last_error[POOL_ERROR_MAX];
	const char *last_why; /* the end of it */
};

struct opening {
	struct list link;
	struct upstream *upstream;
	bool fresh;	   /* a hedge's */
	bool is_away;	   /* it tries nothing, but waits for a way */
	struct list asks;  /* ask.link: WAITING */
	struct list tries; /* conn.link: not ready yet */
	size_t ntries, tried, norder;
	uint8_t order[PLACES_MAX]; /* of places */
	msec started;
	struct timer pace;  /* the next address, and the end of patience */
	enum ask_fail fail; /* of the last try */
	char text[POOL_TEXT_MAX];
	const struct place *place;
};

struct conn {
	struct list link;
	struct upstream *upstream;
	struct opening *opening; /* NULL once ready */
	struct transport *transport;
	const struct place *place;
	struct addr addr; /* that it was opened to: the place's, or where NAT64 has it */
	bool retired;
	bool asked;	  /* a question was written on it */
	bool fruitful;	  /* something that is an answer came, whatever it was worth */
	bool counted;	  /* as barren */
	msec ready;	  /* when it became so */
	struct list asks; /* ask.link */
	msec heard;	  /* the last answer */
};

struct ask {
	struct transport_ask t; /* first */
	struct list link;
	struct upstream *upstream;
	struct opening *opening; /* WAITING */
	struct conn *conn;	 /* ON a connection */
	unsigned flags;
	unsigned repeats; /* on other connections, since one was lost */
	bool moved;	  /* to the other way, for the first was blocked */
	bool written;	  /* once, on whatever connection */
	struct timer timeout;
	msec sent;
	uint64_t sent_us;
	uint64_t answers; /* that its upstream had given until then */
	bool reused;	  /* the connection was there before */
	ask_cb *cb;
	void *arg;
	/* ENDING; from here on: not cleared by pool_ask() */
	enum ask_fail fail;
	const struct place *place;
	char text[POOL_TEXT_MAX];
	struct question question;
};

static inline msec
pool_now(const struct pool *pool)
{
	return loop_now(pool->env.loop);
}

/* --- pool.c --- */

/* Remembers a failure for people: "doh 192.0.2.1:443: certificate has expired". */
void upstream_note(struct upstream *u, const struct place *place, const char *text);

/* Its record, made when there is none yet; NULL: out of memory. */
struct record *upstream_record(struct upstream *u);

/* Notes one failure more in its record. */
void upstream_trouble(
    struct upstream *u, enum trouble_when when, enum ask_fail kind, const char *text);

/* Frees an upstream that is gone and has nothing left to do. */
void upstream_settle(struct upstream *u);

/* --- pool_ask.c --- */

/* Sends an ask on a connection, makes it wait for one, or lets it fail. */
void ask_place(struct ask *ask);

/* Puts an ask on a ready connection. Returns 0, or -errno as transport_ops.ask. */
int ask_send(struct ask *ask, struct conn *conn, bool reused);

/* Ends an ask in the next turn. */
void ask_fail_later(
    struct ask *ask, enum ask_fail fail, const char *text, const struct place *place);

/* Takes an ask from wherever it waits. */
void ask_unlink(struct ask *ask);

/* pool.ends' callback. */
void ask_end_all(void *pool);

/* Frees an ask without telling anybody. */
void ask_free(struct ask *ask);

/* --- pool_place.c --- */

/* Fills the table of places from spec. */
void places_make(struct upstream *u);

/* The order in which an opening tries them, a hedge's or another: the one that worked last first,
 * families in turns; of a lost upstream turned on, so that all have their turn. Returns how many. */
size_t places_order(const struct upstream *u, bool fresh, uint8_t out[PLACES_MAX]);

/* The next one of the same transport is to be tried first. */
void places_turn(struct upstream *u);

/* Does that place belong to the other transport? */
bool place_is_other(const struct upstream *u, size_t place);

/* The first place of the way that has an address. */
size_t places_first(const struct upstream *u, bool other);

/* --- pool_barren.c --- */

/* Is the way to be left, since nothing is answered on it? Never both. */
bool way_is_blocked(const struct upstream *u, bool other);

/* A question on it, or all of it, ended so, or with an answer of whatever worth (ASK_OK and errors of
 * HTTP and form). Returns true when its way is to be left; then nothing new goes there. */
bool conn_note_end(struct conn *conn, enum ask_fail fail);

/* What is known of the ways is forgotten: the one that is left cannot be reached, or the network is new. */
void ways_forget(struct upstream *u);

/* --- pool_conn.c --- */

/* Begins an opening; NULL: out of memory. It fails later, not inside. */
struct opening *opening_new(struct upstream *u, bool fresh);

/* Closes all tries and frees it; its asks must have been taken. */
void opening_free(struct opening *opening);

/* The newest connection with room; NULL: none. */
struct conn *conn_usable(struct upstream *u);

/* When the last octet came on it; 0: never. */
msec conn_heard(const struct conn *conn);

/* When the upstream gave the last sign of life; 0: never. */
msec upstream_heard(const struct upstream *u);

/* Since when it owes one; may be in the future; 0: it does not. */
msec upstream_silent(const struct upstream *u);

/* Nothing new on it; it ends when the last question is answered. */
void conn_retire(struct conn *conn);

/* Closes at once; outstanding asks fail. */
void conn_close(struct conn *conn);

/* --- pool_epoch.c --- */

/* Looks whether all ways that are in use are lost, and begins to wait for one. */
void paths_look(struct pool *pool);

/* Before a connection is opened: notes by which of our addresses the upstream's place number
 * `place` is reached. No TLS session is carried over to a way that has moved. */
void upstream_note_path(struct upstream *u, size_t place);

/* --- pool_away.c --- */

/* Does a route lead to one of its places? Must not be asked where nobody looks. */
bool upstream_has_way(const struct upstream *u);

/* ms for which it is still waited for a way to the upstream; 0: there is one, or it is not waited for. */
msec upstream_away(struct upstream *u);

/* An opening that tries nothing at the moment waits for a way, or for none any more: true, then its pace is
 * set. */
bool opening_is_away(struct opening *opening);

/* A way of that upstream's is lost. live: one of another's is not. */
void away_begin(struct upstream *u, bool live);

/* There is a way: who waited for one tries. */
void away_end(struct pool *pool);

/* Who waits for a way looks whether there is one. */
void away_look(struct pool *pool);

/* --- pool_nat64.c --- */

/* Where to connect for an address of the upstream's: there, or where the network's NAT64 has it. */
void upstream_target(const struct upstream *u, const struct addr *to, struct addr *out);

/* The same for a way that began at `source`, an address of ours, whatever it would be now. */
void upstream_reached(
    const struct upstream *u, const struct addr *to, const struct addr *source, struct addr *out);

#endif
