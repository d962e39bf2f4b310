#include "stubd/net/tls_store.h"
#include "stubd/upstream/pool_impl.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* --- ways ------------------------------------------------------------------------------------- */

void
upstream_note_path(struct upstream *u, size_t place)
{
	const struct path_ops *paths = u->pool->env.paths;
	struct addr *known = &u->sources[place], source, to;

	upstream_target(u, &u->places[place].addr, &to);
	if (!paths || u->spec.link || paths->source(&to, NULL, &source) < 0)
		return;
	if (!known->family || addr_same_host(known, &source) ||
	    paths->state(&to, NULL, known) == ROUTE_LIVES) {
		*known = source;
	} else if (u->pool->env.tls) {
		/* It has moved, and nobody has looked yet: pool_paths() is to find it so. */
		tls_store_forget_sessions(u->pool->env.tls);
	}
}

/* How many ways of each state there are; a lost one is remembered in *lost. */
struct tally {
	unsigned live, lost;
	struct addr to; /* of one that was lost */
	char *why;
};

static void __attribute__((format(printf, 2, 0)))
say(char *why, const char *fmt, const struct addr *addr)
{
	struct addr host = *addr;
	char text[ADDR_TEXT_MAX];

	host.port = 0;
	snprintf(why, POOL_WHY_MAX, fmt, addr_to_text(&host, text));
}

/* Returns true when one has moved: that settles it. */
static bool
count_paths(const struct upstream *u, struct tally *t)
{
	const struct path_ops *paths = u->pool->env.paths;

	for (size_t i = 0; i < u->nplaces; i++) {
		const struct addr *source = &u->sources[i];
		struct addr to;

		if (!source->family)
			continue;
		upstream_reached(u, &u->places[i].addr, source, &to);
		switch (paths->state(&to, NULL, source)) {
		case ROUTE_LIVES:
			t->live++;
			break;
		case ROUTE_MOVED:
			say(t->why, "no longer reached from %s", source);
			return true;
		case ROUTE_LOST:
			t->lost++;
			t->to = to;
			break;
		}
	}
	return false;
}

enum route_state
pool_paths(struct pool *pool, char why[POOL_WHY_MAX])
{
	struct tally t = { .why = why };
	struct addr ignored;

	if (!pool->env.paths)
		return ROUTE_LIVES;
	for (size_t i = 0; i < pool->n; i++) {
		if (count_paths(pool->upstreams[i], &t))
			return ROUTE_MOVED;
	}
	if (t.lost) {
		pool->lost = t.to;
		say(why, "no way to %s", &t.to);
		return ROUTE_LOST;
	}
	if (!pool->lost.family)
		return ROUTE_LIVES;
	if (!t.live && pool->env.paths->source(&pool->lost, NULL, &ignored) < 0)
		return ROUTE_LIVES;
	say(why, "a way to %s again", &pool->lost);
	pool->lost.family = 0;
	return t.live ? ROUTE_LIVES : ROUTE_MOVED;
}

bool
pool_has_way(const struct pool *pool, uint16_t upstream)
{
	const struct upstream *u = pool->upstreams[upstream];
	struct addr to, ignored;

	for (size_t i = 0; pool->env.paths && i < u->nplaces; i++) {
		if (!u->places[i].addr.family)
			continue;
		upstream_target(u, &u->places[i].addr, &to);
		if (pool->env.paths->source(&to, u->spec.link, &ignored) == 0)
			return true;
	}
	return !pool->env.paths;
}

/* --- a new epoch ------------------------------------------------------------------------------ */

static void
take_all(struct list *from, struct list *to)
{
	while (!list_empty(from)) {
		struct ask *ask = container_of(from->next, struct ask, link);

		if (ask->conn)
			ask->conn->place->ops->cancel(ask->conn->transport, &ask->t);
		ask_unlink(ask);
		list_push_back(to, &ask->link);
	}
}

/* Connections and openings of the old network lead nowhere: their questions begin anew. */
static void
begin_anew(struct upstream *u)
{
	struct list asks;

	list_init(&asks);
	list_for_each (it, &u->conns) {
		struct conn *conn = container_of(it, struct conn, link);

		take_all(&conn->asks, &asks);
		conn_close(conn);
	}
	list_for_each (it, &u->openings) {
		struct opening *opening = container_of(it, struct opening, link);

		take_all(&opening->asks, &asks);
		opening_free(opening);
	}
	health_reset(&u->health);
	free(u->record);
	u->record = NULL;
	u->asked = u->heard = 0;
	u->idle = 0;
	u->first = u->turn = 0;
	ways_forget(u);
	memset(u->sources, 0, sizeof(u->sources));
	while (!list_empty(&asks)) {
		struct ask *ask = container_of(asks.next, struct ask, link);

		ask_unlink(ask);
		ask->retried = ask->moved = false;
		ask_place(ask);
	}
}

void
pool_new_epoch(struct pool *pool)
{
	/* First, so that what is opened here finds none. */
	if (pool->env.tls)
		tls_store_forget_sessions(pool->env.tls);
	for (size_t i = 0; i < pool->n; i++)
		begin_anew(pool->upstreams[i]);
	list_for_each (it, &pool->gone) {
		struct upstream *u = container_of(it, struct upstream, link);

		begin_anew(u);
		upstream_settle(u);
	}
}
