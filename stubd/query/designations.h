/*
 * Which of the network's own servers are asked encrypted: what upstream/designated.h found out of each,
 * for as long as this network lasts.
 *
 *	            about to be asked           ended
 *	UNKNOWN, plain ─────────────► ASKING ──────────► PLAIN, UNPROVED or PROVED
 *	   ▲                            ▲                     │
 *	   │ another network            └─────────────────────┘ its time is over, and about to be asked; what
 *	   └── from anywhere                                    is known stays in use meanwhile
 *
 * Nobody is asked before the network's servers are about to be, so that a machine whose providers work
 * tells them nothing at all. The first question waits for it, DESIGNATIONS_PATIENCE ms at most, and is
 * then asked in plaintext: until the discovery has ended nothing better is known.
 *
 * There is no way back: a server that was found to be encrypted is not asked in plaintext in this network
 * any more, and one that was proved is not used unproved, whatever is found later. When it is lost the
 * route's next candidate, or stage, follows.
 */
#ifndef QUERY_DESIGNATIONS_H
#define QUERY_DESIGNATIONS_H

#include "policy/netview.h"
#include "stubd/base/list.h"
#include "stubd/net/timer.h"
#include "stubd/upstream/designated.h"

#include <stdbool.h>
#include <stddef.h>

struct designations;

enum {
	DESIGNATIONS_PATIENCE = 500,	  /* ms that questions wait, from the discovery's start */
	DESIGNATIONS_LEAST = 60000,	  /* ms that what was found holds at least, ... */
	DESIGNATIONS_MOST = 24 * 3600000, /* ... and at most, whatever the TTL */
	DESIGNATIONS_NOBODY = 3600000,	  /* until one that designates nobody is asked again */
	DESIGNATIONS_SILENT = 60000,	  /* until one that did not answer is */
};

/* One who waits; embedded in the flight, zeroed at first. */
struct designations_wait {
	struct list link;
	struct timer patience;
	void (*done)(void *arg); /* NULL: does not wait */
	void *arg;
};

/* A server is to be asked in another way from now on. */
typedef void designations_cb(void *arg);

/* netview, env's members and ops are borrowed. NULL: out of memory. */
struct designations *designations_new(const struct netview *netview,
    const struct transport_env *env, const struct transport_ops *const *ops,
    designations_cb *changed, void *arg);

/* Nobody may wait any more. NULL is allowed. */
struct designations *designations_free(struct designations *designations);

/* The netview's servers are about to be asked, that one first: starts whatever discovery is due. True:
 * done comes once, not inside this call, when it may be asked. False: it may be asked now. NULL knows no
 * server and makes nobody wait. */
bool designations_wait(struct designations *designations, size_t server,
    struct designations_wait *wait, void (*done)(void *arg), void *arg);

/* Does not wait any more; harmless where it does not. */
void designations_leave(struct designations_wait *wait);

/* How the server is asked encrypted; borrowed until the next change. NULL: in plaintext. */
const struct upstream_spec *designations_spec(
    const struct designations *designations, const struct addr *server);

/* What is known of a server, for people: borrowed until the next change; "" when nothing is. */
const char *designations_text(const struct designations *designations, const struct addr *server);

/* Another network: all is forgotten, and who waits goes on. The callback does not come: true says that it
 * would. */
bool designations_new_epoch(struct designations *designations);

#endif
