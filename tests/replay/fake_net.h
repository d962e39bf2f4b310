/*
 * A net of upstreams that do what the script says. It is one transport for all schemes: the pool
 * cannot tell it from the real ones.
 *
 *	open ─► CONNECTING ─► READY ─► RETIRED ─► gone
 *	            └───────────┴─────────┴─► broken, gone
 *
 * Connecting goes as planned for that upstream: at once, after a while, never, or with a failure.
 * Every question that is written on a connection is kept, in order, until the script has looked at
 * it; it is outstanding until it is answered, fails or is cancelled.
 */
#ifndef REPLAY_FAKE_NET_H
#define REPLAY_FAKE_NET_H

#include "stubd/base/list.h"
#include "stubd/upstream/transport.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum {
	FAKE_NAME_MAX = 64,
	FAKE_TEXT_MAX = 128,
	FAKE_QUERY_MAX = 512,
	FAKE_ROOM = 100, /* questions at once on one connection */
};

#define FAKE_NET_SINGLE "network" /* upstream/single.h, whatever the server */

enum fake_fate { FATE_READY, FATE_SILENCE, FATE_FAIL };

/* What happens to connections that are opened from now on. */
struct fake_plan {
	enum fake_fate fate;
	msec delay;	    /* until it happens */
	enum ask_fail fail; /* of FATE_FAIL */
	char text[FAKE_TEXT_MAX];
};

/* Embedded in its owner. */
struct fake_net {
	struct loop *loop; /* borrowed */
	struct list hosts;
	struct list connections; /* transport.link, oldest first */
	struct list log;	 /* fake_ask.link: all that was written, oldest first */
	bool no_way;
};

/* One question as it was written. */
struct fake_ask {
	struct list link;	   /* in fake_net.log once written */
	struct list on;		   /* in its connection while outstanding */
	struct transport *carrier; /* NULL when it is over */
	struct transport_ask *ask; /* the pool's */
	bool written, seen;
	char upstream[FAKE_NAME_MAX];
	unsigned connection; /* the how manieth connection to that upstream */
	struct question question;
	uint16_t id;
	uint8_t wire[FAKE_QUERY_MAX];
	size_t len;
};

extern const struct transport_ops *const fake_net_ops[SCHEMES];

void fake_net_init(struct fake_net *net, struct loop *loop);

/* Frees everything, asks for nothing: the pool must be gone. */
void fake_net_clear(struct fake_net *net);

/* The environment for the pool. The net travels where the certificate store would: only transports
 * look into that. */
struct transport_env fake_net_env(struct fake_net *net);

/* Whether the machine has a network: while it has none no route leads anywhere, and connections fail. */
void fake_net_way(struct fake_net *net, bool there);

void fake_net_plan(struct fake_net *net, const char *upstream, const struct fake_plan *plan);

/* The oldest question that was not looked at yet, which it is now; NULL: none. */
struct fake_ask *fake_net_look(struct fake_net *net);

/* The oldest outstanding question at that upstream; on that connection only, unless it is 0. NULL:
 * none. */
struct fake_ask *fake_net_find(struct fake_net *net, const char *upstream, unsigned connection);

/* A message comes in on the connection of that question. One that does not match the question is
 * what it is to the real transports: ASK_MALFORMED. */
void fake_net_reply(struct fake_ask *ask, const uint8_t *wire, size_t len);
void fake_net_fail(struct fake_ask *ask, enum ask_fail fail, const char *text);

/* A connection that exists; the oldest when number is 0. NULL: none. */
struct transport *fake_net_connection(
    struct fake_net *net, const char *upstream, unsigned connection);

/* The connection dies with everything outstanding on it. */
void fake_net_break(struct transport *t, enum ask_fail fail, const char *text);

/* The peer gives a sign of life that answers nothing. */
void fake_net_alive(struct transport *t);

/* The peer takes no more questions (GOAWAY). */
void fake_net_goaway(struct transport *t);

size_t fake_net_outstanding(const struct fake_net *net);
size_t fake_net_connections(const struct fake_net *net, const char *upstream);

#endif
