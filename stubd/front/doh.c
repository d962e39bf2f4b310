#include "stubd/front/doh_impl.h"

#include "policy/config.h"
#include "stubd/front/listen.h"
#include "stubd/net/listen.h"
#include "stubd/net/loop.h"
#include "stubd/net/tls_server.h"
#include "stubd/query/resolver.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { IDLE_LOOK = 1000 /* ms between looks at clients whose answers are overdue */ };

struct socket {
	struct list link;
	struct addr addr;
	struct listener *listener; /* owned */
};

struct doh_plan {
	struct list sockets; /* new ones */
	struct tls_server *tls;
	char *path;
	struct addr *keep; /* owned; all addresses of the plan */
	size_t nkeep;
};

/* --- clients ---------------------------------------------------------------------------------- */

void
doh_client_used(struct doh_client *client)
{
	client->last = loop_now(client->front->resolver->loop);
	list_remove(&client->peer.link);
	list_push_back(&client->front->host.peers, &client->peer.link);
}

void
doh_client_shut(struct doh_client *client, uint64_t *reason)
{
	if (client->shut)
		return;
	client->shut = true;
	client->front->nshut++;
	(*reason)++;
	h2o_peer_shut(&client->peer);
}

static void
client_gone(void *arg, struct h2o_peer *peer)
{
	struct doh_client *client = container_of(peer, struct doh_client, peer);
	struct doh_front *front = arg;

	front->nshut -= client->shut;
	if (front->host.npeers == 0)
		timer_stop(&front->idle);
	free(client);
}

/* Closes who has made no request for DOH_IDLE, and waits for no answer. */
static void
on_idle(void *arg)
{
	struct doh_front *front = arg;
	const msec now = loop_now(front->resolver->loop);

	list_for_each (it, &front->host.peers) {
		struct doh_client *client = container_of(it, struct doh_client, peer.link);
		const msec end = client->last + DOH_IDLE;

		if (end > now) {
			timer_start(&front->idle, end - now);
			return;
		}
		if (client->waiting == 0)
			doh_client_shut(client, &front->counters.idle);
	}
	if (front->host.npeers)
		timer_start(&front->idle, IDLE_LOOK);
}

/* Makes room for one more. Returns false when every client waits for an answer. */
static bool
make_room(struct doh_front *front)
{
	if (front->host.npeers - front->nshut < DOH_CLIENTS)
		return true;
	if (front->nshut >= DOH_CLIENTS)
		return false; /* they are not closed as fast as others come */
	list_for_each (it, &front->host.peers) {
		struct doh_client *client = container_of(it, struct doh_client, peer.link);

		if (client->waiting || client->shut)
			continue;
		doh_client_shut(client, &front->counters.displaced);
		return true;
	}
	return false;
}

static struct doh_client *
admit(struct doh_front *front, const struct addr *peer)
{
	struct doh_client *client;

	if (!addr_is_loopback(peer) && !clients_admit(&front->resolver->policy->clients, peer)) {
		front->counters.prohibited++;
		return NULL;
	}
	client = make_room(front) ? calloc(1, sizeof(*client)) : NULL;
	if (!client)
		front->counters.refused++;
	return client;
}

static void
accepted(void *arg, int fd, const struct addr *peer)
{
	struct doh_front *front = arg;
	struct doh_client *client = admit(front, peer);

	front->counters.accepted++;
	if (!client) {
		close(fd);
		return;
	}
	client->front = front;
	client->addr = *peer;
	client->last = loop_now(front->resolver->loop);
	if (front->host.npeers == 0)
		timer_start(&front->idle, DOH_IDLE);
	h2o_host_serve(&front->host, &client->peer, fd, false);
}

/* --- plans ------------------------------------------------------------------------------------ */

static struct socket *
socket_free(struct socket *s)
{
	list_remove(&s->link);
	listener_free(s->listener);
	free(s);
	return NULL;
}

static int
add_socket(struct doh_front *front, struct list *to, int fd, const struct addr *addr)
{
	struct socket *s = calloc(1, sizeof(*s));

	if (!s)
		return -ENOMEM;
	s->addr = *addr;
	s->listener = listener_new(front->resolver->loop, fd, accepted, front);
	if (!s->listener) {
		free(s);
		return -ENOMEM;
	}
	list_push_back(to, &s->link);
	return 0;
}

static void
close_sockets(struct list *sockets)
{
	while (!list_empty(sockets))
		socket_free(container_of(sockets->next, struct socket, link));
}

int
doh_inherit(struct doh_front *front, int fd, const struct addr *addr)
{
	return add_socket(front, &front->listeners, fd, addr);
}

static bool
is_open(const struct doh_front *front, const struct addr *addr)
{
	list_for_each (it, &front->listeners)
		if (addr_equal(&container_of(it, struct socket, link)->addr, addr))
			return true;
	return false;
}

