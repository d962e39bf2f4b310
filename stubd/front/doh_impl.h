/*
 * The inside of the DoH server, shared by doh.c (connections) and doh_request.c (what is said on them).
 */
#ifndef FRONT_DOH_IMPL_H
#define FRONT_DOH_IMPL_H

#include "stubd/base/clock.h"
#include "stubd/front/doh.h"
#include "stubd/front/h2o_host.h"
#include "stubd/net/timer.h"

struct tls_server;

struct doh_front {
	struct h2o_host host;	   /* peers: the one that made no request for the longest first */
	bool host_made;		   /* there has been something to serve */
	struct resolver *resolver; /* borrowed */
	struct list listeners;
	struct list requests;	/* that wait for an answer */
	struct tls_server *tls; /* owned; NULL: plain HTTP */
	char *path;		/* owned; NULL: nothing was ever committed */
	struct timer idle;
	size_t nshut; /* clients that were shut, and are not closed yet */
	bool draining;
	struct doh_counters counters;
};

struct doh_client {
	struct h2o_peer peer; /* first, see h2o_host.h */
	struct doh_front *front;
	struct addr addr;
	msec last;	  /* when it was of use: it came, asked, or was answered */
	unsigned waiting; /* its requests without an answer */
	unsigned gone;	  /* requests that it has left alone */
	bool shut;
};

/* Moves the client behind all others. */
void doh_client_used(struct doh_client *client);

/* Closes its connection as soon as libh2o lets it; reason is counted once. */
void doh_client_shut(struct doh_client *client, uint64_t *reason);

/* An h2o_host's handler; arg is the front. */
int doh_request(void *arg, h2o_req_t *req);

/* Lets all waiting queries go; their clients get a last word. */
void doh_end_requests(struct doh_front *front);

#endif
