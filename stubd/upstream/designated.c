#include "stubd/upstream/designated.h"

#include "stubd/net/loop.h"
#include "stubd/net/timer.h"
#include "stubd/upstream/single.h"
#include "stubd/wire/designation.h"

#include <arpa/inet.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct designated {
	struct transport_env env;
	const struct transport_ops *const *ops;
	struct addr server;
	char host[INET6_ADDRSTRLEN]; /* of the server, as its certificate must have it */
	char *name;		     /* owned */
	designated_cb *cb;
	void *arg;
	struct timer step; /* the end of a try; 0 ms: the next one */
	msec end;	   /* of everything, on the loop's clock */
	struct single *single;
	struct designation found;
	size_t way;	/* that is looked up or tried */
	size_t address; /* of it */
	unsigned tries;
	bool answered, anybody;		     /* anybody: TRYING ANYBODY */
	struct transport *transport;	     /* of the try */
	enum scheme scheme;		     /* of that */
	struct upstream_spec spec, unproved; /* borrow their texts; naddresses 0: none */
	char path[SVCB_PATH_MAX];	     /* of unproved */
	char text[DESIGNATED_TEXT];
};

static void next_try(struct designated *d);

static void
let_go(struct designated *d)
{
	struct transport *transport = d->transport;

	timer_stop(&d->step);
	d->single = single_cancel(d->single);
	d->transport = NULL;
	if (transport)
		d->ops[d->scheme]->close(transport);
}

struct designated *
designated_cancel(struct designated *designated)
{
	if (!designated)
		return NULL;
	let_go(designated);
	free(designated->name);
	free(designated);
	return NULL;
}

/* The one end. */
static void
finish(struct designated *d, enum designated_how how)
{
	const struct designated_result result = {
		.how = how,
		.spec = how == DESIGNATED_NOBODY ? NULL : &d->spec,
		.ttl = d->found.ttl,
		.answered = d->answered,
		.text = how == DESIGNATED_PROVED ? "" : d->text,
	};

	let_go(d);
	d->cb(d->arg, &result);
	designated_cancel(d);
}

/* --- tries ------------------------------------------------------------------------------------ */

static void
note(struct designated *d, const struct addr *addr, const char *text)
{
	char where[ADDR_TEXT_MAX];

	snprintf(d->text, sizeof(d->text), "%s %s: %.120s", d->ops[d->scheme]->name,
	    addr_to_text(addr, where), text && *text ? text : "failed");
}

static bool
is_link_local(const struct addr *addr)
{
	return addr->family == AF_INET6 && addr->ip[0] == 0xfe && (addr->ip[1] & 0xc0) == 0x80;
}

/* RFC 1918, 3927, 4193, 4291: addresses that nobody can have a certificate for (section 4.3). */
static bool
is_local(const struct addr *addr)
{
	const uint8_t *ip = addr->ip;

	if (addr->family == AF_INET6)
		return (ip[0] & 0xfe) == 0xfc || is_link_local(addr);
	return ip[0] == 10 || (ip[0] == 172 && (ip[1] & 0xf0) == 16) ||
	       (ip[0] == 192 && ip[1] == 168) || (ip[0] == 169 && ip[1] == 254);
}

/* It is there, but could not prove who it is: good enough where nobody could. */
static void
consider_unproved(struct designated *d)
{
	if (d->unproved.naddresses || !is_local(&d->server) ||
	    !addr_same_host(&d->spec.addresses[0], &d->server))
		return;
	d->unproved = d->spec;
	d->unproved.naddresses = 1;
	d->unproved.unverified = true;
	if (d->spec.path) {
		memcpy(d->path, d->spec.path, sizeof(d->path));
		d->unproved.path = d->path;
	}
}

static void
on_ready(void *arg, uint32_t handshake_us)
{
	struct designated *d = arg;

	finish(d, d->anybody ? DESIGNATED_UNPROVED : DESIGNATED_PROVED);
}

static void
on_retired(void *arg)
{
}

/* Before it was ready. */
static void
on_closed(void *arg, enum ask_fail fail, const char *text)
{
	struct designated *d = arg;

	d->transport = NULL;
	if (d->anybody) {
		finish(d, DESIGNATED_NOBODY);
		return;
	}
	note(d, &d->spec.addresses[0], text);
	if (fail == ASK_TLS)
		consider_unproved(d);
	timer_start(&d->step, 0);
}

static const struct transport_events events = { on_ready, on_retired, on_closed, NULL };

/* Opens d->spec at its first address. */
static void
try_spec(struct designated *d)
{
	const msec now = loop_now(d->env.loop);

	d->scheme = d->spec.scheme;
	d->transport =
	    d->ops[d->scheme]->open(&d->env, &d->spec, &d->spec.addresses[0], &events, d);
	if (!d->transport) {
		snprintf(d->text, sizeof(d->text), "out of memory");
		finish(d, DESIGNATED_NOBODY);
		return;
	}
	timer_start(&d->step, now + DESIGNATED_TRY < d->end ? DESIGNATED_TRY : d->end - now);
}

