/*
 * Whom a network's plain server designates as its encrypted self (DDR, RFC 9462), and whether that can be
 * proved.
 *
 *	start ─► ASKING ──► LOOKING UP ──────► TRYING ──────────────► PROVED: the certificate leads to one of
 *	            │   (a way without address)   │ each address,        the system's anchors and has the plain
 *	            │                             │ the best way first   server's address (section 4.2)
 *	            │                             │
 *	            │                             └─► TRYING ANYBODY ──► UNPROVED: encrypted, but nobody proved
 *	            │                                 │                  who it is (section 4.3)
 *	            └─ it designates nobody ──────────┴────────────────► NOBODY
 *
 * Unproved is taken only what is at the plain server's own address, and only if that is private, unique
 * local or link-local: no public authority certifies such an address, and who could stand in for it
 * could do so for the plain server as well. As section 6.3 has it, the host of a DoH request is the plain
 * server's address, and no server name is sent in TLS.
 *
 * Nothing is asked of anybody but the plain server, and what it designates.
 */
#ifndef UPSTREAM_DESIGNATED_H
#define UPSTREAM_DESIGNATED_H

#include "stubd/upstream/transport.h"

struct designated;

enum {
	DESIGNATED_ASK = 2000,	/* ms for the answer of the plain server to each of two questions */
	DESIGNATED_TRY = 1500,	/* ms for one connection */
	DESIGNATED_TIME = 5000, /* ms for all of it */
	DESIGNATED_TRIES = 6,	/* connections, to prove it; one more unproved */
	DESIGNATED_TEXT = 192,
};

enum designated_how {
	DESIGNATED_NOBODY,
	DESIGNATED_UNPROVED,
	DESIGNATED_PROVED,
};

/* All borrowed for the callback. */
struct designated_result {
	enum designated_how how;
	const struct upstream_spec *spec; /* NULL: nobody */
	uint32_t ttl;			  /* s that the server's word holds; 0: it gave none */
	bool answered;			  /* the plain server, whatever it said */
	const char *text;		  /* why it is no better than that; "" when proved */
};

typedef void designated_cb(void *arg, const struct designated_result *result);

/* Asks server, a plain one of the network (copied), and tries whom it designates by ops[], the table of
 * transports. name is for the result's spec (copied). The callback comes once, never inside this call;
 * after it the object is gone. NULL: out of memory. */
struct designated *designated_start(const struct transport_env *env,
    const struct transport_ops *const *ops, const char *name, const struct addr *server,
    designated_cb *cb, void *arg);

/* No callback any more. NULL is allowed; returns NULL. */
struct designated *designated_cancel(struct designated *designated);

#endif
