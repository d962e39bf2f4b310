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

/* How many ways of each state there are; a lost one is remembered. Ways within this machine are there
 * without a network. */
struct tally {
	unsigned live, lost;
	struct upstream *of; /* of one that was lost */
	struct addr to;
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
count_paths(struct upstream *u, struct tally *t)
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
			t->live += !addr_is_loopback(source);
			break;
		case ROUTE_MOVED:
			say(t->why, "no longer reached from %s", source);
			return true;
		case ROUTE_LOST:
			t->lost++;
			t->of = u;
			t->to = to;
			break;
		}
	}
	return false;
}

/* The next network may have one family alone, and not that of the way that was lost. */
static void
note_lost(struct pool *pool, const struct tally *t)
{
	struct addr ignored;

	pool->lost[0] = t->to;
	pool->lost[1].family = 0;
	for (size_t i = 0; i < t->of->nplaces && !pool->lost[1].family; i++) {
		const struct addr *addr = &t->of->places[i].addr;

		if (addr->family && addr->family != t->to.family &&
		    pool->env.paths->source(addr, NULL, &ignored) < 0)
			pool->lost[1] = *addr;
	}
	away_begin(t->of, t->live > 0);
}

static const struct addr *
find_again(const struct pool *pool)
{
	struct addr ignored;

	for (size_t i = 0; i < 2; i++) {
		if (pool->lost[i].family &&
		    pool->env.paths->source(&pool->lost[i], NULL, &ignored) == 0)
			return &pool->lost[i];
	}
	return NULL;
}

/* Returns true when one has moved. */
static bool
count_all(struct pool *pool, struct tally *t)
{
	for (size_t i = 0; i < pool->n; i++) {
		if (count_paths(pool->upstreams[i], t))
			return true;
	}
	return false;
}

void
paths_look(struct pool *pool)
{
	char ignored[POOL_WHY_MAX];
	struct tally t = { .why = ignored };

	if (!count_all(pool, &t) && t.lost)
		note_lost(pool, &t);
}

enum route_state
pool_paths(struct pool *pool, char why[POOL_WHY_MAX])
{
	struct tally t = { .why = why };
	const struct addr *again;

	if (!pool->env.paths)
		return ROUTE_LIVES;
	if (count_all(pool, &t)) {
		pool->lost[0].family = pool->lost[1].family = 0;
		away_end(pool);
		return ROUTE_MOVED;
	}
	if (t.lost) {
		note_lost(pool, &t);
		say(why, "no way to %s", &t.to);
		return ROUTE_LOST;
	}
	again = find_again(pool);
	if (t.live || again)
		away_end(pool);
	if (!pool->lost[0].family || (!t.live && !again))
		return ROUTE_LIVES;
	say(why, "a way to %s again", again ? again : &pool->lost[0]);
	pool->lost[0].family = pool->lost[1].family = 0;
	return t.live ? ROUTE_LIVES : ROUTE_MOVED;
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
		ask->repeats = 0;
		ask->moved = false;
		ask_place(ask);
	}
}

void
pool_new_epoch(struct pool *pool)
{
	/* A machine that wakes may not have its network yet. */
	if (pool->env.paths)
		paths_look(pool);
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
