/*
 * One question to one plain server, apart from the pool: what the house itself wants to know of a network's
 * own server (RFC 9462, RFC 7050). No standing comes of it, and no answer of it is anybody's answer.
 *
 *	single_ask ─► WAITING ──answer, failure, timeout──► the callback, once; it is freed after that
 *	                 └─ single_cancel() ─► nothing
 */
#ifndef UPSTREAM_SINGLE_H
#define UPSTREAM_SINGLE_H

#include "stubd/upstream/transport.h"

struct single;

/* wire[len] is a reply that matched the question, borrowed for the call; on failure NULL, and text says
 * why. */
typedef void single_cb(void *arg, const char *text, const uint8_t *wire, size_t len);

/* Asks server (copied) by the plain transport `ops`, with RD and without DO: there are servers that make no
 * addresses (RFC 6147) for who wants signatures. The callback comes once within timeout ms,
 * never inside this call; it may free anything. NULL: out of memory. */
struct single *single_ask(const struct transport_env *env, const struct transport_ops *ops,
    const struct addr *server, const struct question *question, msec timeout, single_cb *cb,
    void *arg);

/* No callback any more. NULL is allowed; returns NULL. */
struct single *single_cancel(struct single *single);

#endif
