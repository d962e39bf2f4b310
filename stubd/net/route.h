/*
 * By which of this machine's addresses another is reached: the kernel's answer, for which nothing
 * is sent (a datagram socket is connected and asked for its own address).
 *
 * A way that was in use is judged by the address it began at. It lives while that address is still
 * one of ours and the kernel would leave by the same interface: a further address on it, such as a
 * new temporary one (RFC 8981), or a new interface that leads elsewhere, changes nothing.
 */
#ifndef NET_ROUTE_H
#define NET_ROUTE_H

#include "policy/addr.h"

enum route_state {
	ROUTE_LIVES,
	ROUTE_MOVED, /* connect() would leave by another address now, and not of the same interface */
	ROUTE_LOST, /* there is no way at all */
};

/* The address of ours by which `to` is reached, through the interface `link` unless NULL. Returns 0
 * and *out (port 0), or -errno: -ENETUNREACH when no route leads there. */
int route_source(const struct addr *to, const char *link, struct addr *out);

/* What became of the way to `to` that began at `source`. When the kernel does not say (no descriptor
 * left), it lives. */
enum route_state route_state(const struct addr *to, const char *link, const struct addr *source);

#endif