/* The way's addresses, that one first. */
static void
make_spec(struct designated *d, struct designation_way *way, size_t first)
{
	d->spec = (struct upstream_spec){
		.name = d->name,
		.scheme = way->scheme,
		.host = d->host,
		.path = way->scheme == SCHEME_HTTPS ? way->path : NULL,
		.naddresses = way->naddresses,
		.network = true,
	};
	for (size_t i = 0; i < way->naddresses; i++)
		d->spec.addresses[i] = way->addresses[(first + i) % way->naddresses];
}

/* Nobody proved to be the server. */
static void
try_anybody(struct designated *d)
{
	if (!d->unproved.naddresses) {
		finish(d, DESIGNATED_NOBODY);
		return;
	}
	d->anybody = true;
	d->spec = d->unproved;
	try_spec(d);
}

static void
next_try(struct designated *d)
{
	while (d->way < d->found.nways && d->address == d->found.ways[d->way].naddresses) {
		d->way++;
		d->address = 0;
	}
	if (d->way == d->found.nways || d->tries == DESIGNATED_TRIES) {
		try_anybody(d);
		return;
	}
	d->tries++;
	make_spec(d, &d->found.ways[d->way], d->address++);
	try_spec(d);
}

static void
on_step(void *arg)
{
	struct designated *d = arg;
	struct transport *transport = d->transport;

	if (transport) {
		note(d, &d->spec.addresses[0], "no handshake in time");
		d->transport = NULL;
		d->ops[d->scheme]->close(transport);
	}
	if (d->anybody || loop_now(d->env.loop) >= d->end)
		finish(d, DESIGNATED_NOBODY);
	else
		next_try(d);
}

/* --- where to try ----------------------------------------------------------------------------- */

/* An address with the way's port and the server's scope. */
static void
add_server(struct designated *d, struct designation_way *way)
{
	way->addresses[0] = d->server;
	way->addresses[0].port = way->port;
	way->naddresses = 1;
}

/* Gives the addresses to all ways to that target that have none. */
static void
on_lookup(void *arg, const char *text, const uint8_t *wire, size_t len)
{
	struct designated *d = arg;
	const struct name target = d->found.ways[d->way].target;

	d->single = NULL;
	for (size_t i = 0; wire && i < d->found.nways; i++) {
		struct designation_way *way = &d->found.ways[i];

		if (!way->naddresses && name_equal(&way->target, &target))
			designation_add_answer(way, wire, len, d->server.family);
	}
	d->way = 0;
	next_try(d);
}

/* Link-local addresses are of the link that the server is on. */
static void
give_scope(struct designated *d)
{
	for (size_t i = 0; i < d->found.nways; i++) {
		struct designation_way *way = &d->found.ways[i];

		for (size_t k = 0; k < way->naddresses; k++) {
			if (is_link_local(&way->addresses[k]))
				way->addresses[k].scope = d->server.scope;
		}
	}
}

/* Only the first target that comes without is looked up, in the server's own family. One that is the
 * root or below resolver.arpa has no address but the server's own (section 6.4). */
static void
look_up(struct designated *d)
{
	static const struct name own = { .len = 15, .wire = "\10resolver\4arpa" };
	struct question question = { .class = CLASS_IN };
	struct designation_way *missing = NULL;

	for (size_t i = 0; i < d->found.nways; i++) {
		struct designation_way *way = &d->found.ways[i];

		if (way->naddresses)
			continue;
		if (way->target.len == 1 || name_is_under(&way->target, &own))
			add_server(d, way);
		else if (!missing)
			missing = way;
	}
	if (!missing) {
		next_try(d);
		return;
	}
	d->way = (size_t)(missing - d->found.ways);
	question.name = missing->target;
	question.type = d->server.family == AF_INET ? TYPE_A : TYPE_AAAA;
	d->single = single_ask(
	    &d->env, d->ops[SCHEME_DNS], &d->server, &question, DESIGNATED_ASK, on_lookup, d);
	if (!d->single)
		finish(d, DESIGNATED_NOBODY);
}

static void
on_designation(void *arg, const char *text, const uint8_t *wire, size_t len)
{
	struct designated *d = arg;

	d->single = NULL;
	if (!wire) {
		snprintf(d->text, sizeof(d->text), "not answered: %.120s", text ? text : "");
		finish(d, DESIGNATED_NOBODY);
		return;
	}
	d->answered = true;
	snprintf(d->text, sizeof(d->text), "it designates nobody");
	if (designation_read(wire, len, &d->found) < 0)
		snprintf(d->text, sizeof(d->text), "what it designates is malformed");
	give_scope(d);
	if (d->found.nways)
		look_up(d);
	else
		finish(d, DESIGNATED_NOBODY);
}

struct designated *
designated_start(const struct transport_env *env, const struct transport_ops *const *ops,
    const char *name, const struct addr *server, designated_cb *cb, void *arg)
{
	struct designated *d = calloc(1, sizeof(*d));
	struct question question;

	if (!d)
		return NULL;
	d->env = *env;
	d->ops = ops;
	d->server = *server;
	d->name = strdup(name);
	d->cb = cb;
	d->arg = arg;
	d->end = loop_now(env->loop) + DESIGNATED_TIME;
	inet_ntop(server->family, server->ip, d->host, sizeof(d->host));
	timer_init(&d->step, env->loop, on_step, d);
	designation_question(&question);
	if (d->name)
		d->single = single_ask(
		    env, ops[SCHEME_DNS], server, &question, DESIGNATED_ASK, on_designation, d);
	return d->single ? d : designated_cancel(d);
}
