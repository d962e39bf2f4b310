#include "tests/replay/fake_net.h"

#include "stubd/base/rand.h"
#include "stubd/net/loop.h"
#include "stubd/net/timer.h"
#include "stubd/net/tls_store.h"
#include "stubd/wire/match.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct host {
	struct list link;
	char name[FAKE_NAME_MAX];
	struct fake_plan plan;
	unsigned connections; /* opened so far */
};

enum state { CONNECTING, READY, BROKEN, CLOSED /* by the pool */ };

struct transport {
	struct list link;
	struct fake_net *net;
	struct host *host;
	unsigned number;
	enum state state;
	bool retired; /* takes nothing new */
	msec heard;   /* when something came from the peer; 0: never */
	bool busy; /* a callback is running: who closes it now leaves the freeing to its caller */
	struct transport_events events;
	void *arg;
	struct fake_plan plan;
	struct timer next; /* what connecting comes to, or that it is drained */
	struct list asks;  /* fake_ask.on, oldest first */
};

static struct host *
host_of(struct fake_net *net, const char *name)
{
	struct host *host;

	list_for_each (it, &net->hosts) {
		host = container_of(it, struct host, link);
		if (!strcmp(host->name, name))
			return host;
	}
	host = calloc(1, sizeof(*host));
	if (!host)
		abort();
	snprintf(host->name, sizeof(host->name), "%s", name);
	list_push_back(&net->hosts, &host->link);
	return host;
}

/* --- questions -------------------------------------------------------------------------------- */

/* The question is over. What was never written leaves no trace. */
static void
put_away(struct fake_ask *fa)
{
	list_remove(&fa->on);
	fa->carrier = NULL;
	fa->ask = NULL;
	if (!fa->written)
		free(fa);
}

static void
write_ask(struct fake_ask *fa)
{
	struct msg_ask flags = fa->ask->flags;

	fa->id = flags.id = rand_u16();
	fa->len = msg_write_query(fa->wire, sizeof(fa->wire), &fa->question, &flags);
	fa->written = true;
	list_push_back(&fa->carrier->net->log, &fa->link);
}

static void
end_ask(struct fake_ask *fa, enum ask_fail fail, const char *text, const uint8_t *wire, size_t len)
{
	struct transport_ask *ask = fa->ask;

	put_away(fa);
	ask->done(ask, fail, text, wire, len);
}

static void
transport_free(struct transport *t)
{
	timer_stop(&t->next);
	list_remove(&t->link);
	free(t);
}

/* The last answer was given on a connection that takes nothing new. */
static void
check_drained(struct transport *t)
{
	if (t->retired && list_empty(&t->asks))
		timer_start(&t->next, 0);
}

/* Does that to one question of a live connection, which may be closed meanwhile. */
static void
deliver(struct fake_ask *fa, enum ask_fail fail, const char *text, const uint8_t *wire, size_t len)
{
	struct transport *t = fa->carrier;

	t->busy = true;
	end_ask(fa, fail, text, wire, len);
	t->busy = false;
	if (t->state == CLOSED)
		transport_free(t);
	else
		check_drained(t);
}

/* --- connections ------------------------------------------------------------------------------ */

void
fake_net_break(struct transport *t, enum ask_fail fail, const char *text)
{
	t->state = BROKEN;
	t->busy = true;
	while (!list_empty(&t->asks))
		end_ask(container_of(t->asks.next, struct fake_ask, on), fail, text, NULL, 0);
	if (t->state == BROKEN)
		t->events.closed(t->arg, fail, text);
	transport_free(t);
}

static void
on_next(void *arg)
{
	struct transport *t = arg;

	if (t->retired && list_empty(&t->asks)) {
		fake_net_break(t, ASK_OK, "");
		return;
	}
	if (t->plan.fate == FATE_FAIL) {
		fake_net_break(t, t->plan.fail, t->plan.text);
		return;
	}
	t->state = READY;
	t->heard = loop_now(t->net->loop);
	list_for_each (it, &t->asks)
		write_ask(container_of(it, struct fake_ask, on));
	t->busy = true;
	t->events.ready(t->arg, (uint32_t)(t->plan.delay * 1000));
	t->busy = false;
	if (t->state == CLOSED)
		transport_free(t);
}

