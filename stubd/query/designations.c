#include "stubd/query/designations.h"

#include "policy/network.h"
#include "policy/upstream_spec.h"
#include "stubd/base/log.h"
#include "stubd/net/loop.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { MS = 1000 };

/* What is known of one server. */
struct entry {
	struct designations *all;
	struct addr server; /* family 0: the place is free */
	struct designated *running;
	msec started; /* the discovery that runs */
	bool known;   /* one has ended */
	msec until;   /* so long that holds, on the loop's clock */
	enum designated_how how;
	struct upstream_spec spec; /* owned; unless DESIGNATED_NOBODY */
	char text[DESIGNATED_TEXT];
};

struct designations {
	const struct netview *netview;
	struct transport_env env;
	const struct transport_ops *const *ops;
	designations_cb *changed;
	void *arg;
	struct list waits;
	struct entry entries[NETVIEW_SERVERS_MAX];
};

static void
forget(struct entry *e)
{
	struct designations *all = e->all;

	designated_cancel(e->running);
	upstream_spec_clear(&e->spec);
	*e = (struct entry){ .all = all };
}

/* --- who waits -------------------------------------------------------------------------------- */

void
designations_leave(struct designations_wait *wait)
{
	if (!wait->done)
		return;
	timer_stop(&wait->patience);
	list_remove(&wait->link);
	wait->done = NULL;
}

static void
go_on(struct designations_wait *wait)
{
	void (*done)(void *) = wait->done;

	designations_leave(wait);
	done(wait->arg);
}

static void
on_patience(void *arg)
{
	go_on(arg);
}

/* All may go on; in the next turn, since what is theirs may be gone by what others do. */
static void
let_go(struct designations *d)
{
	list_for_each (it, &d->waits)
		timer_start(&container_of(it, struct designations_wait, link)->patience, 0);
}

/* --- what is found ---------------------------------------------------------------------------- */

static const char *
word(enum designated_how how)
{
	static const char *const words[] = {
		[DESIGNATED_NOBODY] = "plain",
		[DESIGNATED_UNPROVED] = "unproved",
		[DESIGNATED_PROVED] = "proved",
	};

	return words[how];
}

static msec
holds(const struct designated_result *result)
{
	msec time = (msec)result->ttl * MS;

	if (!result->answered)
		return DESIGNATIONS_SILENT;
	if (!result->ttl && result->how == DESIGNATED_NOBODY)
		return DESIGNATIONS_NOBODY;
	if (time < DESIGNATIONS_LEAST)
		time = DESIGNATIONS_LEAST;
	return time < DESIGNATIONS_MOST ? time : DESIGNATIONS_MOST;
}

/* Takes a better way, or another one that is as good. Returns true if it is another. */
static bool
take(struct entry *e, const struct designated_result *result)
{
	struct upstream_spec spec;

	if (result->how < e->how)
		return false;
	snprintf(e->text, sizeof(e->text), "%s", result->text);
	if (!result->spec || (e->how == result->how && upstream_spec_equal(result->spec, &e->spec)))
		return false;
	if (upstream_spec_copy(&spec, result->spec) < 0) {
		upstream_spec_clear(&spec);
		return false;
	}
	upstream_spec_clear(&e->spec);
	e->spec = spec;
	e->how = result->how;
	return true;
}

static void
on_found(void *arg, const struct designated_result *result)
{
	struct entry *e = arg;
	struct designations *d = e->all;
	char where[ADDR_TEXT_MAX];
	const bool first = !e->known;
	bool other;

	e->running = NULL;
	e->known = true;
	e->until = loop_now(d->env.loop) + holds(result);
	other = take(e, result);
	if (first || other)
		log_info("event=designated server=%s found=%s why=\"%s\"",
		    addr_to_text(&e->server, where), word(result->how), result->text);
	if (other)
		d->changed(d->arg);
	let_go(d);
}

/* --- the servers ------------------------------------------------------------------------------ */

