/*
 * The DoH server for browsers on this machine, or on a private network (RFC 8484): HTTP/2 and HTTP/1.1
 * over TLS, or HTTP/1.1 alone without, on loopback.
 *
 *	accept ─► client in allow? ─► room? ─► TLS, requests … ─► closed by its end, DOH_IDLE,
 *	               │ no             │ no                       DOH_GONE, or to make room
 *	               └─► closed       └─► the longest idle is closed, or the newcomer
 *
 *	request ─► doh_request: the HTTP in it ─► query_start() ─► answer, or the client is gone first:
 *	                                                           query_cancel()
 *
 * Nothing of a request is logged or kept, and nothing but the answer is told: no Server header, no
 * cookie. Over HTTP/1.1 libh2o does not notice that a client has left while its question waits. For each
 * HTTP/2 frame of a type that it does not know it writes the type's number to standard error.
 *
 * Limits: DOH_CLIENTS connections; when full the one that has made no request for the longest makes
 * room, and when all wait for answers the newcomer is closed. 100 requests of one connection at a time
 * (libh2o's own; what is more is refused). DOH_QUESTION octets of a message, DOH_TARGET of a target. A
 * connection on which no whole request has come for DOH_IDLE is closed, and so is one that has left
 * DOH_GONE requests alone before they were answered.
 */
#ifndef FRONT_DOH_H
#define FRONT_DOH_H

#include "policy/addr.h"
#include "policy/doh.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct resolver;
struct doh_front;
struct doh_plan;

enum {
	DOH_CLIENTS = 64,
	DOH_QUESTION = 4096, /* octets of a question: libh2o keeps 100 of each connection */
	DOH_BODY = 8192,     /* libh2o's own limit, above it so that we can say 413 over HTTP/2 */
	DOH_TARGET = 8192,   /* octets of path and query string; more: 414 */
	DOH_IDLE = 60000,    /* ms */
	DOH_ARRIVAL = 10000, /* ms for a handshake, or a request over HTTP/1.1, to arrive */
	DOH_GONE = 1000,     /* requests of one connection */
	DOH_ERROR_MAX = 512,
};

struct doh_counters {
	uint64_t accepted;
	uint64_t prohibited; /* not in allow: closed */
	uint64_t refused;    /* DOH_CLIENTS, and none was idle; or no memory */
	uint64_t displaced;  /* idle ones that made room */
	uint64_t idle;	     /* closed by DOH_IDLE */
	uint64_t flooding;   /* closed by DOH_GONE */
	uint64_t requests;   /* all that came whole = answered + bad + gone + waiting */
	uint64_t answered;   /* 200 */
	uint64_t bad;	     /* any other status */
	uint64_t gone;	     /* their clients left before the answer */
	uint64_t clients;    /* a level */
	uint64_t waiting;    /* a level: requests without an answer yet */
	uint64_t open;	     /* a level: those, and requests whose answers are not out yet */
};

/* resolver is borrowed. NULL: out of memory. */
struct doh_front *doh_new(struct resolver *resolver);

/* Lets waiting queries go and closes everything; the loop frees the rest. Returns NULL; NULL is allowed.
 */
struct doh_front *doh_free(struct doh_front *front);

/* Takes a listening socket that was inherited for an address of the options to come. Returns 0, or
 * -ENOMEM: fd stays the caller's. */
int doh_inherit(struct doh_front *front, int fd, const struct addr *addr);

/* Makes ready what options say: certificate and key are read, addresses that are not served yet opened.
 * Nothing changes for anybody until doh_commit(), in the same turn of the loop. Returns 0 and an owned
 * *out; or -errno and one line for the person in error. */
int doh_prepare(struct doh_front *front, const struct doh_options *options, struct doh_plan **out,
    char error[DOH_ERROR_MAX]);

/* Serves by the plan from now on; takes it. Connections that are open go on. */
void doh_commit(struct doh_front *front, struct doh_plan *plan);

/* Returns NULL; NULL is allowed. */
struct doh_plan *doh_plan_free(struct doh_plan *plan);

/* Takes no more connections and requests; answers what was asked. */
void doh_drain(struct doh_front *front);

void doh_counters(const struct doh_front *front, struct doh_counters *out);

/* When the certificate begins and ends to be valid, in seconds since 1970; 0 without one. */
int64_t doh_certificate_since(const struct doh_front *front);
int64_t doh_certificate_until(const struct doh_front *front);

#endif
