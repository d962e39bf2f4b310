/*
 * One way of carrying a question to one address of one upstream: Do53, DoT, DoH. The pool is the
 * only caller and never branches on which it is. Replay tests bring a transport of their own.
 *
 *	           open()              connected          retire(), GOAWAY, idle or age limit
 *	(nothing) ────────► CONNECTING ──────────► READY ─────────────────────► RETIRED
 *	                        │                    │                             │ last one answered
 *	                        └─ failed ───────────┴─ broken ────────────────────┴──► CLOSED
 *
 * CLOSED is events.closed, once. Never does a callback run inside open(), ask() or retire();
 * close() fails outstanding asks before it returns.
 */
#ifndef UPSTREAM_TRANSPORT_H
#define UPSTREAM_TRANSPORT_H

#include "policy/upstream_spec.h"
#include "stubd/base/clock.h"
#include "stubd/base/list.h"
#include "stubd/net/route.h"
#include "stubd/wire/msg.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct loop;
struct tls_store; /* net/tls_store.h: trust anchors and sessions */
struct transport; /* one connection (or UDP association), opaque */

/* Why an ask got no usable answer. The order is of severity for counters only. */
enum ask_fail {
	ASK_OK,
	ASK_REFUSED,   /* connection refused, ICMP unreachable: hard, at once */
	ASK_RESET,     /* reset or closed with the question outstanding */
	ASK_TIMEOUT,   /* silence until the deadline */
	ASK_TLS,       /* handshake or certificate */
	ASK_HTTP,      /* status other than 200, wrong type, HTTP/2 error */
	ASK_MALFORMED, /* an answer that does not match or does not parse */
	ASK_FULL,      /* no room here: a named limit, memory or descriptors */
	ASK_LOCAL,     /* our own: link gone, CA file not readable */
	ASK_FAILS,
};

/* One question on one connection; embedded in the pool's ask. */
struct transport_ask {
	struct list link;		 /* owned by the transport while outstanding */
	const struct question *question; /* borrowed until done or cancelled */
	struct msg_ask flags;		 /* id and padding are the transport's to set */
	/* the transport's own */
	void *priv;
	msec written; /* when it was handed to the connection; 0: not yet */
	uint16_t id;  /* DoT */
	/* ms that the server asks to be left in peace: set by the transport before it tells of the
	 * failure; 0: it does not ask for that. */
	msec hold;
	/* Called exactly once unless cancelled. wire is borrowed for the call; on failure wire is
	 * NULL and text says why (borrowed for the call). */
	void (*done)(struct transport_ask *ask, enum ask_fail fail, const char *text,
	    const uint8_t *wire, size_t len);
};

struct transport_events {
	/* Handshake done after handshake_us microseconds. */
	void (*ready)(void *arg, uint32_t handshake_us);
	/* It takes no more questions (GOAWAY, server closes): outstanding ones are still answered.
	 */
	void (*retired)(void *arg);
	/* It is gone; every outstanding ask was failed before this. The transport frees itself
	 * after. fail is ASK_OK when it ended as it should: retired, idle, too old. */
	void (*closed)(void *arg, enum ask_fail fail, const char *text);
	/* The server closed it after so many ms without a question; `closed` follows. NULL: who
	 * opened it does not want to know. */
	void (*left_idle)(void *arg, msec idle);
};

/* How the kernel routes: net/route.h, or a test's. */
struct path_ops {
	int (*source)(const struct addr *to, const char *link, struct addr *out);
	enum route_state (*state)(
	    const struct addr *to, const char *link, const struct addr *source);
};

struct transport_env {
	struct loop *loop;     /* borrowed */
	struct tls_store *tls; /* borrowed */
	size_t *plain;	       /* borrowed; NULL: none: questions out over Do53, of all upstreams */
	const struct path_ops *paths; /* borrowed; NULL: nobody looks */
};

struct transport_ops {
	const char *name; /* "do53", "dot", "doh" */

	/* Starts connecting; asks may be sent at once and wait inside. NULL: out of memory or
	 * sockets. */
	struct transport *(*open)(const struct transport_env *env, const struct upstream_spec *spec,
	    const struct addr *addr, const struct transport_events *events, void *arg);
	/* Sends or queues. Returns 0, -EBUSY (no room: see room()), -EPIPE (retired). */
	int (*ask)(struct transport *t, struct transport_ask *ask);
	/* The asker lost interest; done will not be called. */
	void (*cancel)(struct transport *t, struct transport_ask *ask);
	/* How many more questions it takes now. */
	size_t (*room)(const struct transport *t);
	/* Nothing new; close when the last one is answered. */
	void (*retire)(struct transport *t);
	/* Closes at once; outstanding asks fail with ASK_RESET; events.closed is not called. */
	void (*close)(struct transport *t);
	/* The loop's time of the last octet that came; 0: none yet. */
	msec (*heard)(const struct transport *t);
	/* It is to close itself after so many ms without a question, from its next rest on. NULL:
	 * it has no such limit. */
	void (*limit_idle)(struct transport *t, msec limit);
};

extern const struct transport_ops transport_do53, transport_dot, transport_doh;

const char *ask_fail_text(enum ask_fail fail);

/* What an errno of our own means: ASK_FULL when memory, descriptors or ports are short, ASK_REFUSED
 * when this machine lacks the address family (that network is out of reach), else ASK_LOCAL. What we are short of is no fault of an upstream, and no reason for the next stage. */
enum ask_fail ask_fail_own(int error);

#endif
