/*
 * The prefix of NAT64 by the network's own servers (RFC 7050): they are asked for ipv4only.arpa AAAA, which
 * has addresses only where somebody translates. Nobody else is asked, least of all a provider, who does
 * not know this network.
 *
 *	        wanted                    has a prefix
 *	(quiet) ──────► ASKING each server ───────────► HELD ──its time is over──┐
 *	   ▲              ▲  │ none has                                          │
 *	   │              │  └───────────────► RESTING ──time──┐                 │
 *	   │              ├── if anybody has asked anything ◄──┴─────────────────┘
 *	   │              │                                    │ else
 *	   │              └─── a query has to wait ── IDLE ◄───┘
 *	   └─ no longer wanted, from anywhere; other servers or another network: begins anew
 *
 * The question is in plaintext, and the answer is anybody's word who stands in the way; but whoever can
 * forge it is on the network that all packets pass, and who speaks TLS through the prefix proves itself
 * as ever. It is not the person's question and tells nothing of theirs; still it is not asked under
 * privacy "strict", whose promise is easier to check without exceptions.
 *
 * When the time of a prefix is over it stays in force until a server says otherwise, or the network is
 * another one: silence says nothing.
 */
#ifndef STUBD_NAT64_ASK_H
#define STUBD_NAT64_ASK_H

#include "policy/prefix.h"

#include <stdbool.h>

struct nat64_ask;
struct resolver;
struct transport_env; /* upstream/transport.h */
struct transport_ops;

enum {
	NAT64_ASK_TIME = 2000,	       /* ms for one server's answer */
	NAT64_ASK_FIRST = 10000,       /* ms until it is asked again when no server answered, */
	NAT64_ASK_AGAIN = 600000,      /* doubled up to this; and this when they know of none */
	NAT64_ASK_LEAST = 60000,       /* ms that a prefix holds at least, ... */
	NAT64_ASK_MOST = 24 * 3600000, /* ... and at most, whatever its TTL */
};

/* It has found a prefix, another one, or none any more. */
typedef void nat64_ask_cb(void *arg);

/* Quiet at first. Servers are asked by the plain transport `ops`; resolver, ops and the members of env are
 * borrowed. NULL: out of memory. */
struct nat64_ask *nat64_ask_new(const struct transport_env *env, const struct transport_ops *ops,
    struct resolver *resolver, nat64_ask_cb *changed, void *arg);
struct nat64_ask *nat64_ask_free(struct nat64_ask *ask);

/* Is a prefix wanted now? To be told whenever it may have changed, or the network or its servers have.
 * The callback does not come inside this call. */
void nat64_ask_want(struct nat64_ask *ask, bool wanted);

/* The prefix; family 0: none is known. */
struct prefix nat64_ask_found(const struct nat64_ask *ask);

#endif
