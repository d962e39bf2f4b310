/*
 * libh2o on our loop: its configuration and context, and the connections that it serves. This is what
 * the control API (front/http) and the DoH server (front/doh, doh_request) have in common; nobody beyond
 * those knows libh2o.
 *
 *	accepted fd ─► h2o_host_serve() ─► requests: on_request() ... ─► peer_gone()
 *	                                       h2o_host_close() ─► all peers are shut, then closed()
 *
 * libh2o has its own ways: memory that it cannot have ends the program; the context's memory must stay
 * until the loop has let go of its timers; who is to close an idle connection has to end its stream. When a
 * connection is reset under TLS, libuv refuses the closing words, libh2o 2.2.5 does not look, and waits
 * for ever: what it waits for is told it here, after each turn's input.
 */
#ifndef FRONT_H2O_HOST_H
#define FRONT_H2O_HOST_H

#include "stubd/base/list.h"

#include <uv.h>

#include <h2o.h>

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct loop;
struct h2o_host;

/* One connection; the first member of its owner's own struct, which is in one malloc(). */
struct h2o_peer {
	union {
		uv_handle_t handle;
		uv_stream_t stream;
		uv_tcp_t tcp;
		uv_pipe_t pipe;
	} uv;
	struct h2o_host *host;
	struct list link; /* in host->peers, in the owner's order */
};

/* What the owner wants and does; static. */
struct h2o_host_ops {
	size_t body_max; /* octets of a request's body; more: 413, over HTTP/2 a reset stream */
	uint64_t request_time; /* ms for a request to arrive */
	uint64_t idle_time;    /* ms that an HTTP/2 connection may have nothing to do */
	/* A request is there; answers at once or later. req->pool is disposed when nobody waits any
	 * more. Returns 0. */
	int (*request)(void *arg, h2o_req_t *req);
	/* The connection is over, and all its requests: free it. */
	void (*gone)(void *arg, struct h2o_peer *peer);
	/* After h2o_host_close(): all is over. The host's memory may go. */
	void (*closed)(void *arg);
};

struct h2o_host {
	uv_loop_t *loop;		/* borrowed */
	const struct h2o_host_ops *ops; /* borrowed */
	void *arg;
	struct list peers;
	size_t npeers;
	bool closing;
	h2o_globalconf_t config;
	h2o_context_t context;
	h2o_accept_ctx_t accept; /* ssl_ctx is the owner's to set */
	uv_check_t check;	 /* runs while there are peers */
	uv_timer_t last;	 /* closed after all others, twice */
	bool last_lap;
};

void h2o_host_init(
    struct h2o_host *host, struct loop *loop, const struct h2o_host_ops *ops, void *arg);

/* Begins to serve fd, TCP or (is_pipe) a unix socket. Takes fd. Returns 0, or -errno: then fd is closed
 * and gone() comes later. */
int h2o_host_serve(struct h2o_host *host, struct h2o_peer *peer, int fd, bool is_pipe);

/* Ends the peer's stream, which libh2o answers by closing the connection as soon as it can. */
void h2o_peer_shut(struct h2o_peer *peer);

/* Whose request it is. */
struct h2o_peer *h2o_peer_of(const h2o_req_t *req);

/* Begins an answer that nobody keeps: status, its reason, type (static) and no-store. The caller sends
 * the body. */
void h2o_host_begin(h2o_req_t *req, int status, const char *type);

/* Shuts all peers; requests that still come are the owner's to refuse. */
void h2o_host_close(struct h2o_host *host);

#endif