/* Its place; NETVIEW_SERVERS_MAX: it has none. */
static size_t
find(const struct designations *d, const struct addr *server)
{
	size_t i = 0;

	while (i < NETVIEW_SERVERS_MAX &&
	       !(d->entries[i].server.family && addr_equal(&d->entries[i].server, server)))
		i++;
	return i;
}

/* What is known of it; NULL: nothing. */
static const struct entry *
known(const struct designations *d, const struct addr *server)
{
	const size_t i = d ? find(d, server) : NETVIEW_SERVERS_MAX;

	return i < NETVIEW_SERVERS_MAX ? &d->entries[i] : NULL;
}

/* The entry of a server that is in the netview: there are as many places as servers, and those of the
 * others are given up. */
static struct entry *
find_or_make(struct designations *d, const struct addr *server)
{
	size_t i = find(d, server);

	if (i < NETVIEW_SERVERS_MAX)
		return &d->entries[i];
	i = 0;
	while (d->entries[i].server.family &&
	       addr_among(&d->entries[i].server, d->netview->servers, d->netview->nservers))
		i++;
	forget(&d->entries[i]);
	d->entries[i].server = *server;
	return &d->entries[i];
}

static void
look(struct entry *e, msec now)
{
	struct designations *d = e->all;
	struct upstream_spec plain;

	if (e->running || (e->known && now < e->until))
		return;
	if (network_spec(&e->server, &plain) < 0)
		return;
	e->running = designated_start(&d->env, d->ops, plain.name, &e->server, on_found, e);
	e->started = now;
	upstream_spec_clear(&plain);
}

bool
designations_wait(struct designations *d, size_t server, struct designations_wait *wait,
    void (*done)(void *arg), void *arg)
{
	const msec now = d ? loop_now(d->env.loop) : 0;
	const struct entry *first = NULL;
	msec waited;

	for (size_t i = 0; d && i < d->netview->nservers; i++) {
		struct entry *e = find_or_make(d, &d->netview->servers[i]);

		look(e, now);
		if (i == server)
			first = e;
	}
	if (!first || first->known || !first->running)
		return false;
	waited = now - first->started;
	if (waited >= DESIGNATIONS_PATIENCE)
		return false;
	*wait = (struct designations_wait){ .done = done, .arg = arg };
	list_push_back(&d->waits, &wait->link);
	timer_init(&wait->patience, d->env.loop, on_patience, wait);
	timer_start(&wait->patience, DESIGNATIONS_PATIENCE - waited);
	return true;
}

const struct upstream_spec *
designations_spec(const struct designations *d, const struct addr *server)
{
	const struct entry *e = known(d, server);

	return e && e->how != DESIGNATED_NOBODY ? &e->spec : NULL;
}

const char *
designations_text(const struct designations *d, const struct addr *server)
{
	const struct entry *e = known(d, server);

	return e ? e->text : "";
}

bool
designations_new_epoch(struct designations *d)
{
	bool other = false;

	for (size_t i = 0; d && i < NETVIEW_SERVERS_MAX; i++) {
		other |= d->entries[i].how != DESIGNATED_NOBODY;
		forget(&d->entries[i]);
	}
	if (d)
		let_go(d);
	return other;
}

struct designations *
designations_new(const struct netview *netview, const struct transport_env *env,
    const struct transport_ops *const *ops, designations_cb *changed, void *arg)
{
	struct designations *d = calloc(1, sizeof(*d));

	if (!d)
		return NULL;
	d->netview = netview;
	d->env = *env;
	d->ops = ops;
	d->changed = changed;
	d->arg = arg;
	list_init(&d->waits);
	for (size_t i = 0; i < NETVIEW_SERVERS_MAX; i++)
		d->entries[i].all = d;
	return d;
}

struct designations *
designations_free(struct designations *designations)
{
	if (!designations)
		return NULL;
	for (size_t i = 0; i < NETVIEW_SERVERS_MAX; i++)
		forget(&designations->entries[i]);
	free(designations);
	return NULL;
}