/* One of the network's servers has another name as the encrypted one that it designates. */
static const char *
host_name(const struct upstream_spec *spec, char name[FAKE_NAME_MAX])
{
	static const char *const suffixes[SCHEMES] = { "", " dot", " doh" };
	const bool own = strncmp(spec->name, "network ", strlen("network ")) == 0;

	snprintf(name, FAKE_NAME_MAX, "%s%s", spec->name, own ? suffixes[spec->scheme] : "");
	return name;
}

static struct transport *
op_open(const struct transport_env *env, const struct upstream_spec *spec, const struct addr *addr,
    const struct transport_events *events, void *arg)
{
	struct fake_net *net = (struct fake_net *)env->tls;
	struct transport *t = calloc(1, sizeof(*t));
	char name[FAKE_NAME_MAX];

	(void)addr;
	if (!t)
		return NULL;
	t->net = net;
	t->host = host_of(net, host_name(spec, name));
	t->number = ++t->host->connections;
	t->plan = t->host->plan;
	if (net->no_way)
		t->plan = (struct fake_plan){
			.fate = FATE_FAIL, .fail = ASK_REFUSED, .text = "network is unreachable"
		};
	if (spec->unverified && t->plan.fail == ASK_TLS)
		t->plan.fate = FATE_READY; /* whoever it is */
	t->events = *events;
	t->arg = arg;
	list_init(&t->asks);
	list_push_back(&net->connections, &t->link);
	timer_init(&t->next, net->loop, on_next, t);
	if (t->plan.fate != FATE_SILENCE)
		timer_start(&t->next, t->plan.delay);
	return t;
}

static size_t
op_room(const struct transport *t)
{
	size_t n = 0;

	if (t->retired || t->state > READY)
		return 0;
	for (const struct list *it = t->asks.next; it != &t->asks; it = it->next)
		n++;
	return n < FAKE_ROOM ? FAKE_ROOM - n : 0;
}

static int
op_ask(struct transport *t, struct transport_ask *ask)
{
	struct fake_ask *fa;

	if (t->retired || t->state > READY)
		return -EPIPE;
	if (!op_room(t))
		return -EBUSY;
	fa = calloc(1, sizeof(*fa));
	if (!fa)
		abort();
	fa->carrier = t;
	fa->ask = ask;
	ask->priv = fa;
	snprintf(fa->upstream, sizeof(fa->upstream), "%s", t->host->name);
	fa->connection = t->number;
	fa->question = *ask->question;
	list_init(&fa->link);
	list_push_back(&t->asks, &fa->on);
	if (t->state == READY)
		write_ask(fa);
	return 0;
}

static void
op_cancel(struct transport *t, struct transport_ask *ask)
{
	put_away(ask->priv);
	check_drained(t);
}

static void
op_retire(struct transport *t)
{
	t->retired = true;
	check_drained(t);
}

static void
op_close(struct transport *t)
{
	const bool busy = t->busy;

	t->state = CLOSED;
	t->busy = true;
	while (!list_empty(&t->asks))
		end_ask(
		    container_of(t->asks.next, struct fake_ask, on), ASK_RESET, "closed", NULL, 0);
	if (!busy)
		transport_free(t);
}

void
fake_net_alive(struct transport *t)
{
	t->heard = loop_now(t->net->loop);
}

void
fake_net_goaway(struct transport *t)
{
	t->retired = true;
	t->busy = true;
	t->events.retired(t->arg);
	t->busy = false;
	if (t->state == CLOSED)
		transport_free(t);
	else
		check_drained(t);
}

static msec
op_heard(const struct transport *t)
{
	return t->heard;
}

static const struct transport_ops fake_dns = {
	.name = "do53",
	.open = op_open,
	.ask = op_ask,
	.cancel = op_cancel,
	.room = op_room,
	.retire = op_retire,
	.close = op_close,
	.heard = op_heard,
};
static const struct transport_ops fake_tls = {
	.name = "dot",
	.open = op_open,
	.ask = op_ask,
	.cancel = op_cancel,
	.room = op_room,
	.retire = op_retire,
	.close = op_close,
	.heard = op_heard,
};
static const struct transport_ops fake_https = {
	.name = "doh",
	.open = op_open,
	.ask = op_ask,
	.cancel = op_cancel,
	.room = op_room,
	.retire = op_retire,
	.close = op_close,
	.heard = op_heard,
};

