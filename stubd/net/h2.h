/*
 * The client side of HTTP/2 (RFC 9113) as DoH needs it (RFC 8484): POST requests with small bodies,
 * answers with small bodies. Octets in, octets out; it knows no connection, so that hostile octets
 * can be tried on it alone.
 *
 * Nothing in a request tells two clients apart: no User-Agent, no cookies, the same headers always.
 *
 * Limits: H2_STREAMS requests at once, or the server's limit; H2_BODY octets of an answer, 16 KiB of
 * its headers; what nghttp2 bounds itself (queued acknowledgements, header blocks).
 */
#ifndef NET_H2_H
#define NET_H2_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct h2;
struct h2_stream;

enum {
	H2_STREAMS = 300,
	H2_BODY = 65535,
	H2_REQUEST = 1024, /* octets of a request's body */
};

enum h2_end {
	H2_OK,	    /* complete; status and type are for the caller to judge */
	H2_REFUSED, /* not looked at by the server: safe to ask again elsewhere (RFC 9113 8.7) */
	H2_FAILED,  /* reset by the server, or broken */
	H2_TOO_BIG, /* the body is longer than H2_BODY */
};

struct h2_answer {
	enum h2_end end;
	unsigned status;     /* 0: none came */
	bool is_dns_message; /* content-type is application/dns-message */
	uint32_t error;	     /* RFC 9113 section 7 */
	uint32_t age; /* s, RFC 9111 section 5.1; at most HTTP_AGE_MOST; 0: none, or no number */
	uint32_t retry_after; /* s; net/http_time.h; 0: none */
	uint8_t *body;	      /* borrowed for the call, which may write into it */
	size_t len;
};

struct h2_events {
	/* Once a request, unless cancelled; called at the end of h2_feed() or h2_take() only, and
	 * may free the h2. */
	void (*answered)(void *arg, void *request, const struct h2_answer *answer);
	/* The server takes no more requests on this connection; the outstanding may be answered. */
	void (*goaway)(void *arg);
};

/* events is borrowed (static); authority and path are copied. NULL: out of memory. */
struct h2 *h2_new(
    const char *authority, const char *path, const struct h2_events *events, void *arg);
struct h2 *h2_free(struct h2 *h2);

/* Asks; body is copied. Returns 0 and *out (until answered or cancelled), -EBUSY (no room), -EPIPE
 * (GOAWAY), -EMSGSIZE or -ENOMEM. */
int h2_ask(struct h2 *h2, const uint8_t *body, size_t n, void *request, struct h2_stream **out);
void h2_cancel(struct h2_stream *stream);

/* Asks the server for a sign of life. */
void h2_ping(struct h2 *h2);

/* How many requests more it takes now. */
size_t h2_room(const struct h2 *h2);

/* Takes octets from the server. Returns 0, -ECANCELED (freed by a callback: touch it no more), or
 * -EPROTO: give the connection up, *why (static) says why. */
int h2_feed(struct h2 *h2, const uint8_t *bytes, size_t n, const char **why);

/* Has it anything to say? */
bool h2_wants_to_say(const struct h2 *h2);

/* Hands out octets for the server: *bytes is borrowed until the next call of any of these. Returns
 * their number, 0 when there are none, or -ECANCELED, -EPROTO as h2_feed(). */
long h2_take(struct h2 *h2, const uint8_t **bytes);

#endif
