/*
 * A TLS client connection (RFC 8446, RFC 5246; 1.2 at least) on a stream.
 *
 *	tls_connect() ─► TCP connecting ─► handshake ─► certificate, pins, ALPN ─► ready ─► data ...
 *	                       └──────────────┴────────────────┴──────────────────────┴──► ended
 *
 * Who is on the other side is proved before `ready`: the chain leads to a trust anchor, names the
 * host or the address (RFC 9525), and, when pins are given, holds one of them (RFC 7858 section
 * 4.2). Without a host and a CA file pins stand alone: the server's own key must be pinned, and its
 * certificate is not looked at further. Who asks for an unverified connection gets one with anybody: that
 * keeps listeners out and no more (opportunistic privacy, RFC 7435). SNI is sent for host names only (RFC 6066 section 3).
 *
 * Octets that are written are encrypted together at the end of the loop's turn; if so wished the last
 * tls_write() makes a record of its own. Either way they are sent together.
 * Limits: TLS_QUEUE octets wait to be encrypted, then tls_write() says -ENOBUFS.
 */
#ifndef NET_TLS_H
#define NET_TLS_H

#include "stubd/net/tls_store.h"

struct loop;
struct tls;

enum { TLS_QUEUE = 128 * 1024 };

/* How a connection ended. */
enum tls_end {
	TLS_CLOSED,    /* the other side closed it */
	TLS_REFUSED,   /* no TCP connection: refused, unreachable */
	TLS_RESET,     /* broken: reset, timed out, garbage */
	TLS_HANDSHAKE, /* no common ground, or the other side is not who it should be */
	TLS_LOCAL,     /* our own: no memory */
};

/* Each may free the connection. */
struct tls_events {
	void (*ready)(void *arg);
	void (*data)(void *arg, const uint8_t *bytes, size_t n);      /* borrowed for the call */
	void (*ended)(void *arg, enum tls_end how, const char *text); /* once; nothing follows */
};

/* Starts connecting. events is borrowed (static). Writing is allowed at once. Returns 0 and *out,
 * or -errno and text[TLS_TEXT]: "link tun0 is not there", "CA file ...". */
int tls_connect(struct loop *loop, struct tls_store *store, const struct tls_params *params,
    const struct tls_events *events, void *arg, struct tls **out, char *text);

/* Says close_notify if it can without waiting, and closes. */
struct tls *tls_free(struct tls *tls);

/* Queues n octets, all or nothing; writes of one turn share records (but see last_apart). Returns 0,
 * -ENOBUFS, -EPIPE (ended) or -ENOMEM. */
int tls_write(struct tls *tls, const void *bytes, size_t n);

/* Valid from `ready` on. */
bool tls_resumed(const struct tls *tls);

#endif