const struct transport_ops *const fake_net_ops[SCHEMES] = {
	[SCHEME_DNS] = &fake_dns,
	[SCHEME_TLS] = &fake_tls,
	[SCHEME_HTTPS] = &fake_https,
};

/* --- what the script does --------------------------------------------------------------------- */

void
fake_net_init(struct fake_net *net, struct loop *loop)
{
	net->loop = loop;
	list_init(&net->hosts);
	list_init(&net->connections);
	list_init(&net->log);
}

void
fake_net_clear(struct fake_net *net)
{
	list_for_each (it, &net->log)
		free(container_of(it, struct fake_ask, link));
	list_for_each (it, &net->hosts)
		free(container_of(it, struct host, link));
}

/* The kernel's routes are asked without an argument: those of the scenario's only net. */
static const struct fake_net *routes;

static int
path_source(const struct addr *to, const char *link, struct addr *out)
{
	if (routes->no_way)
		return -ENETUNREACH;
	*out = (struct addr){ .family = to->family, .ip = { 10, 0, 0, 1 } };
	return 0;
}

static enum route_state
path_state(const struct addr *to, const char *link, const struct addr *source)
{
	return routes->no_way ? ROUTE_LOST : ROUTE_LIVES;
}

void
fake_net_way(struct fake_net *net, bool there)
{
	net->no_way = !there;
}

struct transport_env
fake_net_env(struct fake_net *net)
{
	static const struct path_ops paths = { .source = path_source, .state = path_state };

	routes = net;
	return (struct transport_env){
		.loop = net->loop, .tls = (struct tls_store *)net, .paths = &paths
	};
}

/* The real store is never made: there is nothing to forget. */
void
tls_store_forget_sessions(struct tls_store *store)
{
	(void)store;
}

void
fake_net_plan(struct fake_net *net, const char *upstream, const struct fake_plan *plan)
{
	host_of(net, upstream)->plan = *plan;
}

struct fake_ask *
fake_net_look(struct fake_net *net)
{
	list_for_each (it, &net->log) {
		struct fake_ask *fa = container_of(it, struct fake_ask, link);

		if (fa->seen)
			continue;
		fa->seen = true;
		return fa;
	}
	return NULL;
}

struct fake_ask *
fake_net_find(struct fake_net *net, const char *upstream, unsigned connection)
{
	list_for_each (it, &net->log) {
		struct fake_ask *fa = container_of(it, struct fake_ask, link);

		if (fa->ask && !strcmp(fa->upstream, upstream) &&
		    (!connection || connection == fa->connection))
			return fa;
	}
	return NULL;
}

void
fake_net_reply(struct fake_ask *ask, const uint8_t *wire, size_t len)
{
	const char *wrong = match_reply(wire, len, ask->id, &ask->question);

	ask->carrier->heard = loop_now(ask->carrier->net->loop);
	if (wrong)
		deliver(ask, ASK_MALFORMED, wrong, NULL, 0);
	else
		deliver(ask, ASK_OK, NULL, wire, len);
}

void
fake_net_fail(struct fake_ask *ask, enum ask_fail fail, const char *text)
{
	deliver(ask, fail, text, NULL, 0);
}

struct transport *
fake_net_connection(struct fake_net *net, const char *upstream, unsigned connection)
{
	list_for_each (it, &net->connections) {
		struct transport *t = container_of(it, struct transport, link);

		if (!strcmp(t->host->name, upstream) && (!connection || connection == t->number))
			return t;
	}
	return NULL;
}

size_t
fake_net_outstanding(const struct fake_net *net)
{
	size_t n = 0;

	for (const struct list *it = net->log.next; it != &net->log; it = it->next)
		n += container_of(it, struct fake_ask, link)->ask != NULL;
	return n;
}

size_t
fake_net_connections(const struct fake_net *net, const char *upstream)
{
	size_t n = 0;

	for (const struct list *it = net->connections.next; it != &net->connections;
	     it = it->next) {
		if (!upstream ||
		    !strcmp(container_of(it, struct transport, link)->host->name, upstream))
			n++;
	}
	return n;
}