static int
open_socket(struct doh_front *front, struct doh_plan *plan, const struct addr *addr,
    char error[DOH_ERROR_MAX])
{
	int fd, r;

	if (is_open(front, addr))
		return 0;
	fd = listen_tcp(addr);
	if (fd < 0)
		return listen_explain(addr, true, -fd, "doh/listen", error);
	r = add_socket(front, &plan->sockets, fd, addr);
	if (r < 0)
		close(fd);
	return r;
}

static int
read_certificate(struct doh_plan *plan, const struct doh_options *options, char *error)
{
	char why[TLS_SERVER_WHY_MAX];
	int r;

	if (!options->nlisten || !options->certificate)
		return 0;
	r = tls_server_new(options->certificate, options->key, &plan->tls, why);
	if (r < 0)
		snprintf(error, DOH_ERROR_MAX, "DoH: %s", why);
	return r;
}

int
doh_prepare(struct doh_front *front, const struct doh_options *options, struct doh_plan **out,
    char error[DOH_ERROR_MAX])
{
	struct doh_plan *plan = calloc(1, sizeof(*plan));
	int r;

	snprintf(error, DOH_ERROR_MAX, "out of memory");
	if (!plan)
		return -ENOMEM;
	list_init(&plan->sockets);
	plan->path = strdup(options->path);
	plan->keep = calloc(options->nlisten + 1, sizeof(*plan->keep));
	r = plan->path && plan->keep ? read_certificate(plan, options, error) : -ENOMEM;
	for (size_t i = 0; r == 0 && i < options->nlisten; i++) {
		plan->keep[plan->nkeep++] = options->listen[i];
		r = open_socket(front, plan, &options->listen[i], error);
	}
	if (r < 0) {
		doh_plan_free(plan);
		return r;
	}
	*out = plan;
	return 0;
}

struct doh_plan *
doh_plan_free(struct doh_plan *plan)
{
	if (!plan)
		return NULL;
	close_sockets(&plan->sockets);
	tls_server_free(plan->tls);
	free(plan->path);
	free(plan->keep);
	free(plan);
	return NULL;
}

static bool
is_kept(const struct doh_plan *plan, const struct addr *addr)
{
	for (size_t i = 0; i < plan->nkeep; i++)
		if (addr_equal(&plan->keep[i], addr))
			return true;
	return false;
}

/* --- the front -------------------------------------------------------------------------------- */

static void
host_closed(void *arg)
{
	struct doh_front *front = arg;

	tls_server_free(front->tls);
	free(front->path);
	free(front);
}

static const struct h2o_host_ops ops = {
	.body_max = DOH_BODY,
	.request_time = DOH_ARRIVAL,
	.idle_time = DOH_IDLE,
	.request = doh_request,
	.gone = client_gone,
	.closed = host_closed,
};

struct doh_front *
doh_new(struct resolver *resolver)
{
	struct doh_front *front = calloc(1, sizeof(*front));

	if (!front)
		return NULL;
	front->resolver = resolver;
	list_init(&front->listeners);
	list_init(&front->requests);
	list_init(&front->requests);
	timer_init(&front->idle, resolver->loop, on_idle, front);
	return front;
}

struct doh_front *
doh_free(struct doh_front *front)
{
	if (!front)
		return NULL;
	close_sockets(&front->listeners);
	timer_stop(&front->idle);
	doh_end_requests(front);
	if (front->host_made)
		h2o_host_close(&front->host);
	else
		host_closed(front);
	return NULL;
}

void
doh_commit(struct doh_front *front, struct doh_plan *plan)
{
	list_for_each (it, &front->listeners) {
		struct socket *s = container_of(it, struct socket, link);

		if (!is_kept(plan, &s->addr))
			socket_free(s);
	}
	list_for_each (it, &plan->sockets) {
		list_remove(it);
		list_push_back(&front->listeners, it);
	}
	if (plan->nkeep && !front->host_made) {
		h2o_host_init(&front->host, front->resolver->loop, &ops, front);
		front->host_made = true;
	}
	free(front->path);
	tls_server_free(front->tls);
	front->path = plan->path;
	front->tls = plan->tls;
	front->host.accept.ssl_ctx = front->tls ? tls_server_context(front->tls) : NULL;
	plan->path = NULL;
	plan->tls = NULL;
	doh_plan_free(plan);
}

void
doh_drain(struct doh_front *front)
{
	close_sockets(&front->listeners);
	front->draining = true;
	if (front->host_made)
		h2o_context_request_shutdown(&front->host.context);
}

void
doh_counters(const struct doh_front *front, struct doh_counters *out)
{
	*out = front->counters;
	out->clients = front->host.npeers;
}

int64_t
doh_certificate_since(const struct doh_front *front)
{
	return front->tls ? tls_server_since(front->tls) : 0;
}

int64_t
doh_certificate_until(const struct doh_front *front)
{
	return front->tls ? tls_server_until(front->tls) : 0;
}
