/*
 * Sockets that listen: making them, and taking in connections.
 *
 * Limits: LISTEN_ACCEPTS connections a turn; when the process has no file descriptor left it
 * pauses for LISTEN_PAUSE ms instead of spinning.
 */
#ifndef NET_LISTEN_H
#define NET_LISTEN_H

#include "policy/addr.h"

struct loop;
struct listener;

enum { LISTEN_BACKLOG = 1024, LISTEN_ACCEPTS = 32, LISTEN_PAUSE = 100 };

/* Make a bound, non-blocking socket (TCP: listening). Return the descriptor (the caller's), or
 * -errno: -EADDRINUSE, -EACCES, -EADDRNOTAVAIL, ... IPv6 sockets are IPv6 only. */
int listen_udp(const struct addr *addr);
int listen_tcp(const struct addr *addr);

/* Another bound socket at the address of a UDP socket that listen_udp() made, so that the kernel shares
 * questions out between them, by who asks. Returns the descriptor (the caller's), or -errno. A third
 * party, which the first call has found absent, cannot join them but by the same user and later. */
int listen_udp_beside(int fd);

/* The address a socket is bound to; family 0 when it has none. */
void listen_address(int fd, struct addr *out);

/* A connection came: fd is the callee's now, non-blocking; peer (family 0 for a unix socket) is
 * borrowed for the call. It may free the listener. */
typedef void listener_cb(void *arg, int fd, const struct addr *peer);

/* Accepts on a listening socket: takes fd (closed by listener_free(); on failure it stays the
 * caller's). NULL: out of memory. */
struct listener *listener_new(struct loop *loop, int fd, listener_cb *cb, void *arg);
struct listener *listener_free(struct listener *listener);

#endif
